using System.Diagnostics;
using System.Globalization;

namespace KafkaIngest;

/// <summary>Measures this program beside bare loops on this machine, now: on the embedded broker, and on a real cluster where one is named.</summary>
static class Bench
{
    /// <summary>So many events are sent and then read, again and again: the embedded broker keeps them all.</summary>
    const int Round = 100_000;

    static bool Debug => typeof(Bench).Assembly.GetCustomAttributes(typeof(DebuggableAttribute), false) is [DebuggableAttribute { IsJITOptimizerDisabled: true }];

    /// <returns>The exit code: 0 when everything was measured, whatever came out.</returns>
    public static async Task<int> Run(long events, int runs, string? bootstrapServers, CancellationToken stop)
    {
        var scratch = Directory.CreateTempSubdirectory("bench-").FullName;
        try
        {
            using (var broker = BrokerProcess.Start(scratch)) await Measure("embedded broker", broker.Cluster, scratch, events, runs, stop);
            var servers = bootstrapServers ?? Environment.GetEnvironmentVariable("KAFKA_BOOTSTRAP_SERVERS");
            if (!string.IsNullOrEmpty(servers)) await Measure($"Kafka at {servers}", new(servers, new Dictionary<string, string>(), null), scratch, events, runs, stop);
            else Console.WriteLine("No real Kafka: neither --bootstrap-servers nor KAFKA_BOOTSTRAP_SERVERS names one.");
            Console.WriteLine($"{events:N0} events of {BenchEvents.Of(0, 1200).Average(e => e.Payload.Length):N0} bytes, medians of {runs} {(runs == 1 ? "run" : "runs")}; {Environment.ProcessorCount} processors; broker and clients on this machine; files in {Path.GetTempPath()}.");
            Console.WriteLine($"Produce: from the first send until all is acknowledged. Consume: {Round:N0} events at a time are sent first, and measured is draining them, from the first record read to the last one durable.");
            if (Debug) Console.WriteLine("This program is a Debug build. A fair measure: dotnet run -c Release -- bench");
            return 0;
        }
        finally { Crash.Delete(scratch); }
    }

    static async Task Measure(string where, Cluster cluster, string scratch, long events, int runs, CancellationToken stop)
    {
        var name = $"bench-{Guid.NewGuid().ToString("N")[..8]}";
        var all = new List<(BenchRun.Seconds Seconds, BenchLatency.Found Latency)>();
        var topics = new List<string>();
        try
        {
            for (var run = 1; run <= runs; run++)
            {
                Terminal.Progress($"{where}: run {run} of {runs}");
                var settings = new Settings { Input = ProjectFolder.At("data"), Output = Directory.CreateDirectory(Path.Combine(scratch, "output")).FullName, Topic = $"{name}-{run}" };
                topics.AddRange([settings.Topic, settings.Topic + "-bare", settings.Topic + "-latency"]);
                all.Add((await BenchRun.Run(cluster, settings, events, Round, stop), await BenchLatency.Run(cluster, settings with { Topic = settings.Topic + "-latency" }, events, stop)));
                Crash.Delete(settings.Output);
            }
            topics.AddRange([$"{name}-memory", $"{name}-memory.dlq"]);
            var memory = await BenchMemory.Run(cluster, $"{name}-memory", Path.Combine(scratch, "memory"), events, Round, stop);
            Terminal.EndProgress();
            Print(where, events, all, memory);
        }
        finally { await Delete(cluster, topics); }
    }

    static void Print(string where, long events, IReadOnlyList<(BenchRun.Seconds Seconds, BenchLatency.Found Latency)> all, IReadOnlyList<BenchMemory.Peak> memory)
    {
        IReadOnlyList<string> Rate(string what, Func<BenchRun.Seconds, double> seconds, Func<BenchRun.Seconds, double>? peer = null, double? goal = null)
        {
            var rates = all.Select(a => events / seconds(a.Seconds)).ToList();
            double? ratio = peer is null ? null : Median(all.Select(a => peer(a.Seconds) / seconds(a.Seconds)));
            return [what, $"{Median(rates):N0} events/s", $"{rates.Min():N0}–{rates.Max():N0}", ratio is null ? "" : Text(ratio.Value, "0.00"), goal is null ? "" : $"≥ {Text(goal.Value, "0.0")}", goal is null ? "" : Met(ratio >= goal)];
        }
        var (half, late) = (all.Select(a => (double)a.Latency.Half).ToList(), all.Select(a => (double)a.Latency.Late).ToList());
        List<IReadOnlyList<string>> rows =
        [
            Rate("produce: bare loop", s => s.BareProduce),
            Rate("produce: ours, idempotent, headers, acknowledgements tracked", s => s.Produce, s => s.BareProduce),
            Rate("consume: raw loop, counts", s => s.RawRead),
            Rate("consume: ours into Parquet", s => s.Lake, s => s.RawRead, 0.8),
            Rate("insert into SQLite: bare loop, no Kafka", s => s.BareInsert),
            Rate("consume: ours into SQLite", s => s.Sqlite, s => s.BareInsert, 0.8),
            [$"producer to commit at {BenchLatency.Rate:N0} events/s: p50", $"{Median(half):N0} ms", $"{half.Min():N0}–{half.Max():N0}", "", "", ""],
            [$"producer to commit at {BenchLatency.Rate:N0} events/s: p99", $"{Median(late):N0} ms", $"{late.Min():N0}–{late.Max():N0}", "", "< 100 ms", Met(Median(late) < 100)],
            .. memory.Select(m => (IReadOnlyList<string>)[$"peak memory, both sinks, backlog of {m.Backlog:N0} events", $"{m.Bytes / 1048576.0:N0} MiB", "", "", "< 200 MiB", Met(m.Bytes < 200L << 20)]),
        ];
        Console.WriteLine($"On the {where}");
        Terminal.Table(["what", "measured", "min–max", "of its peer", "goal", ""], rows);

        static string Met(bool met) => met ? "met" : "missed";
        static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
    }

    static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    static async Task Delete(Cluster cluster, IReadOnlyList<string> topics)
    {
        if (cluster.Embedded is not null) return;       // it keeps what it has until it ends
        using var admin = Topics.Admin(cluster);
        try { await admin.DeleteTopicsAsync(topics); }
        catch (Confluent.Kafka.Admin.DeleteTopicsException) { }     // those that a run which was stopped has not made
    }
}
