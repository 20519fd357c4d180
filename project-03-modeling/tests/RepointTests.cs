namespace DimensionalModel.Tests;

/// <summary>Facts find the version and the weather that a later load brings.</summary>
[TestFixture, Category("Step5")]
sealed class RepointTests
{
    const string Hours = "origin,hour_utc,temp_f,wind_speed_mph,precip_in,visib_mi";

    [Test]
    public void A_fact_takes_the_version_of_its_scheduled_date()
    {
        using var folder = new TempFolder();
        using var store = Flights(folder, "2013-01-09T23:59", "2013-01-10T00:00", "2013-01-19T10:00", "2013-01-20T10:00");
        var touched = new List<int>();
        Assert.That(Repoint.Aircraft(store, Planes(store, folder, Sample.Plane("N1", "2013-01-10", 110), Sample.Plane("N1", "2013-01-20", 120)), touched.Add), Is.EqualTo(3));
        Assert.That(Seats(store), Is.EqualTo(new[] { 100, 110, 110, 120 }));
        Assert.That(touched.Min(), Is.EqualTo(20130110));
    }

    [Test]
    public void When_a_version_goes_its_facts_return_to_the_one_before()
    {
        using var folder = new TempFolder();
        using var store = Flights(folder, "2013-01-09T10:00", "2013-01-15T10:00");
        Repoint.Aircraft(store, Planes(store, folder, Sample.Plane("N1", "2013-01-10", 110)), _ => { });
        Assert.That(Seats(store), Is.EqualTo(new[] { 100, 110 }));
        Assert.That(Repoint.Aircraft(store, Planes(store, folder, Sample.Plane("N1", "2013-01-10", 100)), _ => { }), Is.EqualTo(1));
        Assert.That(Seats(store), Is.EqualTo(new[] { 100, 100 }));
        Assert.That(store.Query("PRAGMA foreign_key_check(fact_flight)", r => r.GetString(2)).Where(t => t == "dim_aircraft"), Is.Empty);
    }

    [TestCase("20,25,0,0.5", "below 32 °F / 20 mph and more / dry / below 1 mi")]
    [TestCase("32,9.9,0.1,1", "32 to 49 °F / below 10 mph / up to 0.1 in / 1 to 4 mi")]
    [TestCase("70,10,0.11,10", "70 °F and more / 10 to 19 mph / more than 0.1 in / 10 mi")]
    [TestCase(",,,", "unknown / unknown / unknown / unknown")]
    public void Weather_falls_into_bands(string observed, string bands)
    {
        using var folder = new TempFolder();
        using var store = Sample.Empty(folder.Path);
        Observe(store, folder, $"EWR,2013-01-05T15:00:00Z,{observed}");
        Assert.That(store.Query("SELECT temperature || ' / ' || wind || ' / ' || precipitation || ' / ' || visibility FROM fact_weather_hour JOIN dim_weather USING (weather_key)", r => r.GetString(0)), Is.EqualTo(new[] { bands }));
    }

    [Test]
    public void A_fact_takes_the_weather_of_its_hour_at_its_origin()
    {
        using var folder = new TempFolder();
        using var store = Flights(folder, "2013-01-05T09:59", "2013-01-05T10:00", "2013-01-05T10:59", "2013-01-05T11:00");
        var hours = Observe(store, folder, "EWR,2013-01-05T15:00:00Z,20,25,0,0.5", "JFK,2013-01-05T14:00:00Z,70,25,0,0.5");
        var touched = new List<int>();
        Assert.That(Repoint.Weather(store, hours, touched.Add), Is.EqualTo(2));
        Assert.That(touched, Is.All.EqualTo(20130105));
        Assert.That(store.Query("SELECT weather_key > 0 FROM fact_flight ORDER BY sched_dep_utc", r => r.GetInt64(0)), Is.EqualTo(new[] { 0L, 1, 1, 0 }));
        Assert.That(Observe(store, folder, "EWR,2013-01-05T15:00:00Z,21,24,0,0.6"), Is.Empty, "other figures in the same bands");
    }

    [Test]
    public void An_hour_that_an_older_load_brings_is_stale_and_one_that_comes_twice_ends_the_load()
    {
        using var folder = new TempFolder();
        using var store = Sample.Empty(folder.Path);
        long Stale(string asOf, string row) => Weather.Merge(store, new KeyMap(store), folder.Write(asOf[..10] + "/weather.csv", $"{Hours}\n{row}\n"), asOf, (_, _) => { }).Stale;
        Stale("2013-01-01T00:00:00Z", "EWR,2013-01-05T15:00:00Z,20,25,0,0.5");
        Stale("2013-01-03T00:00:00Z", "EWR,2013-01-05T15:00:00Z,20,25,0,0.5");
        Assert.That(Stale("2013-01-02T00:00:00Z", "EWR,2013-01-05T15:00:00Z,70,25,0,0.5"), Is.EqualTo(1), "the later one has said the same as the first");
        Assert.That(Assert.Throws<UserException>(() => Stale("2013-01-04T00:00:00Z", "EWR,2013-01-05T15:00:00Z,20,25,0,0.5\nEWR,2013-01-05T15:00:00Z,20,25,0,0.5"))!.Message, Does.Contain("once"));
    }

    [Test]
    public void An_hour_begins_at_its_full_hour()
    {
        using var folder = new TempFolder();
        using var store = Sample.Empty(folder.Path);
        Assert.That(Assert.Throws<UserException>(() => Observe(store, folder, "EWR,2013-01-05T15:30:00Z,20,25,0,0.5"))!.Message, Does.Contain("the beginning of an hour"));
    }

    static int files;

    static Store Flights(TempFolder folder, params string[] locals)
    {
        var store = Sample.Empty(folder.Path);
        store.Execute("INSERT INTO loads VALUES (1, 'a', 'a', '2013-02-01T00:00:00Z', '')");
        Planes(store, folder, Sample.Plane("N1", "", 100));
        var keys = new KeyMap(store);
        new Facts(store, keys, 1, "2013-02-01T00:00:00Z").Merge(new("fact_flight"), folder.Write("a/flights.csv", string.Join('\n', locals.Select((local, i) => Sample.Flight(local, i)).Prepend(Sample.FlightHeader)) + "\n"), _ => { }, default);
        keys.Save();
        return store;
    }

    static Dictionary<string, string> Planes(Store store, TempFolder folder, params string[] rows)
    {
        var (keys, moved, number) = (new KeyMap(store), new Dictionary<string, string>(), Interlocked.Increment(ref files));
        TypeTwo.Merge(store, keys, folder.Write($"{number}/planes.csv", string.Join('\n', rows.Prepend(Sample.PlaneHeader)) + "\n"), $"2013-02-01T00:{number / 60:00}:{number % 60:00}Z", (tail, first) => moved[tail] = first);
        keys.Save();
        return moved;
    }

    static List<(int, long)> Observe(Store store, TempFolder folder, params string[] rows)
    {
        var (keys, hours, number) = (new KeyMap(store), new List<(int, long)>(), Interlocked.Increment(ref files));
        Weather.Merge(store, keys, folder.Write($"{number}/weather.csv", string.Join('\n', rows.Prepend(Hours)) + "\n"), $"2013-02-01T00:{number / 60:00}:{number % 60:00}Z", (airport, hour) => hours.Add((airport, hour)));
        keys.Save();
        return hours;
    }

    static IReadOnlyList<int> Seats(Store store) => store.Query("SELECT a.seats FROM fact_flight f JOIN dim_aircraft a USING (aircraft_key) ORDER BY sched_dep_utc", r => r.GetInt32(0));
}
