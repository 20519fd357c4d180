namespace KafkaIngest.Tests;

/// <summary>Each item of the checklist is green, and turns red for a pipeline that is broken in the way that it guards against.</summary>
[TestFixture, Category("Checklist")]
sealed class ChecklistTests
{
    static IEnumerable<string> Ids => new Checklist().Items().Select(item => item.Id);

    [TestCaseSource(nameof(Ids))]
    public async Task An_item_is_green(string id)
    {
        var outcome = await Checks.Prove(new Checklist().Items().Single(item => item.Id == id));
        Assert.That(outcome.Mark, Is.EqualTo('✔'), outcome.Line);
        Assert.That(outcome.Line, Is.EqualTo(File.ReadLines(ProjectFolder.At("README.md")).Single(line => line.StartsWith($"✔ {id} ", StringComparison.Ordinal))), "what the README shows");
    }

    [Test]
    public Task P7_1_is_red_when_local_time_is_taken_for_UTC() => Red("P7-1", "expected 2013-03-09T17:39:00Z", new() { Read = (folder, key) => [.. FlightEvents.Read(folder, key).Select(e => e with { EventTimeUtc = e.EventTimeUtc.AddHours(-5) })] });

    [Test]
    public Task P7_1_is_red_when_ids_are_drawn() => Red("P7-1", "other events", new() { Read = (folder, key) => [.. FlightEvents.Read(folder, key).Select(e => e with { Id = $"{Guid.NewGuid()}" })] });

    [Test]
    public Task P7_2_is_red_when_nothing_is_checked() => Red("P7-2", "a missing field was taken", new() { Validate = (_, _) => { } });

    [Test]
    public Task P7_3_is_red_when_a_new_version_is_not_compared() => Red("P7-3", "a required field more was taken", new() { LoadSchemas = _ => EventSchemas.Load(ProjectFolder.At("schemas")) });

    [Test]
    public Task P7_4_is_red_when_a_producer_begins_at_0_again() => Red("P7-4", "began at event 0 again", new()
    {
        Produce = (cluster, topic, events, settings, pace, state, stop) =>
        {
            File.Delete(Path.Combine(settings.Output, "producer.json"));
            Producing.Run(cluster, topic, events, settings, pace, state, stop);
        },
    });

    [Test]
    public Task P7_4_is_red_when_a_producer_goes_on_where_it_had_sent() => Red("P7-4", "never came", new()
    {
        Produce = (cluster, topic, events, settings, pace, state, stop) =>
        {
            var source = Producing.Digest(events, settings.Partitioner);
            if (Checkpoint.Read(settings.Output, topic.Incarnation, source) is > 0 and var next) new Checkpoint(topic.Incarnation, source, Math.Min(events.Count, next + 2000)).Write(settings.Output);
            Producing.Run(cluster, topic, events, settings, pace, state, stop);
        },
    });

    [Test]
    public Task P7_4_is_red_when_the_checkpoint_counts_what_was_sent() => Red("P7-4", "are there", new()
    {
        Produce = (cluster, topic, events, settings, pace, state, stop) =>
        {
            var producing = Task.Factory.StartNew(() => Producing.Run(cluster, topic, events, settings, pace, state, stop), TaskCreationOptions.LongRunning);
            var aside = Directory.CreateDirectory(Path.Combine(settings.Output, "aside")).FullName;
            while (!producing.IsCompleted)
            {
                Thread.Sleep(10);
                if (state.AtUtc is { } at) new Checkpoint(topic.Incarnation, Producing.Digest(events, settings.Partitioner), events.First(e => e.EventTimeUtc == at).Index + 1).Write(aside);
                if (state.AtUtc is not null) File.Move(Path.Combine(aside, "producer.json"), Path.Combine(settings.Output, "producer.json"), overwrite: true);
            }
            producing.GetAwaiter().GetResult();
        },
    });

    [Test]
    public Task P7_5_is_red_without_a_key() => Red("P7-5", "are in 2 partitions", new() { Produce = (cluster, topic, events, settings, pace, state, stop) => Producing.Run(cluster, topic, [.. events.Select(e => e with { Key = null })], settings, pace, state, stop) });

    [Test]
    public Task P7_6_is_red_without_a_pace() => Red("P7-6", "nobody has read one", new() { NewPace = (_, _) => null });

