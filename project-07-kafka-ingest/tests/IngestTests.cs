using System.Diagnostics;
using System.Text;

namespace KafkaIngest.Tests;

/// <summary>The whole flow, and the recount.</summary>
[TestFixture, Category("Step8")]
sealed class IngestTests : IDisposable
{
    const string Digest = "ea9dac59e9cc5dec";
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>The flights of 4 March, and no broker.</summary>
    Settings Day()
    {
        folder.Write("data/flights.csv", string.Join('\n', File.ReadLines(ProjectFolder.At("data", "flights.csv")).Where((line, i) => i == 0 || line.StartsWith("2013,3,4,", StringComparison.Ordinal))) + "\n");
        File.Copy(ProjectFolder.At("data", "airports.csv"), folder.At("data", "airports.csv"));
        return new() { Input = folder.At("data"), Output = folder.At("out") };
    }

    // by hand: in a group of the embedded broker the second run may wait 30 s for members of the first
    [TestCase(1), TestCase(3)]
    public async Task A_weeks_events_are_stored_once_in_both_sinks(int members)
    {
        using var broker = BrokerProcess.Start(folder.Path);
        var settings = new Settings { Input = ProjectFolder.At("data"), Output = folder.Path };
        for (var run = 1; run <= 2; run++)
        {
            var found = await Ingest.Run(broker.Cluster, settings, new(members, AssignByHand: true), null, default).WaitAsync(Patience);
            Assert.That(found.Problems, Is.Empty);
            Assert.That((found.InTopic, found.Sqlite, found.Lake, found.Stored, found.Digest), Is.EqualTo((19_119L, new Counts(19_119, 0, 0), (Counts?)new Counts(19_119, 0, 0), 19_119L, Digest)), $"run {run}");
        }
    }

    [Test]
    public async Task With_another_broker_all_come_again_and_none_is_stored()
    {
        var settings = Day();
        long events = 0;
        for (var run = 1; run <= 2; run++)
        {
            using var broker = BrokerProcess.Start(settings.Output);
            var found = await Ingest.Run(broker.Cluster, settings, new(1, AssignByHand: true), null, default).WaitAsync(Patience);
            if (run == 1) events = found.Stored;
            Assert.That((found.Problems.Count, found.InTopic, found.Stored), Is.EqualTo((0, events, events)));
            Assert.That((found.Sqlite, found.Lake!.Value), Is.EqualTo(run == 1 ? (new Counts(events, 0, 0), new Counts(events, 0, 0)) : (new(0, events, 0), new(0, events, 0))));
        }
    }

    [Test]
    public async Task A_run_that_is_stopped_stores_what_it_has_sent_and_the_next_sends_the_rest()
    {
        var settings = Day();
        using var broker = BrokerProcess.Start(settings.Output);
        using var stop = new CancellationTokenSource();
        var watched = 0;
        var first = await Ingest.Run(broker.Cluster, settings with { Speed = 60_000 }, new(1, AssignByHand: true), state => { watched++; if (state.Producing.Acknowledged > 300) stop.Cancel(); }, stop.Token).WaitAsync(Patience);
        Assert.That((first.Problems.Count, watched), Is.EqualTo((0, watched)).And.Not.EqualTo((0, 0)));
        Assert.That((first.Stored, first.InTopic), Is.EqualTo((first.Sqlite.Stored, first.Lake!.Value.Stored)));
        var second = await Ingest.Run(broker.Cluster, settings, new(1, AssignByHand: true), null, default).WaitAsync(Patience);
        Assert.That((second.Problems.Count, second.Sqlite, second.Stored), Is.EqualTo((0, new Counts(second.InTopic, 0, 0), second.InTopic)));
        Assert.That(first.Stored, Is.InRange(300, second.Stored - 1));
    }

    [Test]
    public async Task When_a_consumer_fails_the_producer_stops_too_and_the_run_says_why()
    {
        using var scene = await Scene.Open(folder.Path);
        scene.SendRaw([Scene.Message(Scene.Events(1)[0] with { SchemaVersion = 8 })]);
        var watch = Stopwatch.StartNew();
        var e = await Assert.ThrowsAsync<UserException>(() => Ingest.Run(scene.Cluster, scene.Settings with { Speed = 1, UnknownVersion = UnknownVersion.Fail }, new(1, AssignByHand: true), null, default));
        Assert.That(e!.Message, Does.Contain("schema version 8"));
        Assert.That(watch.Elapsed, Is.LessThan(Patience));
    }

