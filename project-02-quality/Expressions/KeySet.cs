namespace DataQuality;

/// <summary>The values of a column of another table, to ask whether they hold a value. It serves one thread: it remembers its answers.</summary>
sealed class KeySet
{
    readonly HashSet<string> texts = new(StringComparer.Ordinal);
    readonly HashSet<long> longs = [];
    readonly HashSet<double> reals = [];
    readonly TextWindow window = new();
    PerText<byte>? verdicts;

    /// <summary>Takes up the first values of a column; absent ones are passed over.</summary>
    public void Add(ColumnData column, int count)
    {
        verdicts = null;
        for (var i = 0; i < count; i++)
            if (column.Null[i] != 0) continue;
            else if (column.Type == ColumnType.Text) texts.Add(column.Pool[column.Codes[i]]);
            else if (column.Type != ColumnType.Real) longs.Add(column.Longs[i]);
            else if (Whole(column.Reals[i]) is { } whole) longs.Add(whole);
            else reals.Add(column.Reals[i]);
    }

    /// <summary>Writes whether each row's value is among those taken up. Unknown where it is absent, as a foreign key without a value
    /// passes; SQL's <c>x IN (SELECT …)</c> says so too, but for an empty set, where it is FALSE.</summary>
    /// <param name="column">The place of the column in the batch; of the type of those taken up, or both are numbers: 7 is 7.0.</param>
    /// <param name="truth">At least as long as the batch.</param>
    public void Evaluate(Batch batch, int column, Span<byte> truth)
    {
        var data = batch.Columns[column];
        truth = truth[..batch.Count];
        switch (data.Type)
        {
            case ColumnType.Text:
                verdicts ??= new(window, Ask);
                PerTextTruthNode.Look(verdicts.Of(data.Pool), data, truth);
                break;
            case ColumnType.Real:
                for (var i = 0; i < truth.Length; i++) truth[i] = data.Null[i] != 0 ? Truth.Unknown : (Whole(data.Reals[i]) is { } whole ? longs.Contains(whole) : reals.Contains(data.Reals[i])) ? Truth.True : Truth.False;
                break;
            default:
                for (var i = 0; i < truth.Length; i++) truth[i] = data.Null[i] != 0 ? Truth.Unknown : longs.Contains(data.Longs[i]) ? Truth.True : Truth.False;
                break;
        }
    }

    /// <summary>A real number that is a whole one of 64 bits, as such.</summary>
    static long? Whole(double real) => Math.Floor(real) == real && real is >= -9223372036854775808.0 and < 9223372036854775808.0 ? (long)real : null;

    void Ask(TextWindow shown, byte[] to, int at)
    {
        shown.Evaluate(shown.Rows, out var from, out var nulls);
        for (var i = 0; i < from.Length; i++) to[at + i] = nulls[i] != 0 ? Truth.Unknown : texts.Contains(from[i]) ? Truth.True : Truth.False;
    }
}
