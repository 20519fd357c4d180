namespace DataQuality.Tests;

/// <summary>Each item of the checklist is green, and turns red for a pipeline that is broken in the way that it guards against.</summary>
[TestFixture, Category("Checklist")]
sealed class ChecklistTests
{
    // P2-13 is left to `dotnet run -- check`: it starts the program a dozen times
    static IEnumerable<string> Ids => new Checklist().Items().Select(item => item.Id).Where(id => id != "P2-13");

    [TestCaseSource(nameof(Ids))]
    public async Task An_item_is_green(string id)
    {
        var outcome = await Checks.Prove(new Checklist().Items().Single(item => item.Id == id));
        Assert.That(outcome.Mark, Is.EqualTo('✔'), outcome.Line);
        Assert.That(outcome.Line, Is.EqualTo(File.ReadLines(ProjectFolder.At("README.md")).Single(line => line.StartsWith($"✔ {id} ", StringComparison.Ordinal))), "what the README shows");
    }

    [Test]
    public Task P2_1_is_red_when_raw_is_tidied_up() => Red("P2-1", "row 1", new() { Stored = store => store.Execute("UPDATE next_raw_flights SET tailnum = NULL WHERE _row = 1") });

    [Test]
    public Task P2_1_is_red_when_a_row_is_left_out() => Red("P2-1", "lines came", new() { Stored = store => store.Execute("DELETE FROM next_raw_flights WHERE _row = 7") });

    [Test]
    public Task P2_2_is_red_when_a_new_column_is_not_noticed() => Red("P2-2", "missing total", new() { DriftOf = (table, file, header) => Drift.OfHeader(table, file, header).Where(f => f.Change != "added") });

    [Test]
    public Task P2_3_is_red_when_white_space_stays() => Red("P2-3", " UK ", new() { Rules = t => t with { Columns = [.. t.Columns.Select(c => c with { Trim = false })] } });

    [Test]
    public Task P2_3_is_red_when_a_null_that_must_not_be_is_kept() => Red("P2-3", "price_type", new() { Rules = t => t with { Columns = [.. t.Columns.Select(c => c.Nulls == NullPolicy.Reject ? c with { Nulls = NullPolicy.Keep } : c)] } });

    [Test]
    public Task P2_4_is_red_when_unknown_counts_as_false() => Red("P2-4", "instead of SQLite's 1", new()
    {
        Evaluate = (predicate, batch, truth) =>
        {
            predicate.Evaluate(batch, truth);
            truth.AsSpan().Replace(Truth.Unknown, Truth.False);
        },
    });

    [Test]
    public Task P2_5_is_red_when_only_the_first_broken_rule_is_named() => Red("P2-5", "expected row 4", new() { Stored = store => store.Execute("DELETE FROM next_reasons_orders WHERE rowid NOT IN (SELECT min(rowid) FROM next_reasons_orders GROUP BY _seq)") });

    [Test]
    public Task P2_5_is_red_when_a_warning_quarantines() => Red("P2-5", "row 8", new() { Rules = t => t with { Rules = [.. t.Rules.Select(r => r with { Severity = Severity.Error })] } });

    [Test]
    public Task P2_6_is_red_when_the_row_that_was_stored_first_stays() => Red("P2-6", "order", new()
    {
        TakeOut = (store, _) => store.Execute("UPDATE next_checked_orders SET _verdict = 'version' WHERE _verdict = 'clean' AND _seq > (SELECT min(_seq) FROM next_checked_orders x WHERE x._verdict = 'clean' AND x.id = next_checked_orders.id)"),
    });

    [Test]
    public Task P2_6_is_red_when_a_copy_does_not_bring_a_state_back() => Red("P2-6", "9 clean, 10 copy", new()
    {
        TakeOut = (store, table) =>
        {
            store.Execute("UPDATE next_checked_orders SET _drop_no = 1 WHERE _verdict = 'copy'");
            return Deduplicate.Run(store, table);
        },
    });

    [Test]
    public Task P2_7_is_red_when_a_clean_row_is_lost() => Red("P2-7", "row 2 is in 0 places", new() { Stored = store => store.Execute("DELETE FROM clean_orders WHERE _row = (SELECT max(_row) FROM clean_orders WHERE id = 2); DELETE FROM duplicates WHERE _row = 2; DELETE FROM clean_orders WHERE _row = 2") });

