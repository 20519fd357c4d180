using System.Buffers;
using System.Text;
using Parquet;
using Parquet.Schema;

namespace KafkaIngest;

/// <summary>Events that are gathered for one Parquet file. Grain: an event. A row group that is full is written at once, to a file aside: so the
/// work goes on while others read, and is not all left for the end.</summary>
/// <param name="staging">The folder of files aside.</param>
/// <param name="partition">The partition that the events are of.</param>
sealed class LakeFile(string staging, int partition)
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
    (string Path, FileStream Stream, ParquetWriter Writer, int Rows)? aside;

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
        if (events.Count % RowGroup != 0) return;
        try { WriteGroup().GetAwaiter().GetResult(); }      // a file does not really wait
        catch (Exception full) when (full is IOException or UnauthorizedAccessException) { Discard(); }     // the events are kept: Finish tries again, and tells
    }

    /// <summary>Takes out the events at these offsets.</summary>
    public void LeaveOut(IReadOnlySet<long> offsets)
    {
        Discard();
        events.RemoveAll(e => offsets.Contains(e.At.Offset));
        Bytes = events.Sum(e => (long)e.Payload.Length);
    }

    public void Clear()
    {
        Discard();
        events.Clear();
        Bytes = 0;
    }

    /// <summary>Writes what is not written yet, and flushes the file to disk.</summary>
    /// <returns>Where it is, and its size in bytes.</returns>
    public (string Path, long Bytes) Finish() => FinishAsync().GetAwaiter().GetResult();

    async Task<(string, long)> FinishAsync()
    {
        while (aside is null || aside.Value.Rows < events.Count) await WriteGroup();
        var (path, stream, writer, _) = aside.Value;
        await writer.DisposeAsync();        // writes the footer
        stream.Flush(flushToDisk: true);
        var bytes = stream.Length;
        await stream.DisposeAsync();
        return (path, bytes);
    }

    /// <summary>Removes the file aside. The events stay.</summary>
    public void Discard()
    {
        if (aside is not { } file) return;
        aside = null;
        try { file.Stream.Dispose(); }
        catch (IOException) { }     // what it still had to write does not matter
        File.Delete(file.Path);
    }

    async Task WriteGroup()
    {
        aside ??= await Create();
        var (path, stream, writer, from) = aside.Value;
        var rows = events.GetRange(from, Math.Min(RowGroup, events.Count - from));
        using (var group = writer.CreateRowGroup())
        {
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
        aside = (path, stream, writer, from + rows.Count);
    }

    async Task<(string, FileStream, ParquetWriter, int)> Create()
    {
        var options = new ParquetOptions { CompressionMethod = CompressionMethod.Zstd, CompressionLevel = System.IO.Compression.CompressionLevel.Fastest };
        options.ColumnEncodingHints["event_type"] = EncodingHint.Dictionary;
        options.ColumnEncodingHints["key"] = EncodingHint.Dictionary;
        foreach (var column in (string[])["schema_version", "partition", "offset"]) options.ColumnEncodingHints[column] = EncodingHint.DeltaBinaryPacked;
        var path = Path.Combine(Directory.CreateDirectory(staging).FullName, $"{Environment.ProcessId}-{Guid.NewGuid():N}");
        var stream = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16);
        try { return (path, stream, await ParquetWriter.CreateAsync(Schema, stream, options), 0); }
        catch
        {
            aside = (path, stream, null!, 0);       // for Discard
            throw;
        }
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
