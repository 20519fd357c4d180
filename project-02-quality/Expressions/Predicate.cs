namespace DataQuality;

/// <summary>A compiled rule: says for each row of a batch whether it holds. It owns buffers, so it serves one thread.</summary>
sealed class Predicate
{
    readonly TruthNode node;

    /// <summary>The columns that it looks at.</summary>
    public IReadOnlyList<string> Columns { get; }

    Predicate(TruthNode node, IReadOnlyList<string> columns) => (this.node, Columns) = (node, columns);

    /// <param name="sql">In the subset of SQLite's expressions that <see cref="Parser"/> reads.</param>
    /// <param name="columns">The columns of the batches, in their order.</param>
    /// <exception cref="UserException">The expression can't be read, or its types do not fit; exit code 2.</exception>
    public static Predicate Compile(string sql, IReadOnlyList<(string Name, ColumnType Type)> columns)
    {
        var syntax = Parser.Parse(sql);
        return new(new Compiler(columns).Truth(syntax), [.. Compiler.Names(syntax).Select(n => n.Column).Distinct()]);
    }

    /// <summary>Writes <see cref="Truth.False"/>, <see cref="Truth.Unknown"/> or <see cref="Truth.True"/> for each of the batch's rows.</summary>
    /// <param name="truth">At least as long as the batch.</param>
    public void Evaluate(Batch batch, Span<byte> truth) => node.Evaluate(batch, truth);
}

/// <summary>A compiled expression that stands in for missing values.</summary>
sealed class Derivation
{
    readonly Node node;

    Derivation(Node node) => this.node = node;

    /// <exception cref="UserException">The expression can't be read, or is not of the column's type; exit code 2.</exception>
    public static Derivation Compile(string sql, IReadOnlyList<(string Name, ColumnType Type)> columns, ColumnType target)
    {
        var node = new Compiler(columns).Value(Parser.Parse(sql));
        if (node is TruthNode truth) node = new TruthAsNumberNode(truth);
        var fits = target switch
        {
            ColumnType.Text => node is ValueNode<string>,
            ColumnType.Real => node is ValueNode<double> or ValueNode<long> { Kind: ValueKind.Integer },
            ColumnType.Date => node.Kind == ValueKind.Date,
            ColumnType.Timestamp => node.Kind == ValueKind.Timestamp,
            _ => node.Kind == ValueKind.Integer,
        };
        return fits ? new(node) : throw new UserException($"'{sql}' does not give {Conform.Expected(target)}", 2);
    }

    /// <summary>Puts the expression's value where the column has none; where that is NULL too, it stays so.</summary>
    public void Fill(Batch batch, ColumnData target)
    {
        switch (node)
        {
            case ValueNode<long> numbers when target.Type == ColumnType.Real:
                numbers.Evaluate(batch, out var whole, out var none);
                for (var i = 0; i < batch.Count; i++) if (target.Null[i] != 0 && none[i] == 0) (target.Reals[i], target.Null[i]) = (whole[i], 0);
                break;
            case ValueNode<long> numbers:
                numbers.Evaluate(batch, out var longs, out var noLongs);
                for (var i = 0; i < batch.Count; i++) if (target.Null[i] != 0 && noLongs[i] == 0) (target.Longs[i], target.Null[i]) = (longs[i], 0);
                break;
            case ValueNode<double> numbers:
                numbers.Evaluate(batch, out var reals, out var noReals);
                for (var i = 0; i < batch.Count; i++) if (target.Null[i] != 0 && noReals[i] == 0) (target.Reals[i], target.Null[i]) = (reals[i], 0);
                break;
            default:
                ((ValueNode<string>)node).Evaluate(batch, out var texts, out var noTexts);
                for (var i = 0; i < batch.Count; i++) if (target.Null[i] != 0 && noTexts[i] == 0) (target.Codes[i], target.Null[i]) = (target.Pool.Add(texts[i]), 0);
                break;
        }
    }
}
