using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace KafkaIngest.Tests;

/// <summary>A place on a real cluster for one test: its topics and groups have a prefix of their own, and its topics go when it ends.</summary>
sealed class KafkaLab : IDisposable
{
    readonly string prefix = $"test-{Guid.NewGuid():N}"[..13];
    readonly TempFolder folder = new();

    public Cluster Cluster { get; }

    /// <summary>The settings of a run whose data are the project's.</summary>
    public Settings Settings { get; }

    /// <summary>A place on the cluster of <c>KAFKA_BOOTSTRAP_SERVERS</c>; without it the test is skipped.</summary>
    public KafkaLab() : this(Shared()) { }

    public KafkaLab(string servers)
    {
        Cluster = new(servers, new Dictionary<string, string> { ["group.id"] = prefix }, null);
        Settings = new() { Input = ProjectFolder.At("data"), Output = folder.At("out"), Topic = $"{prefix}-flights" };
    }

    static string Shared()
    {
        if (Environment.GetEnvironmentVariable("KAFKA_BOOTSTRAP_SERVERS") is { Length: > 0 } servers) return servers;
        Assert.Ignore("The environment variable KAFKA_BOOTSTRAP_SERVERS names no running Kafka cluster.");
        return "";
    }

    /// <summary>The whole week.</summary>
    public IReadOnlyList<SourceEvent> Events { get; } = FlightEvents.Read(ProjectFolder.At("data"), KeyBy.Tail);

    /// <summary>The topic of the settings, and its dead-letter topic; made with four partitions and what the cluster sets.</summary>
    public async Task<Topic> Topic()
    {
        await Topics.Ensure(Cluster, Settings.DeadLetterTopic, new());
        return await Topics.Ensure(Cluster, Settings.Topic, new());
    }

    /// <summary>Sends events as fast as it goes, as a source of their own.</summary>
    public void Produce(Topic topic, IEnumerable<SourceEvent> events) =>
        Producing.Run(Cluster, topic, [.. events.Select((e, i) => e with { Index = i })], Settings, null, new(), CancellationToken.None);

    /// <summary>Stores in SQLite what is in the topic now.</summary>
    public Task Consume(DateTime? fromUtc = null) => Consuming.Run(Cluster, Settings, new([SinkKind.Sqlite], 2, UntilEnd: true, fromUtc, new("")), null, CancellationToken.None);

    public HashSet<string> Stored()
    {
        using var db = EventStore.Read(Settings.Output);
        return [.. EventStore.Query(db, "SELECT event_id FROM events", r => r.GetString(0))];
    }

    /// <summary>How many records a sink has; 0 while there is no store.</summary>
    public long Read(string sink)
    {
        using var db = EventStore.TryRead(Settings.Output);
        return db is null ? 0 : (long)EventStore.Scalar(db, "SELECT coalesce(sum(next), 0) FROM offsets WHERE sink = $sink", ("$sink", sink))!;
    }

    public string Group(SinkKind sink) => $"{prefix}.{ConsumerGroup.Name(sink)}";

    /// <summary>A file for <c>--kafka-config</c>, with the group's prefix.</summary>
    public string ConfigFile => folder.Write("kafka.properties", $"group.id={prefix}\n");

    public void Dispose()
    {
        using (var admin = Topics.Admin(Cluster))
        {
            List<string> mine = [.. admin.GetMetadata(TimeSpan.FromSeconds(10)).Topics.Select(t => t.Topic).Where(t => t.StartsWith(prefix, StringComparison.Ordinal))];
            if (mine.Count > 0) admin.DeleteTopicsAsync(mine).Wait();
            try { admin.DeleteGroupsAsync([.. Enum.GetValues<SinkKind>().Select(Group)]).Wait(); }
            catch (AggregateException e) when (e.InnerException is KafkaException) { }        // not every test has had each group
        }
        folder.Dispose();
    }
}

static class Exactly
{
    /// <summary>Each event of the source is in the topic once and in the store once.</summary>
    public static void Once(Findings found, IReadOnlyList<SourceEvent> events) => Assert.Multiple(() =>
    {
        Assert.That(found.Problems, Is.Empty);
        Assert.That(found.InTopic, Is.EqualTo(events.Count));
        Assert.That(found.Sqlite, Is.EqualTo(new Counts(events.Count, 0, 0)));
        Assert.That(found.Stored, Is.EqualTo(events.Count));
    });
}
