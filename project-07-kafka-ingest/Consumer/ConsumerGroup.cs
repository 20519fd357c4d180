namespace KafkaIngest;

/// <summary>Where a group puts what it reads.</summary>
enum SinkKind { Sqlite, Lake }

/// <summary>Members of one consumer group in this process, each with a thread and a sink of its own.</summary>
sealed class ConsumerGroup : IDisposable
{
    readonly List<Member> members = [];
    readonly List<ISink> sinks = [];
    readonly CancellationTokenSource disposing = new();
    Task running = Task.CompletedTask;

    /// <summary>The group's name on the broker: each sink reads the topic for itself, so each has a group.</summary>
    public static string Name(SinkKind sink, string prefix = "kafka-ingest") => $"{prefix}.{sink.ToString().ToLowerInvariant()}";

    public IReadOnlyList<MemberState> States => [.. members.Select(m => m.State)];

    /// <summary>Times from producer to commit, of the SQLite sink.</summary>
    public IReadOnlyList<Latency> Latencies { get; }

    /// <param name="options">Of each member. With <see cref="MemberOptions.Assign"/> the partitions are dealt out among them.</param>
    public ConsumerGroup(Cluster cluster, Topic topic, SinkKind kind, int count, EventSchemas schemas, Settings settings, MemberOptions options)
    {
        Latencies = [.. Enumerable.Range(0, count).Select(_ => new Latency())];
        for (var i = 0; i < count; i++)
        {
            var store = EventStore.Open(settings.Output, topic.Name, topic.Incarnation, topic.Partitions);
            ISink sink = kind == SinkKind.Sqlite ? new SqliteSink(store, settings.Clock, Latencies[i]) : new LakeSink(store, settings);
            sinks.Add(sink);
            var mine = options with
            {
                Assign = options.Assign is null ? null : [.. options.Assign.Where((_, n) => n % count == i)],
                InstanceId = options.InstanceId is null ? null : $"{options.InstanceId}-{i}",
            };
            members.Add(new(cluster, topic, sink, schemas, settings, mine));
        }
    }

    /// <summary>Runs all members until they are told to stop, or one fails: then all stop, and its exception is thrown.</summary>
    public Task Run(CancellationToken stop) => running = RunAll(stop);

    async Task RunAll(CancellationToken stop)
    {
        using var all = CancellationTokenSource.CreateLinkedTokenSource(stop, disposing.Token);
        Exception? first = null;
        await Task.WhenAll(members.Select(member => Task.Factory.StartNew(() =>
        {
            try { member.Run(all.Token); }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref first, e, null);
                all.Cancel();
            }
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        if (first is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);
    }

    /// <summary>Whether its members have read every partition up to these offsets.</summary>
    public bool HasRead(IReadOnlyList<long> ends) => ends.Select((end, p) => members.Max(m => m.State.ReadTo(p)) >= end).All(reached => reached);

    /// <summary>Stops the members, if they run: a store must not be closed while one writes, for SQLite would write into freed memory.</summary>
    public void Dispose()
    {
        disposing.Cancel();
        Task.WaitAny([running]);
        foreach (var member in members) member.Dispose();
        foreach (var sink in sinks) sink.Dispose();
        disposing.Dispose();
    }
}
