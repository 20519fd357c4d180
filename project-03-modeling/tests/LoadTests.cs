namespace DimensionalModel.Tests;

/// <summary>Whole loads.</summary>
[TestFixture, Category("Step7")]
sealed class LoadTests
{
    [Test]
    public void A_load_that_is_there_is_skipped_under_whatever_name_it_comes()
    {
        using var folder = new TempFolder();
        var load = Load(folder, 1, Sample.Flight("2013-01-05T10:00"));
        Assert.That(Run(folder, load).Single().Status, Is.EqualTo("loaded"));
        Assert.That(Run(folder, load).Single().Status, Is.EqualTo("skipped"));
    }

    [Test]
    public void A_load_that_comes_again_with_other_content_is_refused()
    {
        using var folder = new TempFolder();
        Run(folder, Load(folder, 1, Sample.Flight("2013-01-05T10:00")));
        Assert.That(Assert.Throws<UserException>(() => Run(folder, Load(folder, 1, Sample.Flight("2013-01-06T10:00"))))!.Message, Does.Contain("other content"));
    }

    [Test]
    public void Two_loads_of_one_moment_are_refused()
    {
        using var folder = new TempFolder();
        Run(folder, Load(folder, 1, Sample.Flight("2013-01-05T10:00")));
        var other = Sample.Load(folder.At("other"), "2013-02-01T00:00:00Z", ("flights.csv", [Sample.FlightHeader]));
        Assert.That(Assert.Throws<UserException>(() => Run(folder, other))!.Message, Does.Contain("same as_of as load-1"));
    }

    [Test]
    public void A_correction_replaces_a_withdrawal_removes_and_a_later_load_may_bring_the_flight_back()
    {
        using var folder = new TempFolder();
        Run(folder, Load(folder, 1, Sample.Flight("2013-01-05T10:00"), Sample.Flight("2013-01-06T10:00")));
        var corrected = Run(folder, Load(folder, 2, Sample.Flight("2013-01-05T10:00", delay: 60))).Single().Tables.Single(t => t.Table == "fact_flight");
        Assert.That((corrected.Changed, corrected.Inserted, Facts(folder)), Is.EqualTo((1L, 0L, "20130105 60, 20130106 0")));
        Run(folder, Sample.Load(folder.At("load-3"), "2013-02-03T00:00:00Z", ("withdrawn.csv", ["carrier,flight,origin,sched_dep_utc", "UA,1,EWR,2013-01-05T15:00:00Z"])));
        Assert.That(Facts(folder), Is.EqualTo("20130106 0"));
        var stale = Run(folder, Sample.Load(folder.At("late"), "2013-02-02T12:00:00Z", ("flights.csv", [Sample.FlightHeader, Sample.Flight("2013-01-05T10:00", delay: 90)]))).Single().Tables.Single();
        Assert.That((stale.Stale, Facts(folder)), Is.EqualTo((1L, "20130106 0")), "an older load must not bring it again");
        Run(folder, Load(folder, 4, Sample.Flight("2013-01-05T10:00", delay: 7)));
        Assert.That(Facts(folder), Is.EqualTo("20130105 7, 20130106 0"));
    }

    [Test]
    public void An_older_load_does_not_overwrite_a_later_one()
    {
        using var folder = new TempFolder();
        Run(folder, Load(folder, 2, Sample.Flight("2013-01-05T10:00", delay: 60)));
        Run(folder, Load(folder, 1, Sample.Flight("2013-01-05T10:00", delay: 0), Sample.Flight("2013-01-04T10:00", delay: 1)));
        Assert.That(Facts(folder), Is.EqualTo("20130104 1, 20130105 60"));
    }

