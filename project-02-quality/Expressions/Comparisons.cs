using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DataQuality;

/// <summary>A comparison of two numbers, of one pair and of as many pairs as a vector register holds (all bits set where it holds).
/// It is a type and not a delegate, so that the compiler writes it into the loop.</summary>
interface IComparison<T>
{
    bool Holds(T left, T right);
    Vector<long> Holds(Vector<T> left, Vector<T> right);
}

readonly struct IsEqual<T> : IComparison<T> where T : IComparisonOperators<T, T, bool>
{
    public bool Holds(T a, T b) => a == b;
    public Vector<long> Holds(Vector<T> a, Vector<T> b) => Vector.Equals(a, b).As<T, long>();
}

readonly struct IsLess<T> : IComparison<T> where T : IComparisonOperators<T, T, bool>
{
    public bool Holds(T a, T b) => a < b;
    public Vector<long> Holds(Vector<T> a, Vector<T> b) => Vector.LessThan(a, b).As<T, long>();
}

readonly struct IsLessOrEqual<T> : IComparison<T> where T : IComparisonOperators<T, T, bool>
{
    public bool Holds(T a, T b) => a <= b;
    public Vector<long> Holds(Vector<T> a, Vector<T> b) => Vector.LessThanOrEqual(a, b).As<T, long>();
}

/// <summary>Looks at the left one alone.</summary>
readonly struct IsWithin<T>(T low, T high) : IComparison<T> where T : IComparisonOperators<T, T, bool>
{
    public bool Holds(T a, T b) => low <= a && a <= high;
    public Vector<long> Holds(Vector<T> a, Vector<T> b) => (Vector.LessThanOrEqual(new Vector<T>(low), a) & Vector.LessThanOrEqual(a, new Vector<T>(high))).As<T, long>();
}

static class Comparison
{
    /// <summary>Compares pair by pair; unknown where one is absent (1). There are as many pairs as <paramref name="truth"/> is long.</summary>
    /// <remarks>With vectors no branch depends on a value, so mixed data cost nothing: numbers of 64 bits, eight registers of them, give
    /// one register of truths. A plain loop calls the other <c>Holds</c>, pair by pair, and has no use for <see cref="Half"/>.</remarks>
    public static void Write<T, TComparison>(TComparison comparison, ReadOnlySpan<T> a, ReadOnlySpan<byte> noA, ReadOnlySpan<T> b, ReadOnlySpan<byte> noB, Span<byte> truth) where TComparison : IComparison<T>
    {
        // step 4: decide what is true, false or unknown
        // the lengths are checked here, once, and not at each load
        ref var left = ref MemoryMarshal.GetReference(a[..truth.Length]);
        ref var right = ref MemoryMarshal.GetReference(b[..truth.Length]);
        ref var noLeft = ref MemoryMarshal.GetReference(noA[..truth.Length]);
        ref var noRight = ref MemoryMarshal.GetReference(noB[..truth.Length]);
        var i = 0;
        for (; i <= truth.Length - Vector<byte>.Count; i += Vector<byte>.Count)
        {
            var at = (nuint)i;
            var holds = Vector.Narrow(Half(comparison, ref left, ref right, at), Half(comparison, ref left, ref right, at + (nuint)Vector<short>.Count)).As<sbyte, byte>();
            var absent = Vector.LoadUnsafe(ref noLeft, at) | Vector.LoadUnsafe(ref noRight, at);
            // all bits set → 2, unless one is absent: then 1
            ((holds & new Vector<byte>(Truth.True) & (absent - Vector<byte>.One)) | absent).CopyTo(truth[i..]);
        }
        for (; i < truth.Length; i++) truth[i] = (noA[i] | noB[i]) != 0 ? Truth.Unknown : comparison.Holds(a[i], b[i]) ? Truth.True : Truth.False;
        // end of step 4
    }

    /// <summary>For the vectors of <see cref="Write"/>: four registers of numbers, compared, as one register of 16 bits a pair.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector<short> Half<T, TComparison>(TComparison comparison, ref readonly T a, ref readonly T b, nuint at) where TComparison : IComparison<T>
    {
        var one = (nuint)Vector<long>.Count;
        return Vector.Narrow(
            Vector.Narrow(comparison.Holds(Vector.LoadUnsafe(in a, at), Vector.LoadUnsafe(in b, at)), comparison.Holds(Vector.LoadUnsafe(in a, at + one), Vector.LoadUnsafe(in b, at + one))),
            Vector.Narrow(comparison.Holds(Vector.LoadUnsafe(in a, at + 2 * one), Vector.LoadUnsafe(in b, at + 2 * one)), comparison.Holds(Vector.LoadUnsafe(in a, at + 3 * one), Vector.LoadUnsafe(in b, at + 3 * one))));
    }
}

