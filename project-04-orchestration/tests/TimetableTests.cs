using System.Globalization;
using CsvHelper;

namespace Orchestrator.Tests;

/// <summary>What a real Airflow answers stands in <c>data/airflow-timetables.csv</c>, written by the script beside it; every
/// row must agree.</summary>
[TestFixture, Category("Step2")]
sealed class TimetableTests
{
    sealed record Row(string Timetable, string Schedule, string Zone, string Question, string Now, string LastStart, string LastEnd, string Earliest, string Latest, string Start, string End, string RunAfter);

    static readonly List<Row> Rows = Read();

    static IEnumerable<TestCaseData> Groups() => Rows.Select(r => (r.Timetable, r.Schedule, r.Zone)).Distinct().Select(g => new TestCaseData(g.Timetable, g.Schedule, g.Zone));

    [TestCaseSource(nameof(Groups))]
    public void It_answers_as_Airflow_does(string timetable, string schedule, string zone)
    {
        var table = Build(timetable, schedule, zone);
        using (Assert.EnterMultipleScope())
            foreach (var row in Rows.Where(r => (r.Timetable, r.Schedule, r.Zone) == (timetable, schedule, zone)))
            {
                DataInterval? last = row.LastStart == "" ? null : new(Utc(row.LastStart), Utc(row.LastEnd));
                var restriction = new TimeRestriction(Maybe(row.Earliest), Maybe(row.Latest), row.Question == "catchup");
                var run = row.Question == "manual" ? new(table.ManualInterval(Utc(row.Now)), default) : table.Next(last, restriction, Maybe(row.Now) ?? default);
                // where Airflow breaks down there is nothing to agree with, but there must be a next run
                if (row.RunAfter.StartsWith("raises", StringComparison.Ordinal)) Assert.That(run!.Interval.Start, Is.GreaterThan(last?.Start ?? DateTime.MinValue), row.ToString());
                else Assert.That(run?.Interval, Is.EqualTo(row.Start == "" ? (DataInterval?)null : new DataInterval(Utc(row.Start), Utc(row.End))), row.ToString());
                if (row.Question != "manual" && row.Start != "") Assert.That(run?.RunAfter, Is.EqualTo(Utc(row.RunAfter)), row.ToString());
                if (run is not null) Assert.That((run.Interval.Start.Kind, run.Interval.End.Kind), Is.EqualTo((DateTimeKind.Utc, DateTimeKind.Utc)));
            }
    }

    [Test]
    public void An_interval_is_half_open_and_runs_after_its_end()
    {
        var first = new CronDataIntervalTimetable("@daily").Next(null, From("2013-01-01"), default)!;
        Assert.That(first, Is.EqualTo(new DagRunInfo(new(Utc("2013-01-01"), Utc("2013-01-02")), RunAfter: Utc("2013-01-02"))));
        Assert.That(new CronDataIntervalTimetable("@daily").Next(first.Interval, From("2013-01-01"), default)!.Interval.Start, Is.EqualTo(first.Interval.End));
    }

    [Test]
    public void A_trigger_has_no_interval_and_runs_at_its_tick() =>
        Assert.That(new CronTriggerTimetable("@daily").Next(null, From("2013-01-01"), default), Is.EqualTo(new DagRunInfo(new(Utc("2013-01-01"), Utc("2013-01-01")), Utc("2013-01-01"))));

    [Test]
    public void A_time_that_the_clock_leaves_out_runs_an_hour_later() =>
        Assert.That(Ticks("30 2 * * *", "America/New_York", "2013-03-10T05:00Z"), Is.EqualTo(Utc("2013-03-10T03:30-04:00")));

    [Test]
    public void A_time_that_the_clock_shows_twice_runs_the_second_time() =>
        Assert.That(Ticks("30 1 * * *", "America/New_York", "2013-11-03T04:00Z"), Is.EqualTo(Utc("2013-11-03T01:30-05:00")));

