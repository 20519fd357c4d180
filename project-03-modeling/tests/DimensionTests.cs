namespace DimensionalModel.Tests;

/// <summary>Dimensions of type 1 and 2, from files in an empty warehouse.</summary>
[TestFixture]
sealed class DimensionTests
{
    const string Airports = "faa,name,lat,lon,altitude_ft,tzone";

    [Test, Category("Step2")]
    public void A_key_is_given_once_and_the_next_one_is_new()
    {
        using var folder = new TempFolder();
        using var store = Sample.Empty(folder.Path);
        var keys = new KeyMap(store);
        Assert.That(new[] { keys.Of("a", "x"), keys.Of("a", "y"), keys.Of("a", "x"), keys.Of("b", "x"), keys.Of("a", "x", "2013-01-01") }, Is.EqualTo(new[] { 1, 2, 1, 1, 3 }));
        keys.Save();
        Assert.DoesNotThrow(keys.Save, "what is written is not written again");
        var later = new KeyMap(store);
        Assert.That(new[] { later.Of("a", "y"), later.Of("a", "z") }, Is.EqualTo(new[] { 2, 4 }));
        later.ReadAll("a");
        Assert.That(later.Of("a", "x", "2013-01-01"), Is.EqualTo(3));
    }

    [Test, Category("Step2")]
    public void A_later_snapshot_overwrites_and_an_older_one_does_not()
    {
        using var folder = new TempFolder();
        using var store = Sample.Empty(folder.Path);
        var keys = new KeyMap(store);
        var first = TypeOne.Airports(store, keys, folder.Write("1/airports.csv", $"{Airports}\nEWR,Newark,1,2,3,America/New_York\n"), "2013-01-02T00:00:00Z");
        var second = TypeOne.Airports(store, keys, folder.Write("2/airports.csv", $"{Airports}\nEWR,Newark Liberty,1,2,3,America/New_York\n"), "2013-01-03T00:00:00Z");
        var stale = TypeOne.Airports(store, keys, folder.Write("0/airports.csv", $"{Airports}\nEWR,Old,1,2,3,\n"), "2013-01-01T00:00:00Z");
        Assert.That((first.Inserted, second.Changed, stale.Stale), Is.EqualTo((1L, 1L, 1L)));
        Assert.That(store.Query("SELECT airport_key, name, tzone FROM dim_airport WHERE faa = 'EWR'", r => (r.GetInt32(0), r.GetString(1), r.GetString(2))), Is.EqualTo(new[] { (1, "Newark Liberty", "America/New_York") }));
    }

    [Test, Category("Step2")]
    public void A_later_snapshot_that_says_the_same_is_the_one_that_counts()
    {
        using var folder = new TempFolder();
        using var store = Sample.Empty(folder.Path);
        foreach (var (day, name) in new[] { (1, "A"), (3, "A"), (2, "B") }) TypeOne.Airports(store, new KeyMap(store), folder.Write($"{day}/airports.csv", $"{Airports}\nEWR,{name},1,2,3,\n"), $"2013-01-0{day}T00:00:00Z");
        Assert.That(store.Scalar("SELECT name FROM dim_airport WHERE faa = 'EWR'"), Is.EqualTo("A"));
    }

    [TestCase("unknown,Newark,1,2,3,", "row 1: expected another text: it is the name of the member -1 or -2 in faa, found 'unknown'"), Category("Step2")]
    [TestCase("EWR,Newark,1,2,3,\nEWR,Newark,1,2,3,", "row 2: expected each faa once, found 'EWR' again"), Category("Step2")]
    [TestCase("EWR,Newark,north,2,3,", "row 1: expected a number in lat, found 'north'")]
    [TestCase(",Newark,1,2,3,", "row 1: expected a value in faa, found none")]
    [TestCase("EWR,Newark,1,2", "row 1: expected 6 fields")]
    public void A_row_that_is_not_as_expected_is_named(string rows, string message)
    {
        using var folder = new TempFolder();
        using var store = Sample.Empty(folder.Path);
        var path = folder.Write("1/airports.csv", $"{Airports}\n{rows}\n");
        Assert.That(Assert.Throws<UserException>(() => TypeOne.Airports(store, new KeyMap(store), path, "2013-01-02T00:00:00Z"))!.Message, Does.Contain(message));
    }

