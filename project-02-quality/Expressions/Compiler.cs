using System.Numerics;

namespace DataQuality;

/// <summary>Binds names to columns and chooses the code for each kind of value. Texts and numbers are never turned into each other:
/// where SQLite would compare them by storage class, this is a mistake in the rule.</summary>
sealed class Compiler(IReadOnlyList<(string Name, ColumnType Type)> columns)
{
    static readonly string[] Ordering = ["=", "<>", "<", "<=", ">", ">="];

    /// <summary>A number stands for whether it is not zero.</summary>
    public TruthNode Truth(Syntax syntax)
    {
        var node = PerText(syntax, syntax switch
        {
            Unary { Operator: "NOT" } not => new NotNode(Truth(not.Operand)),
            Binary { Operator: "AND" or "OR" } logic => new AndOrNode(logic.Operator == "AND", Truth(logic.Left), Truth(logic.Right)),
            Binary compare when Ordering.Contains(compare.Operator) => Comparison(compare),
            IsNull isNull => Null(Value(isNull.Operand)),
            In list => Among(list),
            Regexp regexp => Value(regexp.Operand) is ValueNode<string> text ? new RegexpNode(text, regexp.Pattern) : throw Wrong(regexp.At, "REGEXP takes a text"),
            _ => null,
        });
        return node ?? Value(syntax) switch
        {
            TruthNode truth => truth,
            ValueNode<long> { Kind: ValueKind.Integer } number => new NotZeroNode<long>(number),
            ValueNode<double> number => new NotZeroNode<double>(number),
            { Kind: ValueKind.Null } => new ConstantTruthNode(DataQuality.Truth.Unknown),
            var other => throw Wrong(syntax.At, $"expected something that is true or false, found {Words(other.Kind)}"),
        };
    }

    /// <summary>A predicate about one text column alone is answered once for each text.</summary>
    TruthNode? PerText(Syntax syntax, TruthNode? node)
    {
        if (node is null or PerTextNode || inText || syntax is IsNull or Unary { Operand: IsNull }) return node;
        var used = Names(syntax).Distinct().ToList();
        if (used is not [var only] || columns[Index(only)].Type != ColumnType.Text) return node;
        inText = true;
        try { return new PerTextNode(Index(only), Truth(syntax), columns); }
        finally { inText = false; }
    }

    bool inText;

    public Node Value(Syntax syntax) => syntax switch
    {
        Literal { Value: null } => new ConstantNode<long>(ValueKind.Null, 0, isNull: true),
        Literal { Value: long whole } => new ConstantNode<long>(ValueKind.Integer, whole),
        Literal { Value: double real } => new ConstantNode<double>(ValueKind.Real, real),
        Literal text => new ConstantNode<string>(ValueKind.Text, (string)text.Value!),
        Name name => Column(name),
        Unary { Operator: "-" } minus => Arithmetic(new Binary(minus.At, "-", new Literal(minus.At, 0L), minus.Operand), negative: true),
        Binary { Operator: "+" or "-" or "*" or "/" or "%" } sum => Arithmetic(sum, negative: false),
        Call call => Function(call),
        _ => Truth(syntax),
    };

    Node Column(Name name)
    {
        var at = Index(name);
        return columns[at].Type switch
        {
            ColumnType.Text => new TextColumnNode(at),
            ColumnType.Real => new RealColumnNode(at),
            ColumnType.Date => new LongColumnNode(ValueKind.Date, at),
            ColumnType.Timestamp => new LongColumnNode(ValueKind.Timestamp, at),
            _ => new LongColumnNode(ValueKind.Integer, at),
        };
    }

    int Index(Name name)
    {
        for (var i = 0; i < columns.Count; i++) if (columns[i].Name == name.Column) return i;
        throw Wrong(name.At, $"there is no column '{name.Column}'");
    }

    TruthNode Comparison(Binary compare)
    {
        var (left, right) = Alike(compare.At, Value(compare.Left), Value(compare.Right), compare.Left, compare.Right);
        return (left, right) switch
        {
            ({ Kind: ValueKind.Null }, _) or (_, { Kind: ValueKind.Null }) => new ConstantTruthNode(DataQuality.Truth.Unknown),
            (ValueNode<long> a, ValueNode<long> b) => Numbers(compare.Operator, a, b),
            (ValueNode<double> a, ValueNode<double> b) => Numbers(compare.Operator, a, b),
            (ValueNode<string> a, ValueNode<string> b) => new CompareTextNode(a, b, compare.Operator switch { "=" => x => x == 0, "<>" => x => x != 0, "<" => x => x < 0, "<=" => x => x <= 0, ">" => x => x > 0, _ => x => x >= 0 }),
            _ => throw Wrong(compare.At, $"{Words(left.Kind)} and {Words(right.Kind)} can't be compared"),
        };
    }

