using System.Numerics;

namespace DataQuality;

/// <summary>The logic of three values that SQL has: S. C. Kleene's strong one (On Notation for Ordinal Numbers, 1938; Introduction to
/// Metamathematics, 1952, §64). With these numbers AND is the smaller, OR the larger, and NOT the distance from TRUE. A rule is broken
/// by FALSE alone; UNKNOWN passes, as in a CHECK constraint (ISO/IEC 9075-2: it is satisfied unless its condition is False).</summary>
static class Truth
{
    public const byte False = 0, Unknown = 1, True = 2;

    /// <summary>Writes the smaller one of each pair to the first.</summary>
    /// <param name="other">As long as <paramref name="truth"/>, or longer.</param>
    public static void And(Span<byte> truth, ReadOnlySpan<byte> other)
    {
        // step 4: decide what is true, false or unknown
        var i = 0;
        for (; i <= truth.Length - Vector<byte>.Count; i += Vector<byte>.Count)
            Vector.Min(new Vector<byte>(truth[i..]), new Vector<byte>(other[i..])).CopyTo(truth[i..]);
        for (; i < truth.Length; i++) truth[i] = Math.Min(truth[i], other[i]);
        // end of step 4
    }

    /// <summary>Writes the larger one of each pair to the first.</summary>
    /// <param name="other">As long as <paramref name="truth"/>, or longer.</param>
    public static void Or(Span<byte> truth, ReadOnlySpan<byte> other)
    {
        // step 4: decide what is true, false or unknown
        var i = 0;
        for (; i <= truth.Length - Vector<byte>.Count; i += Vector<byte>.Count)
            Vector.Max(new Vector<byte>(truth[i..]), new Vector<byte>(other[i..])).CopyTo(truth[i..]);
        for (; i < truth.Length; i++) truth[i] = Math.Max(truth[i], other[i]);
        // end of step 4
    }

    /// <summary>FALSE becomes TRUE and TRUE FALSE.</summary>
    public static void Not(Span<byte> truth)
    {
        // step 4: decide what is true, false or unknown
        var i = 0;
        for (; i <= truth.Length - Vector<byte>.Count; i += Vector<byte>.Count)
            (new Vector<byte>(True) - new Vector<byte>(truth[i..])).CopyTo(truth[i..]);
        for (; i < truth.Length; i++) truth[i] = (byte)(True - truth[i]);
        // end of step 4
    }

    /// <summary>TRUE where the byte is 1, FALSE where it is not. Never unknown.</summary>
    /// <param name="bytes">As long as <paramref name="truth"/>; it may be the same memory.</param>
    public static void IsOne(ReadOnlySpan<byte> bytes, Span<byte> truth)
    {
        // step 4: decide what is true, false or unknown
        var i = 0;
        for (; i <= truth.Length - Vector<byte>.Count; i += Vector<byte>.Count)
            (Vector.Equals(new Vector<byte>(bytes[i..]), Vector<byte>.One) & new Vector<byte>(True)).CopyTo(truth[i..]);
        for (; i < truth.Length; i++) truth[i] = bytes[i] == 1 ? True : False;
        // end of step 4
    }
}

/// <summary>An expression that is true, false or unknown for each row.</summary>
abstract class TruthNode() : Node(ValueKind.Truth)
{
    /// <summary>Writes a truth for each of the batch's rows.</summary>
    /// <param name="truth">As long as the batch.</param>
    public abstract void Evaluate(Batch batch, Span<byte> truth);
}

sealed class ConstantTruthNode(byte value) : TruthNode
{
    public override void Evaluate(Batch batch, Span<byte> truth) => truth.Fill(value);
}

/// <summary>AND or OR.</summary>
sealed class LogicNode(bool and, TruthNode left, TruthNode right) : TruthNode
{
    readonly byte[] other = new byte[Batch.Capacity];

    public override void Evaluate(Batch batch, Span<byte> truth)
    {
        left.Evaluate(batch, truth);
        right.Evaluate(batch, other.AsSpan(0, truth.Length));
        if (and) Truth.And(truth, other); else Truth.Or(truth, other);
    }
}

sealed class NotNode(TruthNode operand) : TruthNode
{
    public override void Evaluate(Batch batch, Span<byte> truth)
    {
        operand.Evaluate(batch, truth);
        Truth.Not(truth);
    }
}

/// <summary>Whether a value is absent.</summary>
sealed class IsNullNode<T>(ValueNode<T> operand) : TruthNode
{
    public override void Evaluate(Batch batch, Span<byte> truth)
    {
        operand.Evaluate(batch, out _, out var nulls);
        Truth.IsOne(nulls, truth);
    }
}

/// <summary>Whether a column's value is absent: its values are not looked at.</summary>
sealed class IsNullColumnNode(int column) : TruthNode
{
    public override void Evaluate(Batch batch, Span<byte> truth) => Truth.IsOne(batch.Columns[column].Null, truth);
}

/// <summary>Whether a truth is unknown.</summary>
sealed class IsUnknownNode(TruthNode operand) : TruthNode
{
    public override void Evaluate(Batch batch, Span<byte> truth)
    {
        operand.Evaluate(batch, truth);
        Truth.IsOne(truth, truth);
    }
}