    [Test, Category("Step3")]
    public void A_day_of_an_aircraft_that_comes_twice_ends_the_load_and_what_is_absent_is_unknown()
    {
        using var folder = new TempFolder();
        using var store = Sample.Empty(folder.Path);
        TypeTwo.Merge(store, new KeyMap(store), folder.Write("1/planes.csv", $"{Sample.PlaneHeader}\nN1,,,,,,,,\n"), "2013-01-01T00:00:00Z", (_, _) => { });
        Assert.That(store.Scalar("SELECT type || manufacturer || model || engine || (seats IS NULL) FROM dim_aircraft WHERE tailnum = 'N1'"), Is.EqualTo("unknownunknownunknownunknown1"));
        var twice = folder.Write("2/planes.csv", $"{Sample.PlaneHeader}\n{Sample.Plane("N2", "2013-01-05", 100)}\n{Sample.Plane("N2", "2013-01-05", 110)}\n");
        Assert.That(Assert.Throws<UserException>(() => TypeTwo.Merge(store, new KeyMap(store), twice, "2013-01-02T00:00:00Z", (_, _) => { }))!.Message, Does.Contain("row 2: expected each tailnum and effective_from once"));
    }

    static Observation Seats(string from, int seats) => new(from, new(2000, "", "", "", 2, seats, ""));

    [Test, Category("Step3")]
    public void Versions_are_half_open_and_reach_from_the_beginning_to_the_end_of_time() =>
        Assert.That(TypeTwo.Versions([Seats("2013-01-05", 100), Seats("2013-01-10", 110)]).Select(v => (v.ValidFrom, v.ValidTo, v.Is.Seats)), Is.EqualTo(new[] { (TypeTwo.Beginning, "2013-01-10", (int?)100), ("2013-01-10", TypeTwo.End, 110) }));

    [Test, Category("Step3")]
    public void Neighbours_that_say_the_same_are_one_version() =>
        Assert.That(TypeTwo.Versions([Seats("", 100), Seats("2013-01-05", 100), Seats("2013-01-10", 110), Seats("2013-01-12", 110), Seats("2013-01-15", 100)]).Select(v => v.ValidFrom), Is.EqualTo(new[] { TypeTwo.Beginning, "2013-01-10", "2013-01-15" }));

    [Test, Category("Step3")]
    public void A_change_that_comes_late_opens_the_version_before_it_again()
    {
        using var folder = new TempFolder();
        using var store = Sample.Empty(folder.Path);
        Assert.That(Merge("2013-02-01", "", 100), Is.EqualTo(TypeTwo.Beginning));
        Assert.That(Merge("2013-02-03", "2013-01-20", 100), Is.Null, "nothing has changed so far");
        Assert.That(Merge("2013-02-02", "2013-01-10", 110), Is.EqualTo("2013-01-10"));
        Assert.That(store.Query("SELECT valid_from, valid_to, seats, is_current FROM dim_aircraft WHERE tailnum = 'N1' ORDER BY 1", r => (r.GetString(0), r.GetString(1), r.GetInt32(2), r.GetInt32(3))),
            Is.EqualTo(new[] { (TypeTwo.Beginning, "2013-01-10", 100, 0), ("2013-01-10", "2013-01-20", 110, 0), ("2013-01-20", TypeTwo.End, 100, 1) }));
        Assert.That(Merge("2013-02-04", "2013-01-10", 100), Is.EqualTo("2013-01-10"), "a correction closes it again");
        Assert.That(store.Count("SELECT count(*) FROM dim_aircraft WHERE tailnum = 'N1'"), Is.EqualTo(1));

        string? Merge(string asOf, string from, int seats)
        {
            string? moved = null;
            var keys = new KeyMap(store);
            TypeTwo.Merge(store, keys, folder.Write(asOf + "/planes.csv", $"{Sample.PlaneHeader}\n{Sample.Plane("N1", from, seats)}\n"), asOf + "T00:00:00Z", (_, first) => moved = first);
            keys.Save();
            return moved;
        }
    }

    [Test, Category("Step3")]
    public void A_version_that_stays_keeps_its_key()
    {
        using var folder = new TempFolder();
        using var store = Sample.Empty(folder.Path);
        foreach (var (day, rows) in new[] { (1, Sample.Plane("N1", "", 100)), (2, Sample.Plane("N1", "2013-01-20", 120)), (3, Sample.Plane("N1", "2013-01-10", 110)) })
        {
            var keys = new KeyMap(store);
            TypeTwo.Merge(store, keys, folder.Write($"{day}/planes.csv", $"{Sample.PlaneHeader}\n{rows}\n"), $"2013-02-0{day}T00:00:00Z", (_, _) => { });
            keys.Save();
        }
        Assert.That(store.Query("SELECT aircraft_key FROM dim_aircraft WHERE tailnum = 'N1' ORDER BY valid_from", r => r.GetInt32(0)), Is.EqualTo(new[] { 1, 3, 2 }));
    }
}
