using Confluent.Kafka;

namespace KafkaIngest;

/// <summary>How far a group is in a partition.</summary>
/// <param name="Begin">The first offset that the topic keeps.</param>
/// <param name="End">The offset after the last record.</param>
/// <param name="Committed">What the group has committed in Kafka; it may be a little behind.</param>
/// <param name="Next">Where the sink stands by its own account, which is what counts; null: it has read nothing of the partition.</param>
sealed record LagRow(SinkKind Sink, int Partition, long Begin, long End, long Committed, long? Next)
{
    /// <summary>Records that are in the topic and not in the sink.</summary>
    public long Lag => End - (Next ?? Begin);
}

/// <summary>What is in the topic and not in the sinks yet.</summary>
static class Lag
{
    /// <summary>A row a group and partition. No group is joined for it, so no partition moves.</summary>
    /// <exception cref="UserException">The broker does not answer.</exception>
    public static IReadOnlyList<LagRow> Read(Cluster cluster, Topic topic, string output)
    {
        using var offsets = new TopicOffsets(cluster, topic);
        var stored = StoreCounts.Read(output, topic.Name, topic.Incarnation).Partitions;      // before the ends: what is stored is in the topic by then
        var ends = offsets.All();
        var rows = new List<LagRow>();
        foreach (var sink in Enum.GetValues<SinkKind>())
        {
            var committed = Committed(cluster, topic, sink);
            rows.AddRange(ends.Select((end, p) => new LagRow(sink, p, end.Begin, end.End, committed[p], stored.SingleOrDefault(s => s.Sink == sink && s.Partition == p)?.Next)));
        }
        return rows;
    }

    static long[] Committed(Cluster cluster, Topic topic, SinkKind sink)
    {
        using var group = new TopicOffsets(cluster, topic, ConsumerGroup.Name(sink));
        try { return group.Committed(); }
        catch (KafkaException e) { throw new UserException($"{topic.Name}: the broker does not say what {ConsumerGroup.Name(sink)} has committed: {e.Error.Reason}"); }
    }

    public static void Print(IReadOnlyList<LagRow> rows)
    {
        Terminal.Table(["group", "partition", "end", "committed", "stored to", "lag"], rows.Select(r => new[] { ConsumerGroup.Name(r.Sink), $"{r.Partition}", $"{r.End:N0}", $"{r.Committed:N0}", r.Next is { } next ? $"{next:N0}" : "", $"{r.Lag:N0}" }));
        foreach (var group in rows.GroupBy(r => r.Sink)) Console.WriteLine($"{ConsumerGroup.Name(group.Key)} is {group.Sum(r => r.Lag):N0} records behind{(group.All(r => r.Next is null) ? ": its sink has read nothing of this topic" : "")}.");
    }
}
