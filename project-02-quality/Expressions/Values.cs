namespace DataQuality;

/// <summary>What kind of value an expression has.</summary>
enum ValueKind { Null, Truth, Integer, Real, Text, Date, Timestamp }

/// <summary>A compiled expression. A node owns the buffers that it fills, so it serves one thread.</summary>
abstract class Node(ValueKind kind)
{
    public ValueKind Kind => kind;
}

/// <summary>An expression whose values are numbers (dates are days and timestamps seconds since 1970) or texts.</summary>
abstract class ValueNode<T>(ValueKind kind) : Node(kind)
{
    /// <summary>The values of the batch's rows, and which are absent (1). Valid until the next call.</summary>
    public abstract void Evaluate(Batch batch, out ReadOnlySpan<T> values, out ReadOnlySpan<byte> nulls);
}

/// <summary>The same value for every row.</summary>
sealed class ConstantNode<T> : ValueNode<T>
{
    readonly T[] values = new T[Batch.Capacity];
    readonly byte[] nulls = new byte[Batch.Capacity];

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

sealed class TextColumnNode(int column) : ValueNode<string>(ValueKind.Text)
{
    readonly string[] texts = new string[Batch.Capacity];

    public override void Evaluate(Batch batch, out ReadOnlySpan<string> values, out ReadOnlySpan<byte> nulls)
    {
        var data = batch.Columns[column];
        for (var i = 0; i < batch.Count; i++) texts[i] = data.Pool[data.Codes[i]];
        values = texts.AsSpan(0, batch.Count);
        nulls = data.Null.AsSpan(0, batch.Count);
    }
}

/// <summary>Each value made of another one; <paramref name="map"/> gives false where the result is NULL.</summary>
sealed class MapNode<TIn, TOut>(ValueKind kind, ValueNode<TIn> operand, MapNode<TIn, TOut>.Map map) : ValueNode<TOut>(kind)
{
    public delegate bool Map(TIn value, out TOut result);

    readonly TOut[] values = new TOut[Batch.Capacity];
    readonly byte[] nulls = new byte[Batch.Capacity];

    public override void Evaluate(Batch batch, out ReadOnlySpan<TOut> values, out ReadOnlySpan<byte> nulls)
    {
        operand.Evaluate(batch, out var from, out var absent);
        for (var i = 0; i < batch.Count; i++) this.nulls[i] = absent[i] == 0 && map(from[i], out this.values[i]) ? (byte)0 : (byte)1;
        values = this.values.AsSpan(0, batch.Count);
        nulls = this.nulls.AsSpan(0, batch.Count);
    }
}

/// <summary>An arithmetic operator: the result, or false where it is NULL.</summary>
interface IArithmetic<T>
{
    static abstract bool Apply(T left, T right, out T result);
}

sealed class ArithmeticNode<T, TOperator>(ValueKind kind, ValueNode<T> left, ValueNode<T> right) : ValueNode<T>(kind) where TOperator : IArithmetic<T>
{
    readonly T[] values = new T[Batch.Capacity];
    readonly byte[] nulls = new byte[Batch.Capacity];

    public override void Evaluate(Batch batch, out ReadOnlySpan<T> values, out ReadOnlySpan<byte> nulls)
    {
        left.Evaluate(batch, out var a, out var noA);
        right.Evaluate(batch, out var b, out var noB);
        for (var i = 0; i < batch.Count; i++) this.nulls[i] = (noA[i] | noB[i]) == 0 && TOperator.Apply(a[i], b[i], out this.values[i]) ? (byte)0 : (byte)1;
        values = this.values.AsSpan(0, batch.Count);
        nulls = this.nulls.AsSpan(0, batch.Count);
    }
}

/// <summary>The first value that is not NULL.</summary>
sealed class CoalesceNode<T>(ValueKind kind, ValueNode<T> first, ValueNode<T> second) : ValueNode<T>(kind)
{
    readonly T[] values = new T[Batch.Capacity];
    readonly byte[] nulls = new byte[Batch.Capacity];

    public override void Evaluate(Batch batch, out ReadOnlySpan<T> values, out ReadOnlySpan<byte> nulls)
    {
        first.Evaluate(batch, out var a, out var noA);
        second.Evaluate(batch, out var b, out var noB);
        for (var i = 0; i < batch.Count; i++) (this.values[i], this.nulls[i]) = noA[i] == 0 ? (a[i], (byte)0) : (b[i], noB[i]);
        values = this.values.AsSpan(0, batch.Count);
        nulls = this.nulls.AsSpan(0, batch.Count);
    }
}

/// <summary>64-bit arithmetic. A result that does not fit is NULL here; SQLite goes over to a real number.</summary>
static class LongArithmetic
{
    public readonly struct Add : IArithmetic<long>
    {
        public static bool Apply(long a, long b, out long result) { result = a + b; return ((a ^ result) & (b ^ result)) >= 0; }
    }

    public readonly struct Subtract : IArithmetic<long>
    {
        public static bool Apply(long a, long b, out long result) { result = a - b; return ((a ^ b) & (a ^ result)) >= 0; }
    }

    public readonly struct Multiply : IArithmetic<long>
    {
        public static bool Apply(long a, long b, out long result) { var high = Math.BigMul(a, b, out result); return high == result >> 63; }
    }

    /// <summary>Truncates towards zero, as SQL does; by zero it is NULL.</summary>
    public readonly struct Divide : IArithmetic<long>
    {
        public static bool Apply(long a, long b, out long result) { var fits = b != 0 && !(a == long.MinValue && b == -1); result = fits ? a / b : 0; return fits; }
    }

    public readonly struct Remainder : IArithmetic<long>
    {
        public static bool Apply(long a, long b, out long result) { result = b is 0 or -1 ? 0 : a % b; return b != 0; }
    }
}

/// <summary>64-bit floating point. What is no number is NULL: SQL has no NaN.</summary>
static class RealArithmetic
{
    public readonly struct Add : IArithmetic<double>
    {
        public static bool Apply(double a, double b, out double result) => !double.IsNaN(result = a + b);
    }

    public readonly struct Subtract : IArithmetic<double>
    {
        public static bool Apply(double a, double b, out double result) => !double.IsNaN(result = a - b);
    }

    public readonly struct Multiply : IArithmetic<double>
    {
        public static bool Apply(double a, double b, out double result) => !double.IsNaN(result = a * b);
    }

    public readonly struct Divide : IArithmetic<double>
    {
        public static bool Apply(double a, double b, out double result) { result = b == 0 ? 0 : a / b; return b != 0 && !double.IsNaN(result); }
    }
}
