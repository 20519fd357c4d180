using System.Text;
using Confluent.Kafka;

namespace KafkaIngest;

/// <summary>A broker, a topic and a store in an empty folder: what a check or a test plays on.</summary>
sealed class Scene : IDisposable
{
    readonly BrokerProcess broker;
    readonly CancellationTokenSource all = new();

    public Settings Settings { get; }
    public Topic Topic { get; }
    public Cluster Cluster { get; }
    public EventSchemas Schemas { get; }

    Scene(BrokerProcess broker, Cluster cluster, Settings settings, Topic topic, EventSchemas schemas) => (this.broker, Cluster, Settings, Topic, Schemas) = (broker, cluster, settings, topic, schemas);

    /// <param name="folder">Empty, or not there.</param>
    /// <param name="alter">Changes how the broker is reached; null: not.</param>
    public static async Task<Scene> Open(string folder, Func<Cluster, Cluster>? alter = null)
    {
        var settings = new Settings { Input = ProjectFolder.At("data"), Output = folder };
        var broker = BrokerProcess.Start(folder);
        try
        {
            // side by side, for each takes a fifth of a second
            var topics = await Task.WhenAll(new[] { settings.Topic, settings.DeadLetterTopic }.Select(name => Task.Run(() => Topics.Ensure(broker.Cluster, name, new()))));
            return new(broker, alter?.Invoke(broker.Cluster) ?? broker.Cluster, settings, topics[0], EventSchemas.Load(settings.SchemaFolder));
        }
        catch
        {
            broker.Dispose();
            throw;
        }
    }

    public EventStore Store() => EventStore.Open(Settings.Output, Topic.Name, Topic.Incarnation, Topic.Partitions);

    /// <summary>Made-up events, <paramref name="keys"/> keys in turn, valid under the latest schema.</summary>
    public static IReadOnlyList<SourceEvent> Events(int count, int keys = 50, int padding = 0)
    {
        var begin = new DateTime(2013, 3, 4, 5, 0, 0, DateTimeKind.Utc);
        return [.. Enumerable.Range(0, count).Select(i => Event(i, $"N{i % keys:000}", begin.AddSeconds(i), padding))];
    }

    static SourceEvent Event(int i, string key, DateTime at, int padding) => new(i, $"{at:yyyyMMdd'T'HH}-EWR-UA{i:000000}-departed", key, at, 2, Encoding.UTF8.GetBytes(
        $$"""{"event_type":"departed","event_time":"{{EventTimes.Text(at)}}","carrier":"UA","flight":{{i % 9000 + 1}},"tail_number":"{{key}}","origin":"EWR","dest":"IAH","scheduled_departure":"{{EventTimes.Text(at)}}","delay_minutes":{{i % 60}}{{(padding > 0 ? $",\"note\":\"{new string('x', padding)}\"" : "")}}}"""));

    /// <summary>A record as it comes from the broker, for what reads no broker.</summary>
    public static Event Received(SourceEvent e, int partition, long offset) => new(new(partition, offset), Encoding.ASCII.GetBytes(e.Id), e.Key is null ? null : Encoding.UTF8.GetBytes(e.Key), e.SchemaVersion, "departed", e.EventTimeUtc, 1_795_000_000_000, e.Payload);

    /// <summary>A batch of one partition.</summary>
    public static Batch Batch(int partition, long expected, params IEnumerable<Received> records)
    {
        var batch = new Batch();
        foreach (var record in records)
        {
            batch.Add(record, record is Event e ? e.Payload.Length : 0, expected);
            expected = record.At.Offset + 1;
        }
        return batch;
    }

