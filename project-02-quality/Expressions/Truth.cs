using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DataQuality;

/// <summary>Kleene's logic of three values (S. C. Kleene, Introduction to Metamathematics, 1952, §64), which is SQL's: with these
/// numbers AND is the smaller, OR the larger, and NOT the distance from TRUE. A rule is broken by FALSE alone; UNKNOWN passes, as
/// in a CHECK constraint (ISO/IEC 9075-2: a check constraint is not satisfied if its condition is False).</summary>
static class Truth
{
    public const byte False = 0, Unknown = 1, True = 2;
}

/// <summary>An expression that is true, false or unknown for each row.</summary>
abstract class TruthNode() : Node(ValueKind.Truth)
{
    /// <summary>Writes a truth value for each of the batch's rows.</summary>
    public abstract void Evaluate(Batch batch, Span<byte> truth);
}

/// <summary>AND (the smaller) and OR (the larger).</summary>
sealed class AndOrNode(bool and, TruthNode left, TruthNode right) : TruthNode
{
    readonly byte[] other = new byte[Batch.Capacity];

    public override void Evaluate(Batch batch, Span<byte> truth)
    {
        // step 4: decide what is true, false or unknown
        left.Evaluate(batch, truth);
        right.Evaluate(batch, other);
        var i = 0;
        for (; i <= batch.Count - Vector<byte>.Count; i += Vector<byte>.Count)
        {
            var (a, b) = (new Vector<byte>(truth[i..]), new Vector<byte>(other, i));
            (and ? Vector.Min(a, b) : Vector.Max(a, b)).CopyTo(truth[i..]);
        }
        for (; i < batch.Count; i++) truth[i] = and ? Math.Min(truth[i], other[i]) : Math.Max(truth[i], other[i]);
        // end of step 4
    }
}

sealed class NotNode(TruthNode operand) : TruthNode
{
    public override void Evaluate(Batch batch, Span<byte> truth)
    {
        // step 4: decide what is true, false or unknown
        operand.Evaluate(batch, truth);
        for (var i = 0; i < batch.Count; i++) truth[i] = (byte)(Truth.True - truth[i]);
        // end of step 4
    }
}

sealed class ConstantTruthNode(byte value) : TruthNode
{
    public override void Evaluate(Batch batch, Span<byte> truth) => truth[..batch.Count].Fill(value);
}

/// <summary>Whether a value is absent. Never unknown.</summary>
sealed class IsNullNode<T>(ValueNode<T> operand) : TruthNode
{
    public override void Evaluate(Batch batch, Span<byte> truth)
    {
        // step 4: decide what is true, false or unknown
        operand.Evaluate(batch, out _, out var nulls);
        for (var i = 0; i < nulls.Length; i++) truth[i] = (byte)(nulls[i] * Truth.True);
        // end of step 4
    }
}

/// <summary>Whether a truth value is unknown.</summary>
sealed class IsUnknownNode(TruthNode operand) : TruthNode
{
    public override void Evaluate(Batch batch, Span<byte> truth)
    {
        operand.Evaluate(batch, truth);
        for (var i = 0; i < batch.Count; i++) truth[i] = truth[i] == Truth.Unknown ? Truth.True : Truth.False;
    }
}

/// <summary>A comparison of two numbers, known to the compiler, so that the loop around it has no call.</summary>
interface IComparison
{
    static abstract bool Holds<T>(T left, T right) where T : IComparisonOperators<T, T, bool>;
}

readonly struct IsEqual : IComparison { public static bool Holds<T>(T a, T b) where T : IComparisonOperators<T, T, bool> => a == b; }
readonly struct IsLess : IComparison { public static bool Holds<T>(T a, T b) where T : IComparisonOperators<T, T, bool> => a < b; }
readonly struct IsLessOrEqual : IComparison { public static bool Holds<T>(T a, T b) where T : IComparisonOperators<T, T, bool> => a <= b; }

/// <summary>Two numbers compared; unknown where one is absent. <c>a &gt; b</c> is written <c>b &lt; a</c>, <c>a &lt;&gt; b</c> as NOT.</summary>
sealed class CompareNode<T, TComparison>(ValueNode<T> left, ValueNode<T> right) : TruthNode where T : IComparisonOperators<T, T, bool> where TComparison : IComparison
{
    public override void Evaluate(Batch batch, Span<byte> truth)
    {
        // step 4: decide what is true, false or unknown
        left.Evaluate(batch, out var a, out var noA);
        right.Evaluate(batch, out var b, out var noB);
        var count = batch.Count;
        // one length for all, so that the loop checks no bounds; no branch, so that mixed data cost nothing
        ref var a0 = ref MemoryMarshal.GetReference(a);
        ref var b0 = ref MemoryMarshal.GetReference(b);
        for (var i = 0; i < count; i++)
        {
            var holds = Unsafe.BitCast<bool, byte>(TComparison.Holds(Unsafe.Add(ref a0, i), Unsafe.Add(ref b0, i)));
            var absent = noA[i] | noB[i];
            truth[i] = (byte)(((holds << 1) & (absent - 1)) | absent);
        }
        // end of step 4
    }
}

