using System.Collections.Frozen;
using System.Text;

namespace BatchIngestion;

/// <summary>A few thousand typed rows, column by column: what goes from stage to stage. Batches are used again and again, so
/// memory does not grow with the file.</summary>
sealed class Batch(Contract contract)
{
    public const int Capacity = 4096;
    /// <summary>A batch of long rows ends here, so that memory stays flat.</summary>
    public const int MostBytes = 1 << 20;

    public ColumnData[] Columns { get; } = [.. contract.TableColumns.Select(c => ColumnData.For(c.Type))];
    /// <summary>The same columns by name.</summary>
    public IReadOnlyDictionary<string, ColumnData> ByName => byName ??= contract.TableColumns.Select((c, i) => (c.Name, Columns[i])).ToFrozenDictionary(c => c.Name, c => c.Item2);
    FrozenDictionary<string, ColumnData>? byName;
    public long[] SourceRow { get; } = new long[Capacity];
    /// <summary>True for a row whose key was taken already: set by the store, left out of the lake.</summary>
    public bool[] Duplicate { get; } = new bool[Capacity];
    public int Count { get; set; }
    /// <summary>How much it holds, for <see cref="MostBytes"/>: filled from a file, how long its rows are there, rejected ones
    /// included; filled from the store, the bytes of their text.</summary>
    public long Bytes { get; set; }
    /// <summary>The rows that are in the table, by their place in the batch.</summary>
    public int[] Kept() => [.. Enumerable.Range(0, Count).Where(at => !Duplicate[at])];
    public List<Rejected> Rejected { get; } = [];
    public List<Warning> Warnings { get; } = [];

    public void Clear()
    {
        Count = 0;
        Bytes = 0;
        Array.Clear(Duplicate);
        Rejected.Clear();
        Warnings.Clear();
    }
}

/// <summary>A row that breaks the contract, with all that is needed to find it and to mend it.</summary>
sealed record Rejected(long Row, long ByteOffset, Violation Why, string Raw);

/// <summary>Something that a row lacks without being wrong.</summary>
readonly record struct Warning(string Column, string Rule, string Found, long Row);

/// <summary>The values of one column in a batch; <see cref="IsNull"/> says which are absent.</summary>
abstract class ColumnData(int capacity)
{
    public bool[] IsNull { get; } = new bool[capacity];

    public static ColumnData For(ColumnType type, int capacity = Batch.Capacity) => type switch
    {
        ColumnType.Text => new TextData(capacity),
        ColumnType.Real => new RealData(capacity),
        _ => new LongData(capacity),
    };
}

/// <summary>Integers as they are; booleans as 0 and 1; dates as days, timestamps as microseconds since 1970-01-01 UTC.</summary>
sealed class LongData(int capacity) : ColumnData(capacity)
{
    public long[] Values { get; } = new long[capacity];
}

sealed class RealData(int capacity) : ColumnData(capacity)
{
    public double[] Values { get; } = new double[capacity];
}

sealed class TextData(int capacity) : ColumnData(capacity)
{
    public Text[] Values { get; } = new Text[capacity];
}

/// <summary>A text in both encodings: SQLite takes UTF-8, Parquet.Net UTF-16.</summary>
/// <param name="Pinned">The bytes do not move, so SQLite may read them in place.</param>
sealed record Text(byte[] Utf8, string Value, bool Pinned)
{
    public static Text Of(string value) => new(Encoding.UTF8.GetBytes(value), value, false);
}