    [Test]
    public void An_equal_fact_takes_over_the_later_load_and_a_later_withdrawal_stays()
    {
        using var folder = new TempFolder();
        Run(folder, Load(folder, 1, Sample.Flight("2013-01-05T10:00", delay: 1)));
        Run(folder, Load(folder, 3, Sample.Flight("2013-01-05T10:00", delay: 1)));
        Run(folder, Load(folder, 2, Sample.Flight("2013-01-05T10:00", delay: 9)));
        Assert.That(Facts(folder), Is.EqualTo("20130105 1"));
        string Withdrawn(int number) => Sample.Load(folder.At($"load-{number}"), $"2013-02-0{number}T00:00:00Z", ("withdrawn.csv", ["carrier,flight,origin,sched_dep_utc", "UA,1,EWR,2013-01-05T15:00:00Z"]));
        Run(folder, Withdrawn(6));
        Run(folder, Withdrawn(4));
        Run(folder, Load(folder, 5, Sample.Flight("2013-01-05T10:00", delay: 9)));
        Assert.That(Facts(folder), Is.Empty);
    }

    [Test]
    public void A_version_in_the_past_is_seen_by_idle_days_and_by_a_flight_that_comes_again()
    {
        using var folder = new TempFolder();
        Run(folder, Sample.Load(folder.At("load-1"), "2013-02-01T00:00:00Z", ("planes.csv", [Sample.PlaneHeader, Sample.Plane("N1", "", 100), Sample.Plane("N2", "", 100)]), ("flights.csv", [Sample.FlightHeader, Sample.Flight("2013-01-05T10:00"), Sample.Flight("2013-01-20T10:00")])));
        Run(folder, Sample.Load(folder.At("load-2"), "2013-02-02T00:00:00Z", ("planes.csv", [Sample.PlaneHeader, Sample.Plane("N2", "2013-01-10", 110)])));
        var again = Run(folder, Sample.Load(folder.At("load-3"), "2013-02-03T00:00:00Z", ("planes.csv", [Sample.PlaneHeader, Sample.Plane("N1", "2013-01-10", 120)]), ("flights.csv", [Sample.FlightHeader, Sample.Flight("2013-01-20T10:00")]))).Single().Tables.Single(t => t.Table == "fact_flight");
        Assert.That((again.Unchanged, again.Repointed), Is.EqualTo((1L, 1L)));
        using var store = new Store(folder.At("out", "warehouse.db"));
        Assert.That(store.Query("SELECT tailnum || ' ' || seats || ': ' || count(*) FROM fact_aircraft_day JOIN dim_aircraft USING (aircraft_key) GROUP BY tailnum, seats ORDER BY 1", r => r.GetString(0)), Is.EqualTo(new[] { "N1 100: 5", "N1 120: 11", "N2 100: 5", "N2 110: 11" }));
    }

    [Test]
    public void When_the_last_flight_goes_the_snapshot_ends_with_the_one_before()
    {
        using var folder = new TempFolder();
        Run(folder, Load(folder, 1, Sample.Flight("2013-01-05T10:00"), Sample.Flight("2013-03-05T10:00")));
        Run(folder, Sample.Load(folder.At("load-2"), "2013-02-02T00:00:00Z", ("withdrawn.csv", ["carrier,flight,origin,sched_dep_utc", "UA,1,EWR,2013-03-05T15:00:00Z"])));
        using var store = new Store(folder.At("out", "warehouse.db"));
        Assert.That(store.Query("SELECT date_key FROM fact_aircraft_day", r => r.GetInt32(0)), Is.EqualTo(new[] { 20130105 }));
    }

