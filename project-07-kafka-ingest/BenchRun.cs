using System.Diagnostics;

namespace KafkaIngest;

/// <summary>One run of producer and consumers beside their peers, in rounds: everybody has a round's events before the next is made, so that a
/// change of the machine's load hits all.</summary>
static class BenchRun
{
    /// <summary>What each took for all events.</summary>
    public sealed class Seconds
    {
        public double BareProduce, Produce, RawRead, Lake, Sqlite, BareInsert;
    }

    public static async Task<Seconds> Run(Cluster cluster, Settings settings, long events, int round, CancellationToken stop)
    {
        var schemas = EventSchemas.Load(settings.SchemaFolder);
        var topic = await Topics.Ensure(cluster, settings.Topic, new());
        var bareTopic = await Topics.Ensure(cluster, settings.Topic + "-bare", new());
        using var offsets = new TopicOffsets(cluster, topic);
        using var producer = new EventProducer(cluster, topic, settings.Partitioner, 0, null, settings.Clock, stop);
        using var bareProducer = new BenchLoops.BareProducer(cluster, bareTopic);
        using var bareInsert = new BenchLoops.BareInsert(Path.Combine(settings.Output, "bare"), topic);
        var seconds = new Seconds();
        IReadOnlyList<long> from = [.. offsets.All().Select(o => o.End)];
        for (var sent = 0L; sent < events; sent += round)
        {
            var batch = BenchEvents.Of(sent, (int)Math.Min(round, events - sent));
            seconds.BareProduce += Time(() => bareProducer.Send(batch));
            seconds.Produce += Time(() =>
            {
                foreach (var e in batch) producer.Send(e);
                producer.Flush(stop);
            });
            IReadOnlyList<long> to = [.. offsets.All().Select(o => o.End)];
            batch = [];
            GC.Collect();
            seconds.RawRead += BenchLoops.Read(cluster, topic, from, to, stop);
            seconds.Lake += await Drain(cluster, topic, SinkKind.Lake, schemas, settings, from, to);
            seconds.Sqlite += await Drain(cluster, topic, SinkKind.Sqlite, schemas, settings, from, to);
            var rows = BenchLoops.Decoded(cluster, topic, schemas, from, to, stop);
            seconds.BareInsert += Time(() => bareInsert.Insert(rows, settings.BatchEvents));
            from = to;
        }
        return seconds;
    }

    static double Time(Action action)
    {
        GC.Collect();
        var began = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>Lets a group of one member take what is in the topic. Its partitions are assigned by hand: how long a group takes to form is another
    /// matter.</summary>
    /// <returns>Seconds from the first record read to the last one durable.</returns>
    static async Task<double> Drain(Cluster cluster, Topic topic, SinkKind sink, EventSchemas schemas, Settings settings, IReadOnlyList<long> from, IReadOnlyList<long> to)
    {
        GC.Collect();
        using var group = new ConsumerGroup(cluster, topic, sink, 1, schemas, settings, new("bench." + sink, Gapless: cluster.Embedded is not null, Assign: [.. Enumerable.Range(0, topic.Partitions)]));
        using var drain = new CancellationTokenSource();
        var state = group.States[0];
        var running = group.Run(drain.Token);
        await Until(() => from.Select((offset, p) => state.ReadTo(p) > offset).Any(read => read));
        var began = Stopwatch.GetTimestamp();
        await Until(() => group.HasRead(to));
        drain.Cancel();
        await Until(() => to.Select((offset, p) => state.DurableTo(p) >= offset).All(durable => durable));
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        await running;
        return seconds;

        async Task Until(Func<bool> reached)
        {
            while (!reached())
                if (running.IsCompleted) await running;
                else Thread.Sleep(1);
        }
    }
}
