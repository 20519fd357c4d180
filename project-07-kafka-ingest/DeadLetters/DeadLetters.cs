using System.Text;
using System.Text.Json;

namespace KafkaIngest;

/// <summary>The table <c>dead_letters</c>: records that are no valid events, with their original bytes.</summary>
static class DeadLetters
{
    /// <summary>Keeps a dead letter, in the caller's transaction. Its position is unique: what is there stays.</summary>
    public static void Keep(EventStore store, DeadLetter letter, long nowMs) =>
        store.Execute("""
            INSERT INTO dead_letters (topic_id, partition, "offset", event_id, key, reason, detail, headers, payload, at_ms)
            VALUES ($topic, $partition, $offset, $id, $key, $reason, $detail, $headers, $payload, $at) ON CONFLICT DO NOTHING
            """, ("$topic", store.TopicId), ("$partition", letter.At.Partition), ("$offset", letter.At.Offset), ("$id", letter.Id is null ? null : Encoding.Latin1.GetString(letter.Id)), ("$key", letter.Key),
            ("$reason", letter.Reason), ("$detail", letter.Detail), ("$headers", JsonSerializer.Serialize(letter.Headers.Select(h => new[] { h.Key, h.Value is null ? null : Convert.ToBase64String(h.Value) }))), ("$payload", letter.Payload), ("$at", nowMs));
}
