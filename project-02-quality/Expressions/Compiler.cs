namespace DataQuality;

/// <summary>Binds names to columns and chooses the code for each kind of value.</summary>
sealed class Compiler(IReadOnlyList<(string Name, ColumnType Type)> columns)
{
    /// <summary>Not null while an expression about one text column alone is compiled: the texts are then asked, not the rows.</summary>
    TextWindow? window;

    /// <summary>A number stands for whether it is not zero.</summary>
    /// <exception cref="UserException">A name is not known or the types do not fit; exit code 2.</exception>
    public TruthNode Truth(Syntax syntax) => Value(syntax) switch
    {
        TruthNode truth => truth,
        ValueNode<long> { Kind: ValueKind.Integer } number => new NotNode(new RangeNode<long>(number, 0, 0)),
        ValueNode<double> number => new NotNode(new RangeNode<double>(number, 0, 0)),
        { Kind: ValueKind.Null } => new ConstantTruthNode(DataQuality.Truth.Unknown),
        var other => throw Kinds.Wrong(syntax.At, $"expected something that is true or false, found {Kinds.Words(other.Kind)}"),
    };

    /// <inheritdoc cref="Truth"/>
    public Node Value(Syntax syntax)
    {
        if (window is not null || syntax is Name or Literal or IsNull { Operand: Name } or Unary { Operand: IsNull { Operand: Name } } || OnlyText(syntax) is not { } column) return PerRow(syntax);
        var texts = window = new TextWindow();
        try
        {
            return PerRow(syntax) switch
            {
                TruthNode truth => new PerTextTruthNode(column, texts, truth),
                ValueNode<string> text => new PerTextValueNode<string>(column, texts, text),
                ValueNode<double> real => new PerTextValueNode<double>(column, texts, real),
                ValueNode<long> { Kind: not ValueKind.Null } whole => new PerTextValueNode<long>(column, texts, whole),
                var nothing => nothing,
            };
        }
        finally { window = null; }
    }

    /// <summary>The text column that the expression is about, if it names no other.</summary>
    int? OnlyText(Syntax syntax)
    {
        var used = Names(syntax).Select(Index).Distinct().ToList();
        return used is [var only] && columns[only].Type == ColumnType.Text ? only : null;
    }

    Node PerRow(Syntax syntax) => syntax switch
    {
        Literal { Value: null } => new ConstantNode<long>(ValueKind.Null, 0, isNull: true),
        Literal { Value: long whole } => new ConstantNode<long>(ValueKind.Integer, whole),
        Literal { Value: double real } => new ConstantNode<double>(ValueKind.Real, real),
        Literal text => new ConstantNode<string>(ValueKind.Text, (string)text.Value!),
        Name name => Column(Index(name)),
        Unary { Operator: "NOT" } not => new NotNode(Truth(not.Operand)),
        Unary minus => Operators.Arithmetic(minus.At, "-", new ConstantNode<long>(ValueKind.Integer, 0), Value(minus.Operand)),
        Binary { Operator: "AND" or "OR" } logic => new LogicNode(logic.Operator == "AND", Truth(logic.Left), Truth(logic.Right)),
        Binary { Operator: "+" or "-" or "*" or "/" or "%" } sum => Operators.Arithmetic(sum.At, sum.Operator, Value(sum.Left), Value(sum.Right)),
        Binary compare => Operators.Compare(compare.At, compare.Operator, Value(compare.Left), Value(compare.Right)),
        Between between => Operators.Between(between.At, Value(between.Operand), Value(between.Low), Value(between.High)),
        IsNull { Operand: Name name } when window is null => new IsNullColumnNode(Index(name)),
        IsNull isNull => Operators.Null(Value(isNull.Operand)),
        In list => Operators.In(list.At, Value(list.Operand), [.. list.Values.Select(v => (v.At, Value(v)))]),
        Regexp regexp => Value(regexp.Operand) switch
        {
            ValueNode<string> text => new RegexpNode(text, regexp.Pattern),
            { Kind: ValueKind.Null } => new ConstantTruthNode(DataQuality.Truth.Unknown),
            var other => throw Kinds.Wrong(regexp.At, $"REGEXP takes a text, found {Kinds.Words(other.Kind)}"),
        },
        Call call => Functions.Of(call, [.. call.Arguments.Select(a => Kinds.Number(Value(a)))]),
        _ => throw new InvalidOperationException($"no code for {syntax}"),
    };

    Node Column(int at) => columns[at].Type switch
    {
        ColumnType.Text => window is null ? new TextColumnNode(at) : window,
        ColumnType.Real => new RealColumnNode(at),
        ColumnType.Date => new LongColumnNode(ValueKind.Date, at),
        ColumnType.Timestamp => new LongColumnNode(ValueKind.Timestamp, at),
        _ => new LongColumnNode(ValueKind.Integer, at),
    };

    int Index(Name name)
    {
        for (var i = 0; i < columns.Count; i++) if (columns[i].Name == name.Column) return i;
        throw Kinds.Wrong(name.At, $"there is no column '{name.Column}'");
    }

    /// <summary>Every place where an expression names a column, in order.</summary>
    public static List<Name> Names(Syntax syntax)
    {
        var names = new List<Name>();
        Add(syntax);
        return names;

        void Add(Syntax part)
        {
            switch (part)
            {
                case Name name: names.Add(name); break;
                case Unary unary: Add(unary.Operand); break;
                case Binary binary: Add(binary.Left); Add(binary.Right); break;
                case Between between: Add(between.Operand); Add(between.Low); Add(between.High); break;
                case IsNull isNull: Add(isNull.Operand); break;
                case In list: Add(list.Operand); break;
                case Regexp regexp: Add(regexp.Operand); break;
                case Call call: foreach (var argument in call.Arguments) Add(argument); break;
            }
        }
    }
}