    [TestCase("UPDATE agg_route_month SET flights = 2", "agg_route_month")]
    [TestCase("UPDATE agg_aircraft_month SET air_minutes = 1", "agg_aircraft_month")]
    [TestCase("DELETE FROM dim_delay_group WHERE delay_group_key = 3", "points to a row of dim_delay_group that is not there")]
    [TestCase("DELETE FROM dim_weather WHERE weather_key = -2", "lacks -1 or -2")]
    [TestCase("DELETE FROM fact_aircraft_day", "the snapshot is empty")]
    [TestCase("INSERT INTO fact_aircraft_day SELECT 20130106, aircraft_key, 0, 0, 0, 0, NULL, 0, 0 FROM fact_aircraft_day", "fact_aircraft_day reaches from")]
    [TestCase("UPDATE dim_aircraft SET is_current = 0 WHERE tailnum = 'N1'", "has a version")]
    public void A_load_that_breaks_a_law_is_not_committed(string sql, string law)
    {
        using var folder = new TempFolder();
        Run(folder, Load(folder, 1, Sample.Flight("2013-01-05T10:00")));
        using var store = new Store(folder.At("out", "warehouse.db"));
        Assert.DoesNotThrow(() => Audit.Check(store, 1, []));
        Assert.That(Assert.Throws<InvalidOperationException>(() => Audit.Check(store, 2, []))!.Message, Does.Contain("2 are expected"));
        store.Execute(sql);
        Assert.That(Assert.Throws<InvalidOperationException>(() => Audit.Check(store, 1, []))!.Message, Does.Contain(law));
    }

    [Test]
    public void A_full_disk_is_told_as_such_and_nothing_stays()
    {
        using var folder = new TempFolder();
        using var store = Sample.Empty(folder.Path);
        store.Execute($"PRAGMA max_page_count = {store.Count("PRAGMA page_count") + 2}");
        Assert.That(Assert.Throws<Microsoft.Data.Sqlite.SqliteException>(() => store.InTransaction(() => Calendar.Ensure(store, (19700101, 20991231))))!.SqliteErrorCode, Is.EqualTo(13));
    }

    [Test]
    public void A_folder_without_load_json_is_no_load()
    {
        using var folder = new TempFolder();
        Load(folder, 1, Sample.Flight("2013-01-05T10:00"));
        folder.Write("half/flights.csv", Sample.FlightHeader);
        Assert.That(Assert.Throws<UserException>(() => Loads.Find(folder.Path))!.Message, Does.Contain("half has no load.json"));
    }

    [Test]
    public void A_flight_that_comes_twice_in_one_load_ends_it_and_nothing_stays()
    {
        using var folder = new TempFolder();
        Assert.That(Assert.Throws<UserException>(() => Run(folder, Load(folder, 1, Sample.Flight("2013-01-05T10:00"), Sample.Flight("2013-01-05T10:00"))))!.Message, Does.Contain("has a flight twice"));
        using var store = new Store(folder.At("out", "warehouse.db"));
        Assert.That(store.Count("SELECT (SELECT count(*) FROM fact_flight) + (SELECT count(*) FROM loads) + (SELECT count(*) FROM key_map)"), Is.Zero);
    }

    [Test]
    public void The_snapshot_has_the_days_between_two_loads_and_aircraft_that_come_later_have_the_days_before()
    {
        using var folder = new TempFolder();
        Run(folder, Load(folder, 1, Sample.Flight("2013-01-05T10:00", tail: "N1")));
        Run(folder, Load(folder, 2, Sample.Flight("2013-03-02T10:00", tail: "N2")));
        using var store = new Store(folder.At("out", "warehouse.db"));
        Assert.That(store.Count("SELECT count(*) FROM fact_aircraft_day"), Is.EqualTo(2 * 57), "5 January to 2 March");
        Assert.That(store.Query("SELECT a.tailnum || ' ' || f.date_key || ' ' || f.air_minutes_to_date FROM fact_aircraft_day f JOIN dim_aircraft a USING (aircraft_key) WHERE date_key IN (20130105, 20130302) ORDER BY 1", r => r.GetString(0)),
            Is.EqualTo(new[] { "N1 20130105 300", "N1 20130302 300", "N2 20130105 0", "N2 20130302 300" }));
    }

    [Test]
    public void A_balance_of_a_later_month_follows_a_correction_of_an_earlier_one()
    {
        using var folder = new TempFolder();
        Run(folder, Load(folder, 1, Sample.Flight("2013-01-05T10:00"), Sample.Flight("2013-02-05T10:00")));
        Run(folder, Load(folder, 2, Sample.Flight("2013-01-05T10:00", delay: null)));
        using var store = new Store(folder.At("out", "warehouse.db"));
        Assert.That(store.Count("SELECT air_minutes_to_date FROM fact_aircraft_day WHERE date_key = 20130205"), Is.EqualTo(300));
    }

