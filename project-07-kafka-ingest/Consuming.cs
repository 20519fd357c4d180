namespace KafkaIngest;

/// <summary>What a consumer is asked for, beside its <see cref="Settings"/>.</summary>
/// <param name="Sinks">Which groups to take part in.</param>
/// <param name="Members">Of the group that stores events in SQLite.</param>
/// <param name="UntilEnd">Stop where the topic ends now; else go on until stopped.</param>
/// <param name="FromUtc">Where to begin a partition of which the sink has nothing: at the first record that is not older. A real cluster only.</param>
/// <param name="Member">Its group is what the groups' names begin with; empty: the default.</param>
sealed record ConsumeOptions(IReadOnlyList<SinkKind> Sinks, int Members, bool UntilEnd, DateTime? FromUtc, MemberOptions Member);

/// <summary>Takes part in the consumer groups, without a producer.</summary>
static class Consuming
{
    /// <param name="watch">Gets, a few times a second, for each sink the state of the members here.</param>
    /// <param name="stop">Writes what was read, commits, and leaves.</param>
    public static async Task Run(Cluster cluster, Settings settings, ConsumeOptions options, Action<IReadOnlyDictionary<SinkKind, ConsumerGroup>>? watch, CancellationToken stop)
    {
        if (options.FromUtc is not null && cluster.Embedded is not null) throw new UserException("The embedded broker can't look records up by time. --from needs a real cluster: --bootstrap-servers HOST:PORT", 2);
        var schemas = EventSchemas.Load(settings.SchemaFolder);
        var topic = await Topics.Get(cluster, settings.Topic) ?? throw new UserException($"{cluster.BootstrapServers} has no topic {settings.Topic}. Produce first: dotnet run -- produce", 2);
        await Topics.Ensure(cluster, settings.DeadLetterTopic, cluster.Embedded is null ? new(topic.Partitions) : new());
        using var lakeLock = options.Sinks.Contains(SinkKind.Lake) ? LakeLock.Take(settings.Output, topic) : null;
        using var offsets = new TopicOffsets(cluster, topic);
        var member = options.Member with
        {
            Gapless = cluster.Embedded is not null,
            Assign = options.Member.Assign is null ? null : [.. Enumerable.Range(0, topic.Partitions)],
        };
        using var store = EventStore.Open(settings.Output, topic.Name, topic.Incarnation, topic.Partitions);
        if (options.FromUtc is { } from)
            foreach (var (partition, offset) in offsets.At(from).Index())
                foreach (var sink in options.Sinks) Offsets.Begin(store, Name(sink), partition, offset);
        var groups = options.Sinks.ToDictionary(sink => sink, sink => new ConsumerGroup(cluster, topic, sink, sink == SinkKind.Sqlite ? options.Members : 1, schemas, settings, member with { Group = member.Group.Length == 0 ? ConsumerGroup.Name(sink) : ConsumerGroup.Name(sink, member.Group) }));
        try
        {
            var ends = options.UntilEnd ? offsets.All().Select(e => e.End).ToList() : null;
            using var drain = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var consuming = WithPointers([.. groups.Values.Select(g => g.Run(drain.Token))], last => DeadLetterTopic.Run(cluster, topic, settings, last), drain);
            var watching = new TopicWatch(cluster, topic, settings.Output);
            while (!consuming.IsCompleted && !(ends is not null && groups.All(Reached)))
            {
                await Task.WhenAny(consuming, Task.Delay(50, CancellationToken.None));
                watch?.Invoke(groups);
                watching.Look();
            }
            drain.Cancel();
            await consuming;

            // what members of other processes have is in the store
            bool Reached(KeyValuePair<SinkKind, ConsumerGroup> group) => Consuming.Reached(store, group.Key, group.Value, ends);
        }
        finally { foreach (var group in groups.Values) group.Dispose(); }
    }

    /// <summary>Whether every partition is read up to these offsets: by the members here, or, as the store says, by those of other processes.</summary>
    public static bool Reached(EventStore store, SinkKind sink, ConsumerGroup group, IReadOnlyList<long> ends) =>
        ends.Select((end, p) => group.States.Max(s => s.ReadTo(p)) >= end || Offsets.Next(store, Name(sink), p) >= end).All(r => r);

    static string Name(SinkKind sink) => sink.ToString().ToLowerInvariant();

    /// <summary>Waits for the groups; the dead-letter topic is written until they have ended, for their last batch may have a dead letter. When one
    /// of them fails the others stop too.</summary>
    public static async Task WithPointers(IReadOnlyList<Task> groups, Func<CancellationToken, Task> pointers, CancellationTokenSource drain)
    {
        using var ended = new CancellationTokenSource();
        var sending = Guard(pointers(ended.Token), drain);
        try { await Task.WhenAll(groups.Select(group => Guard(group, drain))); }
        finally
        {
            ended.Cancel();
            await Task.WhenAny(sending);
        }
        await sending;
    }

    static async Task Guard(Task part, CancellationTokenSource others)
    {
        try { await part; }
        catch
        {
            others.Cancel();
            throw;
        }
    }
}
