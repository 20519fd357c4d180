using Confluent.Kafka;

namespace KafkaIngest;

/// <summary>The evaluation checklist as code. Each proof runs the real pipeline in an empty folder, most on a broker of its own. The delegates
/// are the places where a test puts a broken pipeline, to see that the item can turn red.</summary>
sealed partial class Checklist
{
    /// <summary>How many implementation steps the README has.</summary>
    public const int Steps = 8;

    public CancellationToken Stop { get; init; }
    public Func<string, KeyBy, IReadOnlyList<SourceEvent>> Read { get; init; } = FlightEvents.Read;
    public Action<IReadOnlyList<SourceEvent>, EventSchemas> Validate { get; init; } = Producing.Validate;
    public Func<string, EventSchemas> LoadSchemas { get; init; } = EventSchemas.Load;
    public Action<Cluster, Topic, IReadOnlyList<SourceEvent>, Settings, Pace?, Producing.State, CancellationToken> Produce { get; init; } = Producing.Run;
    public Func<int, Func<long[]>, Pace?> NewPace { get; init; } = (partitions, committed) => new(partitions, committed, MostUncommitted);
    public Func<EventStore, ISink> NewSqlite { get; init; } = store => new SqliteSink(store, TimeProvider.System);
    public Func<EventStore, Settings, ISink> NewLake { get; init; } = (store, settings) => new LakeSink(store, settings);
    public Func<Cluster, Cluster> Connect { get; init; } = cluster => cluster;
    public Func<MemberOptions, MemberOptions> Options { get; init; } = options => options;
    public Func<Settings, Settings> Consumer { get; init; } = settings => settings;
    public Func<Cluster, Topic, Settings, int> ReplayAll { get; init; } = (cluster, topic, settings) => Replay.Run(cluster, topic, settings, null, null);
    public Func<Settings, Topic, IReadOnlyList<SourceEvent>?, IReadOnlyList<(long, long)>?, Task<Findings>> Recount { get; init; } = Verify.Run;
    public Func<CrashPlan, CrashPlan> Crashes { get; init; } = plan => plan;

    const long MostUncommitted = 256 * 1024;

    static readonly (string Id, string Time)[] Known =
    [
        ("20130309T11-JFK-UA797-arrived", "2013-03-09T17:39:00Z"),
        ("20130311T03-JFK-B6727-departed", "2013-03-11T04:06:00Z"),
        ("20130311T03-JFK-B6727-arrived", "2013-03-11T07:12:00Z"),
        ("20130307T02-EWR-EV5670-arrived", "2013-03-07T06:02:00Z"),
        ("20130304T12-LGA-AA715-diverted", "2013-03-04T16:40:00Z"),
    ];

    public IReadOnlyList<Check> Items() =>
    [
        new("P7-1", "Flights become events: in UTC, in order, under ids that never change", FlightsBecomeEvents),
        new("P7-2", "An event that breaks its schema is found before anything is sent", Validated),
        new("P7-3", "A schema that can't read the events before it is refused", Compatible),
        new("P7-4", "A killed producer goes on where it was acknowledged", ProducerResumes),
        new("P7-5", "Events of one key keep their order", OrderedByKey),
        new("P7-6", "The producer never gets further ahead than the broker can keep", HeldBack),
        new("P7-7", "Rows and offsets are written together or not at all", OneTransaction),
        new("P7-8", "A zombie's batch is refused", ZombieRefused),
        new("P7-9", "An event that came twice is stored once", StoredOnce),
        new("P7-10", "A consumer goes on where its sink stands, whatever Kafka has committed", SinkIsTheTruth),
        new("P7-11", "A rebalance loses nothing and doubles nothing", Rebalanced),
        new("P7-12", "While the sink fails reading pauses, and memory stays flat", BackPressure),
        new("P7-13", "What the broker has lost is an error", LostIsAnError),
        new("P7-14", "A bad event is kept aside with its reason, and those behind it are stored", PoisonIsolated),
        new("P7-15", "A dead letter is replayed when it has become right, and stored once", Replayed),
        new("P7-16", "Parquet and SQLite hold the same events", SameInLake),
        new("P7-17", "Acknowledged = stored + duplicates + dead-lettered, and the ids are the source's", Accounted),
        new("P7-18", "A recount names every event that is missing or doubled", Recounted),
        new("P7-19", "Killed anywhere and run again, nothing is lost and nothing doubled", Killed),
    ];

    Task<string> FlightsBecomeEvents(string scratch)
    {
        var events = Read(ProjectFolder.At("data"), KeyBy.Tail);
        var again = Read(ProjectFolder.At("data"), KeyBy.Tail);
        CheckFailed.Unless(events.Select(e => (e.Id, e.Key)).SequenceEqual(again.Select(e => (e.Id, e.Key))), "the second reading gave other events");
        CheckFailed.Unless(events.Select(e => e.Id).Distinct().Count() == events.Count, $"{events.Count - events.Select(e => e.Id).Distinct().Count():N0} ids are doubled");
        CheckFailed.Unless(events.Zip(events.Skip(1)).All(p => p.First.EventTimeUtc <= p.Second.EventTimeUtc) && events.Select((e, i) => e.Index == i).All(x => x), "the events are not in the order of their time");
        var byType = events.GroupBy(e => e.Id[(e.Id.LastIndexOf('-') + 1)..]).ToDictionary(g => g.Key, g => g.Count());
        int of(string type) => byType.GetValueOrDefault(type);
        CheckFailed.Unless(of("scheduled") == 6546 && of("departed") + of("cancelled") == 6546 && of("arrived") + of("diverted") == of("departed"), $"6,546 flights gave {string.Join(", ", byType.Select(t => $"{t.Value:N0} {t.Key}"))}");
        var places = events.ToDictionary(e => e.Id, e => e.Index);
        CheckFailed.Unless(events.All(e => !places.TryGetValue(e.Id.Replace("-arrived", "-departed", StringComparison.Ordinal), out var departed) || departed <= e.Index) && events.All(e => places[e.Id[..e.Id.LastIndexOf('-')] + "-scheduled"] <= e.Index), "an event stands before one that must precede it");
        string at(string id) => events.SingleOrDefault(e => e.Id == id) is { } e ? EventTimes.Text(e.EventTimeUtc) : "nothing";
        // Los Angeles; New York after the clocks went forward; a destination without a zone; past midnight; Dallas, never reached
        foreach (var (id, expected) in Known)
            CheckFailed.Unless(at(id) == expected, $"{id} is at {at(id)}, expected {expected}");
        return Task.FromResult($"{events.Count:N0} events of 6,546 flights, {of("cancelled")} cancelled, {of("diverted")} diverted; {Known.Length} times as worked out by hand");
    }

