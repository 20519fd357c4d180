namespace DimensionalModel.Tests;

/// <summary>Facts, from files in an empty warehouse.</summary>
[TestFixture, Category("Step4")]
sealed class FactTests
{
    [Test]
    public void A_cancelled_flight_has_no_actual_date_and_no_delay_group()
    {
        using var folder = new TempFolder();
        using var store = Facts(folder, out _, Sample.Flight("2013-01-05T10:00", delay: null));
        Assert.That(store.Query("SELECT actual_date_key, actual_time_key, delay_group_key, cancelled, on_time, sched_date_key, sched_time_key, weather_key, dep_delay_minutes FROM fact_flight", r => string.Join(' ', Enumerable.Range(0, 9).Select(i => r.IsDBNull(i) ? "NULL" : r.GetValue(i)))), Is.EqualTo(new[] { "-2 -2 -2 1 0 20130105 600 -1 NULL" }));
    }

    [TestCase(14, 1)]
    [TestCase(15, 0)]
    [TestCase(-30, 1)]
    public void On_time_is_less_than_fifteen_minutes_late(int delay, int onTime)
    {
        using var folder = new TempFolder();
        using var store = Facts(folder, out _, Sample.Flight("2013-01-05T10:00", delay: delay));
        Assert.That(store.Count("SELECT on_time FROM fact_flight"), Is.EqualTo(onTime));
    }

    [Test]
    public void What_no_snapshot_had_becomes_an_inferred_member_and_nothing_becomes_unknown()
    {
        using var folder = new TempFolder();
        using var store = Facts(folder, out var audit, Sample.Flight("2013-01-05T10:00", tail: "N9", dest: "XYZ"), Sample.Flight("2013-01-06T10:00", tail: "N9"), Sample.Flight("2013-01-07T10:00", tail: ""));
        Assert.That(audit.Inferred, Is.EqualTo(5), "EWR, XYZ, LAX, UA and N9");
        Assert.That(store.Query("SELECT a.tailnum FROM fact_flight f JOIN dim_aircraft a USING (aircraft_key) ORDER BY sched_dep_utc", r => r.GetString(0)), Is.EqualTo(new[] { "N9", "N9", "unknown" }));
        Assert.That(store.Count("SELECT is_inferred FROM dim_airport WHERE faa = 'XYZ'"), Is.EqualTo(1));
    }

    [Test]
    public void The_aircraft_is_the_version_of_the_scheduled_date_also_when_it_left_after_midnight()
    {
        using var folder = new TempFolder();
        using var store = Sample.Empty(folder.Path);
        store.Execute("INSERT INTO loads VALUES (1, 'a', 'a', '2013-02-01T00:00:00Z', '')");
        var keys = new KeyMap(store);
        TypeTwo.Merge(store, keys, folder.Write("1/planes.csv", string.Join('\n', Sample.PlaneHeader, Sample.Plane("N1", "", 100), Sample.Plane("N1", "2013-01-10", 110)) + "\n"), "2013-02-01T00:00:00Z", (_, _) => { });
        keys.Save();
        var late = "UA,1,N1,EWR,LAX,2013-01-10T04:50:00Z,2013-01-09T23:50,2013-01-10T05:20:00Z,2013-01-10T00:20,30,40,300,2454,0,0";
        var facts = new Facts(store, keys, 1, "2013-02-01T00:00:00Z");
        facts.Merge(new("fact_flight"), folder.Write("1/flights.csv", string.Join('\n', Sample.FlightHeader, late, Sample.Flight("2013-01-10T00:00", 2), Sample.Flight("2013-12-31T10:00", 3, "N7").Replace("2013-12-31T10:00,0,", "2014-01-01T00:10,850,", StringComparison.Ordinal)) + "\n"), _ => { }, default);
        Assert.That(store.Query("SELECT a.seats || ' ' || sched_date_key || ' ' || actual_date_key || ' ' || actual_time_key FROM fact_flight f JOIN dim_aircraft a USING (aircraft_key) WHERE flight_number < 3 ORDER BY flight_number", r => r.GetString(0)), Is.EqualTo(new[] { "100 20130109 20130110 20", "110 20130110 20130110 0" }));
        Assert.That((facts.Days, facts.Touched), Is.EqualTo(((20130109, 20140101), 20130109)));
        Assert.That(facts.NewAircraft, Is.EqualTo(new[] { "N7" }));
    }

