using Microsoft.Data.Sqlite;

namespace KafkaIngest;

/// <summary>Stores events, dead letters and offsets in SQLite. It gathers nothing: what <see cref="Write"/> returns is durable.</summary>
/// <param name="store">A connection of its own.</param>
/// <param name="clock">Gives stored_at_ms.</param>
/// <param name="latency">Gets for each stored event the time from producer to commit; may be null.</param>
sealed class SqliteSink(EventStore store, TimeProvider clock, Latency? latency = null) : ISink
{
    readonly EventInsert events = new(store);

    public string Name => "sqlite";

    public long Next(int partition) => Offsets.Next(store, Name, partition);

    /// <summary>In one transaction: each event is inserted, unless its id is there (then it is a duplicate), each dead letter is kept, and for
    /// each partition the offset is moved (<see cref="Offsets.Advance"/>). Failpoints: rows-inserted (before the offsets are moved),
    /// before-commit, committed. Whatever is thrown, nothing of the batch is there.</summary>
    public IReadOnlyList<(int Partition, long Next)> Write(Batch batch)
    {
        // step 4: store rows and offsets in one transaction
        store.Begin();
        try
        {
            var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
            foreach (var part in batch.Parts)
            {
                long stored = 0, dead = 0;
                foreach (var record in part.Records)
                    switch (record)
                    {
                        case Event e: if (events.Insert(e, now)) stored++; break;
                        case DeadLetter letter: DeadLetters.Keep(store, letter, now); dead++; break;
                    }
                Failpoint.Hit("rows-inserted");
                Offsets.Advance(store, Name, part.Partition, part.Expected, part.Next, new(stored, part.Records.Count - stored - dead, dead));
            }
            Failpoint.Hit("before-commit");
            store.Commit();
        }
        catch
        {
            store.Rollback();
            throw;
        }
        Failpoint.Hit("committed");
        Measure(batch);
        return [.. batch.Parts.Select(p => (p.Partition, p.Next))];
        // end of step 4
    }

    void Measure(Batch batch)
    {
        if (latency is null) return;
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var part in batch.Parts)
            foreach (var record in part.Records)
                if (record is Event e) latency.Add(now - e.ProducedAtMs);
    }

    public IReadOnlyList<(int Partition, long Next)> Due() => [];

    public IReadOnlyList<(int Partition, long Next)> Flush(IReadOnlyCollection<int> partitions) => [];

    public void Abandon(IReadOnlyCollection<int> partitions) { }

    public void Dispose()
    {
        events.Dispose();
        store.Dispose();
    }
}
