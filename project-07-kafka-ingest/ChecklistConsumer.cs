using System.Text;
using Confluent.Kafka;

namespace KafkaIngest;

// The items about what goes wrong, and about the whole.
sealed partial class Checklist
{
    async Task<string> Rebalanced(string scratch)
    {
        using var scene = await Scene.Open(scratch);
        var events = Scene.Events(12_000);
        Task producing(int from, int to) => Task.Factory.StartNew(() => Produce(scene.Cluster, scene.Topic, [.. events.Take(from..to).Select((e, i) => e with { Index = i })], scene.Settings with { Speed = 2500 }, null, new(), default), TaskCreationOptions.LongRunning);
        var group = Options(new MemberOptions("rebalanced", Gapless: true));
        var patience = TimeSpan.FromSeconds(40);
        var joining = producing(0, 6_000);
        await using var second = scene.Start(NewSqlite(scene.Store()), group);
        await using (var first = scene.Start(NewSqlite(scene.Store()), group))
        {
            await first.Until(s => s.Owned.Count is > 0 and < 4 && second.State.Owned.Count is > 0 and < 4, patience);
            await joining;
            var at = first.State.Owned.Select(first.State.DurableTo).Sum();
            var leaving = producing(6_000, 12_000);
            await first.Until(s => s.Owned.Select(s.DurableTo).Sum() > at + 100, patience);
            await first.Stop();     // it leaves while it works
            await leaving;
        }
        using var offsets = new TopicOffsets(scene.Cluster, scene.Topic);
        using var store = scene.Store();
        await second.Until(s => s.Owned.Count == 4, patience);
        await second.Until(s => offsets.All().Select((w, p) => s.ReadTo(p) >= w.End).All(r => r), patience);
        await second.Stop();
        var (rows, seen) = ((long)store.Scalar("SELECT count(*) FROM events")!, (long)store.Scalar("SELECT sum(stored + duplicates + dead_lettered) FROM offsets")!);
        CheckFailed.Unless(rows == 12_000 && seen == 12_000, $"{12_000 - rows:N0} events missing, {seen - 12_000:N0} read twice");
        return "a member joined and left while 12,000 events came: none missing, none stored twice";
    }

    async Task<string> BackPressure(string scratch)
    {
        using var scene = await Scene.Open(scratch);
        var events = Scene.Events(20_000);
        scene.SendRaw(events.Select(e => Scene.Message(e)));
        var settings = Consumer(scene.Settings with { BatchEvents = 500 });
        var failing = new Failing(NewSqlite(scene.Store()));
        await using var working = scene.Start(failing, scene.ByHand, settings);
        await working.Until(s => s.Retries >= 3, TimeSpan.FromSeconds(10));
        var (held, paused) = (working.State.MostHeld, working.State.Paused);
        failing.Works = true;
        using var offsets = new TopicOffsets(scene.Cluster, scene.Topic);
        await working.Until(s => offsets.All().Select((w, p) => s.ReadTo(p) >= w.End).All(r => r), TimeSpan.FromSeconds(20));
        await working.Stop();
        using var store = scene.Store();
        var rows = (long)store.Scalar("SELECT count(*) FROM events")!;
        CheckFailed.Unless(held <= 4 * 500 && paused, $"the sink failed, and {held:N0} of 20,000 events were held in memory");
        CheckFailed.Unless(rows == 20_000, $"{20_000 - rows:N0} events are missing after the sink worked again");
        return "sink failing: paused, under 2,000 of 20,000 events in memory; then all stored";
    }

    /// <summary>A sink whose disk is full, until it works.</summary>
    sealed class Failing(ISink sink) : ISink
    {
        public volatile bool Works;
        public string Name => sink.Name;
        public long Next(int partition) => sink.Next(partition);
        public IReadOnlyList<(int Partition, long Next)> Write(Batch batch) => Works ? sink.Write(batch) : throw new IOException("No space left on device");
        public IReadOnlyList<(int Partition, long Next)> Due() => sink.Due();
        public IReadOnlyList<(int Partition, long Next)> Flush(IReadOnlyCollection<int> partitions) => sink.Flush(partitions);
        public void Abandon(IReadOnlyCollection<int> partitions) => sink.Abandon(partitions);
        public void Dispose() => sink.Dispose();
    }

