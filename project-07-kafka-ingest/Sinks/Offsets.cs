namespace KafkaIngest;

/// <summary>What became of the records of a batch.</summary>
readonly record struct Counts(long Stored, long Duplicates, long DeadLettered)
{
    public static Counts operator +(Counts a, Counts b) => new(a.Stored + b.Stored, a.Duplicates + b.Duplicates, a.DeadLettered + b.DeadLettered);
    public long Sum => Stored + Duplicates + DeadLettered;
}

/// <summary>The table <c>offsets</c>: where each sink stands.</summary>
static class Offsets
{
    /// <summary>The offset that the sink needs next; 0 where it has nothing.</summary>
    public static long Next(EventStore store, string sink, int partition) =>
        (long)(store.Scalar("SELECT next FROM offsets WHERE sink = $sink AND topic_id = $topic AND partition = $partition", ("$sink", sink), ("$topic", store.TopicId), ("$partition", partition)) ?? 0L);

    /// <summary>Lets a sink that has nothing of a partition begin at an offset that is not 0. Where it has something, nothing happens.</summary>
    public static void Begin(EventStore store, string sink, int partition, long offset) =>
        store.Execute("INSERT INTO offsets (sink, topic_id, partition, first, next) VALUES ($sink, $topic, $partition, $offset, $offset) ON CONFLICT DO NOTHING", ("$sink", sink), ("$topic", store.TopicId), ("$partition", partition), ("$offset", offset));

    /// <summary>Moves the sink from <paramref name="expected"/> to <paramref name="next"/>, in the caller's transaction. This is the fence: a
    /// consumer whose partition was given to another, and which does not know it yet, expects an offset at which the sink no longer stands.</summary>
    /// <exception cref="StaleBatch">The sink does not stand at <paramref name="expected"/>.</exception>
    public static void Advance(EventStore store, string sink, int partition, long expected, long next, Counts counts)
    {
        // step 4: store rows and offsets in one transaction
        (string, object?)[] row = [("$sink", sink), ("$topic", store.TopicId), ("$partition", partition), ("$expected", expected), ("$next", next), ("$stored", counts.Stored), ("$duplicates", counts.Duplicates), ("$dead", counts.DeadLettered)];
        if (expected == 0) EventStore.Execute(store.Connection, "INSERT INTO offsets (sink, topic_id, partition, next) VALUES ($sink, $topic, $partition, 0) ON CONFLICT DO NOTHING", row[..3]);
        var moved = EventStore.Execute(store.Connection, """
            UPDATE offsets SET next = $next, stored = stored + $stored, duplicates = duplicates + $duplicates, dead_lettered = dead_lettered + $dead
            WHERE sink = $sink AND topic_id = $topic AND partition = $partition AND next = $expected
            """, row);
        if (moved != 1) throw new StaleBatch(sink, partition, expected, Next(store, sink, partition));
        // end of step 4
    }
}