    [Test]
    public async Task A_consumer_ends_when_its_broker_is_another_one()
    {
        using var broker = BrokerProcess.Start(folder.Path);
        await Topics.Ensure(broker.Cluster, "flights", new());
        var settings = new Settings { Input = "", Output = folder.Path };
        var consuming = Consuming.Run(broker.Cluster, settings, new([SinkKind.Sqlite], 1, UntilEnd: false, null, new("", Assign: [])), null, CancellationToken.None);
        broker.Kill();
        await Wait.Until(() => EmbeddedBroker.Running(folder.Path) is null, "the broker is dead");
        Assert.That(consuming.IsCompleted, Is.False);
        using var other = BrokerProcess.Start(folder.Path);
        Assert.That((await Assert.ThrowsAsync<UserException>(() => consuming.WaitAsync(Patience)))!.Message, Does.Contain("was started again"));
    }

    /// <summary>40 events of two partitions in both sinks, and what a recount says of them after something was changed.</summary>
    async Task<IReadOnlyList<string>> Recount(Action<EventStore> change, Func<List<SourceEvent>, List<SourceEvent>?>? source = null, long end = 20, bool lake = true)
    {
        using var store = EventStore.Open(folder.Path, "flights", "made-1", 2);
        var events = Scene.Events(40).ToList();
        ISink[] sinks = [new SqliteSink(EventStore.Open(folder.Path, "flights", "made-1", 2), TimeProvider.System), new LakeSink(EventStore.Open(folder.Path, "flights", "made-1", 2), new() { Input = "", Output = folder.Path })];
        foreach (var sink in sinks.Take(lake ? 2 : 1))
            for (var p = 0; p < 2; p++)
            {
                sink.Write(Scene.Batch(p, 0, events.Where(e => e.Index % 2 == p).Select((e, i) => Scene.Received(e, p, i))));
                sink.Flush([p]);
            }
        change(store);
        var found = await Verify.Run(new() { Input = "", Output = folder.Path }, new("flights", "made-1", 2), source is null ? events : source(events), [(0, 20), (0, end)]);
        foreach (var sink in sinks) sink.Dispose();
        Assert.That(found.Lake is null, Is.EqualTo(!lake));
        return found.Problems;
    }

    static readonly string Third = Scene.Events(4)[3].Id;

    [TestCase(true), TestCase(false)]
    public async Task A_recount_finds_nothing_where_nothing_is_wrong(bool lake) => Assert.That(await Recount(_ => { }, lake: lake), Is.Empty);

    [Test]
    public async Task Without_ends_it_does_not_compare_with_them_and_another_incarnation_has_another_account()
    {
        await Recount(s => s.Execute("UPDATE offsets SET stored = 1"), end: 20);
        var settings = new Settings { Input = "", Output = folder.Path };
        var (same, other) = (await Verify.Run(settings, new("flights", "made-1", 2), null, null), await Verify.Run(settings, new("flights", "made-2", 2), null, [(0, 0), (0, 0)]));
        Assert.That((same.Problems.Count, same.InTopic, same.Sqlite, same.Lake, same.Stored), Is.EqualTo((0, 0L, new Counts(2, 0, 0), (Counts?)new Counts(2, 0, 0), 40L)));
        Assert.That((other.Problems.Count, other.Sqlite, other.Lake, other.Stored, other.Digest), Is.EqualTo((0, default(Counts), (Counts?)null, 40L, same.Digest)));
    }

    [Test]
    public async Task It_names_what_SQLite_does_not_have() => Assert.That(await Recount(s => s.Execute("DELETE FROM events WHERE event_id = $id", ("$id", Third))), Is.EqualTo(new[] { $"1 missing in SQLite: {Third}", $"1 in the lake and not in SQLite: {Third}" }));

    [Test]
    public async Task It_names_at_most_ten() => Assert.That((await Recount(s => s.Execute("DELETE FROM events WHERE partition = 0"), lake: false)).Single(), Does.Match("^20 missing in SQLite: ([^,]+, ){10}…$").And.Contain(Scene.Events(19)[18].Id).And.Not.Contain(Scene.Events(21)[20].Id));

    [Test]
    public async Task It_names_what_the_source_does_not_have() => Assert.That(await Recount(_ => { }, events => [.. events.Where(e => e.Id != Third)]), Is.EqualTo(new[] { $"1 in SQLite and not in the source: {Third}" }));

    [Test]
    public async Task Without_a_source_it_does_not_compare_with_it() => Assert.That(await Recount(s => s.Execute("DELETE FROM events WHERE event_id = $id", ("$id", Third)), _ => null, lake: false), Is.Empty);

