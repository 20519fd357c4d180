using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace DataQuality;

/// <summary>Finds the rows that share a key, over any number of batches. Remembers 24 bytes a row: of a key that is one number, the number
/// itself; of any other its XXH128 (that any two of a billion different keys have the same: about 10^-21).</summary>
/// <param name="columns">The key's columns, by their place in the batch.</param>
sealed class UniqueKeys(IReadOnlyList<int> columns)
{
    /// <summary>Rows are remembered and sorted in so many parts, by bits of their key: a part of a few million rows fits the processor's cache.</summary>
    const int Parts = 256, ChunkRows = 1024;

    /// <summary>The key's halves and the row that has it.</summary>
    readonly record struct Entry(ulong High, ulong Low, long Row);

    /// <summary>Parts grow by chunks: lists that double would take twice the memory for a while.</summary>
    readonly List<List<Entry>>[] parts = [.. Enumerable.Range(0, Parts).Select(_ => new List<List<Entry>>())];
    byte[] buffer = new byte[256];

    /// <summary>Takes up a batch. A row with a NULL in its key shares it with none, as in SQL's UNIQUE.</summary>
    /// <param name="firstRow">The number of the batch's first row.</param>
    public void Add(Batch batch, long firstRow)
    {
        var single = columns.Count == 1 && batch.Columns[columns[0]].Type != ColumnType.Text ? batch.Columns[columns[0]] : null;
        for (var at = 0; at < batch.Count; at++)
        {
            var absent = 0;
            foreach (var column in columns) absent |= batch.Columns[column].Null[at];
            if (absent != 0) continue;
            var key = single is null ? Hash(batch, at) : single.Type == ColumnType.Real ? Bits(single.Reals[at]) : (ulong)single.Longs[at];
            Remember(new((ulong)(key >> 64), (ulong)key, firstRow + at));
        }
    }

    void Remember(Entry entry)
    {
        var part = parts[(int)((entry.Low * 0x9E3779B97F4A7C15) >> 56)];        // Fibonacci hashing: numbers in a row are spread
        if (part.Count == 0 || part[^1].Count == ChunkRows) part.Add(new(ChunkRows));
        part[^1].Add(entry);
    }

    static ulong Bits(double real) => BitConverter.DoubleToUInt64Bits(real + 0.0);     // −0.0 + 0.0 is 0.0

    UInt128 Hash(Batch batch, int at)
    {
        var length = 0;
        foreach (var column in columns)
        {
            var data = batch.Columns[column];
            if (data.Type == ColumnType.Text)
            {
                var text = MemoryMarshal.AsBytes(data.Pool[data.Codes[at]].AsSpan());
                Append((ulong)text.Length);             // ("ab", "c") is not ("a", "bc")
                if (buffer.Length < length + text.Length) Array.Resize(ref buffer, (length + text.Length) * 2);
                text.CopyTo(buffer.AsSpan(length));
                length += text.Length;
            }
            else Append(data.Type == ColumnType.Real ? Bits(data.Reals[at]) : (ulong)data.Longs[at]);
        }
        return XxHash128.HashToUInt128(buffer.AsSpan(0, length));

        void Append(ulong value)
        {
            if (buffer.Length < length + sizeof(ulong)) Array.Resize(ref buffer, buffer.Length * 2);
            BitConverter.TryWriteBytes(buffer.AsSpan(length), value);
            length += sizeof(ulong);
        }
    }

    /// <summary>Takes up what another thread has found, for the same columns. The other one is not to be used any more.</summary>
    public void Merge(UniqueKeys other)
    {
        for (var i = 0; i < Parts; i++) parts[i].InsertRange(0, other.parts[i]);        // in front: the last chunk is the one that grows
    }

    /// <summary>The numbers of all rows that share their key with another, in order.</summary>
    public IReadOnlyList<long> Finish()
    {
        var shared = new List<long>();
        var largest = parts.Max(part => part.Sum(chunk => chunk.Count));
        var (keys, entries) = (new ulong[largest], new Entry[largest]);
        foreach (var part in parts)
        {
            var count = 0;
            foreach (var entry in part.SelectMany(chunk => chunk)) (keys[count], entries[count++]) = (entry.Low, entry);
            Array.Sort(keys, entries, 0, count);
            for (int from = 0, to; from < count; from = to)
            {
                for (to = from + 1; to < count && keys[to] == keys[from];) to++;
                if (to - from > 1) Shared(entries.AsSpan(from, to - from));
            }
        }
        shared.Sort();
        return shared;

        // the low halves are equal; whoever has another high half has another key
        void Shared(Span<Entry> alike)
        {
            alike.Sort((a, b) => a.High.CompareTo(b.High));
            for (var i = 0; i < alike.Length; i++)
                if ((i > 0 && alike[i - 1].High == alike[i].High) || (i < alike.Length - 1 && alike[i + 1].High == alike[i].High)) shared.Add(alike[i].Row);
        }
    }
}
