using System.Text.Json;
using Confluent.Kafka;

namespace KafkaIngest;

/// <summary>The dead-letter topic: for each dead letter a pointer with its reason, for whoever wants to be told. The table has the original; a
/// pointer may come twice, after a kill.</summary>
static class DeadLetterTopic
{
    sealed record Pointer(long Id, string Topic, int Partition, long Offset, string? EventId, string Reason, string Detail, byte[]? Key);

    /// <summary>Sends the pointers of new dead letters until it is told to stop, and then those that are left.</summary>
    public static async Task Run(Cluster cluster, Topic topic, Settings settings, CancellationToken stop)
    {
        using var store = EventStore.Open(settings.Output, topic.Name, topic.Incarnation, topic.Partitions);
        using var producer = new Lazily(cluster, settings.Partitioner);
        for (var last = false; !last;)
        {
            last = stop.IsCancellationRequested;
            try { Send(store, topic.Name, settings.DeadLetterTopic, producer); }
            catch (Microsoft.Data.Sqlite.SqliteException) when (!last) { }      // the store is busy: a pointer can wait
            if (!last) await Task.Delay(200, stop).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    /// <summary>Sends what is not sent, waits until it is acknowledged, and only then notes that it is sent.</summary>
    static void Send(EventStore store, string topic, string to, Lazily producer)
    {
        // step 6: keep what is wrong aside, and send it again when it is right
        while (true)
        {
            var pointers = EventStore.Query(store.Connection, "SELECT id, topic, partition, \"offset\", event_id, reason, detail, key FROM dead_letters JOIN topics USING (topic_id) WHERE pointer_sent = 0 AND topic = $topic ORDER BY id LIMIT 1000",
                r => new Pointer(r.GetInt64(0), r.GetString(1), r.GetInt32(2), r.GetInt64(3), r.IsDBNull(4) ? null : r.GetString(4), r.GetString(5), r.GetString(6), r.IsDBNull(7) ? null : r.GetFieldValue<byte[]>(7)), ("$topic", topic));
            if (pointers.Count == 0) return;
            var acknowledged = 0;
            foreach (var p in pointers)
                producer.Value.Produce(to, new() { Key = p.Key, Value = JsonSerializer.SerializeToUtf8Bytes(new { id = p.Id, topic = p.Topic, partition = p.Partition, offset = p.Offset, event_id = p.EventId, reason = p.Reason, detail = p.Detail }) }, report => { if (!report.Error.IsError) Interlocked.Increment(ref acknowledged); });
            producer.Value.Flush(TimeSpan.FromSeconds(60));
            if (acknowledged < pointers.Count) throw new UserException($"{to}: a pointer to a dead letter was not acknowledged. {Cluster.LastLog}");
            Failpoint.Hit("pointers-sent");
            store.Execute("UPDATE dead_letters SET pointer_sent = 1 WHERE id BETWEEN $first AND $last AND topic_id IN (SELECT topic_id FROM topics WHERE topic = $topic)", ("$topic", topic), ("$first", pointers[0].Id), ("$last", pointers[^1].Id));
        }
        // end of step 6
    }

    /// <summary>A producer that is made when it is needed: most runs have no dead letter.</summary>
    sealed class Lazily(Cluster cluster, string partitioner) : IDisposable
    {
        IProducer<byte[]?, byte[]>? made;

        public IProducer<byte[]?, byte[]> Value => made ??= Cluster.Build(() => new ProducerBuilder<byte[]?, byte[]>(cluster.Properties(EventProducer.Config(partitioner))).SetLogHandler((_, m) => Cluster.Log(m)).SetErrorHandler((_, _) => { }).Build());

        public void Dispose() => made?.Dispose();
    }
}
