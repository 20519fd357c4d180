using System.CommandLine;
using Confluent.Kafka;

namespace KafkaIngest;

/// <summary>The verbs of this project: options in, settings out. No logic.</summary>
static class Verbs
{
    static readonly Option<string> Input = new("--input") { Description = "The folder with flights.csv and airports.csv.", DefaultValueFactory = _ => ProjectFolder.At("data") };
    internal static readonly Option<string> Output = new("--output") { Description = "The folder of the store, the lake, and the broker's address.", DefaultValueFactory = _ => ProjectFolder.At("out") };
    internal static readonly Option<string?> Bootstrap = new("--bootstrap-servers") { Description = "A Kafka cluster, HOST:PORT, several with commas. Default: the embedded broker." };
    internal static readonly Option<string?> Config = new("--kafka-config") { Description = "A file of librdkafka properties, such as those for TLS and SASL." };
    static readonly Option<string> TopicName = new("--topic") { Description = "The topic.", DefaultValueFactory = _ => "flights" };
    static readonly Option<string> Speed = new("--speed") { Description = "Seconds of event time a second, or max.", DefaultValueFactory = _ => "86400" };
    static readonly Option<string> Key = new Option<string>("--key") { Description = "What keeps its order: tail, flight or none.", DefaultValueFactory = _ => "tail" }.AcceptOnlyFromAmong("tail", "flight", "none");
    static readonly Option<string> Partitioner = new Option<string>("--partitioner") { Description = "Which partition a key goes to. murmur2_random: as Java's producer.", DefaultValueFactory = _ => "murmur2_random" }.AcceptOnlyFromAmong("murmur2_random", "murmur2", "consistent_random", "consistent", "fnv1a_random", "fnv1a");
    static readonly Option<int> Partitions = new("--partitions") { Description = "Partitions of a topic that is made. A real cluster only.", DefaultValueFactory = _ => EmbeddedBroker.Partitions };
    static readonly Option<int> Replication = new("--replication-factor") { Description = "Brokers that keep each partition; -1: what the cluster sets.", DefaultValueFactory = _ => -1 };
    static readonly Option<double?> Retention = new("--retention-hours") { Description = "How long a topic that is made keeps records. A real cluster only." };
    static readonly Option<int> Members = new("--members") { Description = "Members of the group that stores events in SQLite.", DefaultValueFactory = _ => 2 };
    static readonly Option<string> Protocol = new Option<string>("--group-protocol") { Description = "consumer (KIP-848, Kafka 4.0 and later) or classic.", DefaultValueFactory = _ => "consumer" }.AcceptOnlyFromAmong("consumer", "classic");
    static readonly Option<bool> NoLake = new("--no-lake") { Description = "SQLite only, no Parquet." };
    static readonly Option<string> Unknown = new Option<string>("--unknown-version") { Description = "An event of an unknown schema version: dead-letter, accept or fail.", DefaultValueFactory = _ => "dead-letter" }.AcceptOnlyFromAmong("dead-letter", "accept", "fail");
    static readonly Option<int> MaxEventBytes = new("--max-event-bytes") { Description = "A larger event is a dead letter.", DefaultValueFactory = _ => 64 * 1024 };
    static readonly Option<string> Schemas = new("--schemas") { Description = "The folder of the schemas.", DefaultValueFactory = _ => ProjectFolder.At("schemas") };
    static readonly Option<double> BatchMs = new("--batch-ms") { Description = "A batch ends so long after its first event.", DefaultValueFactory = _ => 20 };
    static readonly Option<int> BatchEvents = new("--batch-events") { Description = "A batch ends with so many events.", DefaultValueFactory = _ => 5000 };
    static readonly Option<double> RollSeconds = new("--roll-seconds") { Description = "A Parquet file ends so long after its first event.", DefaultValueFactory = _ => 30 };
    static readonly Option<bool> AssignByHand = new("--assign") { Description = "Deal the partitions out by hand, without a group." };

    internal static readonly Symbol[] Connection = [Output, Bootstrap, Config, TopicName];
    static readonly Symbol[] TopicOptions = [Partitions, Replication, Retention];
    static readonly Symbol[] Producer = [Input, Speed, Key, Partitioner, Schemas];
    static readonly Symbol[] Consumer = [Protocol, Unknown, MaxEventBytes, BatchMs, BatchEvents, RollSeconds, AssignByHand];