    [Test]
    public async Task It_says_which_sink_does_not_stand_at_the_end() => Assert.That(await Recount(_ => { }, end: 1025), Is.EqualTo(new[] { "sqlite, partition 1: stands at 20, the topic ends at 1,025", "lake, partition 1: stands at 20, the topic ends at 1,025" }));

    [Test]
    public async Task It_says_which_account_does_not_add_up() => Assert.That(await Recount(s => s.Execute("UPDATE offsets SET stored = 17, duplicates = 1, dead_lettered = 1 WHERE sink = 'lake' AND partition = 0")), Is.EqualTo(new[] { "lake, partition 0: 17 stored + 1 duplicates + 1 dead letters are not 20 records" }));

    [Test]
    public async Task A_sink_that_began_later_is_accounted_from_there() => Assert.That(await Recount(s => s.Execute("UPDATE offsets SET first = 5, stored = 15 WHERE sink = 'sqlite' AND partition = 1")), Is.Empty);

    [Test]
    public async Task A_partition_of_which_the_sink_has_nothing_stands_at_0() => Assert.That(await Recount(s => s.Execute("DELETE FROM offsets WHERE sink = 'sqlite' AND partition = 1")), Is.EqualTo(new[] { "sqlite, partition 1: stands at 0, the topic ends at 20" }));

    [Test]
    public async Task A_topic_that_ends_before_the_sink_is_another_or_has_lost_records() => Assert.That(await Recount(_ => { }, end: 15), Is.EqualTo(new[] { "sqlite, partition 1: stands at 20, the topic ends at 15", "lake, partition 1: stands at 20, the topic ends at 15" }));

    [Test]
    public async Task A_sink_that_counts_more_than_it_has_read_is_wrong_too() => Assert.That(await Recount(s => s.Execute("UPDATE offsets SET stored = 25 WHERE sink = 'sqlite' AND partition = 1")), Is.EqualTo(new[] { "sqlite, partition 1: 25 stored + 0 duplicates + 0 dead letters are not 20 records" }));

    [Test]
    public async Task It_says_what_is_wrong_with_the_lakes_files() => Assert.That(await Recount(s => File.Delete(Manifest.Files(s.Connection, folder.Path)[0])), Has.One.StartsWith("lake: dt=").And.One.EndsWith(".parquet is missing"));

    [Test]
    public async Task A_lake_that_has_read_nothing_of_this_broker_has_its_files_too() => Assert.That(await Recount(s => s.Execute("INSERT INTO lake_files VALUES (1, 0, 0, 5, 'dt=2026-11-25/hour=08/gone.parquet', 5, 1000)"), lake: false), Is.EqualTo(new[] { "lake: dt=2026-11-25/hour=08/gone.parquet is missing" }));

    [Test]
    public async Task It_says_which_range_of_the_lake_is_missing() => Assert.That(await Recount(s => s.Execute("UPDATE lake_files SET next_offset = 19 WHERE partition = 1")), Is.EqualTo(new[] { "lake: partition 1: the files end at offset 19, the sink stands at 20" }));

    [Test]
    public async Task It_names_what_the_lake_does_not_have() => Assert.That(await Recount(s => s.Execute("INSERT INTO events SELECT 'x-only', event_type, event_time, key, schema_version, topic_id, partition, \"offset\", 0, 0, payload FROM events LIMIT 1"), _ => null), Is.EqualTo(new[] { "1 missing in the lake: x-only" }));

    [Test]
    public async Task It_names_what_is_doubled_in_the_lake()
    {
        var problems = await Recount(s =>
        {
            s.Execute("DELETE FROM lake_ids");
            using var sink = new LakeSink(EventStore.Open(folder.Path, "flights", "made-1", 2), new() { Input = "", Output = folder.Path });
            sink.Write(Scene.Batch(1, 20, Scene.Received(Scene.Events(4)[3], 1, 20)));
            sink.Flush([1]);
        }, end: 21);
        Assert.That(problems, Is.EqualTo(new[] { "sqlite, partition 1: stands at 20, the topic ends at 21", $"1 doubled in the lake: {Third}" }));
    }

    [Test]
    public async Task It_says_when_the_lake_has_other_contents() => Assert.That(await Recount(s => s.Execute("UPDATE events SET event_type = 'other' WHERE event_id = $id", ("$id", Third))), Has.One.Matches("^lake: same ids, other contents: digest [0-9a-f]{16}, SQLite [0-9a-f]{16}$").And.Exactly(1).Items);
}
