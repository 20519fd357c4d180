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
        Assert.Throws<OperationCanceledException>(() => new Facts(store, new KeyMap(store), 1, "2013-02-01T00:00:00Z").Merge(new("fact_flight"), Sample.File("load-1", "flights.csv"), _ => { }, new CancellationToken(canceled: true)));
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