    public static void Add(CommandLine app)
    {
        app.Verb("run", "Starts a broker, produces the week's events, stores them as they come, and recounts.", "run --speed max --members 4", [.. Connection, .. Producer, .. Consumer, .. TopicOptions, Members, NoLake], Run);

        Option<int> brokers = new("--brokers") { Description = "How many brokers the embedded cluster has.", DefaultValueFactory = _ => 1 };
        Option<bool> withParent = new("--with-parent") { Description = "End when stdin ends.", Hidden = true };
        app.Verb("broker", "Is the embedded broker, until Ctrl+C.", "broker", [Output, brokers, withParent], async (args, stop) =>
        {
            try { await EmbeddedBroker.Serve(args.GetValue(Output)!, Positive(args, brokers), args.GetValue(withParent), address => Console.WriteLine($"The embedded broker works at {address}. Its records are in memory: 5 MiB a partition, gone when it ends. Ctrl+C ends it."), stop); }
            catch (OperationCanceledException) when (stop.IsCancellationRequested) { }
            return 0;
        });

        Option<string> sinks = new Option<string>("--sink") { Description = "sqlite, lake or both.", DefaultValueFactory = _ => "both" }.AcceptOnlyFromAmong("sqlite", "lake", "both");
        app.Verb("produce", "Sends the week's events to a running broker, from where it was acknowledged last.", "produce --speed 3600", [.. Connection, .. Producer, .. TopicOptions, sinks], (args, stop) => Produce(args, Sinks(args.GetValue(sinks)!), stop));

        Option<bool> untilEnd = new("--until-end") { Description = "Stop where the topic ends now." };
        Option<string?> from = new("--from") { Description = "Where to begin what the sink does not know: a time in UTC, such as 2026-11-25T08:00:00Z. A real cluster only." };
        Option<string?> instance = new("--instance-id") { Description = "Static membership: whoever comes back under this name gets its partitions back. Classic protocol." };
        Option<double> session = new("--session-seconds") { Description = "After so long without a heartbeat a member is dead. Classic protocol.", DefaultValueFactory = _ => 6 };
        Option<string> group = new("--group") { Description = "What the groups' names begin with.", Hidden = true, DefaultValueFactory = _ => "" };       // the labs keep to themselves
        app.Verb("consume", "Stores what is in the topic, until Ctrl+C.", "consume --members 3 --sink sqlite", [.. Connection, .. Consumer, Schemas, Members, sinks, untilEnd, from, instance, session, group], async (args, stop) =>
        {
            DateTime? fromUtc = args.GetValue(from) is not { } text ? null : DateTimeOffset.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out var time) ? time.UtcDateTime : throw new UserException($"--from is a time such as 2026-11-25T08:00:00Z, found {Terminal.Plain(text)}.", 2);
            var member = new MemberOptions(args.GetValue(group)!, GroupProtocolOf(args), Assign: args.GetValue(AssignByHand) ? [] : null, InstanceId: args.GetValue(instance)) { SessionTimeout = TimeSpan.FromSeconds(Positive(args, session)) };
            if (member.InstanceId is not null && member.Protocol == GroupProtocol.Consumer) throw new UserException("--instance-id needs --group-protocol classic.", 2);
            var (settings, members) = (Settings(args), Positive(args, Members));
            await Consuming.Run(Find(args), settings, new(Sinks(args.GetValue(sinks)!), members, args.GetValue(untilEnd), fromUtc, member), groups => Terminal.Progress(string.Join("  ", groups.Select(g => $"{ConsumerGroup.Name(g.Key)}: at {Enumerable.Range(0, g.Value.States[0].Partitions).Sum(p => g.Value.States.Max(s => s.DurableTo(p))):N0}{(g.Value.States.FirstOrDefault(s => s.Trouble is not null)?.Trouble is { } trouble ? $" ({trouble})" : "")}"))), stop);
            Terminal.EndProgress();
            return stop.IsCancellationRequested && args.GetValue(untilEnd) ? 130 : 0;
        });

