using System.Text;

namespace BatchIngestion.Tests;

[TestFixture, Category("Step5")]
sealed class LocalTimeTests
{
    [TestCase("America/New_York", "2013-01-01", 315, "2013-01-01T10:15:00Z")]
    [TestCase("America/New_York", "2013-07-01", 315, "2013-07-01T09:15:00Z")]
    [TestCase("America/New_York", "2013-03-10", 119, "2013-03-10T06:59:00Z")]
    [TestCase("America/New_York", "2013-03-10", 120, null)]
    [TestCase("America/New_York", "2013-03-10", 179, null)]
    [TestCase("America/New_York", "2013-03-10", 180, "2013-03-10T07:00:00Z")]
    [TestCase("America/New_York", "2013-06-30", 1440, "2013-07-01T04:00:00Z")]
    [TestCase("Asia/Kolkata", "2013-06-30", 0, "2013-06-29T18:30:00Z")]
    [TestCase("Pacific/Honolulu", "2013-12-31", 1439, "2014-01-01T09:59:00Z")]
    [TestCase("Australia/Lord_Howe", "2013-10-06", 135, null)]
    [TestCase("Australia/Lord_Howe", "2013-10-06", 150, "2013-10-05T15:30:00Z")]
    [TestCase("UTC", "1969-12-31", 1439, "1969-12-31T23:59:00Z")]
    public void A_local_time_is_one_instant_or_none(string zone, string day, int minutes, string? utc) =>
        Assert.That(ZoneClock.Of(zone)!.ToUtc((int)SqlText.ParseDate(day), minutes, out _) is { } micros ? SqlText.Timestamp(micros) : null, Is.EqualTo(utc));

    [Test]
    public void An_hour_that_occurs_twice_has_two_instants()
    {
        var first = ZoneClock.Of("America/New_York")!.ToUtc((int)SqlText.ParseDate("2013-11-03"), 90, out var second);
        Assert.That((SqlText.Timestamp(first!.Value), SqlText.Timestamp(second)), Is.EqualTo(("2013-11-03T05:30:00Z", "2013-11-03T06:30:00Z")));
    }

    [Test]
    public void Every_quarter_of_an_hour_of_a_year_agrees_with_the_zone()
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("America/New_York");
        var clock = new ZoneClock(zone);
        for (var utc = new DateTime(2013, 1, 1, 5, 0, 0, DateTimeKind.Utc); utc.Year < 2014; utc = utc.AddMinutes(15))
        {
            var local = TimeZoneInfo.ConvertTimeFromUtc(utc, zone);
            var micros = (utc.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
            var first = clock.ToUtc((int)(local.Date - DateTime.UnixEpoch).TotalDays, (int)local.TimeOfDay.TotalMinutes, out var second);
            Assert.That(first == micros || second == micros, $"{utc:u}");
        }
    }

    [Test]
    public void A_zone_that_is_none_gives_no_clock() => Assert.That((ZoneClock.Of("Mars/Olympus"), ZoneClock.Of(null)), Is.EqualTo(((ZoneClock?)null, (ZoneClock?)null)));

    [TestCase("2013-01-01T10:00:00Z", 300, "2013-01-01T10:00:00Z", TestName = "Next_may_be_at_once")]
    [TestCase("2013-01-01T10:00:01Z", 300, "2013-01-02T10:00:00Z", TestName = "Next_is_not_before")]
    [TestCase("2013-03-10T00:00:00Z", 150, "2013-03-11T06:30:00Z", TestName = "Next_passes_over_a_time_that_the_clocks_skip")]
    [TestCase("2013-11-03T05:31:00Z", 90, "2013-11-03T06:30:00Z", TestName = "Next_may_be_the_second_of_two")]
    public void Next(string earliest, int minutes, string expected) =>
        Assert.That(SqlText.Timestamp(ZoneClock.Of("America/New_York")!.Next(minutes, SqlText.ParseTimestamp(earliest))), Is.EqualTo(expected));