    [Test]
    public Task P7_7_is_red_when_rows_are_committed_before_offsets() => Red("P7-7", "100 rows are there", new() { NewSqlite = store => new Sinks.Unfenced(store) });

    [Test]
    public Task P7_8_is_red_without_a_fence() => Red("P7-8", "0 of 3 batches refused", new() { NewSqlite = store => new Sinks.Unfenced(store) });

    [Test]
    public Task P7_9_is_red_when_the_position_is_the_id() => Red("P7-9", "700 rows", new() { NewSqlite = store => new Sinks.Altered(new SqliteSink(store, TimeProvider.System), e => e with { Id = [.. e.Id, .. System.Text.Encoding.ASCII.GetBytes($"{e.At.Offset}")] }) });

    [Test]
    public Task P7_10_is_red_when_the_sink_is_not_asked() => Red("P7-10", "read again", new() { NewSqlite = store => new Sinks.Unfenced(store) { Remembers = false } });

    [Test]
    public Task P7_11_is_red_when_what_is_held_is_forgotten() => Red("P7-11", "events missing", new() { NewSqlite = store => new Sinks.Unfenced(store) { Holds = 5 } });

    [Test]
    public Task P7_12_is_red_when_a_batch_has_no_end() => Red("P7-12", "were held in memory", new() { Consumer = settings => settings with { BatchEvents = 1_000_000, BatchBytes = long.MaxValue } });

    [Test]
    public Task P7_13_is_red_when_a_consumer_jumps_to_what_is_left() => Red("P7-13", "went on to", new() { Connect = cluster => cluster with { Config = new Dictionary<string, string> { ["auto.offset.reset"] = "earliest" } }, Options = options => options with { Gapless = false } });

    [Test]
    public Task P7_14_is_red_when_every_version_is_taken() => Red("P7-14", "994 good events are stored", new() { Consumer = settings => settings with { UnknownVersion = UnknownVersion.Accept } });

    [Test]
    public Task P7_15_is_red_when_all_are_sent_each_time() => Red("P7-15", "after 40 replays", new()
    {
        ReplayAll = (cluster, topic, settings) =>
        {
            using (var store = EventStore.Open(settings.Output, topic.Name, topic.Incarnation, topic.Partitions)) store.Execute("UPDATE dead_letters SET replayed_at_ms = NULL");
            return Replay.Run(cluster, topic, settings, null, null);
        },
    });

    [Test]
    public Task P7_16_is_red_when_the_lake_does_not_know_what_came_twice() => Red("P7-16", "300 twice", new()
    {
        NewLake = (store, settings) =>
        {
            store.Execute("DELETE FROM lake_ids");
            return new LakeSink(store, settings);
        },
    });

    [Test]
    public Task P7_17_is_red_when_good_events_are_refused() => Red("P7-17", "missing in SQLite", new() { Consumer = settings => settings with { MaxEventBytes = 200 } });

    [Test]
    public Task P7_18_is_red_when_the_source_is_not_asked() => Red("P7-18", "should be named", new() { Recount = (settings, topic, _, ends) => Verify.Run(settings, topic, null, ends) });

    [Test]
    public Task P7_19_is_red_when_a_kill_loses_an_event() => Red("P7-19", "1 lost", new()
    {
        Crashes = plan => plan with
        {
            Failpoints = ["sent:700"],
            Compare = (undisturbed, folder) =>
            {
                using (var db = EventStore.Read(Path.Combine(folder, "out"))) EventStore.Execute(db, "DELETE FROM events WHERE event_id = (SELECT min(event_id) FROM events)");
                return plan.Compare(undisturbed, folder);
            },
        },
    });

    [Test]
    public void Every_item_has_a_test_that_sees_it_red()
    {
        var tests = typeof(ChecklistTests).GetMethods().Select(m => m.Name).ToList();
        Assert.That(Ids.Where(id => !tests.Any(t => t.StartsWith(id.Replace('-', '_') + "_is_red", StringComparison.Ordinal))), Is.Empty);
    }

    /// <param name="evidence">What the item's line must say, so that it is red for the right reason.</param>
    static async Task Red(string id, string evidence, Checklist broken)
    {
        var outcome = await Checks.Prove(broken.Items().Single(item => item.Id == id));
        Assert.That(outcome.Mark, Is.EqualTo('✘'), outcome.Line);
        Assert.That(outcome.Line, Does.Contain(evidence));
    }
}
