using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace KafkaIngest;

/// <summary>A partition as the cluster describes it.</summary>
/// <param name="Leader">The broker that takes and gives its records; -1: none does now.</param>
/// <param name="InSync">The replicas that have all that is acknowledged.</param>
sealed record PartitionRow(string Topic, int Partition, long Begin, long End, int Leader, IReadOnlyList<int> Replicas, IReadOnlyList<int> InSync);

/// <summary>Shows the topics of this project as they are on the cluster.</summary>
static class TopicList
{
    static readonly string[] Settings = ["retention.ms", "min.insync.replicas", "cleanup.policy"];

    /// <summary>A row a partition.</summary>
    /// <exception cref="UserException">The broker does not answer.</exception>
    public static IReadOnlyList<PartitionRow> Read(Cluster cluster, Topic topic)
    {
        using var offsets = new TopicOffsets(cluster, topic);
        var ends = offsets.All();
        using var admin = Topics.Admin(cluster);
        try
        {
            return [.. admin.GetMetadata(topic.Name, TimeSpan.FromSeconds(10)).Topics.Single().Partitions.OrderBy(p => p.PartitionId)
                .Select(p => new PartitionRow(topic.Name, p.PartitionId, ends[p.PartitionId].Begin, ends[p.PartitionId].End, p.Leader, p.Replicas, p.InSyncReplicas))];
        }
        catch (KafkaException e) { throw new UserException($"{cluster.BootstrapServers} does not answer: {e.Error.Reason}. {Cluster.LastLog}".TrimEnd()); }
    }

    /// <summary>What the cluster has set for the topic, such as <c>retention.ms=604800000</c>. A real cluster only.</summary>
    public static async Task<string> Config(Cluster cluster, Topic topic)
    {
        using var admin = Topics.Admin(cluster);
        try
        {
            var found = (await admin.DescribeConfigsAsync([new() { Type = ResourceType.Topic, Name = topic.Name }], new() { RequestTimeout = TimeSpan.FromSeconds(10) }))[0].Entries;
            return string.Join("  ", Settings.Where(found.ContainsKey).Select(name => $"{name}={found[name].Value}"));
        }
        catch (DescribeConfigsException e) { return $"the cluster does not say how it is set: {e.Results[0].Error.Reason}"; }
        catch (KafkaException e) { return $"the cluster does not say how it is set: {e.Error.Reason}"; }
    }

    public static async Task Print(Cluster cluster, IReadOnlyList<Topic> topics)
    {
        Terminal.Table(["topic", "partition", "begin", "end", "leader", "replicas", "in sync"],
            topics.SelectMany(t => Read(cluster, t)).Select(r => new[] { r.Topic, $"{r.Partition}", $"{r.Begin:N0}", $"{r.End:N0}", $"{r.Leader}", string.Join(" ", r.Replicas), string.Join(" ", r.InSync) }));
        if (cluster.Embedded is not null) Console.WriteLine("The embedded broker keeps 5 MiB a partition in memory. It has no retention, no min.insync.replicas and no cleanup.policy.");
        else
            foreach (var topic in topics) Console.WriteLine($"{topic.Name}: {await Config(cluster, topic)}");
    }
}