    [Test]
    public void An_hourly_schedule_runs_in_both_hours_that_the_clock_shows() =>
        Assert.That(new CronTriggerTimetable("30 * * * *", "America/New_York").Between(Utc("2013-11-03T05:00Z"), Utc("2013-11-03T07:00Z")).Select(r => r.RunAfter), Is.EqualTo(new[] { Utc("2013-11-03T01:30-04:00"), Utc("2013-11-03T01:30-05:00") }));

    [Test]
    public void The_thirteenth_or_a_Friday_is_enough() =>
        Assert.That(new CronTriggerTimetable("0 0 13 * 5").Between(Utc("2013-08-10"), Utc("2013-08-20")).Select(r => r.RunAfter), Is.EqualTo(new[] { Utc("2013-08-13"), Utc("2013-08-16") }));

    [Test]
    public void Of_six_fields_the_last_is_the_second() =>
        Assert.That(Ticks("0 12 * * * 30", "UTC", "2013-01-01"), Is.EqualTo(Utc("2013-01-01T12:00:30Z")));

    [Test]
    public void Without_catchup_only_the_last_complete_interval_is_run()
    {
        var restriction = From("2013-01-01") with { Catchup = false };
        Assert.That(new CronDataIntervalTimetable("@daily").Next(null, restriction, Utc("2013-01-10T12:00Z"))!.Interval.Start, Is.EqualTo(Utc("2013-01-09")));
        Assert.That(new CronDataIntervalTimetable("@daily").Next(null, restriction, Utc("2013-01-10T00:00Z"))!.Interval.Start, Is.EqualTo(Utc("2013-01-09")), "it is complete the moment it ends");
    }

    [Test]
    public void The_end_date_is_the_last_start_of_an_interval() =>
        Assert.That(new CronDataIntervalTimetable("@daily").Between(Utc("2013-01-01"), Utc("2013-01-03")).Select(r => r.Interval.Start), Is.EqualTo(new[] { Utc("2013-01-01"), Utc("2013-01-02"), Utc("2013-01-03") }));

    /// <summary>Airflow finds no next run at such a change, see the rows with "raises" in the table.</summary>
    [TestCase("2013-10-05T12:00Z"), TestCase("2013-04-06T12:00Z")]
    public void Intervals_follow_each_other_without_a_gap_where_the_clock_is_changed_by_half_an_hour(string from)
    {
        var runs = new CronDataIntervalTimetable("0 * * * *", "Australia/Lord_Howe").Between(Utc(from), Utc(from).AddHours(8)).Take(20).ToList();
        Assert.That(runs.Skip(1).Select(r => r.Interval.Start), Is.EqualTo(runs.SkipLast(1).Select(r => r.Interval.End)));
        Assert.That(runs, Has.Count.InRange(8, 10));
    }

    [TestCase("* * * *", "has 4 fields"), TestCase("0 0 1 1 * 0 2013", "has 7 fields"), TestCase("@reboot", "@daily"), TestCase("", "has 0 fields")]
    [TestCase("60 * * * *", "minute '60': 60 is not between 0 and 59"), TestCase("* 24 * * *", "hour '24'"), TestCase("* * 0 * *", "day of month '0'"), TestCase("* * * 13 *", "month '13'"), TestCase("* * * * 8", "day of week '8': 8 is not between 0 and 7"), TestCase("* * * * * 60", "second '60'")]
    [TestCase("*/0 * * * *", "step 0"), TestCase("a * * * *", "minute 'a'"), TestCase("1, * * * *", "minute '1,'"), TestCase("-5 * * * *", "minute '-5'"), TestCase("? * * * *", "minute '?'"), TestCase("* * * monday *", "month 'monday'"), TestCase("99999999999 * * * *", "minute")]
    [TestCase("*,5 * * * *", "minute '*,5'"), TestCase("5-5 * * * *", "whole field"), TestCase("50-10/7 * * * *", "runs over the end"), TestCase("H * * * *", "minute 'H'"), TestCase("R R * * *", "minute 'R'")]
    [TestCase("* * L-3 * *", "day of month 'L-3'"), TestCase("* * LW * *", "day of month 'LW'"), TestCase("* * 31W * *", "1 to 28"), TestCase("* * 1W,15 * *", "W"), TestCase("* * * * 5L", "day of week '5L'"), TestCase("* * * * L", "day of week 'L'"), TestCase("* * * * 5#6", "day of week '5#6'"), TestCase("* * * * 5#2,1", "mixes"), TestCase("* * 13 * 5#2", "5#2 is supported only where"), TestCase("* * 15W * 5", "15W")]
    [TestCase("0 0 30 2 *", "never comes"), TestCase("0 0 31 4,6 *", "never comes")]
    public void What_is_no_expression_or_not_read_as_Airflow_reads_it_is_refused(string expression, string says)
    {
        foreach (var build in (Func<Timetable>[])[() => new CronDataIntervalTimetable(expression), () => new CronTriggerTimetable(expression)])
        {
            var error = Assert.Throws<UserException>(() => build())!;
            Assert.That(error.Message, Does.Contain(says).And.Contain($"'{expression}'"));
            Assert.That(error.ExitCode, Is.EqualTo(2));
        }
    }

