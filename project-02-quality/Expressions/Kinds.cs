namespace DataQuality;

/// <summary>Which kinds of values go together. Texts and numbers are never turned into each other: where SQLite would compare them by
/// storage class, a rule that asks for it is a mistake.</summary>
static class Kinds
{
    /// <summary>A truth as a number, any other value as it is.</summary>
    public static Node Number(Node node) => node is TruthNode truth ? new TruthAsNumberNode(truth) : node;

    /// <summary>Two values that can be compared: of one kind, or both numbers, or NULL. A text literal beside a date or timestamp is
    /// read as one.</summary>
    public static (Node Left, Node Right) Matched(int at, Node left, Node right)
    {
        (left, right) = (Number(left), Number(right));
        if (right is ConstantNode<string> text && left.Kind is ValueKind.Date or ValueKind.Timestamp) right = Instant(at, left.Kind, text.Value);
        if (left is ConstantNode<string> other && right.Kind is ValueKind.Date or ValueKind.Timestamp) left = Instant(at, right.Kind, other.Value);
        var together = left.Kind == right.Kind || left.Kind == ValueKind.Null || right.Kind == ValueKind.Null || (IsNumber(left) && IsNumber(right));
        return together ? (left, right) : throw Wrong(at, $"{Words(left.Kind)} and {Words(right.Kind)} can't be compared");
    }

    public static bool IsNumber(Node node) => node.Kind is ValueKind.Integer or ValueKind.Real;

    /// <summary>A number as a real one. <see cref="Whole.ToReal"/> says where that is not exact.</summary>
    public static ValueNode<double> AsReal(Node number) => number switch
    {
        ValueNode<double> real => real,
        ConstantNode<long> whole => new ConstantNode<double>(ValueKind.Real, whole.Value),
        _ => new FunctionNode<long, double, Whole.ToReal>(ValueKind.Real, (ValueNode<long>)number),
    };

    /// <summary>Only the form in which the layers hold it: SQLite compares dates and timestamps as text, so another spelling of the same
    /// instant would mean something else there.</summary>
    static ConstantNode<long> Instant(int at, ValueKind kind, string text)
    {
        var value = kind == ValueKind.Date ? IsoText.Date(text) : IsoText.Timestamp(text) is { } seconds && IsoText.Timestamp(seconds) == text ? seconds : null;
        return new(kind, value ?? throw Wrong(at, $"'{text}' is not {Words(kind)}, as {(kind == ValueKind.Date ? "2013-01-31" : "2013-01-31T05:00:00Z")} is"));
    }

    public static string Words(ValueKind kind) => kind switch
    {
        ValueKind.Null => "NULL",
        ValueKind.Truth => "a truth value",
        ValueKind.Integer => "a whole number",
        ValueKind.Real => "a real number",
        ValueKind.Text => "a text",
        ValueKind.Date => "a date",
        _ => "a timestamp",
    };

    public static UserException Wrong(int at, string what) => new($"at {at}: {what}", 2);
}
