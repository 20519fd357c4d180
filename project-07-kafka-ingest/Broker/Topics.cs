using System.Diagnostics;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace KafkaIngest;

/// <summary>A topic that is there.</summary>
/// <param name="Incarnation">Tells it from another topic of the same name: Kafka's topic id, or that of the embedded broker.</param>
sealed record Topic(string Name, string Incarnation, int Partitions);

/// <summary>How a topic is made on a real cluster.</summary>
/// <param name="Replication">How many brokers keep each partition; -1: what the cluster sets.</param>
/// <param name="Retention">How long records are kept; null: what the cluster sets.</param>
sealed record TopicSettings(int Partitions = EmbeddedBroker.Partitions, short Replication = -1, TimeSpan? Retention = null);

/// <summary>Makes topics and asks about them.</summary>
static class Topics
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The topic, made where it is not there. On the embedded broker the first question makes it.</summary>
    /// <exception cref="UserException">The cluster does not answer; it refuses; or the topic is there with other settings.</exception>
    public static async Task<Topic> Ensure(Cluster cluster, string name, TopicSettings wanted)
    {
        using var admin = Admin(cluster);
        var found = Find(admin, cluster, name);
        if (cluster.Embedded is { } embedded)
        {
            if (wanted.Partitions != EmbeddedBroker.Partitions || wanted.Replication != -1 || wanted.Retention is not null) throw new UserException($"The embedded broker has {EmbeddedBroker.Partitions} partitions a topic, no replication and no retention. For others name a cluster: --bootstrap-servers HOST:PORT", 2);
            for (var i = 0; found is null && i < 100; i++) { await Task.Delay(20); found = Find(admin, cluster, name); }
            return new(name, $"{embedded}/{name}", found?.Partitions.Count ?? throw new UserException($"The embedded broker does not make the topic {name}. {Cluster.LastLog}"));
        }
        if (found is null)
        {
            var settings = new Dictionary<string, string>();
            if (wanted.Retention is { } retention) settings["retention.ms"] = ((long)retention.TotalMilliseconds).ToString();
            try { await admin.CreateTopicsAsync([new() { Name = name, NumPartitions = wanted.Partitions, ReplicationFactor = wanted.Replication, Configs = settings }]); }
            catch (CreateTopicsException e) when (e.Results.All(r => r.Error.Code == ErrorCode.TopicAlreadyExists)) { }
            catch (KafkaException e) { throw new UserException($"The cluster does not make the topic {name}: {(e as CreateTopicsException)?.Results[0].Error.Reason ?? e.Error.Reason}"); }
            for (var i = 0; found is null && i < 200; i++) { await Task.Delay(50); found = Find(admin, cluster, name); }
        }
        else await RequireSettings(admin, found, wanted);
        return await Describe(admin, name);
    }

    /// <summary>The topic; null where it is not there.</summary>
    public static async Task<Topic?> Get(Cluster cluster, string name)
    {
        if (cluster.Embedded is not null) return await Ensure(cluster, name, new());
        using var admin = Admin(cluster);
        return Find(admin, cluster, name) is null ? null : await Describe(admin, name);
    }

    static async Task<Topic> Describe(IAdminClient admin, string name)
    {
        for (var i = 0; ; i++)
            try
            {
                var described = (await admin.DescribeTopicsAsync(TopicCollection.OfTopicNames([name]), new() { RequestTimeout = Patience })).TopicDescriptions[0];
                return new(name, $"{described.TopicId}/{name}", described.Partitions.Count);
            }
            catch (DescribeTopicsException) when (i < 100) { await Task.Delay(100); }       // of several brokers one hears later of a new topic than another
            catch (KafkaException e) { throw new UserException($"The cluster does not describe the topic {name}: {(e as DescribeTopicsException)?.Results.TopicDescriptions[0].Error.Reason ?? e.Error.Reason}"); }
    }

    static async Task RequireSettings(IAdminClient admin, TopicMetadata found, TopicSettings wanted)
    {
        if (found.Partitions.Count != wanted.Partitions) throw new UserException($"The topic {found.Topic} has {found.Partitions.Count} partitions, expected {wanted.Partitions}. Say --partitions {found.Partitions.Count}, or choose another --topic.", 2);
        if (wanted.Replication != -1 && found.Partitions[0].Replicas.Length != wanted.Replication) throw new UserException($"The topic {found.Topic} has {found.Partitions[0].Replicas.Length} replicas, expected {wanted.Replication}.", 2);
        if (wanted.Retention is null) return;
        string config;
        try { config = (await admin.DescribeConfigsAsync([new() { Type = ResourceType.Topic, Name = found.Topic }]))[0].Entries["retention.ms"].Value; }
        catch (KafkaException e) { throw new UserException($"The cluster does not tell the settings of the topic {found.Topic}: {e.Error.Reason}"); }
        if (config != ((long)wanted.Retention.Value.TotalMilliseconds).ToString()) throw new UserException($"The topic {found.Topic} has retention.ms {config}, expected {(long)wanted.Retention.Value.TotalMilliseconds}.", 2);
    }

    static TopicMetadata? Find(IAdminClient admin, Cluster cluster, string name)
    {
        try
        {
            var found = admin.GetMetadata(name, Patience).Topics.SingleOrDefault();
            return found is null || found.Error.IsError || found.Partitions.Count == 0 ? null : found;
        }
        catch (KafkaException e) { throw new UserException($"{cluster.BootstrapServers} does not answer: {e.Error.Reason}. {Cluster.LastLog}".TrimEnd()); }
    }

    /// <summary>An admin client of the cluster; the caller disposes it. Every verb asks for one before any other client.</summary>
    /// <exception cref="UserException">Exit code 2: librdkafka does not take the user's properties.</exception>
    public static IAdminClient Admin(Cluster cluster)
    {
        try { return new AdminClientBuilder(cluster.Properties(new AdminClientConfig())).SetLogHandler((_, m) => Cluster.Log(m)).SetErrorHandler((_, _) => { }).Build(); }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException) { throw new UserException($"{cluster.BootstrapServers}, or a property of --kafka-config, is refused: {e.Message}", 2); }
    }
}

