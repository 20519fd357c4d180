namespace DataQuality;

/// <summary>A function of two values. It is a type and not a delegate, so that the compiler writes it into the loop.</summary>
interface IArithmetic<T>
{
    /// <param name="none">1 where the result is NULL, else 0.</param>
    static abstract T Apply(T left, T right, out byte none);
}

/// <summary>NULL where one of the operands is.</summary>
sealed class ArithmeticNode<T, TOperator>(ValueKind kind, ValueNode<T> left, ValueNode<T> right) : ComputedNode<T>(kind) where TOperator : IArithmetic<T>
{
    protected override void Fill(Batch batch, Span<T> values, Span<byte> nulls)
    {
        left.Evaluate(batch, out var a, out var noA);
        right.Evaluate(batch, out var b, out var noB);
        Loop(a, noA, b, noB, values, nulls);
    }

    /// <summary>A method of its own, as all inner loops here: spans that are parameters stay in registers, out variables do not.</summary>
    static void Loop(ReadOnlySpan<T> a, ReadOnlySpan<byte> noA, ReadOnlySpan<T> b, ReadOnlySpan<byte> noB, Span<T> values, Span<byte> nulls)
    {
        var count = values.Length;
        a = a[..count];         // all as long as the loop: it needs no checks then
        b = b[..count];
        noA = noA[..count];
        noB = noB[..count];
        nulls = nulls[..count];
        for (var i = 0; i < count; i++)
        {
            values[i] = TOperator.Apply(a[i], b[i], out var none);
            nulls[i] = (byte)(noA[i] | noB[i] | none);
        }
    }
}

/// <summary>A function of one value.</summary>
interface IFunction<TIn, TOut>
{
    static abstract TOut Apply(TIn value, out byte none);
}

sealed class FunctionNode<TIn, TOut, TFunction>(ValueKind kind, ValueNode<TIn> operand) : ComputedNode<TOut>(kind) where TFunction : IFunction<TIn, TOut>
{
    protected override void Fill(Batch batch, Span<TOut> values, Span<byte> nulls)
    {
        operand.Evaluate(batch, out var from, out var absent);
        Loop(from, absent, values, nulls);
    }

    static void Loop(ReadOnlySpan<TIn> from, ReadOnlySpan<byte> absent, Span<TOut> values, Span<byte> nulls)
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = TFunction.Apply(from[i], out var none);
            nulls[i] = (byte)(absent[i] | none);
        }
    }
}

/// <summary>64-bit arithmetic. A result that does not fit is NULL here; SQLite goes over to a real number (and abs fails).</summary>
static class Whole
{
    public readonly struct Add : IArithmetic<long>
    {
        public static long Apply(long a, long b, out byte none) { var sum = a + b; none = (byte)((ulong)((a ^ sum) & (b ^ sum)) >> 63); return sum; }
    }

    public readonly struct Subtract : IArithmetic<long>
    {
        public static long Apply(long a, long b, out byte none) { var rest = a - b; none = (byte)((ulong)((a ^ b) & (a ^ rest)) >> 63); return rest; }
    }

    public readonly struct Multiply : IArithmetic<long>
    {
        public static long Apply(long a, long b, out byte none) { var high = Math.BigMul(a, b, out var product); none = high == product >> 63 ? (byte)0 : (byte)1; return product; }
    }

    /// <summary>Truncates towards zero; by zero it is NULL.</summary>
    public readonly struct Divide : IArithmetic<long>
    {
        public static long Apply(long a, long b, out byte none)
        {
            none = b == 0 || (a == long.MinValue && b == -1) ? (byte)1 : (byte)0;
            return none != 0 ? 0 : a / b;
        }
    }

    /// <summary>Has the sign of the left one; by zero it is NULL.</summary>
    public readonly struct Remainder : IArithmetic<long>
    {
        public static long Apply(long a, long b, out byte none)
        {
            none = b == 0 ? (byte)1 : (byte)0;
            return b is 0 or -1 ? 0 : a % b;
        }
    }

    public readonly struct Abs : IFunction<long, long>
    {
        public static long Apply(long value, out byte none) { var sign = value >> 63; var abs = (value ^ sign) - sign; none = (byte)((ulong)abs >> 63); return abs; }
    }

    /// <summary>Exact up to 2^53. Beyond, SQLite compares a whole number with a real one exactly and this does not.</summary>
    public readonly struct ToReal : IFunction<long, double>
    {
        public static double Apply(long value, out byte none) { none = 0; return value; }
    }
}

/// <summary>64-bit floating point. What is no number is NULL: SQL has no NaN.</summary>
static class Real
{
    static byte None(double result) => double.IsNaN(result) ? (byte)1 : (byte)0;

    public readonly struct Add : IArithmetic<double> { public static double Apply(double a, double b, out byte none) { var sum = a + b; none = None(sum); return sum; } }
    public readonly struct Subtract : IArithmetic<double> { public static double Apply(double a, double b, out byte none) { var rest = a - b; none = None(rest); return rest; } }
    public readonly struct Multiply : IArithmetic<double> { public static double Apply(double a, double b, out byte none) { var product = a * b; none = None(product); return product; } }

    /// <summary>By zero it is NULL, not infinite.</summary>
    public readonly struct Divide : IArithmetic<double>
    {
        public static double Apply(double a, double b, out byte none) { var ratio = a / b; none = b == 0 || double.IsNaN(ratio) ? (byte)1 : (byte)0; return ratio; }
    }

    public readonly struct Abs : IFunction<double, double> { public static double Apply(double value, out byte none) { none = 0; return Math.Abs(value); } }
}

/// <summary>The functions of texts.</summary>
static class OfText
{
    public readonly struct Length : IFunction<string, long> { public static long Apply(string text, out byte none) { none = 0; return Texts.Length(text); } }
    public readonly struct Lower : IFunction<string, string> { public static string Apply(string text, out byte none) { none = 0; return Texts.Lower(text); } }
    public readonly struct Upper : IFunction<string, string> { public static string Apply(string text, out byte none) { none = 0; return Texts.Upper(text); } }
}