    [TestCase("2013,7,1,515,,EWR,2013-07-01T09:00:00Z", "2013-07-01T09:15:00Z", null)]
    [TestCase("2013,7,1,515,10,EWR,2013-07-01T09:00:00Z", "2013-07-01T09:15:00Z", "2013-07-01T09:25:00Z")]
    [TestCase("2013,7,1,515,-20,EWR,2013-07-01T09:00:00Z", "2013-07-01T09:15:00Z", "2013-07-01T08:55:00Z")]
    [TestCase("2013,11,3,130,0,EWR,2013-11-03T05:00:00Z", "2013-11-03T05:30:00Z", "2013-11-03T05:30:00Z")]
    [TestCase("2013,11,3,130,0,EWR,2013-11-03T06:00:00Z", "2013-11-03T06:30:00Z", "2013-11-03T06:30:00Z")]
    [TestCase("2013,12,31,2400,0,EWR,2014-01-01T05:00:00Z", "2014-01-01T05:00:00Z", "2014-01-01T05:00:00Z")]
    [TestCase("2013,7,1,,5,EWR,2013-07-01T09:00:00Z", null, null)]
    [TestCase("2013,7,1,515,5,EWR,", null, null)]
    public void UTC_columns_are_derived(string row, string? utc, string? later)
    {
        var batch = Derived(row);
        Assert.That(batch.Rejected, Is.Empty);
        Assert.That((Show(batch, 7), Show(batch, 8)), Is.EqualTo((utc, later)));
    }

    [TestCase("2013,3,10,230,0,EWR,2013-03-10T07:00:00Z", "time")]
    [TestCase("2013,2,30,515,0,EWR,2013-03-02T10:00:00Z", "d")]
    [TestCase("2013,7,1,515,0,EWR,2013-07-01T10:00:00Z", "hour")]
    [TestCase("2013,7,1,515,9223372036854775807,EWR,2013-07-01T09:00:00Z", "delay")]
    public void A_time_that_can_not_be_is_rejected_with_the_column_as_the_file_calls_it(string row, string column)
    {
        var why = Derived(row).Rejected.Single().Why;
        Assert.That((why.Rule, why.Column), Is.EqualTo(("local_time", column)));
    }

    [Test]
    public void Of_an_hour_that_occurs_twice_the_first_is_taken_when_nothing_names_the_hour() =>
        Assert.That(Show(Derived("2013,11,3,130,0,EWR,2013-11-03T06:00:00Z", sameHourAs: null), 7), Is.EqualTo("2013-11-03T05:30:00Z"));

    [TestCase("2013,1,1,600,1000,0,180", "2013-01-01T16:00:00Z", TestName = "Arrival_is_on_the_same_day")]
    [TestCase("2013,1,1,2300,130,0,60", "2013-01-02T07:30:00Z", TestName = "Arrival_is_after_midnight")]
    [TestCase("2013,1,1,600,610,0,1440", "2013-01-02T12:10:00Z", TestName = "Arrival_is_not_before_the_air_time_has_passed")]
    [TestCase("2013,1,1,600,610,0,", "2013-01-01T12:10:00Z", TestName = "Without_an_air_time_it_counts_as_none")]
    [TestCase("2013,1,1,600,,0,180", null, TestName = "Without_a_time_there_is_no_arrival")]
    [TestCase("2013,1,1,600,2400,0,180", "2013-01-02T06:00:00Z", TestName = "An_arrival_at_2400_is_at_midnight")]
    public void An_arrival_is_the_next_time_that_the_clocks_there_show_it(string row, string? utc) => Assert.That(Show(Arrived(row), 10), Is.EqualTo(utc));

    [TestCase("2013,1,1,600,1000,9223372036854775807,180", "delay")]
    [TestCase("2013,1,1,600,1000,0,9007199254740993", "air")]
    [TestCase("1,1,1,0,1000,0,180", "d")]
    public void An_instant_beyond_the_calendar_is_rejected(string row, string column)
    {
        var why = Arrived(row).Rejected.Single().Why;
        Assert.That((why.Rule, why.Column), Is.EqualTo(("local_time", column)));
    }

