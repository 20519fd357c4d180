namespace KafkaIngest;

/// <summary>A run as one sees it from outside.</summary>
sealed class RunState(Topic topic, TopicOffsets offsets, ConsumerGroup sqlite, ConsumerGroup? lake, Pace? pace, TimeProvider clock) : IDisposable
{
    readonly long began = clock.GetTimestamp();
    Task<IReadOnlyList<long>>? asking;
    IReadOnlyList<long> ends = new long[topic.Partitions];

    public Topic Topic { get; } = topic;
    public Producing.State Producing { get; } = new();
    public TimeSpan Elapsed => clock.GetElapsedTime(began);

    /// <summary>Where each partition ends, as the broker has said last. It is asked beside: a broker that is away answers late, and whoever watches
    /// a run must not hold it up.</summary>
    public IReadOnlyList<long> Ends
    {
        get
        {
            if (asking is { IsCompletedSuccessfully: true }) ends = asking.Result;
            if (asking is null or { IsCompleted: true }) asking = Task.Run<IReadOnlyList<long>>(() => [.. offsets.All().Select(e => e.End)]);
            return ends;
        }
    }

    /// <summary>Whether the lake is written too.</summary>
    public bool HasLake => lake is not null;

    /// <summary>Up to where a sink has each partition.</summary>
    public IReadOnlyList<long> Durable(SinkKind sink) => [.. Enumerable.Range(0, Topic.Partitions).Select(p => States(sink).Select(s => s.DurableTo(p)).DefaultIfEmpty().Max())];

    public IReadOnlyList<MemberState> States(SinkKind sink) => (sink == SinkKind.Sqlite ? sqlite : lake)?.States ?? [];

    /// <summary>Times from producer to commit in SQLite.</summary>
    public Latency Latency => Latency.Sum(sqlite.Latencies);

    /// <summary>Whether the embedded broker's memory holds the producer back.</summary>
    public bool HeldBack => pace?.Waiting > TimeSpan.FromSeconds(1);

    /// <summary>What stands in the way of a member; null when nothing does.</summary>
    public string? Trouble => States(SinkKind.Sqlite).Concat(States(SinkKind.Lake)).Select(s => s.Trouble).FirstOrDefault(t => t is not null);

    /// <summary>Waits for the broker's answer: the client that asks is disposed next.</summary>
    public void Dispose()
    {
        try { asking?.Wait(); }
        catch (AggregateException) { }
    }
}
