namespace DataQuality;

/// <summary>What kind of value an expression has.</summary>
enum ValueKind { Null, Truth, Integer, Real, Text, Date, Timestamp }

/// <summary>A compiled expression. A node owns the buffers that it fills, so it serves one thread; after it is made it allocates nothing.</summary>
abstract class Node(ValueKind kind)
{
    public ValueKind Kind => kind;
}

/// <summary>An expression whose values are numbers (dates are days and timestamps seconds since 1970) or texts.</summary>
abstract class ValueNode<T>(ValueKind kind) : Node(kind)
{
    /// <summary>The values of the batch's rows, and which are absent (1). Where one is absent, its value is any. Valid until the
    /// next call.</summary>
    public abstract void Evaluate(Batch batch, out ReadOnlySpan<T> values, out ReadOnlySpan<byte> nulls);
}

/// <summary>A node that works its values out, in buffers of its own.</summary>
abstract class ComputedNode<T>(ValueKind kind) : ValueNode<T>(kind)
{
    readonly T[] values = new T[Batch.Capacity];
    readonly byte[] nulls = new byte[Batch.Capacity];

    public sealed override void Evaluate(Batch batch, out ReadOnlySpan<T> values, out ReadOnlySpan<byte> nulls)
    {
        Fill(batch, this.values.AsSpan(0, batch.Count), this.nulls.AsSpan(0, batch.Count));
        values = this.values.AsSpan(0, batch.Count);
        nulls = this.nulls.AsSpan(0, batch.Count);
    }

    protected abstract void Fill(Batch batch, Span<T> values, Span<byte> nulls);
}

/// <summary>The same value for every row.</summary>
sealed class ConstantNode<T> : ValueNode<T>
{
    readonly T[] values = new T[Batch.Capacity];
    readonly byte[] nulls = new byte[Batch.Capacity];

    public T Value => values[0];

    public ConstantNode(ValueKind kind, T value, bool isNull = false) : base(kind)
    {
        values.AsSpan().Fill(value);
        nulls.AsSpan().Fill(isNull ? (byte)1 : (byte)0);
    }

    public override void Evaluate(Batch batch, out ReadOnlySpan<T> values, out ReadOnlySpan<byte> nulls)
    {
        values = this.values.AsSpan(0, batch.Count);
        nulls = this.nulls.AsSpan(0, batch.Count);
    }
}

/// <summary>A column of whole numbers, truths, times, dates or timestamps. Nothing is copied.</summary>
sealed class LongColumnNode(ValueKind kind, int column) : ValueNode<long>(kind)
{
    public override void Evaluate(Batch batch, out ReadOnlySpan<long> values, out ReadOnlySpan<byte> nulls)
    {
        values = batch.Columns[column].Longs.AsSpan(0, batch.Count);
        nulls = batch.Columns[column].Null.AsSpan(0, batch.Count);
    }
}

sealed class RealColumnNode(int column) : ValueNode<double>(ValueKind.Real)
{
    public override void Evaluate(Batch batch, out ReadOnlySpan<double> values, out ReadOnlySpan<byte> nulls)
    {
        values = batch.Columns[column].Reals.AsSpan(0, batch.Count);
        nulls = batch.Columns[column].Null.AsSpan(0, batch.Count);
    }
}

sealed class TextColumnNode(int column) : ComputedNode<string>(ValueKind.Text)
{
    protected override void Fill(Batch batch, Span<string> values, Span<byte> nulls)
    {
        var data = batch.Columns[column];
        for (var i = 0; i < values.Length; i++) values[i] = data.Pool[data.Codes[i]];
        data.Null.AsSpan(0, batch.Count).CopyTo(nulls);
    }
}

/// <summary>The first value that is not NULL.</summary>
sealed class CoalesceNode<T>(ValueNode<T> first, ValueNode<T> second) : ComputedNode<T>(first.Kind)
{
    protected override void Fill(Batch batch, Span<T> values, Span<byte> nulls)
    {
        first.Evaluate(batch, out var a, out var noA);
        second.Evaluate(batch, out var b, out var noB);
        Loop(a, noA, b, noB, values, nulls);
    }

    static void Loop(ReadOnlySpan<T> a, ReadOnlySpan<byte> noA, ReadOnlySpan<T> b, ReadOnlySpan<byte> noB, Span<T> values, Span<byte> nulls)
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = noA[i] == 0 ? a[i] : b[i];
            nulls[i] = (byte)(noA[i] & noB[i]);
        }
    }
}

/// <summary>A truth as a number: 1, 0 or NULL.</summary>
sealed class TruthAsNumberNode(TruthNode operand) : ComputedNode<long>(ValueKind.Integer)
{
    readonly byte[] truth = new byte[Batch.Capacity];

    protected override void Fill(Batch batch, Span<long> values, Span<byte> nulls)
    {
        operand.Evaluate(batch, truth.AsSpan(0, batch.Count));
        for (var i = 0; i < values.Length; i++) (values[i], nulls[i]) = (truth[i] >> 1, (byte)(truth[i] & 1));
    }
}