    [Test]
    public void The_same_flight_number_from_two_origins_is_two_facts()
    {
        using var folder = new TempFolder();
        using var store = Facts(folder, out _, Sample.Flight("2013-01-05T10:00"), Sample.Flight("2013-01-05T10:00").Replace("EWR", "JFK", StringComparison.Ordinal));
        Assert.That(store.Count("SELECT count(*) FROM fact_flight"), Is.EqualTo(2));
    }

    [TestCase("UA,1,N1,EWR,LAX,2013-01-05 15:00,2013-01-05T10:00,,,,,,2454,1,0", "expected an instant such as")]
    [TestCase("UA,1,N1,EWR,LAX,2013-01-05T15:00:00Z,2013-02-30T10:00,,,,,,2454,1,0", "expected a local time such as")]
    [TestCase("UA,1,N1,EWR,LAX,2013-01-05T15:00:00Z,2013-01-05T10:00,,,,5,300,2454,1,0", "expected a flight that is cancelled, or diverted, or has an arr_delay")]
    [TestCase("UA,1,N1,EWR,LAX,2013-01-05T15:00:00Z,2013-01-05T10:00,,,0,5,300,2454,0,0", "expected the time of departure in dep_local")]
    [TestCase("UA,one,N1,EWR,LAX,2013-01-05T15:00:00Z,2013-01-05T10:00,,,,,,2454,1,0", "expected a whole number in flight, found 'one'")]
    [TestCase("UA,1,N1,EWR,LAX,2013-01-05T15:00:00Z,2013-01-05T10:00,,,7,,,2454,1,0", "expected no minutes of a cancelled flight")]
    [TestCase("UA,1,N1,EWR,LAX,2013-01-05T15:00:00Z,2013-01-05T10:00,,2013-01-05T10:00,,5,300,2454,0,0", "expected minutes in dep_delay")]
    [TestCase("UA,1,N1,EWR,LAX,2013-01-05T15:00:00Z,2013-01-05T10:00,,2013-01-05T10:00,0,5,300,-2,0,0", "expected minutes and miles from 0")]
    [TestCase("UA,1,N1,EWR,LAX,2013-01-05T15:00:00Z,2013-05-05T10:00,,,,,,2454,1,0", "expected a local time at most 14 hours from sched_dep_utc")]
    [TestCase("UA,1,N1,EWR,LAX,2213-01-05T15:00:00Z,2213-01-05T10:00,,,,,,2454,1,0", "expected an instant such as")]
    [TestCase("UA,1,N1,EWR,LAX,2013-01-05T15:00:00Z,2013-01-05T10:00,,,,,,2454,7,-6", "expected a flight that is cancelled, or diverted")]
    public void A_row_that_is_no_flight_ends_the_load(string row, string message)
    {
        using var folder = new TempFolder();
        Assert.That(Assert.Throws<UserException>(() => Facts(folder, out _, Sample.Flight("2013-01-04T10:00"), row))!.Message, Does.Contain("row 2: " + message).And.EndsWith("Nothing of this load was kept."));
    }

    [Test]
    public void Stopping_ends_the_load()
    {
        using var folder = new TempFolder();
        using var store = Sample.Empty(folder.Path);
        store.Execute("INSERT INTO loads VALUES (1, 'a', 'a', '2013-02-01T00:00:00Z', '')");
        Assert.Throws<OperationCanceledException>(() => store.InTransaction(() => new Facts(store, new KeyMap(store), 1, "2013-02-01T00:00:00Z").Merge(new("fact_flight"), Sample.File("load-1", "flights.csv"), _ => { }, new CancellationToken(canceled: true))));
    }

    static Store Facts(TempFolder folder, out Audited audit, params string[] flights)
    {
        var store = Sample.Empty(folder.Path);
        try
        {
            store.Execute("INSERT INTO loads VALUES (1, 'a', 'a', '2013-02-01T00:00:00Z', '')");
            audit = new("fact_flight");
            new Facts(store, new KeyMap(store), 1, "2013-02-01T00:00:00Z").Merge(audit, folder.Write("1/flights.csv", string.Join('\n', [Sample.FlightHeader, .. flights]) + "\n"), _ => { }, default);
            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }
}
