using System.Text;
using System.Text.Json;

namespace KafkaIngest;

/// <summary>The table <c>dead_letters</c>: records that are no valid events, with their original bytes.</summary>
static class DeadLetters
{
    /// <summary>Keeps a dead letter, in the caller's transaction. Its position is unique: what is there stays.</summary>
    public static void Keep(EventStore store, DeadLetter letter, long nowMs)
    {
        // step 6: keep what is wrong aside, and send it again when it is right
        store.Execute("""
            INSERT INTO dead_letters (topic_id, partition, "offset", event_id, key, reason, detail, headers, payload, at_ms)
            VALUES ($topic, $partition, $offset, $id, $key, $reason, $detail, $headers, $payload, $at) ON CONFLICT DO NOTHING
            """, ("$topic", store.TopicId), ("$partition", letter.At.Partition), ("$offset", letter.At.Offset), ("$id", letter.Id is null ? null : Encoding.Latin1.GetString(letter.Id)), ("$key", letter.Key),
            ("$reason", letter.Reason), ("$detail", letter.Detail), ("$headers", JsonSerializer.Serialize(letter.Headers.Select(h => new[] { h.Key, h.Value is null ? null : Convert.ToBase64String(h.Value) }))), ("$payload", letter.Payload), ("$at", nowMs));
        // end of step 6
    }

    /// <returns>The sinks that read the topic, and the bytes of the largest dead letter.</returns>
    public static (IReadOnlyList<SinkKind> Sinks, int Largest) Reach(string output, Topic topic)
    {
        using var db = EventStore.Read(output);
        var names = EventStore.Query(db, "SELECT DISTINCT sink FROM offsets JOIN topics USING (topic_id) WHERE incarnation = $incarnation", r => r.GetString(0), ("$incarnation", topic.Incarnation));
        return ([.. Enum.GetValues<SinkKind>().Where(s => names.Contains(s.ToString().ToLowerInvariant()))], (int)((long?)EventStore.Scalar(db, "SELECT max(length(payload)) FROM dead_letters") ?? 0));
    }

    /// <summary>Prints them: a row each, and their sum by reason. Nothing is consumed or sent.</summary>
    /// <returns>The exit code.</returns>
    public static int List(string output, string? reason, long? id)
    {
        using var db = EventStore.Read(output);
        var rows = EventStore.Query(db, """
            SELECT id, topic || ' [' || partition || '] ' || "offset", coalesce(event_id, ''), reason, detail, coalesce(length(payload), 0), CASE WHEN replayed_at_ms IS NULL THEN '' ELSE 'yes' END
            FROM dead_letters JOIN topics USING (topic_id) WHERE reason = coalesce($reason, reason) AND id = coalesce($id, id) ORDER BY id
            """, r => Enumerable.Range(0, 7).Select(i => r.GetValue(i).ToString()!).ToArray(), ("$reason", reason), ("$id", id));
        Terminal.Table(["id", "record", "event", "reason", "detail", "bytes", "replayed"], rows.Take(MostShown));
        Console.WriteLine($"{rows.Count:N0} dead letters{(rows.Count > MostShown ? $", the first {MostShown} shown" : "")}.");
        return 0;
    }

    const int MostShown = 200;
}
