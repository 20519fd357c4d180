using Microsoft.Data.Sqlite;
using Parquet;

namespace KafkaIngest;

/// <summary>A row of the lake.</summary>
sealed record LakeRow(string EventId, string EventType, DateTime EventTimeUtc, string? Key, int SchemaVersion, int Partition, long Offset, DateTime ProducedAtUtc, string Payload);

/// <summary>The table <c>lake_files</c>: which files are the lake. A reader goes by it, for a folder also has what a killed process left.</summary>
static partial class Manifest
{
    public static string Folder(string output) => Path.Combine(output, "lake");

    /// <summary>The lake's files, by topic, partition and offset.</summary>
    public static IReadOnlyList<string> Files(SqliteConnection db, string output) =>
        EventStore.Query(db, "SELECT path FROM lake_files WHERE path IS NOT NULL ORDER BY topic_id, partition, first_offset", r => Path.Combine(Folder(output), r.GetString(0)));

    /// <summary>Removes what killed processes have left: files aside, and files that the manifest does not name. Only while nobody writes to the
    /// lake (<see cref="LakeLock"/>).</summary>
    /// <returns>What was removed, relative to the lake.</returns>
    public static IReadOnlyList<string> Sweep(SqliteConnection db, string output)
    {
        // step 7: write the same events as Parquet
        var orphans = Found(output).Except(EventStore.Query(db, "SELECT path FROM lake_files WHERE path IS NOT NULL", r => r.GetString(0))).ToList();
        foreach (var path in orphans) File.Delete(Path.Combine(Folder(output), path));
        return orphans;
        // end of step 7
    }

    /// <summary>The files that are ours by their name, as in <c>lake_files</c>: relative to the lake, with '/'.</summary>
    public static IEnumerable<string> Found(string output) => !Directory.Exists(Folder(output)) ? [] :
        Directory.EnumerateFiles(Folder(output), "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(Folder(output), path).Replace('\\', '/')).Where(path => Ours().IsMatch(path));

    /// <summary>The names that <see cref="LakeSink"/> gives; what has another name is somebody else's, and stays.</summary>
    [System.Text.RegularExpressions.GeneratedRegex(@"^(\.staged/[^/]+|dt=\d{4}-\d\d-\d\d/hour=\d\d/[^/]+\.\d+-\d+-\d{20}-\d{20}\.parquet)$")] private static partial System.Text.RegularExpressions.Regex Ours();

    /// <summary>What is wrong with the lake: a file is missing or has another size, or the ranges of a partition do not follow each other up to where
    /// the sink stands. Null when nothing is.</summary>
    public static string? Problem(SqliteConnection db, string output)
    {
        foreach (var (path, bytes) in EventStore.Query(db, "SELECT path, bytes FROM lake_files WHERE path IS NOT NULL", r => (r.GetString(0), r.GetInt64(1))))
            if (new FileInfo(Path.Combine(Folder(output), path)) is var file && (!file.Exists || file.Length != bytes)) return file.Exists ? $"{path} has {file.Length:N0} bytes, expected {bytes:N0}" : $"{path} is missing";
        return (string?)EventStore.Scalar(db, """
            SELECT 'partition ' || partition || ': after offset ' || next_offset || ' the next file begins at ' || follows
            FROM (SELECT topic_id, partition, next_offset, lead(first_offset) OVER (PARTITION BY topic_id, partition ORDER BY first_offset) AS follows FROM lake_files)
            WHERE follows <> next_offset
            UNION ALL
            SELECT 'partition ' || f.partition || ': the files end at offset ' || max(f.next_offset) || ', the sink stands at ' || o.next
            FROM lake_files f JOIN offsets o ON o.sink = 'lake' AND o.topic_id = f.topic_id AND o.partition = f.partition
            GROUP BY f.topic_id, f.partition HAVING max(f.next_offset) <> o.next
            LIMIT 1
            """);
    }

    /// <summary>Every event of the lake.</summary>
    public static async IAsyncEnumerable<LakeRow> Rows(SqliteConnection db, string output)
    {
        foreach (var path in Files(db, output))
        {
            await using var reader = await ParquetReader.CreateAsync(path);
            for (var g = 0; g < reader.RowGroupCount; g++)
            {
                using var group = reader.OpenRowGroupReader(g);
                var count = (int)group.RowCount;
                string?[] ids = new string?[count], types = new string?[count], keys = new string?[count], payloads = new string?[count];
                DateTime[] times = new DateTime[count], produced = new DateTime[count];
                int[] versions = new int[count], partitions = new int[count];
                var offsets = new long[count];
                await group.ReadAsync(LakeFile.EventId, ids.AsMemory()!);
                await group.ReadAsync(LakeFile.EventType, types.AsMemory()!);
                await group.ReadAsync<DateTime>(LakeFile.EventTime, times.AsMemory());
                await group.ReadAsync(LakeFile.Key, keys.AsMemory()!);
                await group.ReadAsync<int>(LakeFile.SchemaVersion, versions.AsMemory());
                await group.ReadAsync<int>(LakeFile.Partition, partitions.AsMemory());
                await group.ReadAsync<long>(LakeFile.Offset, offsets.AsMemory());
                await group.ReadAsync<DateTime>(LakeFile.ProducedAt, produced.AsMemory());
                await group.ReadAsync(LakeFile.Payload, payloads.AsMemory()!);
                for (var i = 0; i < count; i++) yield return new(ids[i]!, types[i]!, times[i], keys[i], versions[i], partitions[i], offsets[i], produced[i], payloads[i]!);
            }
        }
    }
}