    static TruthNode Numbers<T>(string op, ValueNode<T> a, ValueNode<T> b) where T : IComparisonOperators<T, T, bool> => op switch
    {
        "=" => new CompareNode<T, IsEqual>(a, b),
        "<>" => new NotNode(new CompareNode<T, IsEqual>(a, b)),
        "<" => new CompareNode<T, IsLess>(a, b),
        "<=" => new CompareNode<T, IsLessOrEqual>(a, b),
        ">" => new CompareNode<T, IsLess>(b, a),
        _ => new CompareNode<T, IsLessOrEqual>(b, a),
    };

    /// <summary>Brings two values to one kind: whole numbers beside reals become reals (exact up to 2^53; SQLite compares larger ones
    /// exactly), a text literal beside a date or timestamp is read as one.</summary>
    (Node, Node) Alike(int at, Node left, Node right, Syntax leftSyntax, Syntax rightSyntax)
    {
        (left, right) = (Number(left), Number(right));
        if (left is ValueNode<double> && right is ValueNode<long> { Kind: ValueKind.Integer } b) return (left, Real(b));
        if (right is ValueNode<double> && left is ValueNode<long> { Kind: ValueKind.Integer } a) return (Real(a), right);
        if (left.Kind is ValueKind.Date or ValueKind.Timestamp && rightSyntax is Literal { Value: string text }) return (left, Instant(at, left.Kind, text));
        if (right.Kind is ValueKind.Date or ValueKind.Timestamp && leftSyntax is Literal { Value: string other }) return (Instant(at, right.Kind, other), right);
        if (left.Kind != right.Kind && left.Kind != ValueKind.Null && right.Kind != ValueKind.Null) throw Wrong(at, $"{Words(left.Kind)} and {Words(right.Kind)} can't be compared");
        return (left, right);
    }

    static Node Number(Node node) => node is TruthNode truth ? new TruthAsNumberNode(truth) : node;

    static ValueNode<double> Real(ValueNode<long> node) => new MapNode<long, double>(ValueKind.Real, node, (long value, out double real) => { real = value; return true; });

    static ConstantNode<long> Instant(int at, ValueKind kind, string text) =>
        new(kind, (kind == ValueKind.Date ? IsoText.Date(text) : IsoText.Timestamp(text)) ?? throw Wrong(at, $"'{text}' is not {Words(kind)}, as {(kind == ValueKind.Date ? "2013-01-31" : "2013-01-31T05:00:00Z")} is"));

    TruthNode Among(In list)
    {
        var operand = Number(Value(list.Operand));
        var hasNull = list.Values.Any(v => v.Value is null);
        var values = list.Values.Where(v => v.Value is not null).Select(v => (v.At, Node: Alike(v.At, operand, Value(v), list.Operand, v))).ToList();
        switch (operand)
        {
            case { Kind: ValueKind.Null }: return new ConstantTruthNode(DataQuality.Truth.Unknown);
            case ValueNode<string> text: return new InNode<string>(text, list.Values.Select(v => v.Value).OfType<string>().ToHashSet(StringComparer.Ordinal), hasNull);
            case ValueNode<double> real: return new InNode<double>(real, values.Select(v => Constant<double>(v.Node.Item2)).ToHashSet(), hasNull);
            // a whole number equals a real one of the list when that is whole
            case ValueNode<long> whole: return new InNode<long>(whole, values.Where(v => v.Node.Item2 is not ValueNode<double> || Constant<double>(v.Node.Item2) is var real && Math.Floor(real) == real && Math.Abs(real) < 1L << 53).Select(v => v.Node.Item2 is ValueNode<double> ? (long)Constant<double>(v.Node.Item2) : Constant<long>(v.Node.Item2)).ToHashSet(), hasNull);
            default: throw Wrong(list.At, $"IN does not take {Words(operand.Kind)}");
        }
    }

    static T Constant<T>(Node node)
    {
        ((ValueNode<T>)node).Evaluate(new Batch([]) { Count = 1 }, out var values, out _);
        return values[0];
    }

    static TruthNode Null(Node operand) => operand switch
    {
        TruthNode truth => new IsUnknownNode(truth),
        ValueNode<long> number => new IsNullNode<long>(number),
        ValueNode<double> number => new IsNullNode<double>(number),
        var text => new IsNullNode<string>((ValueNode<string>)text),
    };

