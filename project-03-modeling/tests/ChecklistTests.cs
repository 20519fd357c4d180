namespace DimensionalModel.Tests;

/// <summary>Each item of the checklist is green, and turns red for a pipeline that is broken in the way that it guards against.</summary>
[TestFixture, Category("Checklist")]
sealed class ChecklistTests
{
    // P3-11 is left to `dotnet run -- check`: it starts the program a dozen times
    static IEnumerable<string> Ids => new Checklist().Items().Select(item => item.Id).Where(id => id != "P3-11");

    [TestCaseSource(nameof(Ids))]
    public async Task An_item_is_green(string id)
    {
        var outcome = await Checks.Prove(new Checklist().Items().Single(item => item.Id == id));
        Assert.That(outcome.Mark, Is.EqualTo('✔'), outcome.Line);
        Assert.That(outcome.Line, Is.EqualTo(File.ReadLines(ProjectFolder.At("README.md")).Single(line => line.StartsWith($"✔ {id} ", StringComparison.Ordinal))), "what the README shows");
    }

    [Test]
    public Task P3_1_is_red_when_a_day_is_missing() => Red("P3-1", "after 2013-03-09 comes 2013-03-11", After("DELETE FROM dim_date WHERE date = '2013-03-10'"));

    [Test]
    public Task P3_1_is_red_when_a_dimension_lacks_a_member_that_stands_for_nothing() => Red("P3-1", "dim_weather lacks", After("DELETE FROM dim_weather WHERE weather_key = -1"));

    [Test]
    public Task P3_2_is_red_when_keys_are_counted_anew() => Red("P3-2", "was, '", After("DELETE FROM key_map"));

    [Test]
    public Task P3_3_is_red_when_intervals_are_closed() => Red("P3-3", "a gap or an overlap", After("UPDATE dim_aircraft SET valid_to = date(valid_to, '-1 day') WHERE valid_to < '9999' AND date(valid_to, '-1 day') > valid_from"));

    [Test]
    public Task P3_3_is_red_when_the_load_that_comes_last_is_right() => Red("P3-3", "seats instead of", new() { AsOf = (_, arrival) => Histories10000.AsOf(arrival) });

    [Test]
    public Task P3_3_is_red_when_a_version_is_lost() => Red("P3-3", "has is_current 0", After("DELETE FROM dim_aircraft WHERE valid_from = '2013-01-04'"));

    [Test]
    public Task P3_4_is_red_when_a_fact_is_doubled() => Red("P3-4", "27,005 facts", After("INSERT INTO fact_flight SELECT sched_dep_utc + 1, origin_airport_key, airline_key, flight_number, dest_airport_key, aircraft_key, sched_date_key, sched_time_key, actual_date_key, actual_time_key, delay_group_key, weather_key, cancelled, diverted, on_time, dep_delay_minutes, arr_delay_minutes, air_minutes, distance_miles, load_id FROM fact_flight LIMIT 1"));

    [Test]
    public Task P3_4_is_red_when_two_origins_are_taken_for_one() => Red("P3-4", "a fact that is no flight", After("UPDATE OR IGNORE fact_flight SET origin_airport_key = (SELECT airport_key FROM dim_airport WHERE faa = 'JFK')"));

    [Test]
    public Task P3_5_is_red_when_early_arrivals_count_as_on_time() => Red("P3-5", "arr_delay_minutes", After("UPDATE fact_flight SET arr_delay_minutes = max(arr_delay_minutes, 0)"));

    [Test]
    public Task P3_6_is_red_when_the_snapshot_gives_a_new_key() => Red("P3-6", "'SJU ", After("UPDATE dim_airport SET airport_key = 99999 WHERE faa = 'SJU'"));

    [Test]
    public Task P3_7_is_red_when_facts_stay_with_the_version_that_they_met_first() => Red("P3-7", "28×100", new() { RepointAircraft = (_, _) => 0 });

    [Test]
    public Task P3_7_is_red_when_of_many_aircraft_that_moved_some_are_left_out() => Red("P3-7", "seats instead of", new() { RepointAircraft = (store, moved) => Repoint.Aircraft(store, moved.Take(100).ToDictionary(), _ => { }) });

