using System.Text;
using System.Text.Json.Nodes;
using Confluent.Kafka;

namespace KafkaIngest;

/// <summary>What became of one kind of record.</summary>
/// <param name="Reason">The reason that a dead letter of this kind must have; null: they are good.</param>
/// <param name="Kept">Dead letters with that reason.</param>
/// <param name="Pointers">Records in the dead-letter topic with that reason.</param>
sealed record PoisonRow(string Kind, string? Reason, long Sent, long Stored, long Kept, long Pointers);

/// <param name="Replayed">Dead letters that were sent again after the new schema was there.</param>
/// <param name="StoredByReplay">Events that are stored since.</param>
sealed record PoisonSeen(IReadOnlyList<PoisonRow> Rows, long Replayed, long StoredByReplay);

/// <summary>Lab: bad records among good ones. None holds up what is behind it, and none is lost.</summary>
static class PoisonLab
{
    static readonly (string Kind, string Reason)[] Bad =
    [
        ("no event id", Reasons.NoId), ("not JSON", Reasons.NoJson), ("a field is missing", Reasons.BreaksSchema), ("too large", Reasons.TooLarge), ("a later version", Reasons.UnknownVersion),
    ];

    /// <param name="good">So many good events are sent.</param>
    /// <param name="each">So many of each kind of bad ones.</param>
    public static async Task<PoisonSeen> Run(LabRoom room, int good, int each, CancellationToken stop)
    {
        var settings = room.Settings("poison");
        var topic = await room.Topic(settings);
        var events = FlightEvents.Read(settings.Input, settings.Key).Take(good).ToList();
        var latest = EventSchemas.Load(settings.SchemaFolder).Latest;
        Send(room.Cluster, topic, settings, events, each, latest + 1);
        await Consume(room.Cluster, settings, stop);
        using var db = EventStore.Read(settings.Output);
        long Count(string sql, string? value = null) => (long)EventStore.Scalar(db, sql, ("$value", value))!;
        var stored = Count("SELECT count(*) FROM events WHERE $value IS NULL");

        var newer = settings with { SchemaFolder = NewSchema(room, settings.SchemaFolder, latest) };
        var replayed = Replay.Run(room.Cluster, topic, newer, Reasons.UnknownVersion, null);
        await Consume(room.Cluster, newer, stop);
        var letters = await Topics.Ensure(room.Cluster, settings.DeadLetterTopic, new());
        var pointers = room.ReadAll(letters, stop).CountBy(r => (string)JsonNode.Parse(r.Message.Value!)!["reason"]!).ToDictionary();
        List<PoisonRow> rows = [new("good", null, events.Count, stored, 0, 0)];
        rows.AddRange(Bad.Select(b => new PoisonRow(b.Kind, b.Reason, each, 0, Count("SELECT count(*) FROM dead_letters WHERE reason = $value", b.Reason), pointers.GetValueOrDefault(b.Reason))));
        return new(rows, replayed, Count("SELECT count(*) FROM events WHERE $value IS NULL") - stored);
    }

    static Task Consume(Cluster cluster, Settings settings, CancellationToken stop) =>
        Consuming.Run(cluster, settings, new([SinkKind.Sqlite], 1, UntilEnd: true, null, new(settings.Topic, Assign: [])), null, stop);

    /// <summary>Bad ones are spread among the good ones, each under the key of the good one before it: the next of that key is behind it.</summary>
    static void Send(Cluster cluster, Topic topic, Settings settings, IReadOnlyList<SourceEvent> events, int each, int tomorrow)
    {
        using var producer = new ProducerBuilder<byte[]?, byte[]?>(cluster.Properties(EventProducer.Config(settings.Partitioner))).SetLogHandler((_, m) => Cluster.Log(m)).SetErrorHandler((_, _) => { }).Build();
        var every = Math.Max(1, events.Count / (each * Bad.Length + 1));
        var (sent, bad, acknowledged) = (0, 0, 0);
        for (var i = 0; i < events.Count; i++)
        {
            Put(events[i].Id, events[i].SchemaVersion, events[i].Payload, events[i]);
            while (i % every == every - 1 && bad < each * Bad.Length)
            {
                Poison(events[i], Bad[bad % Bad.Length].Reason, $"lab-{bad++}");
                if (i < events.Count - 1) break;
            }
        }
        producer.Flush(TimeSpan.FromSeconds(30));
        if (acknowledged < sent) throw new UserException($"{topic.Name}: {sent - acknowledged} of {sent} records were not acknowledged. {Cluster.LastLog}");

        void Poison(SourceEvent like, string reason, string id)
        {
            var json = JsonNode.Parse(like.Payload)!.AsObject();
            if (reason == Reasons.BreaksSchema) json.Remove("carrier");
            if (reason == Reasons.TooLarge) json["note"] = new string('x', settings.MaxEventBytes);
            if (reason == Reasons.UnknownVersion) json["gate"] = "B12";
            var payload = reason == Reasons.NoJson ? Encoding.UTF8.GetBytes("event_type=departed") : Encoding.UTF8.GetBytes(json.ToJsonString());
            Put(reason == Reasons.NoId ? null : id, reason == Reasons.UnknownVersion ? tomorrow : like.SchemaVersion, payload, like);
        }

        void Put(string? id, int version, byte[] payload, SourceEvent like)
        {
            var headers = new Headers { { HeaderNames.SchemaVersion, Encoding.ASCII.GetBytes($"{version}") } };
            if (id is not null) headers.Add(HeaderNames.EventId, Encoding.ASCII.GetBytes(id));
            producer.Produce(topic.Name, new() { Key = Encoding.UTF8.GetBytes(like.Key!), Value = payload, Headers = headers }, report => { if (!report.Error.IsError) Interlocked.Increment(ref acknowledged); });
            sent++;
        }
    }

    /// <summary>A folder with the schemas as they are, and the next version: one more field, which may be missing.</summary>
    static string NewSchema(LabRoom room, string from, int latest)
    {
        var folder = room.At("schemas");
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.GetFiles(from, "*.json")) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        var schema = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, $"flight-event.v{latest}.json")))!;
        schema["properties"]!["gate"] = new JsonObject { ["type"] = "string" };
        File.WriteAllText(Path.Combine(folder, $"flight-event.v{latest + 1}.json"), schema.ToJsonString());
        return folder;
    }

    public static void Print(PoisonSeen seen)
    {
        Terminal.Table(["records", "sent", "stored", "dead\nletters", "reason", "pointers"], seen.Rows.Select(r => new[] { r.Kind, $"{r.Sent:N0}", $"{r.Stored:N0}", $"{r.Kept:N0}", r.Reason ?? "", $"{r.Pointers:N0}" }));
        Console.WriteLine("A bad record is a value and no exception: it goes to the table dead_letters with its reason and its bytes, and the offset moves on. What is behind it is stored.");
        Console.WriteLine("The table is the truth, for it is written in the transaction that moves the offset. The dead-letter topic has a pointer to each, for whoever wants to be told.");
        Console.WriteLine($"Then the schema of the later version arrives. `dlq replay --reason {Reasons.UnknownVersion}` sends {seen.Replayed:N0} dead letters again, and {seen.StoredByReplay:N0} are stored. The others stay: no schema mends them.");
    }
}
