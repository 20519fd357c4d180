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
    public void Evaluate(Batch batch, Span<byte> truth) => node.Evaluate(batch, truth[..batch.Count]);
}
