using System.CommandLine;

namespace KafkaIngest;

/// <summary>The verbs that look at what runs, and the labs.</summary>
static class ViewVerbs
{
    public static void Add(CommandLine app)
    {
        app.Verb("lag", "Shows what is in the topic and not in the sinks yet, a row a group and partition.", "lag", Verbs.Connection, async (args, _) =>
        {
            var (cluster, topic) = await Verbs.FindTopic(args);
            Lag.Print(Lag.Read(cluster, topic, args.GetValue(Verbs.Output)!));
            return 0;
        });

        app.Verb("topics", "Shows the partitions of the topic and of its dead-letter topic.", "topics", Verbs.Connection, async (args, _) =>
        {
            var (cluster, topic) = await Verbs.FindTopic(args);
            var letters = await Topics.Get(cluster, new Settings { Input = "", Output = "", Topic = topic.Name }.DeadLetterTopic);
            await TopicList.Print(cluster, letters is null ? [topic] : [topic, letters]);
            return 0;
        });

        Option<int> port = new("--port") { Description = "The port, on 127.0.0.1.", DefaultValueFactory = _ => 9107 };
        app.Verb("metrics", "Serves metrics for Prometheus on 127.0.0.1, until Ctrl+C.", "metrics --port 9107", [.. Verbs.Connection, port], async (args, stop) =>
        {
            if (args.GetValue(port) is not (> 0 and <= 65535) and var wrong) throw new UserException($"--port is a number from 1 to 65535, found {wrong}.", 2);
            var (output, servers, config) = (args.GetValue(Verbs.Output)!, args.GetValue(Verbs.Bootstrap), args.GetValue(Verbs.Config));
            var source = new MetricsSource(() => Cluster.Find(output, servers, config), Verbs.Topic(args), output);
            await MetricsServer.Run(args.GetValue(port), source.Text, address => Console.WriteLine($"Metrics at {address}. Ctrl+C ends it."), stop);
            return 0;
        });

        Argument<string> lab = new Argument<string>("name") { Description = $"{string.Join(", ", Labs)}." }.AcceptOnlyFromAmong(Labs);
        app.Verb("lab", "Shows what a rebalance, a slow consumer, bad records or a missing key do, and why.", "lab order", [lab, Verbs.Bootstrap, Verbs.Config], async (args, stop) =>
        {
            var named = args.GetValue(Verbs.Bootstrap) is not null || args.GetValue(Verbs.Config) is not null;
            await using var room = named ? new LabRoom(args.GetValue(Verbs.Bootstrap), args.GetValue(Verbs.Config)) : new LabRoom();
            switch (args.GetValue(lab))
            {
                case "order": OrderLab.Print(await OrderLab.Run(room, 20_000, stop)); break;
                case "poison": PoisonLab.Print(await PoisonLab.Run(room, 1_000, 4, stop)); break;
                case "slow-consumer": SlowConsumerLab.Print(await SlowConsumerLab.Run(room, new(), stop)); break;
                case "rebalance": RebalanceLab.Print(await RebalanceLab.Run(room, [.. RebalanceLab.Kinds.Where(k => !(k.Static && room.Embedded))], kill: true, stop)); break;
            }
            stop.ThrowIfCancellationRequested();
            return 0;
        });
    }

    static readonly string[] Labs = ["rebalance", "slow-consumer", "poison", "order"];
}
