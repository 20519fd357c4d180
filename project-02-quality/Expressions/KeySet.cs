namespace DataQuality;

/// <summary>The values of a column of another table, to ask whether they hold a value.</summary>
sealed class KeySet
{
    readonly HashSet<string> texts = new(StringComparer.Ordinal);
    readonly HashSet<long> longs = [];
    readonly HashSet<double> reals = [];

    /// <summary>Takes up the first values of a column; absent ones are passed over.</summary>
    public void Add(ColumnData column, int count)
    {
        for (var i = 0; i < count; i++)
            if (column.Null[i] != 0) continue;
            else if (column.Type == ColumnType.Text) texts.Add(column.Pool[column.Codes[i]]);
            else if (column.Type == ColumnType.Real) reals.Add(column.Reals[i]);
            else longs.Add(column.Longs[i]);
    }

    /// <summary>As <c>x IN (SELECT …)</c> of values that are not NULL: unknown where x is absent, unless there are no values at all.</summary>
    /// <param name="column">The place of x in the batch.</param>
    public void Evaluate(Batch batch, int column, Span<byte> truth)
    {
        var data = batch.Columns[column];
        var absent = texts.Count + longs.Count + reals.Count == 0 ? Truth.False : Truth.Unknown;
        for (var i = 0; i < batch.Count; i++)
            truth[i] = data.Null[i] != 0 ? absent : (data.Type switch
            {
                ColumnType.Text => texts.Contains(data.Pool[data.Codes[i]]),
                ColumnType.Real => reals.Contains(data.Reals[i]),
                _ => longs.Contains(data.Longs[i]),
            }) ? Truth.True : Truth.False;
    }
}
