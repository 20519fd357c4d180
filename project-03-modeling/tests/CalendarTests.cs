namespace DimensionalModel.Tests;

[TestFixture, Category("Step1")]
sealed class CalendarTests
{
    [TestCase("2013-01-21", "Birthday of Martin Luther King, Jr.")]
    [TestCase("2013-05-27", "Memorial Day")]
    [TestCase("2013-09-02", "Labor Day")]
    [TestCase("2013-11-28", "Thanksgiving Day")]
    [TestCase("2011-12-26", "Christmas Day (observed)")]
    [TestCase("2020-07-03", "Independence Day (observed)")]
    [TestCase("2021-12-31", "New Year's Day (observed)")]
    [TestCase("2013-06-19", null)]
    [TestCase("2020-06-19", null)]
    [TestCase("2020-07-04", "Independence Day")]
    [TestCase("1985-01-21", null)]
    [TestCase("2013-02-18", "Washington's Birthday")]
    [TestCase("2023-06-19", "Juneteenth National Independence Day")]
    [TestCase("2013-11-21", null)]
    public void Federal_holidays_are_named(string date, string? name) => Assert.That(Calendar.Holiday(DateOnly.Parse(date)), Is.EqualTo(name));

    [TestCase("2012-12-31", 2013, 1)]
    [TestCase("2010-01-03", 2009, 53)]
    [TestCase("2013-02-07", 2013, 6)]
    public void Weeks_are_those_of_ISO_8601(string date, int year, int week)
    {
        using var folder = new TempFolder();
        using var store = Sample.Empty(folder.Path);
        Calendar.Ensure(store, (Calendar.Key(date), Calendar.Key(date)));
        Assert.That(store.Query("SELECT iso_year, iso_week FROM dim_date WHERE date = ?", r => (r.GetInt32(0), r.GetInt32(1)), date), Is.EqualTo(new[] { (year, week) }));
    }

    [Test]
    public void The_calendar_grows_to_both_sides_without_a_gap()
    {
        using var folder = new TempFolder();
        using var store = Sample.Empty(folder.Path);
        Calendar.Ensure(store, (20130131, 20130207));
        Calendar.Ensure(store, (20100615, 20100615));
        Assert.That(store.Count("SELECT count(*) FROM dim_date WHERE date_key > 0"), Is.EqualTo(365 * 3 + 366));
    }

    [Test]
    public void A_day_and_a_minute_have_their_attributes()
    {
        using var folder = new TempFolder();
        using var store = Sample.Empty(folder.Path);
        Calendar.Ensure(store, (20130216, 20130216));
        static string Row(Microsoft.Data.Sqlite.SqliteDataReader r) => string.Join('|', Enumerable.Range(0, r.FieldCount).Select(i => r.IsDBNull(i) ? "NULL" : r.GetValue(i)));
        Assert.That(store.Query("SELECT * FROM dim_date WHERE date_key IN (20130216, -1) ORDER BY 1 DESC", Row), Is.EqualTo(new[] { "20130216|2013-02-16|2013|1|2|February|2013-02|201302|16|47|2013|7|6|Saturday|weekend|none", "-1|unknown|NULL|NULL|NULL|unknown|unknown|-1|NULL|NULL|NULL|NULL|NULL|unknown|unknown|unknown" }));
        Assert.That(store.Query("SELECT * FROM dim_time_of_day WHERE time_key IN (307, 1079, 1080) ORDER BY 1", Row), Is.EqualTo(new[] { "307|05:07|5|7|night", "1079|17:59|17|59|afternoon", "1080|18:00|18|0|evening" }));
        Assert.That(store.Query("SELECT valid_from, valid_to, is_current, is_inferred FROM dim_aircraft WHERE aircraft_key < 0", Row), Is.All.EqualTo("0001-01-01|9999-12-31|1|0"));
    }

    [Test]
    public void The_calendar_reaches_as_far_as_the_weather()
    {
        using var folder = new TempFolder();
        using var store = Sample.Empty(folder.Path);
        store.Execute("INSERT INTO fact_weather_hour VALUES (1, 0, 20140101, -1, NULL, NULL, NULL, NULL, '')");
        Calendar.Ensure(store, (20131231, 20131231));
        Assert.That(store.Count("SELECT count(*) FROM dim_date WHERE date_key > 0"), Is.EqualTo(730));
    }

    [Test]
    public void A_calendar_is_not_made_where_no_day_is_named()
    {
        using var folder = new TempFolder();
        using var store = Sample.Empty(folder.Path);
        Calendar.Ensure(store, (int.MaxValue, int.MinValue));
        Assert.That(store.Count("SELECT count(*) FROM dim_date WHERE date_key > 0"), Is.Zero);
    }

    [Test]
    public void A_delay_falls_into_the_group_whose_bounds_hold_it()
    {
        using var folder = new TempFolder();
        using var store = Sample.Empty(folder.Path);
        for (var minutes = -100; minutes < 400; minutes++)
            Assert.That(store.Count("SELECT delay_group_key FROM dim_delay_group WHERE delay_group_key > 0 AND ? >= coalesce(from_minutes, -10000) AND ? < coalesce(to_minutes, 10000)", minutes, minutes), Is.EqualTo(Calendar.DelayGroup(minutes)));
    }
}
