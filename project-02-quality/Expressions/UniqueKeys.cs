using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace DataQuality;

/// <summary>Finds the rows that share a key, over any number of batches. Remembers 24 bytes a row: of a key that is one whole number
/// itself, of any other its XXH128 (two of a billion different keys have the same with a chance of about 10^-21).</summary>
/// <param name="columns">The key's columns, by their place in the batch.</param>
sealed class UniqueKeys(IReadOnlyList<int> columns)
{
    /// <summary>Rows are sorted in so many parts, by the last bits of their hash: each fits the processor's cache.</summary>
    const int Parts = 256;
    readonly List<(UInt128 Key, long Row)>[] parts = [.. Enumerable.Range(0, Parts).Select(_ => new List<(UInt128, long)>())];
    readonly XxHash128 hash = new();

    /// <summary>Takes up a batch. A row with a NULL in its key shares it with none, as in SQL's UNIQUE.</summary>
    /// <param name="firstRow">The number of the batch's first row.</param>
    public void Add(Batch batch, long firstRow)
    {
        var single = columns.Count == 1 && batch.Columns[columns[0]].Longs.Length > 0 ? batch.Columns[columns[0]] : null;
        for (var at = 0; at < batch.Count; at++)
        {
            var absent = false;
            foreach (var column in columns) absent |= batch.Columns[column].Null[at] != 0;
            if (absent) continue;
            var key = single is not null ? (UInt128)(ulong)single.Longs[at] : Hash(batch, at);
            parts[(int)((ulong)key * 0x9E3779B97F4A7C15 >> 56)].Add((key, firstRow + at));
        }
    }

    UInt128 Hash(Batch batch, int at)
    {
        hash.Reset();
        foreach (var column in columns)
        {
            var data = batch.Columns[column];
            if (data.Type == ColumnType.Text)
            {
                var text = data.Pool[data.Codes[at]];
                hash.Append(BitConverter.GetBytes(text.Length));            // ("ab", "c") is not ("a", "bc")
                hash.Append(MemoryMarshal.AsBytes(text.AsSpan()));
            }
            else if (data.Type == ColumnType.Real) hash.Append(BitConverter.GetBytes(data.Reals[at] + 0.0));       // −0 is 0
            else hash.Append(MemoryMarshal.AsBytes(data.Longs.AsSpan(at, 1)));
        }
        return hash.GetCurrentHashAsUInt128();
    }

    /// <summary>Takes up what another thread has found.</summary>
    public void Merge(UniqueKeys other)
    {
        for (var i = 0; i < Parts; i++) parts[i].AddRange(other.parts[i]);
    }

    /// <summary>The numbers of all rows that share their key with another, in order.</summary>
    public IReadOnlyList<long> Finish()
    {
        var shared = new List<long>();
        Parallel.ForEach(parts, part =>
        {
            part.Sort((a, b) => a.Key.CompareTo(b.Key));
            for (int from = 0, to; from < part.Count; from = to)
            {
                for (to = from + 1; to < part.Count && part[to].Key == part[from].Key;) to++;
                if (to - from < 2) continue;
                lock (shared) shared.AddRange(part[from..to].Select(row => row.Row));
            }
        });
        shared.Sort();
        return shared;
    }
}
