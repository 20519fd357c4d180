using System.CommandLine;

namespace KafkaIngest;

/// <summary>The verb <c>bench</c>.</summary>
static class BenchVerb
{
    public static void Add(CommandLine app)
    {
        Option<long> events = new("--events") { Description = "How many events.", DefaultValueFactory = _ => 1_000_000 };
        Option<int> runs = new("--runs") { Description = "How often each is measured; the median counts.", DefaultValueFactory = _ => 3 };
        Option<string?> servers = new("--bootstrap-servers") { Description = "A Kafka cluster to measure too, HOST:PORT. Default: KAFKA_BOOTSTRAP_SERVERS." };
        app.Verb("bench", "Measures producer, consumers, latency and memory, beside bare loops.", "bench --bootstrap-servers 127.0.0.1:9092", [events, runs, servers], (args, stop) =>
        {
            if (args.GetValue(events) is < 1 or > 100_000_000) throw new UserException($"--events is a number from 1 to 100,000,000, found {args.GetValue(events)}.", 2);
            if (args.GetValue(runs) is < 1 or > 1000) throw new UserException($"--runs is a number from 1 to 1000, found {args.GetValue(runs)}.", 2);
            return Bench.Run(args.GetValue(events), args.GetValue(runs), args.GetValue(servers), stop);
        });
    }
}
