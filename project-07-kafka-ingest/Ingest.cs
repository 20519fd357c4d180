namespace KafkaIngest;

/// <summary>What a run is asked for, beside its <see cref="Settings"/>.</summary>
/// <param name="Members">Members of the group that stores events in SQLite. The lake has one.</param>
/// <param name="Lake">Whether the lake is written too.</param>
/// <param name="AssignByHand">Partitions are dealt out by hand, without a group: a killed member is then no matter of time-outs.</param>
sealed record RunOptions(int Members = 2, bool Lake = true, bool AssignByHand = false, TopicSettings? Topic = null, Confluent.Kafka.GroupProtocol Protocol = Confluent.Kafka.GroupProtocol.Consumer);

/// <summary>The table of contents: the whole flow of a run, in order.</summary>
static class Ingest
{
    /// <summary>Sends the source's events to the topic, stores them as they come, and recounts.</summary>
    /// <param name="cluster">A running broker.</param>
    /// <param name="watch">Gets the state of the run a few times a second; may be null.</param>
    /// <param name="stop">Stops the producer; what it has sent is still stored.</param>
    public static async Task<Findings> Run(Cluster cluster, Settings settings, RunOptions options, Action<RunState>? watch, CancellationToken stop)
    {
        var schemas = EventSchemas.Load(settings.SchemaFolder);
        var events = FlightEvents.Read(settings.Input, settings.Key);
        Producing.Validate(events, schemas);
        var topic = await Topics.Ensure(cluster, settings.Topic, options.Topic ?? new());
        await Topics.Ensure(cluster, settings.DeadLetterTopic, options.Topic ?? new());
        using var lakeLock = LakeLock.Take(settings.Output, topic);
        using var store = EventStore.Open(settings.Output, topic.Name, topic.Incarnation, topic.Partitions);
        using var offsets = new TopicOffsets(cluster, topic);
        using var pace = cluster.Embedded is null ? null : Pacing(cluster, topic, options.Lake ? [SinkKind.Sqlite, SinkKind.Lake] : [SinkKind.Sqlite], Largest(events));
        MemberOptions member(SinkKind sink) => new(ConsumerGroup.Name(sink), options.Protocol, Gapless: cluster.Embedded is not null, options.AssignByHand ? [.. Enumerable.Range(0, topic.Partitions)] : null);
        using var sqlite = new ConsumerGroup(cluster, topic, SinkKind.Sqlite, options.Members, schemas, settings, member(SinkKind.Sqlite));
        using var lake = options.Lake ? new ConsumerGroup(cluster, topic, SinkKind.Lake, 1, schemas, settings, member(SinkKind.Lake)) : null;
        using var state = new RunState(topic, offsets, sqlite, lake, pace, settings.Clock);

        using var drain = new CancellationTokenSource();
        using var noMore = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var consuming = Consuming.WithPointers([sqlite.Run(drain.Token), lake?.Run(drain.Token) ?? Task.CompletedTask], last => DeadLetterTopic.Run(cluster, topic, settings, last), drain);
        var producing = Task.Factory.StartNew(() => Producing.Run(cluster, topic, events, settings, pace, state.Producing, noMore.Token), TaskCreationOptions.LongRunning);
        var watching = new TopicWatch(cluster, topic, settings.Output);
        IReadOnlyList<long>? ends = null;
        long? stopped = null;
        try
        {
            while (!consuming.IsCompleted && !(ends is not null && Consuming.Reached(store, SinkKind.Sqlite, sqlite, ends) && (lake is null || Consuming.Reached(store, SinkKind.Lake, lake, ends))))
            {
                await Task.WhenAny(consuming, Task.Delay(20, CancellationToken.None));
                if (producing.IsFaulted || (stop.IsCancellationRequested && (stopped ??= settings.Clock.GetTimestamp()) is { } since && settings.Clock.GetElapsedTime(since) > DrainAtMost)) break;
                if (producing.IsCompleted) ends ??= [.. offsets.All().Select(e => e.End)];
                watch?.Invoke(state);
                watching.Look();
            }
        }
        finally
        {
            noMore.Cancel();        // whatever has failed, nobody goes on alone
            drain.Cancel();
            await Task.WhenAny(Task.WhenAll(consuming, producing));
        }
        await consuming;
        await producing;
        return await Verify.Run(settings, topic, stop.IsCancellationRequested ? null : events, offsets.All());
    }

    public static int Largest(IReadOnlyList<SourceEvent> events) => events.Select(e => e.Payload.Length).DefaultIfEmpty().Max();

    static readonly TimeSpan DrainAtMost = TimeSpan.FromSeconds(15);

    /// <summary>Holds the producer back by what every group has committed, what is left of producers before it included.</summary>
    /// <param name="largest">No payload that was sent before is taken to be larger. Bytes.</param>
    public static Pace Pacing(Cluster cluster, Topic topic, IReadOnlyList<SinkKind> sinks, int largest)
    {
        var groups = sinks.Select(sink => new TopicOffsets(cluster, topic, ConsumerGroup.Name(sink))).ToList();
        long[] committed() => [.. groups.Select(g => g.Committed()).Aggregate((a, b) => [.. a.Zip(b, Math.Min)])];
        var pace = new Pace(topic.Partitions, committed) { Owned = groups };
        foreach (var (partition, (kept, read)) in groups[0].All().Zip(committed()).Index()) pace.Left(partition, Math.Max(kept.Begin, read), kept.End, largest);
        return pace;
    }
}