    /// <summary>From New York's time zone to that of Chicago.</summary>
    static Batch Arrived(string row)
    {
        static Column Of(string name) => new() { Name = name, Type = name is "time" or "arrives" ? ColumnType.Hhmm : name == "place" ? ColumnType.Text : ColumnType.Integer };
        ZoneLookup zone = new() { Column = "place", Table = "places", Key = "k", Value = "z" };
        var contract = Rows.Contract("y") with
        {
            NullTokens = [""],
            Columns = [Of("y"), Of("m"), Of("d"), Of("time"), Of("arrives"), Of("delay"), Of("air"), Of("place")],
            Derived =
            [
                new LocalToUtc { Name = "utc", Date = ["y", "m", "d"], Time = "time", Zone = zone },
                new NextLocalTime { Name = "arrival", Time = "arrives", After = "later", AtLeastMinutes = "air", Zone = zone },
            ],
        };
        contract = contract with { Derived = [contract.Derived[0], new AddMinutes { Name = "later", To = "utc", Minutes = "delay" }, contract.Derived[1]] };
        var zones = new Dictionary<(string, string, string), ZoneTable> { [zone.Source] = new(new Dictionary<string, ZoneClock> { ["ORD"] = ZoneClock.Of("America/Chicago")! }, "") };
        using var reader = RowReader.Open(new MemoryStream(Encoding.UTF8.GetBytes($"y,m,d,time,arrives,delay,air,place\n{row},ORD\n")), "t.csv", contract);
        var batch = new Batch(contract);
        new Validator(contract, zones).Fill(batch, reader);
        return batch;
    }

    [TestCase("XXX", "XXX")]
    [TestCase("", "NULL")]
    public void A_place_without_a_zone_gives_null_and_a_warning(string place, string found)
    {
        var batch = Derived($"2013,7,1,515,0,{place},2013-07-01T09:00:00Z");
        Assert.That((Show(batch, 7), batch.Warnings.Single().Found), Is.EqualTo(((string?)null, found)));
    }

    static string? Show(Batch batch, int column) => batch.Columns[column] is LongData data && !data.IsNull[0] ? SqlText.Timestamp(data.Values[0]) : null;

    /// <summary>The table calls each column by another name than the file.</summary>
    static Batch Derived(string row, string? sameHourAs = "t_hour")
    {
        Column Of(string name, ColumnType type) => new() { Source = name, Name = "t_" + name, Type = type };
        var contract = Rows.Contract("y") with
        {
            NullTokens = [""],
            Columns = [Of("y", ColumnType.Integer), Of("m", ColumnType.Integer), Of("d", ColumnType.Integer), Of("time", ColumnType.Hhmm), Of("delay", ColumnType.Integer), Of("place", ColumnType.Text), Of("hour", ColumnType.TimestampUtc)],
            Derived =
            [
                new LocalToUtc { Name = "utc", Date = ["t_y", "t_m", "t_d"], Time = "t_time", Zone = new() { Column = "t_place", Table = "places", Key = "k", Value = "z" }, SameHourAs = sameHourAs },
                new AddMinutes { Name = "later", To = "utc", Minutes = "t_delay" },
            ],
        };
        var zones = new Dictionary<(string, string, string), ZoneTable> { [("places", "k", "z")] = new(new Dictionary<string, ZoneClock> { ["EWR"] = ZoneClock.Of("America/New_York")! }, "") };
        using var reader = RowReader.Open(new MemoryStream(Encoding.UTF8.GetBytes("y,m,d,time,delay,place,hour\n" + row + "\n")), "t.csv", contract);
        var batch = new Batch(contract);
        new Validator(contract, zones).Fill(batch, reader);
        return batch;
    }
}
