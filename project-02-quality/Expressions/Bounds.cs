namespace DataQuality;

/// <summary>Comparisons with a literal as bounds, both inclusive: <c>x &lt; 5</c> of whole numbers is <c>x</c> from the least one to 4. Where
/// nothing fits, the low bound is above the high one.</summary>
static class Bounds
{
    static readonly (long, long) AllWhole = (long.MinValue, long.MaxValue), NoWhole = (long.MaxValue, long.MinValue);
    static readonly (double, double) NoReal = (double.PositiveInfinity, double.NegativeInfinity);
    const double TwoTo63 = 9223372036854775808.0;

    /// <summary>Whether it is a number, date or timestamp that is the same for every row.</summary>
    public static bool IsConstant(Node node) => node.Kind != ValueKind.Null && node is ConstantNode<long> or ConstantNode<double>;

    /// <summary>Of a whole number compared with a literal. Exact, also where the literal is a real number that no whole one equals.</summary>
    public static (long Low, long High) OfWhole(string op, Node literal) => literal is ConstantNode<double> real ? OfWhole(op, real.Value) : OfWhole(op, ((ConstantNode<long>)literal).Value);

    static (long Low, long High) OfWhole(string op, long value) => op switch
    {
        "=" => (value, value),
        "<" => value == long.MinValue ? NoWhole : (long.MinValue, value - 1),
        "<=" => (long.MinValue, value),
        ">" => value == long.MaxValue ? NoWhole : (value + 1, long.MaxValue),
        _ => (value, long.MaxValue),
    };

    static (long Low, long High) OfWhole(string op, double value)
    {
        var less = op is "<" or "<=";
        if (value >= TwoTo63) return less ? AllWhole : NoWhole;
        if (value < -TwoTo63) return less || op == "=" ? NoWhole : AllWhole;
        var below = (long)Math.Floor(value);
        if (Math.Floor(value) == value) return OfWhole(op, below);
        return op == "=" ? NoWhole : OfWhole(less ? "<=" : ">", below);
    }

    /// <summary>Of a real number compared with a literal.</summary>
    public static (double Low, double High) OfReal(string op, Node literal)
    {
        var value = literal is ConstantNode<double> real ? real.Value : ((ConstantNode<long>)literal).Value;
        return op switch
        {
            "=" => (value, value),
            "<" => value == double.NegativeInfinity ? NoReal : (double.NegativeInfinity, Math.BitDecrement(value)),
            "<=" => (double.NegativeInfinity, value),
            ">" => value == double.PositiveInfinity ? NoReal : (Math.BitIncrement(value), double.PositiveInfinity),
            _ => (value, double.PositiveInfinity),
        };
    }

    /// <summary>What lies within both.</summary>
    public static (T Low, T High) Both<T>((T Low, T High) a, (T Low, T High) b) where T : System.Numerics.INumber<T> => (T.Max(a.Low, b.Low), T.Min(a.High, b.High));
}