    [Test]
    public Task P2_7_is_red_when_a_quarantined_row_is_clean_as_well() => Red("P2-7", "row 4 is in 2 places", new() { Stored = store => store.Execute("INSERT INTO clean_orders (_drop, _file, _row) SELECT _drop, _file, _row FROM quarantine WHERE _row = 4") });

    [Test]
    public Task P2_8_is_red_when_clean_rows_lose_their_origin() => Red("P2-8", "lead back", After("UPDATE clean_flights SET _row = _row + 100000 WHERE _row = 5"));

    [Test]
    public Task P2_8_is_red_when_local_times_are_UTC() => Red("P2-8", "the first flight", After("UPDATE curated_flights SET sched_dep_local = sched_dep_utc"));

    [Test]
    public Task P2_9_is_red_when_a_defect_is_missed() => Red("P2-9", "origin_in_new_york", After("UPDATE checked_flights SET origin = 'EWR' WHERE origin = 'BOS'"));

    [Test]
    public Task P2_9_is_red_when_a_good_row_is_blamed() => Red("P2-9", "that the ledger does not name", After("UPDATE checked_flights SET month = 13 WHERE _seq = (SELECT max(_seq) FROM checked_flights)"));

    [Test]
    public Task P2_10_is_red_when_the_gate_lets_everything_through() => Red("P2-10", "published", new()
    {
        Run = settings =>
        {
            var loose = Path.Combine(settings.Output, "loose");
            Sample.Write(Sample.Rules().Select(t => t with { PassRate = 0, Drift = new() { Retyped = DriftPolicy.Ignore } }), loose);
            return Quality.Run(settings with { RulesFolder = loose }, default);
        },
    });

    [Test]
    public Task P2_10_is_red_when_a_held_drop_leaves_rows_behind() => Red("P2-10", "now they are", new()
    {
        Run = settings =>
        {
            var results = Quality.Run(settings, default);
            using var store = new Store(settings.Database);
            if (results[^1].Status == "held") store.Execute("INSERT INTO clean_flights SELECT * FROM next_clean_flights WHERE _drop = 'bad-drop' UNION ALL SELECT * FROM clean_flights WHERE 0; DELETE FROM quarantine; INSERT INTO quarantine SELECT * FROM next_quarantine");
            return results;
        },
    });

    [Test]
    public Task P2_11_is_red_when_nothing_is_replayed() => Red("P2-11", "skipped", new() { Replay = settings => Quality.Run(settings, default)[^1] });

    [Test]
    public Task P2_12_is_red_when_only_the_last_runs_are_kept() => Red("P2-12", "2 runs are kept", new() { Stored = store => store.Execute("DELETE FROM quality_results WHERE run_id = 1") });

    [Test]
    public Task P2_13_is_red_when_a_kill_leaves_something_between() => Red("P2-13", "the layers are", new()
    {
        Crashes = plan => plan with
        {
            Failpoints = ["published"],
            Left = folder =>
            {
                using (var store = Sample.Open(folder)) store.Execute("DELETE FROM clean_airports WHERE faa = 'EWR'");
                return plan.Left!(folder);
            },
        },
    });

    [Test]
    public void Every_item_has_a_test_that_sees_it_red()
    {
        var tests = typeof(ChecklistTests).GetMethods().Select(m => m.Name).ToList();
        Assert.That(new Checklist().Items().Select(i => i.Id).Where(id => !tests.Any(t => t.StartsWith(id.Replace('-', '_') + "_is_red", StringComparison.Ordinal))), Is.Empty);
    }

    /// <param name="evidence">What the item's line must say, so that it is red for the right reason.</param>
    static async Task Red(string id, string evidence, Checklist broken)
    {
        var outcome = await Checks.Prove(broken.Items().Single(item => item.Id == id));
        Assert.That(outcome.Mark, Is.EqualTo('✘'), outcome.Line);
        Assert.That(outcome.Line, Does.Contain(evidence));
    }

    /// <summary>A pipeline whose every run is followed by the statement.</summary>
    static Checklist After(string sql) => new()
    {
        Run = settings =>
        {
            var results = Quality.Run(settings, default);
            using var store = new Store(settings.Database);
            store.Execute(sql);
            return results;
        },
    };
}