    [Test]
    public Task P3_7_is_red_when_every_fact_is_moved() => Red("P3-7", "facts of other aircraft", new()
    {
        RepointAircraft = (store, moved) =>
        {
            var count = Repoint.Aircraft(store, moved, _ => { });
            store.Execute("UPDATE fact_flight SET aircraft_key = -1 WHERE flight_number = 2");
            return count;
        },
    });

    [Test]
    public Task P3_8_is_red_when_an_aggregate_counts_a_flight_twice() => Red("P3-8", "agg_route_month is not", After("UPDATE agg_route_month SET flights = flights + 1 WHERE dest_airport_key = (SELECT min(dest_airport_key) FROM agg_route_month)"));

    [Test]
    public Task P3_8_is_red_when_the_snapshot_leaves_out_idle_days() => Red("P3-8", "aircraft on 31 days", After("DELETE FROM fact_aircraft_day WHERE flights = 0"));

    [Test]
    public Task P3_8_is_red_when_a_balance_is_not_carried_on() => Red("P3-8", "balances", After("UPDATE fact_aircraft_day SET air_minutes_to_date = air_minutes"));

    [Test]
    public Task P3_9_is_red_when_a_key_leads_nowhere() => Red("P3-9", "a key leads nowhere", After("DELETE FROM dim_aircraft WHERE aircraft_key = (SELECT max(aircraft_key) FROM fact_flight)"));

    [Test]
    public Task P3_9_is_red_when_missing_airports_are_lumped_together() => Red("P3-9", "without an airport", After("UPDATE fact_flight SET dest_airport_key = -1 WHERE dest_airport_key IN (SELECT airport_key FROM dim_airport WHERE faa = 'SJU')"));

    [Test]
    public Task P3_10_is_red_when_a_withdrawal_is_forgotten() => Red("P3-10", "fact_flight", new()
    {
        Run = settings =>
        {
            var results = Modeling.Run(settings, default);
            using var store = new Store(settings.Database);
            store.Execute("DELETE FROM withdrawn_flight");
            return results;
        },
    });

    [Test]
    public Task P3_10_is_red_when_facts_are_not_pointed_to_weather_that_comes_late() => Red("P3-10", "fact_flight", new()
    {
        Run = settings =>
        {
            var results = Modeling.Run(settings, default);
            using var store = new Store(settings.Database);
            if (settings.Output.EndsWith("back", StringComparison.Ordinal)) store.Execute("UPDATE fact_flight SET weather_key = -1 WHERE sched_date_key = 20130131");
            return results;
        },
    });

    [Test]
    public Task P3_11_is_red_when_a_kill_leaves_half_a_load() => Red("P3-11", "the warehouse is not as it was", new()
    {
        Crashes = plan => plan with
        {
            Failpoints = ["committed"],
            Left = folder =>
            {
                if (!File.Exists(Path.Combine(folder, "out", "warehouse.db"))) return null;
                using (var store = Sample.Open(folder)) if (store.Count("SELECT count(*) FROM sqlite_schema WHERE name = 'fact_flight'") == 1) store.Execute("DELETE FROM fact_flight WHERE sched_date_key = 20130131");
                return plan.Left!(folder);
            },
        },
    });

    [Test]
    public Task P3_12_is_red_when_an_aggregate_is_wrong() => Red("P3-12", "instead of", After("UPDATE agg_origin_hour SET on_time = 0 WHERE sched_hour = 8"));

    [Test]
    public Task P3_13_is_red_when_an_aggregate_is_not_exact() => Red("P3-13", "does not answer as", After("UPDATE agg_route_month SET on_time = on_time + 1"));

    [Test]
    public Task P3_13_is_red_when_a_rate_may_be_summed() => Red("P3-13", "the sum of a rate was not refused", new()
    {
        Model = model => model with { Metrics = [.. model.Metrics.Select(m => m.Name == "on_time_rate" ? m with { Additivity = Additivity.Additive } : m)] },
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

    /// <summary>A pipeline after which somebody runs the statement.</summary>
    static Checklist After(string sql) => new() { Stored = store => store.Execute(sql) };
}