    async Task<string> LostIsAnError(string scratch)
    {
        using var scene = await Scene.Open(scratch, Connect);
        scene.SendRaw(Scene.Events(100).Select(e => Scene.Message(e)), partition: 0);
        await scene.Consume(NewSqlite(scene.Store()));
        var noise = new byte[60_000];
        new Random(1).NextBytes(noise);     // not to be compressed: 12 MB, and the broker keeps 5 MiB
        scene.SendRaw(Enumerable.Range(0, 200).Select(_ => new Message<byte[]?, byte[]?> { Value = noise, Headers = [new Header(HeaderNames.EventId, "x"u8.ToArray())] }), partition: 0);
        using var store = scene.Store();
        try
        {
            await using var working = scene.Start(NewSqlite(scene.Store()), Options(scene.ByHand));
            using var offsets = new TopicOffsets(scene.Cluster, scene.Topic);
            await working.Until(s => s.ReadTo(0) >= offsets.All()[0].End, TimeSpan.FromSeconds(10));
            await working.Stop();
        }
        catch (UserException e) when (e.Message.Contains("partition 0", StringComparison.Ordinal) && e.Message.Contains("100", StringComparison.Ordinal)) { return "records from offset 100 on were dropped: the consumer stops, and says so"; }
        throw new CheckFailed($"records from offset 100 on were dropped, and the consumer went on to {store.Scalar("SELECT max(next) FROM offsets")}");
    }