/// <summary>Asks a topic where it begins and ends, and a group what it has committed, without joining the group.</summary>
sealed class TopicOffsets : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    readonly IConsumer<Ignore, Ignore> consumer;
    readonly Topic topic;
    readonly bool waits;

    public TopicOffsets(Cluster cluster, Topic topic, string group = "kafka-ingest.observer")
    {
        (this.topic, waits) = (topic, cluster.Embedded is null);
        consumer = Cluster.Build(() => new ConsumerBuilder<Ignore, Ignore>(cluster.Properties(new ConsumerConfig { GroupId = group, EnableAutoCommit = false })).SetLogHandler((_, m) => Cluster.Log(m)).SetErrorHandler((_, _) => { }).Build());
    }

    /// <summary>The first offset that is kept, and the one after the last, of each partition.</summary>
    public IReadOnlyList<(long Begin, long End)> All()
    {
        // side by side, for librdkafka takes about a tenth of a second for each
        var asked = Enumerable.Range(0, topic.Partitions).Select(p => Task.Factory.StartNew(() => Ask(() => consumer.QueryWatermarkOffsets(new(topic.Name, p), Patience)), TaskCreationOptions.LongRunning)).ToArray();
        return [.. asked.Select(a => a.GetAwaiter().GetResult()).Select(w => (w.Low.Value, w.High.Value))];
    }

    /// <summary>Waits for a real broker that is away for as long as a producer does. The embedded one does not come back.</summary>
    T Ask<T>(Func<T> question)
    {
        for (var began = Stopwatch.GetTimestamp(); ; Thread.Sleep(100))
            try { return question(); }
            catch (KafkaException e) when (waits && Passing(e.Error) && Stopwatch.GetElapsedTime(began) < TimeSpan.FromMinutes(1)) { }
            catch (KafkaException e) { throw new UserException($"{topic.Name}: the broker does not tell its offsets: {e.Error.Reason}"); }
    }

    static bool Passing(Error error) => error.IsLocalError || error.Code is ErrorCode.LeaderNotAvailable or ErrorCode.NotLeaderForPartition or ErrorCode.RequestTimedOut or ErrorCode.GroupCoordinatorNotAvailable or ErrorCode.GroupLoadInProgress or ErrorCode.NotCoordinatorForGroup;

    /// <summary>What the group has committed of each partition; 0 where it has nothing.</summary>
    public long[] Committed()
    {
        var all = new long[topic.Partitions];
        foreach (var found in Ask(() => consumer.Committed([.. Enumerable.Range(0, topic.Partitions).Select(p => new TopicPartition(topic.Name, p))], Patience)))
            all[found.Partition.Value] = Math.Max(0, found.Offset.Value);
        return all;
    }

    /// <summary>The first offset of each partition whose record is not older; the end where there is none. A real cluster only.</summary>
    public long[] At(DateTime utc)
    {
        var all = new long[topic.Partitions];
        foreach (var found in Ask(() => consumer.OffsetsForTimes(Enumerable.Range(0, topic.Partitions).Select(p => new TopicPartitionTimestamp(topic.Name, p, new(utc, TimestampType.CreateTime))), Patience)))
            all[found.Partition.Value] = found.Offset.Value >= 0 ? found.Offset.Value : Ask(() => consumer.QueryWatermarkOffsets(found.TopicPartition, Patience)).High.Value;
        return all;
    }

    public void Dispose() => consumer.Dispose();
}
