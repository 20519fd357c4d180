using System.Diagnostics;

namespace KafkaIngest;

/// <summary>Measures how long an event takes from the producer to its commit in SQLite, while a given number comes every second.</summary>
static class BenchLatency
{
    /// <summary>Events a second.</summary>
    public const int Rate = 20_000;
    const int MostSeconds = 10;

    /// <param name="Half">p50, milliseconds.</param>
    /// <param name="Late">p99, milliseconds.</param>
    public readonly record struct Found(long Half, long Late);

    public static async Task<Found> Run(Cluster cluster, Settings settings, long events, CancellationToken stop)
    {
        var topic = await Topics.Ensure(cluster, settings.Topic, new());
        var all = BenchEvents.Of(0, (int)Math.Min(events, MostSeconds * Rate));
        using var group = new ConsumerGroup(cluster, topic, SinkKind.Sqlite, 1, EventSchemas.Load(settings.SchemaFolder), settings, new("bench.latency", Gapless: cluster.Embedded is not null, Assign: [.. Enumerable.Range(0, topic.Partitions)]));
        using var offsets = new TopicOffsets(cluster, topic, "bench.latency");
        using var pace = cluster.Embedded is null ? null : new Pace(topic.Partitions, offsets.Committed);
        using var producer = new EventProducer(cluster, topic, settings.Partitioner, 0, pace, settings.Clock, stop);
        using var drain = new CancellationTokenSource();
        var consuming = group.Run(drain.Token);
        producer.Send(all[0]);      // everybody is connected when it has arrived
        while (!consuming.IsCompleted && group.Latencies[0].Quantile(1) is null) await Task.Delay(10, stop);
        await Task.Factory.StartNew(() => Send(all, producer, stop), TaskCreationOptions.LongRunning);
        IReadOnlyList<long> ends = [.. offsets.All().Select(o => o.End)];
        while (!consuming.IsCompleted && !group.HasRead(ends)) await Task.Delay(10, stop);
        drain.Cancel();
        await consuming;
        var latency = Latency.Sum(group.Latencies);
        return new(latency.Quantile(0.5) ?? 0, latency.Quantile(0.99) ?? 0);
    }

    /// <summary>Sends what is due, and sleeps a millisecond.</summary>
    static void Send(IReadOnlyList<SourceEvent> events, EventProducer producer, CancellationToken stop)
    {
        var began = Stopwatch.GetTimestamp();
        for (var sent = 1; sent < events.Count;)
        {
            var due = (int)Math.Min(events.Count, Stopwatch.GetElapsedTime(began).TotalSeconds * Rate + 1);
            while (sent < due) producer.Send(events[sent++]);
            Thread.Sleep(1);
        }
        producer.Flush(stop);
    }
}
