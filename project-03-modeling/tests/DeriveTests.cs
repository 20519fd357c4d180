namespace DimensionalModel.Tests;

/// <summary>Aggregates and the snapshot follow from the facts.</summary>
[TestFixture, Category("Step6")]
sealed class DeriveTests
{
    [Test]
    public void An_aggregate_sums_the_measures_of_its_group()
    {
        using var folder = new TempFolder();
        using var store = Derived(folder, Sample.Flight("2013-01-05T10:00", 1, delay: 20), Sample.Flight("2013-01-06T10:00", 2, delay: -5), Sample.Flight("2013-01-07T10:00", 3, delay: null), Sample.Flight("2013-02-01T10:00", 4));
        Assert.That(store.Query("SELECT month_key || ': ' || flights || ' flights, ' || cancelled || ' cancelled, ' || on_time || ' on time, ' || arr_delay_minutes || ' minutes late' FROM agg_route_month ORDER BY 1", r => r.GetString(0)),
            Is.EqualTo(new[] { "201301: 3 flights, 1 cancelled, 1 on time, 15 minutes late", "201302: 1 flights, 0 cancelled, 1 on time, 0 minutes late" }));
    }

    [Test]
    public void The_snapshot_has_a_row_for_each_aircraft_on_each_day_and_carries_its_balance()
    {
        using var folder = new TempFolder();
        using var store = Derived(folder, Sample.Flight("2013-01-05T10:00", 1), Sample.Flight("2013-01-05T20:00", 2), Sample.Flight("2013-01-08T10:00", 1), Sample.Flight("2013-01-06T10:00", 3, "N2", delay: null));
        Assert.That(store.Query("SELECT substr(date_key, 7) || ' ' || flights || ' ' || departed || ' ' || air_minutes_to_date FROM fact_aircraft_day JOIN dim_aircraft USING (aircraft_key) WHERE tailnum = 'N1' ORDER BY 1", r => r.GetString(0)), Is.EqualTo(new[] { "05 2 2 600", "06 0 0 600", "07 0 0 600", "08 1 1 900" }));
        Assert.That(store.Query("SELECT flights || ' ' || departed || ' ' || air_minutes_to_date FROM fact_aircraft_day JOIN dim_aircraft USING (aircraft_key) WHERE tailnum = 'N2' ORDER BY date_key", r => r.GetString(0)), Is.EqualTo(new[] { "0 0 0", "1 0 0", "0 0 0", "0 0 0" }));
    }

    [Test]
    public void The_first_flight_of_a_day_is_the_first_that_departed()
    {
        using var folder = new TempFolder();
        var late = Sample.Flight("2013-01-05T12:00", 2).Replace(",0,0,300", ",25,0,300", StringComparison.Ordinal);
        using var store = Derived(folder, Sample.Flight("2013-01-05T10:00", 1, delay: null), late, Sample.Flight("2013-01-05T18:00", 3));
        Assert.That(store.Query("SELECT first_dep_delay, later_departed, later_dep_delay FROM fact_aircraft_day", r => (r.GetInt32(0), r.GetInt32(1), r.GetInt32(2))), Is.EqualTo(new[] { (25, 1, 0) }));
    }

    [Test]
    public void Months_before_the_first_that_was_touched_stay_as_they_are()
    {
        using var folder = new TempFolder();
        using var store = Derived(folder, Sample.Flight("2013-01-05T10:00", 1), Sample.Flight("2013-02-05T10:00", 2));
        store.Execute("UPDATE agg_route_month SET flights = 7");
        new Derive(store).Run(20130203, []);
        Assert.That(store.Query("SELECT flights FROM agg_route_month ORDER BY month_key", r => r.GetInt64(0)), Is.EqualTo(new[] { 7L, 1 }));
    }

    static Store Derived(TempFolder folder, params string[] flights)
    {
        var store = Sample.Empty(folder.Path);
        store.Execute("INSERT INTO loads VALUES (1, 'a', 'a', '2013-02-01T00:00:00Z', '')");
        var keys = new KeyMap(store);
        var facts = new Facts(store, keys, 1, "2013-02-01T00:00:00Z");
        facts.Merge(new("fact_flight"), folder.Write("a/flights.csv", string.Join('\n', flights.Prepend(Sample.FlightHeader)) + "\n"), _ => { }, default);
        keys.Save();
        new Derive(store).Run(facts.Touched, facts.NewAircraft);
        return store;
    }
}
