using System.Buffers;
using System.Text;
using Parquet;
using Parquet.Schema;

namespace KafkaIngest;

/// <summary>Events that are gathered for one Parquet file, as columns. Grain: an event.</summary>
sealed class LakeFile
{
    /// <summary>So many rows a row group: few, for a group being written is held in memory.</summary>
    public const int RowGroup = 2_500;

    public static readonly DataField<string> EventId = new("event_id", false), EventType = new("event_type", false), Key = new("key", true), Payload = new("payload", false);
    public static readonly DateTimeDataField EventTime = new("event_time", DateTimeFormat.Timestamp, isAdjustedToUTC: true, unit: DateTimeTimeUnit.Micros, isNullable: false);
    public static readonly DateTimeDataField ProducedAt = new("produced_at", DateTimeFormat.Timestamp, isAdjustedToUTC: true, unit: DateTimeTimeUnit.Micros, isNullable: false);
    public static readonly DataField<int> SchemaVersion = new("schema_version", false), Partition = new("partition", false);
    public static readonly DataField<long> Offset = new("offset", false);
    public static readonly ParquetSchema Schema = new(EventId, EventType, EventTime, Key, SchemaVersion, Partition, Offset, ProducedAt, Payload);

    readonly List<Event> events = [];

    public IReadOnlyList<Event> Rows => events;
    public int Count => events.Count;

    /// <summary>Payload bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>The hour in which the first event was sent; UTC.</summary>
    public DateTime Hour => HourOf(events[0]);

    /// <summary>The hour in which an event was sent; UTC. It is the event's own, so a range that is read again gives the same files.</summary>
    public static DateTime HourOf(Event e) => DateTime.UnixEpoch.AddHours(e.ProducedAtMs / 3_600_000);

    public void Add(Event e)
    {
        events.Add(e);
        Bytes += e.Payload.Length;
    }

    /// <summary>Takes out the events at these offsets.</summary>
    public void LeaveOut(IReadOnlySet<long> offsets)
    {
        events.RemoveAll(e => offsets.Contains(e.At.Offset));
        Bytes = events.Sum(e => (long)e.Payload.Length);
    }

    public void Clear()
    {
        events.Clear();
        Bytes = 0;
    }

    /// <summary>Writes the file and flushes it to disk.</summary>
    /// <returns>Its size in bytes.</returns>
    public long Write(string path, int partition) => WriteAsync(path, partition).GetAwaiter().GetResult();       // a file does not really wait

    async Task<long> WriteAsync(string path, int partition)
    {
        await using var stream = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16);
        var options = new ParquetOptions { CompressionMethod = CompressionMethod.Zstd, CompressionLevel = System.IO.Compression.CompressionLevel.Fastest };
        options.ColumnEncodingHints["event_type"] = EncodingHint.Dictionary;
        options.ColumnEncodingHints["key"] = EncodingHint.Dictionary;
        foreach (var column in (string[])["schema_version", "partition", "offset"]) options.ColumnEncodingHints[column] = EncodingHint.DeltaBinaryPacked;
        await using (var writer = await ParquetWriter.CreateAsync(Schema, stream, options))
            for (var from = 0; from < events.Count; from += RowGroup)
                await WriteGroup(writer, events[from..Math.Min(events.Count, from + RowGroup)], partition);
        stream.Flush(flushToDisk: true);
        return stream.Length;
    }

    static async Task WriteGroup(ParquetWriter writer, List<Event> rows, int partition)
    {
        using var group = writer.CreateRowGroup();
        await WriteTexts(group, EventId, rows, e => e.Id);
        await group.WriteAsync<ReadOnlyMemory<char>>(EventType, rows.Select(e => e.Type.AsMemory()).ToArray().AsMemory());
        await group.WriteAsync<DateTime>(EventTime, rows.Select(e => e.EventTimeUtc).ToArray().AsMemory());
        await group.WriteAsync<ReadOnlyMemory<char>>(Key, rows.Select(e => e.Key is null ? (ReadOnlyMemory<char>?)null : Encoding.UTF8.GetString(e.Key).AsMemory()).ToArray().AsMemory());
        await group.WriteAsync<int>(SchemaVersion, rows.Select(e => e.SchemaVersion).ToArray().AsMemory());
        await group.WriteAsync<int>(Partition, Enumerable.Repeat(partition, rows.Count).ToArray().AsMemory());
        await group.WriteAsync<long>(Offset, rows.Select(e => e.At.Offset).ToArray().AsMemory());
        await group.WriteAsync<DateTime>(ProducedAt, rows.Select(e => DateTime.UnixEpoch.AddMilliseconds(e.ProducedAtMs)).ToArray().AsMemory());
        await WriteTexts(group, Payload, rows, e => e.Payload);
        group.CompleteValidate();
    }

    /// <summary>Writes a column of texts, all in one piece of memory, which is lent: a text for each row would cost an object for each row.</summary>
    static async Task WriteTexts(ParquetRowGroupWriter group, DataField<string> column, List<Event> rows, Func<Event, byte[]> of)
    {
        var all = ArrayPool<char>.Shared.Rent(rows.Sum(e => of(e).Length));       // a byte of UTF-8 is one character at most
        var texts = new ReadOnlyMemory<char>[rows.Count];
        for (var (i, at) = (0, 0); i < texts.Length; i++)
        {
            var length = Encoding.UTF8.GetChars(of(rows[i]), all.AsSpan(at));
            texts[i] = all.AsMemory(at, length);
            at += length;
        }
        await group.WriteAsync<ReadOnlyMemory<char>>(column, texts.AsMemory());
        ArrayPool<char>.Shared.Return(all);
    }
}