/// <summary>Two texts compared as SQLite does: by their UTF-8 bytes.</summary>
sealed class CompareTextNode(ValueNode<string> left, ValueNode<string> right, Func<int, bool> holds) : TruthNode
{
    public override void Evaluate(Batch batch, Span<byte> truth)
    {
        left.Evaluate(batch, out var a, out var noA);
        right.Evaluate(batch, out var b, out var noB);
        for (var i = 0; i < batch.Count; i++) truth[i] = (noA[i] | noB[i]) != 0 ? Truth.Unknown : holds(Texts.Compare(a[i], b[i])) ? Truth.True : Truth.False;
    }
}

/// <summary>Whether a value is among some. With a NULL among them, no match is unknown.</summary>
sealed class InNode<T>(ValueNode<T> operand, IReadOnlySet<T> values, bool hasNull) : TruthNode
{
    public override void Evaluate(Batch batch, Span<byte> truth)
    {
        // step 4: decide what is true, false or unknown
        operand.Evaluate(batch, out var from, out var nulls);
        var otherwise = hasNull ? Truth.Unknown : Truth.False;
        for (var i = 0; i < batch.Count; i++) truth[i] = nulls[i] != 0 ? Truth.Unknown : values.Contains(from[i]) ? Truth.True : otherwise;
        // end of step 4
    }
}

/// <summary>Whether a text matches a pattern.</summary>
sealed class RegexpNode(ValueNode<string> operand, string pattern) : TruthNode
{
    readonly System.Text.RegularExpressions.Regex regex = Patterns.Of(pattern);

    public override void Evaluate(Batch batch, Span<byte> truth)
    {
        operand.Evaluate(batch, out var from, out var nulls);
        for (var i = 0; i < batch.Count; i++) truth[i] = nulls[i] != 0 ? Truth.Unknown : regex.IsMatch(from[i]) ? Truth.True : Truth.False;
    }
}

/// <summary>A number as a truth: what is not zero is true.</summary>
sealed class NotZeroNode<T>(ValueNode<T> operand) : TruthNode where T : INumber<T>
{
    public override void Evaluate(Batch batch, Span<byte> truth)
    {
        operand.Evaluate(batch, out var from, out var nulls);
        for (var i = 0; i < batch.Count; i++) truth[i] = nulls[i] != 0 ? Truth.Unknown : T.IsZero(from[i]) ? Truth.False : Truth.True;
    }
}

/// <summary>A truth as a number: 1, 0 or NULL.</summary>
sealed class TruthAsNumberNode(TruthNode operand) : ValueNode<long>(ValueKind.Integer)
{
    readonly long[] values = new long[Batch.Capacity];
    readonly byte[] nulls = new byte[Batch.Capacity], truth = new byte[Batch.Capacity];

    public override void Evaluate(Batch batch, out ReadOnlySpan<long> values, out ReadOnlySpan<byte> nulls)
    {
        operand.Evaluate(batch, truth);
        for (var i = 0; i < batch.Count; i++) (this.values[i], this.nulls[i]) = (truth[i] == Truth.True ? 1 : 0, truth[i] == Truth.Unknown ? (byte)1 : (byte)0);
        values = this.values.AsSpan(0, batch.Count);
        nulls = this.nulls.AsSpan(0, batch.Count);
    }
}

/// <summary>A predicate about one text column alone is asked once for each text that occurs; a row costs a look-up.</summary>
sealed class PerTextNode(int column, TruthNode predicate, IReadOnlyList<(string Name, ColumnType Type)> columns) : TruthNode
{
    readonly Batch asked = new(columns);        // only the column in question is ever filled
    byte[] truthOf = new byte[256];
    int known, generation;
    byte? ofNull;

    public override void Evaluate(Batch batch, Span<byte> truth)
    {
        // step 4: decide what is true, false or unknown
        var data = batch.Columns[column];
        if (generation != data.Pool.Generation) (generation, known) = (data.Pool.Generation, 0);
        while (known < data.Pool.Count) Ask(data.Pool);
        var nothing = ofNull ??= AskNull();
        for (var i = 0; i < batch.Count; i++) truth[i] = truthOf[data.Codes[i]];
        if (nothing == truthOf[0]) return;          // absent texts have the number 0
        for (var i = 0; i < batch.Count; i++) if (data.Null[i] != 0) truth[i] = nothing;
        // end of step 4
    }

    void Ask(TextPool pool)
    {
        var data = asked.Columns[column];
        asked.Count = Math.Min(Batch.Capacity, pool.Count - known);
        data.Pool = pool;
        for (var i = 0; i < asked.Count; i++) (data.Codes[i], data.Null[i]) = (known + i, 0);
        if (truthOf.Length < known + Batch.Capacity) Array.Resize(ref truthOf, Math.Max(truthOf.Length * 2, known + Batch.Capacity));
        predicate.Evaluate(asked, truthOf.AsSpan(known, asked.Count));
        known += asked.Count;
    }

    byte AskNull()
    {
        Span<byte> answer = stackalloc byte[1];
        asked.Count = 1;
        (asked.Columns[column].Codes[0], asked.Columns[column].Null[0]) = (0, 1);
        predicate.Evaluate(asked, answer);
        return answer[0];
    }
}
