namespace DataQuality;

/// <summary>The code for each function and the kinds of its arguments.</summary>
static class Functions
{
    public static Node Of(Call call, IReadOnlyList<Node> arguments)
    {
        if (call.Function == "coalesce") return arguments.Count >= 2 ? arguments.Aggregate((a, b) => Coalesce(call.At, a, b)) : throw Kinds.Wrong(call.At, "coalesce takes two values or more");
        if (call.Function is not ("length" or "lower" or "upper" or "abs")) throw Kinds.Wrong(call.At, $"there is no function '{call.Function}'; known are length, lower, upper, abs and coalesce");
        return (call.Function, arguments) switch
        {
            (_, not [_]) => throw Kinds.Wrong(call.At, $"{call.Function} takes one value, found {arguments.Count}"),
            (_, [{ Kind: ValueKind.Null } nothing]) => nothing,
            ("length", [ValueNode<string> text]) => new FunctionNode<string, long, OfText.Length>(ValueKind.Integer, text),
            ("lower", [ValueNode<string> text]) => new FunctionNode<string, string, OfText.Lower>(ValueKind.Text, text),
            ("upper", [ValueNode<string> text]) => new FunctionNode<string, string, OfText.Upper>(ValueKind.Text, text),
            ("abs", [ValueNode<long> { Kind: ValueKind.Integer } whole]) => new FunctionNode<long, long, Whole.Abs>(ValueKind.Integer, whole),
            ("abs", [ValueNode<double> real]) => new FunctionNode<double, double, Real.Abs>(ValueKind.Real, real),
            (_, [var other]) => throw Kinds.Wrong(call.At, $"{call.Function} takes {(call.Function == "abs" ? "a number" : "a text")}, found {Kinds.Words(other.Kind)}"),
        };
    }

    /// <summary>Of one kind: SQLite's <c>coalesce(r, 7) / 2</c> divides whole numbers where r is NULL and reals where it is not.</summary>
    static Node Coalesce(int at, Node first, Node second) => Kinds.Matched(at, first, second) switch
    {
        ({ Kind: ValueKind.Null }, var b) => b,
        (var a, { Kind: ValueKind.Null }) => a,
        (ValueNode<long> a, ValueNode<long> b) => new CoalesceNode<long>(a, b),
        (ValueNode<double> a, ValueNode<double> b) => new CoalesceNode<double>(a, b),
        (ValueNode<string> a, ValueNode<string> b) => new CoalesceNode<string>(a, b),
        _ => throw Kinds.Wrong(at, "coalesce takes values of one kind: beside a real number 0 is written 0.0"),
    };
}
