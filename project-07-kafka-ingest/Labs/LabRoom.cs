using System.Text;
using Confluent.Kafka;

namespace KafkaIngest;

/// <summary>Where a lab works: a scratch folder, and a broker of its own or a cluster that was named. All that it makes goes when it ends.</summary>
sealed class LabRoom : IAsyncDisposable
{
    readonly string folder;
    readonly string prefix = $"lab-{Guid.NewGuid().ToString("N")[..8]}";
    readonly BrokerProcess? broker;
    readonly List<string> topics = [];

    public Cluster Cluster { get; }
    public bool Embedded => Cluster.Embedded is not null;

    /// <summary>What a process of this program is told, to reach the cluster that was named.</summary>
    public IReadOnlyList<string> ConnectionArguments { get; } = [];

    /// <summary>Starts an embedded broker.</summary>
    public LabRoom()
    {
        folder = Directory.CreateTempSubdirectory("lab-").FullName;
        broker = BrokerProcess.Start(folder);
        Cluster = broker.Cluster;
    }

    /// <summary>Works on a cluster that is named. One of the two may be null.</summary>
    public LabRoom(string? bootstrapServers, string? configFile)
    {
        Cluster = Cluster.Find("", bootstrapServers, configFile);
        folder = Directory.CreateTempSubdirectory("lab-").FullName;
        ConnectionArguments = [.. bootstrapServers is null ? Array.Empty<string>() : ["--bootstrap-servers", bootstrapServers], .. configFile is null ? Array.Empty<string>() : ["--kafka-config", configFile]];
    }

    public string At(params string[] parts) => Path.Combine([folder, .. parts]);

    /// <summary>Settings with an output folder and a topic of their own. A process that is started there finds the broker.</summary>
    public Settings Settings(string name)
    {
        Directory.CreateDirectory(At(name));
        if (broker is not null) File.Copy(At("broker.json"), At(name, "broker.json"));
        return new() { Input = ProjectFolder.At("data"), Output = At(name), Topic = $"{prefix}-{name}" };
    }

    /// <summary>Makes the topic of the settings.</summary>
    public async Task<Topic> Topic(Settings settings)
    {
        topics.AddRange([settings.Topic, settings.DeadLetterTopic]);
        return await Topics.Ensure(Cluster, settings.Topic, new());
    }

    /// <summary>A client that reads these topics from their beginning, and joins no group.</summary>
    public IConsumer<byte[]?, byte[]?> Reader(params IEnumerable<Topic> all)
    {
        var reader = new ConsumerBuilder<byte[]?, byte[]?>(Cluster.Properties(new ConsumerConfig { GroupId = prefix, EnableAutoCommit = false, AutoOffsetReset = AutoOffsetReset.Error, FetchWaitMaxMs = 10 })).SetLogHandler((_, m) => Cluster.Log(m)).SetErrorHandler((_, _) => { }).Build();
        reader.Assign(all.SelectMany(t => Enumerable.Range(0, t.Partitions).Select(p => new TopicPartitionOffset(t.Name, p, Offset.Beginning))));
        return reader;
    }

    /// <summary>Reads a topic up to where it ends now.</summary>
    public IEnumerable<ConsumeResult<byte[]?, byte[]?>> ReadAll(Topic topic, CancellationToken stop)
    {
        using var offsets = new TopicOffsets(Cluster, topic);
        var left = offsets.All().Sum(e => e.End - e.Begin);
        using var reader = Reader(topic);
        while (left > 0)
        {
            stop.ThrowIfCancellationRequested();
            if (reader.Consume(100) is not { } record) continue;
            left--;
            yield return record;
        }
    }

    public static string? Header(ConsumeResult<byte[]?, byte[]?> record, string name) => record.Message.Headers.TryGetLastBytes(name, out var bytes) ? Encoding.UTF8.GetString(bytes) : null;

    public async ValueTask DisposeAsync()
    {
        if (broker is null && topics.Count > 0)
        {
            using var admin = Topics.Admin(Cluster);
            try { await admin.DeleteTopicsAsync(topics); }
            catch (KafkaException) { }      // one was never made
            try { await admin.DeleteGroupsAsync([.. topics.Select(t => ConsumerGroup.Name(SinkKind.Sqlite, t))]); }
            catch (KafkaException) { }      // a lab that has none; or a killed member is not missed yet: the group goes when its offsets expire
        }
        broker?.Dispose();
        Crash.Delete(folder);
    }
}