    [Test]
    public void A_random_history_in_any_order_gives_one_warehouse([Range(1, 12)] int seed)
    {
        using var folder = new TempFolder();
        var chance = new Random(seed);
        var loads = Enumerable.Range(1, 4).Select(n => Random(folder, chance, n)).ToList();
        Run(folder, [.. loads]);
        var shuffled = loads.ToArray();
        chance.Shuffle(shuffled);
        foreach (var load in shuffled) Modeling.Run(new(load, folder.At("shuffled")), default);
        using var expected = new Store(folder.At("out", "warehouse.db"));
        using var found = new Store(folder.At("shuffled", "warehouse.db"));
        Assert.That(Inspect.Difference(expected, found), Is.Null, string.Join(", ", shuffled.Select(Path.GetFileName)));
    }

    /// <summary>A load of a few flights, withdrawals, versions and hours that often concern the same ones as another load.</summary>
    static string Random(TempFolder folder, Random chance, int number)
    {
        string Day() => $"2013-0{chance.Next(1, 3)}-{chance.Next(1, 28):00}";
        IEnumerable<string> Some(string header, int most, Func<string> line) => Enumerable.Range(0, chance.Next(most)).Select(_ => line()).DistinctBy(l => string.Join(',', l.Split(',').Where((_, i) => header switch { Sample.FlightHeader => i is 0 or 1 or 5, _ => i is 0 or 1 }))).Prepend(header).ToList();
        var flights = Some(Sample.FlightHeader, 12, () => Sample.Flight($"{Day()[..8]}0{chance.Next(1, 5)}T10:00", chance.Next(3), $"N{chance.Next(4)}", $"D{chance.Next(3)}", chance.Next(4) == 0 ? null : chance.Next(-20, 60)));
        var withdrawn = flights.Skip(1).Where(_ => chance.Next(4) == 0).Select(l => l.Split(',')).Select(f => $"{f[0]},{chance.Next(3)},{f[3]},{f[5]}").Distinct().Prepend("carrier,flight,origin,sched_dep_utc");
        return Sample.Load(folder.At($"load-{number}"), $"2013-02-0{number}T00:00:00Z", ("flights.csv", flights), ("withdrawn.csv", withdrawn),
            ("planes.csv", Some(Sample.PlaneHeader, 6, () => Sample.Plane($"N{chance.Next(5)}", chance.Next(3) == 0 ? "" : Day(), 100 + chance.Next(2)))),
            ("airports.csv", Some("faa,name,lat,lon,altitude_ft,tzone", 2, () => $"D{chance.Next(3)},airport {number},1,2,3,")),
            ("weather.csv", Some("origin,hour_utc,temp_f,wind_speed_mph,precip_in,visib_mi", 9, () => $"EWR,2013-0{chance.Next(1, 3)}-0{chance.Next(1, 5)}T15:00:00Z,{chance.Next(20, 80)},5,0,10")));
    }

    static string Load(TempFolder folder, int number, params string[] flights) => Sample.Load(folder.At($"load-{number}"), $"2013-02-0{number}T00:00:00Z", ("flights.csv", [Sample.FlightHeader, .. flights]));

    static IReadOnlyList<LoadResult> Run(TempFolder folder, params string[] loads) => [.. loads.SelectMany(load => Modeling.Run(new(load, folder.At("out")), default))];

    static string Facts(TempFolder folder)
    {
        using var store = new Store(folder.At("out", "warehouse.db"));
        return string.Join(", ", store.Query("SELECT sched_date_key || ' ' || coalesce(arr_delay_minutes, 'none') FROM fact_flight ORDER BY sched_dep_utc", r => r.GetString(0)));
    }
}
