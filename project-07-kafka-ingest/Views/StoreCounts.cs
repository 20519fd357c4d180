using Microsoft.Data.Sqlite;

namespace KafkaIngest;

/// <summary>Where a sink stands in a partition of the topic as it is now.</summary>
sealed record SinkPartition(SinkKind Sink, int Partition, long Next);

/// <summary>What the store says of a topic, without being written to.</summary>
/// <param name="Partitions">Of the newest incarnation, or of the one that was asked for.</param>
/// <param name="Totals">What became of the records of all incarnations, so that it never falls.</param>
/// <param name="Events">Rows of <c>events</c>.</param>
sealed record StoreCounts(IReadOnlyList<SinkPartition> Partitions, IReadOnlyDictionary<SinkKind, Counts> Totals, long Events, long LakeFiles, long LakeBytes)
{
    public static readonly StoreCounts None = new([], new Dictionary<SinkKind, Counts>(), 0, 0, 0);

    /// <summary>Reads it; nothing where there is no store yet.</summary>
    /// <param name="incarnation">Null: the newest that the store knows.</param>
    public static StoreCounts Read(string output, string topic, string? incarnation)
    {
        using var db = EventStore.TryRead(output);
        if (db is null) return None;
        try
        {
            EventStore.Execute(db, "BEGIN");        // one moment for all that is read
            var partitions = EventStore.Query(db, "SELECT sink, partition, next FROM offsets JOIN topics USING (topic_id) WHERE topic = $topic AND incarnation = coalesce($incarnation, (SELECT incarnation FROM topics WHERE topic = $topic ORDER BY topic_id DESC LIMIT 1)) ORDER BY sink, partition",
                r => new SinkPartition(Kind(r.GetString(0)), r.GetInt32(1), r.GetInt64(2)), ("$topic", topic), ("$incarnation", incarnation));
            var totals = EventStore.Query(db, "SELECT sink, sum(stored), sum(duplicates), sum(dead_lettered) FROM offsets JOIN topics USING (topic_id) WHERE topic = $topic GROUP BY sink",
                r => (Sink: Kind(r.GetString(0)), Counts: new Counts(r.GetInt64(1), r.GetInt64(2), r.GetInt64(3))), ("$topic", topic)).ToDictionary(t => t.Sink, t => t.Counts);
            var (files, bytes) = EventStore.Query(db, "SELECT count(*), coalesce(sum(bytes), 0) FROM lake_files JOIN topics USING (topic_id) WHERE topic = $topic AND path IS NOT NULL", r => (r.GetInt64(0), r.GetInt64(1)), ("$topic", topic))[0];
            var events = (long)EventStore.Scalar(db, "SELECT count(*) FROM events JOIN topics USING (topic_id) WHERE topic = $topic", ("$topic", topic))!;
            return new(partitions, totals, events, files, bytes);
        }
        catch (SqliteException e) { throw new UserException($"{EventStore.PathIn(output)}: {e.Message}"); }
    }

    static SinkKind Kind(string sink) => Enum.Parse<SinkKind>(sink, ignoreCase: true);
}