    async Task<string> PoisonIsolated(string scratch)
    {
        using var scene = await Scene.Open(scratch);
        var events = Scene.Events(1000);
        (string Reason, Message<byte[]?, byte[]?> Message)[] poison =
        [
            (Reasons.NoId, With(events[0], m => m.Headers.Remove(HeaderNames.EventId))),
            (Reasons.NoJson, With(events[1], m => m.Value = [0xff, 0xfe, 0x00])),
            (Reasons.NoJson, With(events[2], m => m.Value = null)),
            (Reasons.BreaksSchema, With(events[3], m => m.Value = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(m.Value!).Replace("\"dest\":\"IAH\",", "", StringComparison.Ordinal)))),
            (Reasons.TooLarge, With(events[4], m => m.Value = new byte[70_000])),
            (Reasons.UnknownVersion, Version(events[5], "3")),
            (Reasons.UnknownVersion, Version(events[6], "two")),
        ];
        scene.SendRaw(poison.Select(p => p.Message).Concat(events.Skip(poison.Length).Select(e => Scene.Message(e))), partition: 1);
        using var store = scene.Store();
        await scene.Consume(NewSqlite(scene.Store()), Consumer(scene.Settings));
        using (var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(10))) await DeadLetterTopic.Run(scene.Cluster, scene.Topic, scene.Settings, stop.Token);
        var rows = (long)store.Scalar("SELECT count(*) FROM events")!;
        CheckFailed.Unless(rows == events.Count - poison.Length, $"{rows:N0} good events are stored, expected {events.Count - poison.Length:N0}");
        var kept = EventStore.Query(store.Connection, "SELECT \"offset\", reason, payload FROM dead_letters ORDER BY \"offset\"", r => (Offset: r.GetInt64(0), Reason: r.GetString(1), Payload: r.IsDBNull(2) ? null : r.GetFieldValue<byte[]>(2)));
        for (var i = 0; i < poison.Length; i++)
            CheckFailed.Unless(i < kept.Count && kept[i].Reason == poison[i].Reason && (kept[i].Payload ?? []).SequenceEqual(poison[i].Message.Value ?? []), $"dead letter {i}: expected {poison[i].Reason} with its bytes, found {(i < kept.Count ? kept[i].Reason : "nothing")}");
        var pointers = scene.ReadTopic(scene.Settings.DeadLetterTopic).Count;
        CheckFailed.Unless(pointers == poison.Length, $"{pointers} pointers in {scene.Settings.DeadLetterTopic}, expected {poison.Length}");
        return $"{poison.Length} bad records of {poison.Select(p => p.Reason).Distinct().Count()} kinds kept with their bytes, {pointers} pointers sent, {rows:N0} good ones stored";

        static Message<byte[]?, byte[]?> With(SourceEvent e, Action<Message<byte[]?, byte[]?>> change)
        {
            var message = Scene.Message(e);
            change(message);
            return message;
        }
    }

    static Message<byte[]?, byte[]?> Version(SourceEvent e, string version)
    {
        var message = Scene.Message(e);
        message.Headers.Remove(HeaderNames.SchemaVersion);
        message.Headers.Add(HeaderNames.SchemaVersion, Encoding.ASCII.GetBytes(version));
        return message;
    }

    async Task<string> Replayed(string scratch)
    {
        using var scene = await Scene.Open(scratch);
        var events = Scene.Events(60);
        scene.SendRaw(events.Take(40).Select(e => Scene.Message(e)).Concat(events.Skip(40).Select(e => Version(e, "3"))));
        using var store = scene.Store();
        await scene.Consume(NewSqlite(scene.Store()));
        CheckFailed.Unless((long)store.Scalar("SELECT count(*) FROM dead_letters")! == 20, "20 events of version 3 were expected among the dead letters");
        // a colleague brings version 3: the events were right all the time
        var schemas = Directory.CreateDirectory(Path.Combine(scratch, "schemas")).FullName;
        foreach (var v in new[] { 1, 2 }) File.Copy(ProjectFolder.At("schemas", $"flight-event.v{v}.json"), Path.Combine(schemas, $"flight-event.v{v}.json"));
        File.Copy(ProjectFolder.At("schemas", "flight-event.v2.json"), Path.Combine(schemas, "flight-event.v3.json"));
        var sent = ReplayAll(scene.Cluster, scene.Topic, scene.Settings);
        store.Execute("UPDATE dead_letters SET replayed_at_ms = NULL WHERE id > 10");        // as if it had been killed before it noted that
        sent += ReplayAll(scene.Cluster, scene.Topic, scene.Settings);
        var sink = NewSqlite(scene.Store());
        var member = new Member(scene.Cluster, scene.Topic, sink, LoadSchemas(schemas), scene.Settings, scene.ByHand);
        using var offsets = new TopicOffsets(scene.Cluster, scene.Topic);
        await using (var working = new Working(member, sink, Stop))
        {
            await working.Until(s => offsets.All().Select((w, p) => s.ReadTo(p) >= w.End).All(r => r), TimeSpan.FromSeconds(10));
            await working.Stop();
        }
        var rows = (long)store.Scalar("SELECT count(*) FROM events")!;
        CheckFailed.Unless(rows == 60 && sent == 30, $"{rows} of 60 events are stored after {sent} replays, expected 60 after 30");
        return "20 events of an unknown version replayed, 10 of them twice; 60 of 60 stored, each once";
    }

    async Task<string> SameInLake(string scratch)
    {
        using var scene = await Scene.Open(scratch);
        var events = Scene.Events(3000);
        var settings = Consumer(scene.Settings with { RollBytes = 200_000 });
        scene.SendRaw(events.Take(2000).Select(e => Scene.Message(e)), partition: 0);
        await scene.Consume(NewSqlite(scene.Store()));
        await scene.Consume(NewLake(scene.Store(), settings), settings);
        // 600 are sent twice, under another key; the last one is bad, and is sent again when it is right
        scene.SendRaw(events.Skip(1700).Take(600).Select(e => Scene.Message(e with { Key = "another" })), partition: 1);
        scene.SendRaw([Version(events[2999], "9"), .. events.Skip(2000).Select(e => Scene.Message(e))], partition: 0);
        await scene.Consume(NewSqlite(scene.Store()));
        await scene.Consume(NewLake(scene.Store(), settings), settings);
        using var store = scene.Store();
        var (sqlite, lake) = (Contents.OfSqlite(store.Connection), await Contents.OfLake(store.Connection, scratch));
        CheckFailed.Unless(lake.Doubled.Count == 0 && sqlite.Ids.SetEquals(lake.Ids) && sqlite.Digest == lake.Digest, $"SQLite has {sqlite.Ids.Count:N0} events with digest {sqlite.Digest}, the lake {lake.Ids.Count:N0} with {lake.Digest}, and {lake.Doubled.Count:N0} twice");
        CheckFailed.Unless(Manifest.Problem(store.Connection, scratch) is null, $"{Manifest.Problem(store.Connection, scratch)}");
        var counts = EventStore.Query(store.Connection, "SELECT sum(stored), sum(duplicates), sum(dead_lettered) FROM offsets GROUP BY sink", r => new Counts(r.GetInt64(0), r.GetInt64(1), r.GetInt64(2)));
        CheckFailed.Unless(counts.All(c => c == new Counts(3000, 600, 1)), $"counted: {string.Join(" and ", counts)}");
        return $"3,000 events in each, 600 duplicates and 1 dead letter in neither, one digest {sqlite.Digest}";
    }

    async Task<string> Accounted(string scratch)
    {
        using var broker = BrokerProcess.Start(scratch);
        var settings = Consumer(new Settings { Input = ProjectFolder.At("data"), Output = scratch });
        var found = await Ingest.Run(broker.Cluster, settings, new(Members: 1, AssignByHand: true), null, Stop);
        CheckFailed.Unless(found.Problems.Count == 0, string.Join("; ", found.Problems));
        CheckFailed.Unless(found.InTopic == found.Sqlite.Sum && found.Lake?.Sum == found.InTopic && found.Stored == found.Sqlite.Stored, $"{found.InTopic:N0} acknowledged, SQLite {found.Sqlite}, lake {found.Lake}");
        return $"{found.InTopic:N0} = {found.Sqlite.Stored:N0} + {found.Sqlite.Duplicates} + {found.Sqlite.DeadLettered}, in both sinks; digest {found.Digest}";
    }

    async Task<string> Recounted(string scratch)
    {
        using var scene = await Scene.Open(scratch);
        var events = Scene.Events(500);
        scene.SendRaw(events.Select(e => Scene.Message(e)), partition: 3);
        await scene.Consume(NewSqlite(scene.Store()));
        await scene.Consume(NewLake(scene.Store(), scene.Settings));
        using var offsets = new TopicOffsets(scene.Cluster, scene.Topic);
        var ends = offsets.All();
        var before = await Recount(scene.Settings, scene.Topic, events, ends);
        CheckFailed.Unless(before.Problems.Count == 0, $"nothing is wrong, and it says: {string.Join("; ", before.Problems)}");
        using var store = scene.Store();
        store.Execute("DELETE FROM events WHERE event_id = $id", ("$id", events[123].Id));
        Names(await Recount(scene.Settings, scene.Topic, events, ends), events[123].Id, "missing in SQLite");
        var other = events.Append(events[7] with { Id = "never-sent" }).ToList();
        Names(await Recount(scene.Settings, scene.Topic, other, ends), "never-sent", "missing in SQLite");
        store.Execute("UPDATE offsets SET next = 450 WHERE sink = 'lake' AND partition = 3");
        Names(await Recount(scene.Settings, scene.Topic, null, ends), "partition 3", "lake");
        return "1 deleted row, 1 event that was never sent and 50 unread records found and named";

        static void Names(Findings found, params string[] words) => CheckFailed.Unless(found.Problems.Any(p => words.All(w => p.Contains(w, StringComparison.Ordinal))), $"{string.Join(" and ", words)} should be named, found: {string.Join("; ", found.Problems)}");
    }
}