/// <summary>Two numbers compared; unknown where one is absent. <c>a &gt; b</c> is written <c>b &lt; a</c>, <c>a &lt;&gt; b</c> as NOT.</summary>
sealed class CompareNode<T, TComparison>(ValueNode<T> left, ValueNode<T> right) : TruthNode where TComparison : struct, IComparison<T>
{
    public override void Evaluate(Batch batch, Span<byte> truth)
    {
        left.Evaluate(batch, out var a, out var noA);
        right.Evaluate(batch, out var b, out var noB);
        Comparison.Write(default(TComparison), a, noA, b, noB, truth);
    }
}

/// <summary>A number compared with fixed bounds, both inclusive: what every comparison with literals comes down to.</summary>
sealed class RangeNode<T>(ValueNode<T> operand, T low, T high) : TruthNode where T : IComparisonOperators<T, T, bool>
{
    public override void Evaluate(Batch batch, Span<byte> truth)
    {
        operand.Evaluate(batch, out var values, out var nulls);
        Comparison.Write(new IsWithin<T>(low, high), values, nulls, values, nulls, truth);
    }
}

/// <summary>Bounds that are not fixed: two comparisons ANDed, with the operand worked out once.</summary>
sealed class BetweenNode<T>(ValueNode<T> operand, ValueNode<T> low, ValueNode<T> high) : TruthNode where T : IComparisonOperators<T, T, bool>
{
    readonly byte[] other = new byte[Batch.Capacity];

    public override void Evaluate(Batch batch, Span<byte> truth)
    {
        operand.Evaluate(batch, out var values, out var nulls);
        low.Evaluate(batch, out var from, out var noFrom);
        high.Evaluate(batch, out var to, out var noTo);
        Comparison.Write(default(IsLessOrEqual<T>), from, noFrom, values, nulls, truth);
        Comparison.Write(default(IsLessOrEqual<T>), values, nulls, to, noTo, other.AsSpan(0, truth.Length));
        Truth.And(truth, other);
    }
}

/// <summary>Two texts compared as SQLite does: by their UTF-8 bytes.</summary>
/// <param name="verdicts">Of the left one being less, equal, greater.</param>
sealed class CompareTextNode(ValueNode<string> left, ValueNode<string> right, byte[] verdicts) : TruthNode
{
    public override void Evaluate(Batch batch, Span<byte> truth)
    {
        left.Evaluate(batch, out var a, out var noA);
        right.Evaluate(batch, out var b, out var noB);
        Loop(verdicts, a, noA, b, noB, truth);
    }

    static void Loop(byte[] verdicts, ReadOnlySpan<string> a, ReadOnlySpan<byte> noA, ReadOnlySpan<string> b, ReadOnlySpan<byte> noB, Span<byte> truth)
    {
        for (var i = 0; i < truth.Length; i++) truth[i] = (noA[i] | noB[i]) != 0 ? Truth.Unknown : verdicts[Math.Sign(Texts.Compare(a[i], b[i])) + 1];
    }
}

/// <summary>Whether two texts are the same: no order is needed.</summary>
sealed class EqualTextNode(ValueNode<string> left, ValueNode<string> right) : TruthNode
{
    public override void Evaluate(Batch batch, Span<byte> truth)
    {
        left.Evaluate(batch, out var a, out var noA);
        right.Evaluate(batch, out var b, out var noB);
        Loop(a, noA, b, noB, truth);
    }

    static void Loop(ReadOnlySpan<string> a, ReadOnlySpan<byte> noA, ReadOnlySpan<string> b, ReadOnlySpan<byte> noB, Span<byte> truth)
    {
        for (var i = 0; i < truth.Length; i++) truth[i] = (noA[i] | noB[i]) != 0 ? Truth.Unknown : string.Equals(a[i], b[i]) ? Truth.True : Truth.False;
    }
}

/// <summary>Whether a text matches a pattern.</summary>
sealed class RegexpNode(ValueNode<string> operand, string pattern) : TruthNode
{
    readonly System.Text.RegularExpressions.Regex regex = Patterns.Of(pattern);

    public override void Evaluate(Batch batch, Span<byte> truth)
    {
        operand.Evaluate(batch, out var from, out var nulls);
        for (var i = 0; i < truth.Length; i++) truth[i] = nulls[i] != 0 ? Truth.Unknown : regex.IsMatch(from[i]) ? Truth.True : Truth.False;
    }
}
