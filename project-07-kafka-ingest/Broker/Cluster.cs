using Confluent.Kafka;

namespace KafkaIngest;

/// <summary>How to reach a Kafka cluster, or the embedded broker.</summary>
/// <param name="BootstrapServers">host:port, several with commas.</param>
/// <param name="Config">librdkafka properties of the user: TLS, SASL, whatever it knows. They win over ours.</param>
/// <param name="Embedded">The incarnation of the embedded broker; null for a real cluster.</param>
sealed record Cluster(string BootstrapServers, IReadOnlyDictionary<string, string> Config, string? Embedded)
{
    /// <summary>What librdkafka said last, of warnings and errors: it tells why nothing comes.</summary>
    public static string? LastLog { get; private set; }

    /// <summary>The properties of a client: ours, and over them the user's. A <c>group.id</c> of the user goes before the names of our groups: each
    /// sink needs a group of its own, and whoever shares a cluster may be allowed names with a certain beginning only.</summary>
    public Dictionary<string, string> Properties(ClientConfig ours)
    {
        ours.BootstrapServers = BootstrapServers;
        ours.ClientId ??= "kafka-ingest";
        if (Embedded is not null) ours.SocketNagleDisable = true;
        var all = ours.ToDictionary(p => p.Key, p => p.Value);
        foreach (var (name, value) in Config)
            if (name != GroupId) all[name] = value;
            else if (all.TryGetValue(GroupId, out var group)) all[GroupId] = $"{value}.{group}";
        if (Embedded is null) all["allow.auto.create.topics"] = "false";        // a cluster that makes topics on first use makes them with settings of its own
        return all;
    }

    const string GroupId = "group.id";

    /// <summary>What the program promises rests on these.</summary>
    static readonly string[] Ours = ["acks", "request.required.acks", "enable.idempotence", "transactional.id", "partitioner", "enable.auto.offset.store", "enable.auto.commit", "auto.offset.reset", "group.protocol", "group.instance.id"];

    /// <summary>A client that is built from properties. What no client takes has been refused by <see cref="Topics.Admin"/>; some are wrong for one kind only.</summary>
    /// <exception cref="UserException">Exit code 2: librdkafka does not know a property, or does not take its value.</exception>
    public static T Build<T>(Func<T> client)
    {
        try { return client(); }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or KafkaException) { throw new UserException($"A property of --kafka-config is refused: {e.Message}", 2); }
    }

    public static void Log(LogMessage message)
    {
        if (message.Level <= SyslogLevel.Warning) LastLog = message.Message;
    }

    /// <summary>Reads properties: a line <c>name=value</c> each, <c>#</c> begins a comment.</summary>
    /// <exception cref="UserException">Exit code 2: the file is not there, a line is no property, or it is one that the program sets.</exception>
    public static Dictionary<string, string> ReadConfig(string path)
    {
        if (!File.Exists(path)) throw new UserException($"{path} is not there. Expected a file of librdkafka properties, a line name=value each.", 2);
        var all = new Dictionary<string, string>();
        foreach (var (number, line) in File.ReadLines(path).Select((line, i) => (i + 1, line.Trim())))
        {
            if (line.Length == 0 || line[0] == '#') continue;
            var at = line.IndexOf('=');
            if (at < 1) throw new UserException($"{path}, line {number}: expected name=value, found no '='.", 2);
            var name = line[..at].Trim();
            if (Ours.Contains(name)) throw new UserException($"{path}, line {number}: {name} is set by the program, for that nothing is lost or doubled rests on it. Take the line out.", 2);
            all[name] = line[(at + 1)..].Trim();
        }
        return all;
    }

    /// <summary>The cluster that the options name; without them the embedded broker that works in the output folder.</summary>
    /// <exception cref="UserException">Exit code 2: no broker runs there.</exception>
    public static Cluster Find(string output, string? bootstrapServers, string? configFile)
    {
        var config = configFile is null ? [] : ReadConfig(configFile);
        config.Remove("bootstrap.servers", out var named);
        if ((bootstrapServers ?? named) is { } servers) return new(servers, config, null);
        if (configFile is not null) throw new UserException($"{configFile} has no bootstrap.servers. Say --bootstrap-servers HOST:PORT, or write it into the file.", 2);
        return EmbeddedBroker.Running(output) ?? throw new UserException($"No broker works in {output}. Start one in another terminal: dotnet run -- broker\nOr name a cluster: --bootstrap-servers HOST:PORT", 2);
    }
}
