namespace DataQuality;

/// <summary>Looks for the column, or the two columns, that tell all rows of a file apart, while the rows go by. The first rows are
/// held as hashes, and choose a few candidates; later rows can only rule candidates out.</summary>
/// <param name="columns">The columns, whose types and nulls are asked when a choice is made.</param>
/// <param name="mostRows">So many rows are looked at: a candidate remembers a hash of each.</param>
sealed class KeySearch(IReadOnlyList<ColumnCensus> columns, int mostRows)
{
    const int SampleRows = 100_000, MostColumns = 64, MostCandidates = 8;
    readonly List<ulong>[] sample = [.. columns.Take(MostColumns).Select(_ => new List<ulong>())];
    List<(int[] Columns, HashSet<ulong> Keys)>? candidates;
    int rows;

    /// <summary>Takes up a row, as the hashes of its values.</summary>
    public void Add(ReadOnlySpan<ulong> row)
    {
        if (rows == mostRows) return;
        rows++;
        if (candidates is null)
        {
            for (var i = 0; i < sample.Length; i++) sample[i].Add(row[i]);
            if (rows == SampleRows) Choose();
            return;
        }
        for (var i = candidates.Count - 1; i >= 0; i--)
            if (!candidates[i].Keys.Add(Hash(candidates[i].Columns, row))) candidates.RemoveAt(i);
    }

    /// <summary>The key: one column rather than two, the shortest texts first; empty when there is none.</summary>
    public IReadOnlyList<ColumnCensus> Find()
    {
        if (candidates is null) Choose();
        var key = candidates!.FirstOrDefault(c => c.Columns.All(Able)).Columns ?? [];
        return [.. key.Select(i => columns[i])];
    }

    void Choose()
    {
        var able = Enumerable.Range(0, sample.Length).Where(Able).ToList();
        var single = able.Where(a => columns[a].Distinct >= Math.Min(rows, ColumnCensus.MostDistinct)).Select(a => new[] { a }).ToList();
        var pairs = from a in able from b in able where a < b select new[] { a, b };
        candidates = [.. single.OrderBy(Width).Concat(pairs.OrderBy(p => single.Any(s => p.Contains(s[0]))).ThenBy(Width)).Select(c => (c, Keys(c))).Where(c => c.Item2.Count == rows).Take(MostCandidates)];
        foreach (var column in sample) column.Clear();
    }

    /// <summary>A key has a value in every row; and reals are not compared for equality.</summary>
    bool Able(int column) => columns[column].Nulls == 0 && columns[column].Type != ColumnType.Real;

    long Width(int[] key) => key.Sum(i => columns[i].Letters);

    /// <summary>The keys of the sampled rows, up to the first that comes twice.</summary>
    HashSet<ulong> Keys(int[] key)
    {
        var keys = new HashSet<ulong>();
        Span<ulong> row = stackalloc ulong[sample.Length];
        for (var at = 0; at < rows; at++)
        {
            foreach (var i in key) row[i] = sample[i][at];
            if (!keys.Add(Hash(key, row))) break;
        }
        return keys;
    }

    static ulong Hash(int[] key, ReadOnlySpan<ulong> row) => key.Length == 1 ? row[key[0]] : (row[key[0]] * 0x9E3779B97F4A7C15) ^ ulong.RotateLeft(row[key[1]], 31);
}