    Task<string> Validated(string scratch)
    {
        var schemas = LoadSchemas(ProjectFolder.At("schemas"));
        var good = Scene.Events(20);
        Validate(good, schemas);
        (string What, Func<string, string> Break)[] wrong =
        [
            ("a missing field", json => json.Replace("\"origin\":\"EWR\",", "", StringComparison.Ordinal)),
            ("a text for a number", json => json.Replace("\"flight\":", "\"flight\":\"1\",\"x\":", StringComparison.Ordinal)),
            ("an unknown type", json => json.Replace("departed", "teleported", StringComparison.Ordinal)),
            ("a time without a zone", json => json.Replace("Z\",\"carrier", "\",\"carrier", StringComparison.Ordinal)),
            ("a fraction for an integer", json => json.Replace("\"flight\":", "\"flight\":0.5,\"x\":", StringComparison.Ordinal)),
            ("a name twice", json => json.Replace("{", "{\"origin\":\"EWR\",", StringComparison.Ordinal)),
            ("half an event", json => json[..40]),
            ("two events", json => json + json),
        ];
        foreach (var (what, broken) in wrong)
        {
            var bad = good[19] with { Payload = System.Text.Encoding.UTF8.GetBytes(broken(System.Text.Encoding.UTF8.GetString(good[19].Payload))) };
            try { Validate([.. good.Take(19), bad], schemas); }
            catch (UserException e) when (e.Message.Contains(bad.Id, StringComparison.Ordinal)) { continue; }
            throw new CheckFailed($"{what} was taken");
        }
        return Task.FromResult($"{wrong.Length} wrong events found among good ones, 20 good ones taken");
    }

    Task<string> Compatible(string scratch)
    {
        var now = LoadSchemas(ProjectFolder.At("schemas"));
        var latest = File.ReadAllText(ProjectFolder.At("schemas", $"flight-event.v{now.Latest}.json"));
        (string What, Func<System.Text.Json.Nodes.JsonObject, object?> Change, bool Allowed)[] next =
        [
            ("an optional field more", s => s["properties"]!["gate"] = new System.Text.Json.Nodes.JsonObject { ["type"] = "string" }, true),
            ("a required field less", s => s["required"]!.AsArray().Remove(s["required"]!.AsArray().First(n => (string)n! == "dest")), true),
            ("a required field more", s => { s["properties"]!["gate"] = new System.Text.Json.Nodes.JsonObject { ["type"] = "string" }; s["required"]!.AsArray().Add("gate"); return null; }, false),
            ("another type", s => s["properties"]!["flight"]!["type"] = "string", false),
            ("null no longer allowed", s => s["properties"]!["tail_number"]!["type"] = "string", false),
            ("an event type in place of another", s => s["properties"]!["event_type"]!["enum"]![0] = "planned", false),
            ("an event type less", s => { s["properties"]!["event_type"]!["enum"]!.AsArray().RemoveAt(0); return null; }, false),
        ];
        foreach (var (what, change, allowed) in next)
        {
            var folder = Directory.CreateDirectory(Path.Combine(scratch, what)).FullName;
            foreach (var v in now.Versions) File.Copy(ProjectFolder.At("schemas", $"flight-event.v{v}.json"), Path.Combine(folder, $"flight-event.v{v}.json"));
            var schema = System.Text.Json.Nodes.JsonNode.Parse(latest)!.AsObject();
            change(schema);
            File.WriteAllText(Path.Combine(folder, $"flight-event.v{now.Latest + 1}.json"), schema.ToJsonString());
            string? refused = null;
            try { LoadSchemas(folder); }
            catch (UserException e) when (e.ExitCode == 2) { refused = e.Message; }
            CheckFailed.Unless(refused is null == allowed, allowed ? $"{what} was refused: {refused}" : $"{what} was taken");
        }
        return Task.FromResult($"of {next.Length} next versions {next.Count(n => n.Allowed)} taken and {next.Count(n => !n.Allowed)} refused");
    }

    async Task<string> Killed(string scratch)
    {
        var lab = CrashLab.Plan(scratch);
        var kills = await Crash.Run(Crashes(lab with { Failpoints = ["sent:700", "before-commit:3", "committed:3", "lake-renamed:3"] }), scratch, 0, 1, _ => { }, Stop);
        if (kills.FirstOrDefault(k => !k.Same) is { } bad) throw new CheckFailed($"{bad.Where}: {bad.Lost} lost, {bad.Doubled} doubled, {bad.Problem}");
        return $"{kills.Count(k => k.Killed)} kills, {kills.Sum(k => k.Lost)} events lost, {kills.Sum(k => k.Doubled)} doubled";
    }
}