    /// <summary>Every record of the topic, read without a group.</summary>
    public List<ConsumeResult<byte[]?, byte[]?>> ReadTopic(string? name = null)
    {
        var topic = Topic with { Name = name ?? Topic.Name };
        using var offsets = new TopicOffsets(Cluster, topic);
        using var consumer = new ConsumerBuilder<byte[]?, byte[]?>(Cluster.Properties(new ConsumerConfig { GroupId = "reader", EnableAutoCommit = false, AutoOffsetReset = AutoOffsetReset.Earliest, FetchWaitMaxMs = 10 })).SetLogHandler((_, _) => { }).Build();
        var kept = offsets.All();
        var left = kept.Sum(w => w.End - w.Begin);
        consumer.Assign(kept.Select((w, p) => new TopicPartitionOffset(topic.Name, p, w.Begin)));      // to ask for Offset.Beginning takes half a second
        var records = new List<ConsumeResult<byte[]?, byte[]?>>();
        while (records.Count < left) records.Add(consumer.Consume(TimeSpan.FromSeconds(10)) ?? throw new InvalidOperationException($"{topic.Name}: {records.Count} of {left} records came"));
        return records;
    }

    /// <summary>Sends records as they are.</summary>
    public void SendRaw(IEnumerable<Message<byte[]?, byte[]?>> messages, int partition = -1)
    {
        using var producer = new ProducerBuilder<byte[]?, byte[]?>(Cluster.Properties(new ProducerConfig { LingerMs = 1 })).SetLogHandler((_, _) => { }).Build();
        foreach (var message in messages) producer.Produce(new TopicPartition(Topic.Name, partition < 0 ? Partition.Any : partition), message);
        producer.Flush(TimeSpan.FromSeconds(30));
    }

    /// <summary>The record that the producer makes of an event.</summary>
    public static Message<byte[]?, byte[]?> Message(SourceEvent e) => new()
    {
        Key = e.Key is null ? null : Encoding.UTF8.GetBytes(e.Key),
        Value = e.Payload,
        Headers = new()
        {
            { HeaderNames.EventId, Encoding.ASCII.GetBytes(e.Id) },
            { HeaderNames.SchemaVersion, Encoding.ASCII.GetBytes($"{e.SchemaVersion}") },
            { HeaderNames.ProducedAt, Encoding.ASCII.GetBytes($"{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}") },
        },
    };

    /// <summary>A member of the group at work, on a sink of its own.</summary>
    public Working Start(ISink sink, MemberOptions options, Settings? settings = null)
    {
        var member = new Member(Cluster, Topic, sink, Schemas, settings ?? Settings, options);
        return new(member, sink, all.Token);
    }

    /// <summary>All partitions, without a group.</summary>
    public MemberOptions ByHand => new("by-hand", Gapless: true, Assign: [.. Enumerable.Range(0, Topic.Partitions)]);

    /// <summary>Reads the topic to its end with one member, and stops it.</summary>
    public async Task<MemberState> Consume(ISink sink, Settings? settings = null)
    {
        await using var working = Start(sink, ByHand, settings);
        using var offsets = new TopicOffsets(Cluster, Topic);
        await working.Until(s => offsets.All().Select((w, p) => s.ReadTo(p) >= w.End).All(r => r), TimeSpan.FromSeconds(20));
        await working.Stop();
        return working.State;
    }

    public void Dispose()
    {
        all.Cancel();
        broker.Dispose();
        all.Dispose();
    }
}

/// <summary>A member that runs on a thread of its own.</summary>
sealed class Working : IAsyncDisposable
{
    readonly CancellationTokenSource stop;
    readonly Member member;
    readonly ISink sink;
    readonly Task running;

    public MemberState State => member.State;

    public Working(Member member, ISink sink, CancellationToken all)
    {
        (this.member, this.sink, stop) = (member, sink, CancellationTokenSource.CreateLinkedTokenSource(all));
        running = Task.Factory.StartNew(() => member.Run(stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Waits until it is so far.</summary>
    /// <exception cref="CheckFailed">It is not within that time.</exception>
    public async Task Until(Func<MemberState, bool> reached, TimeSpan within)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (!reached(State))
        {
            if (running.IsCompleted) await running;
            CheckFailed.Unless(watch.Elapsed < within, $"a member did not come so far within {within.TotalSeconds:0} s. {State.Trouble}");
            await Task.Delay(10);
        }
    }

    public async Task Stop()
    {
        await stop.CancelAsync();
        await running;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running.ContinueWith(_ => { }, TaskScheduler.Default);
        member.Dispose();
        sink.Dispose();
        stop.Dispose();
    }
}
