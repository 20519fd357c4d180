using System.Text;
using System.Text.Json;
using Confluent.Kafka;

namespace KafkaIngest;

/// <summary>Sends dead letters to their topic again: their original bytes, when the schema or the policy that refused them has changed.</summary>
static class Replay
{
    /// <summary>The header that says which record a replay repeats: partition and offset.</summary>
    public const string ReplayOf = "replay-of";

    /// <summary>Sends every dead letter that was not replayed, or those of one reason, or one, replayed or not. Each goes to the partition that it came from. It is noted
    /// as replayed when it is acknowledged. So a replay that was killed is sent again, and what had come through is recognised by its id.</summary>
    /// <param name="reason">Null: any.</param>
    /// <param name="id">Null: any.</param>
    /// <param name="pace">Holds back what the embedded broker could not keep; null on a real cluster.</param>
    /// <returns>How many were sent and acknowledged.</returns>
    /// <exception cref="UserException">The broker did not acknowledge one.</exception>
    public static int Run(Cluster cluster, Topic topic, Settings settings, string? reason, long? id, Pace? pace = null, CancellationToken stop = default)
    {
        // step 6: keep what is wrong aside, and send it again when it is right
        using var store = EventStore.Open(settings.Output, topic.Name, topic.Incarnation, topic.Partitions);
        var letters = EventStore.Query(store.Connection, """
            SELECT id, partition, "offset", key, headers, payload FROM dead_letters JOIN topics USING (topic_id)
            WHERE (replayed_at_ms IS NULL OR id = $id) AND topic = $topic AND reason = coalesce($reason, reason) AND id = coalesce($id, id) ORDER BY id
            """, r => (Id: r.GetInt64(0), Partition: r.GetInt32(1), Offset: r.GetInt64(2), Key: r.IsDBNull(3) ? null : r.GetFieldValue<byte[]>(3), Headers: r.GetString(4), Payload: r.IsDBNull(5) ? null : r.GetFieldValue<byte[]>(5)), ("$topic", topic.Name), ("$reason", reason), ("$id", id));
        if (letters.Count == 0) return 0;
        using var producer = Cluster.Build(() => new ProducerBuilder<byte[]?, byte[]?>(cluster.Properties(EventProducer.Config(settings.Partitioner))).SetLogHandler((_, m) => Cluster.Log(m)).SetErrorHandler((_, _) => { }).Build());
        var acknowledged = 0;
        foreach (var letter in letters)
        {
            var headers = new Headers();
            foreach (var header in JsonSerializer.Deserialize<string?[][]>(letter.Headers)!)
                if (header[0] != ReplayOf) headers.Add(header[0], header[1] is null ? null : Convert.FromBase64String(header[1]!));
            headers.Add(ReplayOf, Encoding.ASCII.GetBytes($"{letter.Partition}/{letter.Offset}"));
            var size = letter.Payload?.Length ?? 0;
            pace?.Wait(size, stop);
            producer.Produce(new TopicPartition(topic.Name, letter.Partition), new() { Key = letter.Key, Value = letter.Payload, Headers = headers }, report =>
            {
                if (report.Error.IsError) return;
                pace?.Acknowledged(report.Partition.Value, report.Offset.Value, size);
                Interlocked.Increment(ref acknowledged);
            });
        }
        producer.Flush(TimeSpan.FromSeconds(60));
        if (acknowledged < letters.Count) throw new UserException($"{topic.Name}: {letters.Count - acknowledged} of {letters.Count} replays were not acknowledged. Replay again: what came through is recognised. {Cluster.LastLog}");
        Failpoint.Hit("replayed");
        store.Begin();
        foreach (var letter in letters) store.Execute("UPDATE dead_letters SET replayed_at_ms = $now WHERE id = $id", ("$now", settings.Clock.GetUtcNow().ToUnixTimeMilliseconds()), ("$id", letter.Id));
        store.Commit();
        return acknowledged;
        // end of step 6
    }
}