        Option<bool> noSource = new("--no-source") { Description = "Do not compare with the source: other events than the flights are in the topic." };
        app.Verb("verify", "Recounts source, topic, SQLite and lake, and names every event that is missing or doubled.", "verify", [.. Connection, Input, Key, noSource], async (args, stop) =>
        {
            var settings = Settings(args);
            var (cluster, topic) = await FindTopic(args);
            using var offsets = new TopicOffsets(cluster, topic);
            var found = await Verify.Run(settings, topic, args.GetValue(noSource) ? null : FlightEvents.Read(settings.Input, settings.Key), offsets.All());
            Live.Accounting(found);
            return found.Problems.Count == 0 ? 0 : 1;
        });

        Argument<string> action = new Argument<string>("action") { Description = "list or replay." }.AcceptOnlyFromAmong("list", "replay");
        Option<string?> reason = new Option<string?>("--reason") { Description = "Only those of this reason." }.AcceptOnlyFromAmong(Reasons.All);
        Option<long?> id = new("--id") { Description = "Only this one." };
        app.Verb("dlq", "Lists the dead letters, or sends them to their topic again.", "dlq replay --reason unknown_version", [action, .. Connection, Partitioner, reason, id], async (args, stop) =>
        {
            if (args.GetValue(action) == "list") return DeadLetters.List(args.GetValue(Output)!, args.GetValue(reason), args.GetValue(id));
            return await SendAgain(args, args.GetValue(reason), args.GetValue(id), stop);
        });
    }

    static async Task<int> Produce(ParseResult args, IReadOnlyList<SinkKind> sinks, CancellationToken stop)
    {
        var (settings, wanted, cluster) = (Settings(args), TopicSettings(args), Find(args));
        var events = FlightEvents.Read(settings.Input, settings.Key);
        Producing.Validate(events, EventSchemas.Load(settings.SchemaFolder));
        var topic = await Topics.Ensure(cluster, settings.Topic, wanted);
        using var pace = cluster.Embedded is null ? null : Ingest.Pacing(cluster, topic, sinks, Ingest.Largest(events));
        var state = new Producing.State();
        var producing = Task.Factory.StartNew(() => Producing.Run(cluster, topic, events, settings, pace, state, stop), TaskCreationOptions.LongRunning);
        while (await Task.WhenAny(producing, Task.Delay(50, CancellationToken.None)) != producing)
            Terminal.Progress($"{state.AtUtc:yyyy-MM-dd HH:mm}  {state.First + state.Acknowledged:N0} of {state.Total:N0} acknowledged{(pace is null || pace.Waiting < TimeSpan.FromSeconds(1) ? "" : "; " + Waiting)}");
        Terminal.EndProgress();
        await producing;
        Console.WriteLine($"{state.Acknowledged:N0} events sent and acknowledged{(state.First > 0 ? $"; {state.First:N0} had been before" : "")}.");
        return stop.IsCancellationRequested ? 130 : 0;
    }

    static async Task<int> SendAgain(ParseResult args, string? reason, long? id, CancellationToken stop)
    {
        var (settings, (cluster, topic)) = (Settings(args), await FindTopic(args));
        var (sinks, largest) = DeadLetters.Reach(settings.Output, topic);
        using var pace = cluster.Embedded is null || sinks.Count == 0 ? null : Ingest.Pacing(cluster, topic, sinks, largest);
        var sending = Task.Factory.StartNew(() => Replay.Run(cluster, topic, settings, reason, id, pace, stop), TaskCreationOptions.LongRunning);
        while (await Task.WhenAny(sending, Task.Delay(50, CancellationToken.None)) != sending)
            if (pace?.Waiting > TimeSpan.FromSeconds(1)) Terminal.Progress(Waiting);
        Terminal.EndProgress();
        Console.WriteLine($"{await sending:N0} dead letters sent again. Consume, and look: dotnet run -- dlq list");
        return 0;
    }

    const string Waiting = "the embedded broker keeps no more until consumers have committed: dotnet run -- consume";

    static IReadOnlyList<SinkKind> Sinks(string text) => text switch { "sqlite" => [SinkKind.Sqlite], "lake" => [SinkKind.Lake], _ => [SinkKind.Sqlite, SinkKind.Lake] };

    static Cluster Find(ParseResult args) => Cluster.Find(args.GetValue(Output)!, args.GetValue(Bootstrap), args.GetValue(Config));

    internal static async Task<(Cluster, Topic)> FindTopic(ParseResult args)
    {
        var cluster = Find(args);
        return (cluster, await Topics.Get(cluster, Topic(args)) ?? throw new UserException($"{cluster.BootstrapServers} has no topic {Topic(args)}. Produce first: dotnet run -- produce", 2));
    }

    static async Task<int> Run(ParseResult args, CancellationToken stop)
    {
        var settings = Settings(args);
        var topic = TopicSettings(args);
        using var own = args.GetValue(Bootstrap) is null && args.GetValue(Config) is null && EmbeddedBroker.Running(settings.Output) is null ? BrokerProcess.Start(settings.Output) : null;
        var cluster = own?.Cluster ?? Cluster.Find(settings.Output, args.GetValue(Bootstrap), args.GetValue(Config));
        var options = new RunOptions(Positive(args, Members), !args.GetValue(NoLake), args.GetValue(AssignByHand), topic, GroupProtocolOf(args));
        var watch = new Live();
        var findings = await Ingest.Run(cluster, settings, options, watch.Show, stop);
        watch.End(findings, settings);
        if (stop.IsCancellationRequested) return 130;
        return findings.Problems.Count == 0 ? 0 : 1;
    }

    static Settings Settings(ParseResult args) => new()
    {
        Input = Value(args, Input)!,
        Output = Value(args, Output)!,
        SchemaFolder = Value(args, Schemas)!,
        Topic = Topic(args),
        Key = Enum.Parse<KeyBy>(Value(args, Key)!, ignoreCase: true),
        Speed = SpeedOf(Value(args, Speed)!),
        Partitioner = Value(args, Partitioner)!,
        UnknownVersion = Value(args, Unknown) switch { "accept" => UnknownVersion.Accept, "fail" => UnknownVersion.Fail, _ => UnknownVersion.DeadLetter },
        MaxEventBytes = Positive(args, MaxEventBytes),
        BatchTime = TimeSpan.FromMilliseconds(Positive(args, BatchMs)),
        BatchEvents = Positive(args, BatchEvents),
        RollTime = TimeSpan.FromSeconds(Positive(args, RollSeconds)),
    };

    /// <summary>Kafka's own rule for names; a topic's name is part of file names too.</summary>
    internal static string Topic(ParseResult args)
    {
        var name = Value(args, TopicName)!;
        if (name.Length is 0 or > 200 || name.Trim('.').Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')) throw new UserException($"--topic is a name of letters, digits, '.', '_' and '-', found '{Terminal.Plain(name)}'.", 2);
        return name;
    }

    static double? SpeedOf(string text)
    {
        if (text == "max") return null;
        return double.TryParse(text, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out var speed) && speed > 0 && double.IsFinite(speed) ? speed : throw new UserException($"--speed is a number above 0, or max, found {Terminal.Plain(text)}.", 2);
    }

    static TopicSettings TopicSettings(ParseResult args)
    {
        if (Value(args, Replication) is not (-1 or (> 0 and <= short.MaxValue)) and var replication) throw new UserException($"--replication-factor is a number from 1, or -1, found {replication}.", 2);
        if (Value(args, Retention) is not (null or (> 0 and < 1e6)) and var hours) throw new UserException($"--retention-hours is a number above 0, found {hours}.", 2);
        return new(Positive(args, Partitions), (short)Value(args, Replication), Value(args, Retention) is { } kept ? TimeSpan.FromHours(kept) : null);
    }

    static GroupProtocol GroupProtocolOf(ParseResult args) => Value(args, Protocol) == "classic" ? GroupProtocol.Classic : GroupProtocol.Consumer;

    static int Positive(ParseResult args, Option<int> option) => Value(args, option) is > 0 and <= 10_000_000 and var value ? value : throw new UserException($"{option.Name} is a number from 1 to 10,000,000, found {Value(args, option)}.", 2);

    static double Positive(ParseResult args, Option<double> option) => Value(args, option) is > 0 and <= 1e7 and var value ? value : throw new UserException($"{option.Name} is a number above 0, at most 10,000,000, found {Value(args, option)}.", 2);

    /// <summary>The option's value, or its default where the verb does not have it.</summary>
    static T? Value<T>(ParseResult args, Option<T> option) => args.CommandResult.Command.Options.Contains(option) ? args.GetValue(option) : (T?)option.GetDefaultValue();
}