    [TestCase("Europe/Berlim"), TestCase(""), TestCase("../../etc/passwd")]
    public void A_time_zone_that_does_not_exist_is_refused(string zone)
    {
        var error = Assert.Throws<UserException>(() => _ = new CronDataIntervalTimetable("@daily", zone))!;
        Assert.That((error.ExitCode, error.Message), Is.EqualTo((2, $"Schedule '@daily': there is no time zone '{zone}'. Expected a name such as UTC or Europe/Berlin.")));
    }

    [Test]
    public void A_length_of_time_that_is_not_positive_is_refused() =>
        Assert.That(Assert.Throws<UserException>(() => _ = new DeltaDataIntervalTimetable(TimeSpan.Zero))!.ExitCode, Is.EqualTo(2));

    [Test]
    public void Timetables_are_equal_when_they_say_the_same()
    {
        static Timetable Daily(string zone) => new CronDataIntervalTimetable("@daily", zone);
        Assert.That(Daily("Europe/Berlin"), Is.EqualTo(Daily("Europe/" + "Berlin")));
        Assert.That(Daily("UTC"), Is.Not.EqualTo(Daily("Europe/Berlin")));
    }

    [TestCase(86400, "1 day, 0:00:00"), TestCase(5400, "1:30:00"), TestCase(1209605, "14 days, 0:00:05")]
    public void A_length_of_time_is_summed_up_as_Python_writes_it(int seconds, string summary) => Assert.That(new DeltaDataIntervalTimetable(TimeSpan.FromSeconds(seconds)).Summary, Is.EqualTo(summary));

    static DateTime Ticks(string expression, string zone, string after) => new CronTriggerTimetable(expression, zone).Next(null, From(after), default)!.RunAfter;

    static TimeRestriction From(string start) => new(Utc(start), null, Catchup: true);

    static Timetable Build(string timetable, string schedule, string zone) => timetable switch
    {
        "data-interval" => new CronDataIntervalTimetable(schedule, zone),
        "trigger" => new CronTriggerTimetable(schedule, zone),
        "delta" => new DeltaDataIntervalTimetable(TimeSpan.FromSeconds(int.Parse(schedule))),
        _ => throw new ArgumentOutOfRangeException(nameof(timetable), timetable, null),
    };

    static DateTime Utc(string text) => DateTime.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal);

    static DateTime? Maybe(string text) => text == "" ? null : Utc(text);

    static List<Row> Read()
    {
        using var csv = CsvReader.FromFile(ProjectFolder.At("tests", "data", "airflow-timetables.csv"), new CsvReaderOptions { Separator = ',' });
        csv.ReadHeader();
        var rows = new List<Row>();
        string At(int field) => csv.GetString(field) ?? "";
        while (csv.Read()) rows.Add(new(At(0), At(1), At(2), At(3), At(4), At(5), At(6), At(7), At(8), At(9), At(10), At(11)));
        return rows;
    }
}
