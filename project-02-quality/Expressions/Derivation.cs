namespace DataQuality;

/// <summary>A compiled expression that stands in for missing values. It owns buffers, so it serves one thread.</summary>
sealed class Derivation
{
    readonly Node node;

    Derivation(Node node) => this.node = node;

    /// <param name="sql">In the subset of SQLite's expressions that <see cref="Parser"/> reads.</param>
    /// <param name="columns">The columns of the batches, in their order.</param>
    /// <param name="target">The type of the column that is filled.</param>
    /// <exception cref="UserException">The expression can't be read, or is not of the column's type; exit code 2.</exception>
    public static Derivation Compile(string sql, IReadOnlyList<(string Name, ColumnType Type)> columns, ColumnType target)
    {
        var node = Kinds.Number(new Compiler(columns).Value(Parser.Parse(sql)));
        var fits = target switch
        {
            ColumnType.Text => node.Kind == ValueKind.Text,
            ColumnType.Real => Kinds.IsNumber(node),
            ColumnType.Date => node.Kind == ValueKind.Date,
            ColumnType.Timestamp => node.Kind == ValueKind.Timestamp,
            _ => node.Kind == ValueKind.Integer,
        };
        return fits ? new(target == ColumnType.Real ? Kinds.AsReal(node) : node) : throw new UserException($"'{sql}' does not give {Conform.Expected(target)}", 2);
    }

    /// <summary>Puts the expression's value where the column has none. Where that is NULL too, or is no value of the column's type (an
    /// infinite number, 7 for a truth), it stays so.</summary>
    /// <param name="target">A column of the batch, of the type that was compiled for.</param>
    public void Fill(Batch batch, ColumnData target)
    {
        switch (node)
        {
            case ValueNode<long> numbers:
                numbers.Evaluate(batch, out var longs, out var noLongs);
                for (var i = 0; i < batch.Count; i++) if ((target.Null[i] & (1 - noLongs[i])) != 0 && Fits(longs[i], target.Type)) (target.Longs[i], target.Null[i]) = (longs[i], 0);
                break;
            case ValueNode<double> numbers:
                numbers.Evaluate(batch, out var reals, out var noReals);
                for (var i = 0; i < batch.Count; i++) if ((target.Null[i] & (1 - noReals[i])) != 0 && double.IsFinite(reals[i])) (target.Reals[i], target.Null[i]) = (reals[i], 0);
                break;
            default:
                ((ValueNode<string>)node).Evaluate(batch, out var texts, out var noTexts);
                for (var i = 0; i < batch.Count; i++) if ((target.Null[i] & (1 - noTexts[i])) != 0) (target.Codes[i], target.Null[i]) = (target.Pool.Add(texts[i]), 0);
                break;
        }
    }

    static bool Fits(long value, ColumnType type) => type switch
    {
        ColumnType.Boolean => value is 0 or 1,
        ColumnType.Hhmm => value is >= 0 and <= 2400 && value % 100 < 60,
        _ => true,
    };
}
