namespace DataQuality;

/// <summary>The code for each operator and the kinds of its operands.</summary>
static class Operators
{
    /// <summary><c>= &lt;&gt; &lt; &lt;= &gt; &gt;=</c></summary>
    public static TruthNode Compare(int at, string op, Node left, Node right)
    {
        (left, right) = Kinds.Matched(at, left, right);
        if (op == "<>") return new NotNode(Compare(at, "=", left, right));
        if (Bounds.IsConstant(left) && !Bounds.IsConstant(right)) return Compare(at, op switch { "<" => ">", "<=" => ">=", ">" => "<", ">=" => "<=", _ => op }, right, left);
        return (left, right) switch
        {
            ({ Kind: ValueKind.Null }, _) or (_, { Kind: ValueKind.Null }) => new ConstantTruthNode(Truth.Unknown),
            (ValueNode<long> x, _) when Bounds.IsConstant(right) => Range(x, Bounds.OfWhole(op, right)),
            (ValueNode<double> x, _) when Bounds.IsConstant(right) => Range(x, Bounds.OfReal(op, right)),
            (ValueNode<long> x, ValueNode<long> y) => Numbers(op, x, y),
            (ValueNode<string> x, ValueNode<string> y) when op == "=" => new EqualTextNode(x, y),
            (ValueNode<string> x, ValueNode<string> y) => new CompareTextNode(x, y, op switch { "<" => [2, 0, 0], "<=" => [2, 2, 0], ">" => [0, 0, 2], _ => [0, 2, 2] }),
            _ => Numbers(op, Kinds.AsReal(left), Kinds.AsReal(right)),
        };
    }

    static TruthNode Numbers<T>(string op, ValueNode<T> x, ValueNode<T> y) where T : System.Numerics.IComparisonOperators<T, T, bool> => op switch
    {
        "=" => new CompareNode<T, IsEqual<T>>(x, y),
        "<" => new CompareNode<T, IsLess<T>>(x, y),
        "<=" => new CompareNode<T, IsLessOrEqual<T>>(x, y),
        ">" => new CompareNode<T, IsLess<T>>(y, x),
        _ => new CompareNode<T, IsLessOrEqual<T>>(y, x),
    };

    static RangeNode<T> Range<T>(ValueNode<T> operand, (T Low, T High) bounds) where T : System.Numerics.IComparisonOperators<T, T, bool> => new(operand, bounds.Low, bounds.High);

    /// <summary>As SQL defines it: <c>x &gt;= low AND x &lt;= high</c>.</summary>
    public static TruthNode Between(int at, Node operand, Node low, Node high)
    {
        (operand, low) = Kinds.Matched(at, operand, low);
        (operand, high) = Kinds.Matched(at, operand, high);
        var simple = operand is ValueNode<string> || operand.Kind == ValueKind.Null || low.Kind == ValueKind.Null || high.Kind == ValueKind.Null;
        if (simple) return new LogicNode(and: true, Compare(at, ">=", operand, low), Compare(at, "<=", operand, high));
        var @fixed = Bounds.IsConstant(low) && Bounds.IsConstant(high);
        return operand switch
        {
            ValueNode<long> x when @fixed => Range(x, Bounds.Both(Bounds.OfWhole(">=", low), Bounds.OfWhole("<=", high))),
            ValueNode<double> x when @fixed => Range(x, Bounds.Both(Bounds.OfReal(">=", low), Bounds.OfReal("<=", high))),
            ValueNode<long> x when (low, high) is (ValueNode<long> from, ValueNode<long> to) => new BetweenNode<long>(x, from, to),
            _ => new BetweenNode<double>(Kinds.AsReal(operand), Kinds.AsReal(low), Kinds.AsReal(high)),
        };
    }

    public static TruthNode In(int at, Node operand, IReadOnlyList<(int At, Node Value)> list)
    {
        operand = Kinds.Number(operand);
        var values = list.Select(v => Kinds.Matched(v.At, operand, v.Value).Right).ToList();
        var hasNull = values.RemoveAll(v => v.Kind == ValueKind.Null) > 0;
        return operand switch
        {
            { Kind: ValueKind.Null } => new ConstantTruthNode(Truth.Unknown),
            ValueNode<string> text => new InNode<string>(text, values.Select(v => ((ConstantNode<string>)v).Value).ToHashSet(StringComparer.Ordinal), hasNull),
            ValueNode<double> real => new InNode<double>(real, [.. values.Select(v => Kinds.AsReal(v)).Cast<ConstantNode<double>>().Select(v => v.Value)], hasNull),
            // a real number of the list that is not whole equals no whole one: its bounds are empty
            ValueNode<long> whole => InTableNode.For(whole, [.. values.Select(v => Bounds.OfWhole("=", v)).Where(b => b.Low == b.High).Select(b => b.Low)], hasNull),
            _ => throw Kinds.Wrong(at, $"IN does not take {Kinds.Words(operand.Kind)}"),
        };
    }

    public static TruthNode Null(Node operand) => operand switch
    {
        TruthNode truth => new IsUnknownNode(truth),
        ValueNode<long> whole => new IsNullNode<long>(whole),
        ValueNode<double> real => new IsNullNode<double>(real),
        _ => new IsNullNode<string>((ValueNode<string>)operand),
    };

    /// <summary><c>+ - * / %</c> of numbers. Of two whole ones the result is whole.</summary>
    public static Node Arithmetic(int at, string op, Node left, Node right)
    {
        (left, right) = (Kinds.Number(left), Kinds.Number(right));
        foreach (var node in (Node[])[left, right])
            if (node.Kind != ValueKind.Null && !Kinds.IsNumber(node)) throw Kinds.Wrong(at, $"{op} takes numbers, found {Kinds.Words(node.Kind)}");
        if (left.Kind == ValueKind.Null) return left;
        if (right.Kind == ValueKind.Null) return right;
        if ((left, right) is (ValueNode<long> a, ValueNode<long> b))
            return op switch
            {
                "+" => new ArithmeticNode<long, Whole.Add>(ValueKind.Integer, a, b),
                "-" => new ArithmeticNode<long, Whole.Subtract>(ValueKind.Integer, a, b),
                "*" => new ArithmeticNode<long, Whole.Multiply>(ValueKind.Integer, a, b),
                "/" => new ArithmeticNode<long, Whole.Divide>(ValueKind.Integer, a, b),
                _ => new ArithmeticNode<long, Whole.Remainder>(ValueKind.Integer, a, b),
            };
        var (x, y) = (Kinds.AsReal(left), Kinds.AsReal(right));
        return op switch
        {
            "+" => new ArithmeticNode<double, Real.Add>(ValueKind.Real, x, y),
            "-" => new ArithmeticNode<double, Real.Subtract>(ValueKind.Real, x, y),
            "*" => new ArithmeticNode<double, Real.Multiply>(ValueKind.Real, x, y),
            "/" => new ArithmeticNode<double, Real.Divide>(ValueKind.Real, x, y),
            _ => throw Kinds.Wrong(at, "% takes whole numbers"),        // SQLite cuts the decimals off first: hardly what a rule means
        };
    }
}