    Node Arithmetic(Binary sum, bool negative)
    {
        var (left, right) = Alike(sum.At, Value(sum.Left), Value(sum.Right), sum.Left, sum.Right);
        if (left.Kind == ValueKind.Null || right.Kind == ValueKind.Null) return left.Kind == ValueKind.Null ? left : right;
        switch (left, right)
        {
            case (ValueNode<long> { Kind: ValueKind.Integer } a, ValueNode<long> b):
                return sum.Operator switch
                {
                    "+" => new ArithmeticNode<long, LongArithmetic.Add>(ValueKind.Integer, a, b),
                    "-" => new ArithmeticNode<long, LongArithmetic.Subtract>(ValueKind.Integer, a, b),
                    "*" => new ArithmeticNode<long, LongArithmetic.Multiply>(ValueKind.Integer, a, b),
                    "/" => new ArithmeticNode<long, LongArithmetic.Divide>(ValueKind.Integer, a, b),
                    _ => new ArithmeticNode<long, LongArithmetic.Remainder>(ValueKind.Integer, a, b),
                };
            case (ValueNode<double> a, ValueNode<double> b):
                return sum.Operator switch
                {
                    "+" => new ArithmeticNode<double, RealArithmetic.Add>(ValueKind.Real, a, b),
                    "-" => new ArithmeticNode<double, RealArithmetic.Subtract>(ValueKind.Real, a, b),
                    "*" => new ArithmeticNode<double, RealArithmetic.Multiply>(ValueKind.Real, a, b),
                    "/" => new ArithmeticNode<double, RealArithmetic.Divide>(ValueKind.Real, a, b),
                    _ => throw Wrong(sum.At, "% takes whole numbers"),
                };
            default: throw Wrong(sum.At, $"{(negative ? "-" : sum.Operator)} does not take {Words(left.Kind is ValueKind.Integer or ValueKind.Real ? right.Kind : left.Kind)}");
        }
    }

    Node Function(Call call)
    {
        var arguments = call.Arguments.Select(a => Number(Value(a))).ToList();
        if (call.Function == "coalesce" && arguments.Count >= 2)
            return arguments.Aggregate((a, b) => Alike(call.At, a, b, call, call) switch
            {
                ({ Kind: ValueKind.Null }, var second) => second,
                (var first, { Kind: ValueKind.Null }) => first,
                (ValueNode<long> x, ValueNode<long> y) => new CoalesceNode<long>(x.Kind, x, y),
                (ValueNode<double> x, ValueNode<double> y) => new CoalesceNode<double>(x.Kind, x, y),
                (ValueNode<string> x, ValueNode<string> y) => new CoalesceNode<string>(x.Kind, x, y),
                _ => throw Wrong(call.At, "coalesce takes values of one kind"),
            });
        return (call.Function, arguments) switch
        {
            ("length", [ValueNode<string> text]) => new MapNode<string, long>(ValueKind.Integer, text, (string value, out long length) => { length = Texts.Length(value); return true; }),
            ("lower", [ValueNode<string> text]) => new MapNode<string, string>(ValueKind.Text, text, (string value, out string lower) => { lower = Texts.Lower(value); return true; }),
            ("upper", [ValueNode<string> text]) => new MapNode<string, string>(ValueKind.Text, text, (string value, out string upper) => { upper = Texts.Upper(value); return true; }),
            ("abs", [ValueNode<long> { Kind: ValueKind.Integer } number]) => new MapNode<long, long>(ValueKind.Integer, number, (long value, out long abs) => { abs = value < 0 ? unchecked(-value) : value; return abs >= 0; }),
            ("abs", [ValueNode<double> number]) => new MapNode<double, double>(ValueKind.Real, number, (double value, out double abs) => { abs = Math.Abs(value); return true; }),
            ("length" or "lower" or "upper" or "abs", [{ Kind: ValueKind.Null } nothing]) => nothing,
            ("length" or "lower" or "upper", [_]) => throw Wrong(call.At, $"{call.Function} takes a text"),
            ("abs", [_]) => throw Wrong(call.At, "abs takes a number"),
            ("length" or "lower" or "upper" or "abs" or "coalesce", _) => throw Wrong(call.At, $"{call.Function} takes {(call.Function == "coalesce" ? "two values or more" : "one value")}"),
            _ => throw Wrong(call.At, $"there is no function '{call.Function}'; known are length, lower, upper, abs, coalesce"),
        };
    }

    /// <summary>The columns that an expression names.</summary>
    public static IEnumerable<Name> Names(Syntax syntax) => syntax switch
    {
        Name name => [name with { At = 0 }],
        Unary unary => Names(unary.Operand),
        Binary binary => Names(binary.Left).Concat(Names(binary.Right)),
        IsNull isNull => Names(isNull.Operand),
        In list => Names(list.Operand),
        Regexp regexp => Names(regexp.Operand),
        Call call => call.Arguments.SelectMany(Names),
        _ => [],
    };

    static string Words(ValueKind kind) => kind switch
    {
        ValueKind.Null => "NULL",
        ValueKind.Truth => "a truth value",
        ValueKind.Integer => "a whole number",
        ValueKind.Real => "a number",
        ValueKind.Text => "a text",
        ValueKind.Date => "a date",
        _ => "a timestamp",
    };

    static UserException Wrong(int at, string what) => new($"at {Math.Max(1, at)}: {what}", 2);
}
