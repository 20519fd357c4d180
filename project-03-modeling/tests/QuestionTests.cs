using System.Globalization;
using System.Net;

namespace DimensionalModel.Tests;

/// <summary>The star answers each question as the flat tables do, and as LINQ does that knows neither.</summary>
[TestFixture, Category("Step7")]
sealed class QuestionTests
{
    static readonly Lazy<QuestionData> Data = new(() => new QuestionData());

    static IEnumerable<string> Names => Questions.All.Select(q => q.Name);

    [OneTimeTearDown]
    public static void Clean()
    {
        if (Data.IsValueCreated) Data.Value.Dispose();
    }

    [Test]
    public void There_are_at_least_fifteen_questions_and_each_says_what_it_asks_and_of_what_a_row_is()
    {
        Assert.That(Questions.All, Has.Count.AtLeast(15));
        Assert.Multiple(() =>
        {
            foreach (var q in Questions.All)
            {
                Assert.That(q.Text, Does.EndWith("?"), q.Name);
                Assert.That(q.Grain, Does.StartWith("one row is "), q.Name);
                Assert.That(q.Chart.Labels, Is.Not.Empty, q.Name);
                Assert.That(Data.Value.Star(q.Name).Columns, Is.SupersetOf(q.Chart.Labels.Append(q.Chart.Value)), q.Name);
            }
        });
    }

    [TestCaseSource(nameof(Names))]
    public void The_star_answers_as_the_flat_tables_do(string name)
    {
        var (star, flat) = (Data.Value.Star(name), Data.Value.Flat(name));
        Assert.That(star.Columns, Is.EqualTo(flat.Columns));
        Assert.That(star.Rows, Is.Not.Empty);
        Assert.That(star.Rows, Has.Count.EqualTo(flat.Rows.Count));
        for (var i = 0; i < star.Rows.Count; i++) Assert.That(star.Rows[i], Is.EqualTo(flat.Rows[i]), $"row {i + 1}");
    }

    [Test]
    public void On_time_by_carrier_and_month_is_as_counted_by_hand()
    {
        var names = Data.Value.Airlines;
        var expected = Data.Value.Flights.GroupBy(f => (f.Month, f.Carrier)).OrderBy(g => g.Key.Month, StringComparer.Ordinal).ThenBy(g => g.Key.Carrier, StringComparer.Ordinal)
            .Select(g => new object?[] { g.Key.Month, g.Key.Carrier, names[g.Key.Carrier], g.LongCount(), Percent(g.Count(f => f.ArrDelay < 15), g.Count()) });
        Assert.That(Data.Value.Star("on-time-by-carrier").Rows, Is.EqualTo(expected));
    }

    [Test]
    public void Seats_flown_are_those_of_the_aircraft_as_it_was_on_the_day()
    {
        var planes = Data.Value.Planes;
        var seats = (FlightRow f) => f.Tail is { } tail && planes.TryGetValue(tail, out var rows) ? (rows.LastOrDefault(p => string.CompareOrdinal(p.From, f.Date) <= 0) ?? rows[0]).Seats : null;
        var expected = Data.Value.Flights.GroupBy(f => (f.Month, f.Carrier)).OrderBy(g => g.Key.Month, StringComparer.Ordinal).ThenBy(g => g.Key.Carrier, StringComparer.Ordinal)
            .Select(g => (g.Key, Arrived: g.Where(f => f.ArrDelay is not null).ToList()))
            .Select(g => new object?[] { g.Key.Month, g.Key.Carrier, (long)g.Arrived.Count, g.Arrived.LongCount(f => seats(f) is null), g.Arrived.Sum(f => seats(f) ?? 0L) });
        Assert.That(Data.Value.Star("seats-flown").Rows, Is.EqualTo(expected));
    }

    [Test]
    public void Delays_go_on_through_an_aircrafts_day_as_counted_by_hand()
    {
        var expected = Data.Value.Flights.Where(f => f.DepDelay is not null && f.Tail is not null).GroupBy(f => (f.Tail, f.Date))
            .Select(day => day.OrderBy(f => DateTime.Parse(f.Utc, CultureInfo.InvariantCulture).AddMinutes(f.DepDelay!.Value)).ThenBy(f => f.DepDelay).ToList())
            .Where(day => day.Count > 1)
            .GroupBy(day => day[0].DepDelay switch { < 15 => (0, "less than 15 min late"), < 30 => (15, "15 to 29 min late"), < 60 => (30, "30 to 59 min late"), _ => (60, "60 min late and more") })
            .OrderBy(g => g.Key.Item1)
            .Select(g => (Name: g.Key.Item2, Days: g.LongCount(), Later: g.SelectMany(day => day.Skip(1)).ToList()))
            .Select(g => new object?[] { g.Name, g.Days, (long)g.Later.Count, Tenth(g.Later.Sum(f => f.DepDelay!.Value), g.Later.Count) });
        Assert.That(Data.Value.Star("delay-propagation").Rows, Is.EqualTo(expected));
    }

    [Test]
    public void The_running_total_ends_with_all_flights()
    {
        var total = 0L;
        var expected = Data.Value.Flights.GroupBy(f => f.Date).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => new object?[] { g.Key, g.LongCount(), total += g.LongCount() }).ToList();
        Assert.That(Data.Value.Star("running-total").Rows, Is.EqualTo(expected));
        Assert.That(total, Is.EqualTo(Data.Value.Flights.Count));
    }

    [Test]
    public void A_zero_is_not_negative()
    {
        using var folder = new TempFolder();
        using var store = new Store(folder.At("a.db"));
        var row = Questions.Answer(store.Connection, "SELECT round(-0.04, 1), -1.5, 0, NULL, ''", out _).Single();
        Assert.That(row.Select(Questions.Shown), Is.EqualTo((string[])["0.0", "-1.5", "0", "", ""]));
    }

    [Test]
    public void An_unknown_question_is_told_the_nearest_one()
    {
        var wrong = Assert.Throws<UserException>(() => Questions.Find("peek-hour"));
        Assert.That(wrong!.Message, Does.Contain("'peek-hour'").And.Contain("'peak-hours'"));
        Assert.That(wrong.ExitCode, Is.EqualTo(2));
        Assert.That(Assert.Throws<UserException>(() => Questions.Find("seats"))!.Message, Does.Contain("'seats-flown'"));
    }

    [Test]
    public void Without_a_warehouse_it_says_how_to_make_one()
    {
        using var folder = new TempFolder();
        Assert.That(Assert.Throws<UserException>(() => Questions.Ask(folder.At("warehouse.db"), "peak-hours"))!.Message, Is.EqualTo($"There is no warehouse in {folder.Path}. Make one: dotnet run"));
    }

    [Test]
    public void The_report_holds_every_question_with_its_answer_and_its_SQL()
    {
        using var folder = new TempFolder();
        HtmlReport.Write(Data.Value.Warehouse, folder.At("report.html"));
        var html = File.ReadAllText(folder.At("report.html"));
        Assert.Multiple(() =>
        {
            foreach (var q in Questions.All) Assert.That(html, Does.Contain($"<section id=\"{q.Name}\"><h2>{WebUtility.HtmlEncode(q.Text)}</h2>").And.Contain($"<a href=\"#{q.Name}\">").And.Contain(WebUtility.HtmlEncode(q.Sql.TrimEnd())));
            Assert.That(html.Split("<svg "), Has.Length.GreaterThan(Questions.All.Count));
            Assert.That(html, Does.Contain($"<b>{Data.Value.Flights.Count:N0}</b><span>flights</span>"));
            Assert.That(html, Does.Not.Contain("http://").And.Not.Contain("https://").And.Not.Contain("<script").And.Not.Contain("NaN"));
        });
        Assert.That(Directory.GetFiles(folder.Path), Has.Length.EqualTo(1), "the temporary file is gone");
    }

    [Test]
    public void What_comes_from_data_is_no_markup_in_the_report()
    {
        const string Attack = "<script>alert(1)</script>&'\u0007";
        using var folder = new TempFolder();
        folder.Write("in/load-1/load.json", "{ \"as_of\": \"2013-02-01T12:00:00Z\" }");
        folder.Write("in/load-1/airlines.csv", $"carrier,name\n<i>,{Attack}\n");
        folder.Write("in/load-1/planes.csv", $"tailnum,effective_from,year_built,type,manufacturer,model,engines,seats,engine\nN1,,2004,,{Attack},,2,55,\n");
        folder.Write("in/load-1/flights.csv", """
            carrier,flight,tailnum,origin,dest,sched_dep_utc,sched_dep_local,dep_utc,dep_local,dep_delay,arr_delay,air_time,distance,is_cancelled,is_diverted
            <i>,1545,N1,<b>,<u>,2013-01-01T10:15:00Z,2013-01-01T05:15,2013-01-01T10:17:00Z,2013-01-01T05:17,2,11,227,1400,0,0

            """);
        var settings = new Settings(folder.At("in"), folder.At("out"));
        Modeling.Run(settings, default);
        HtmlReport.Write(settings.Database, folder.At("report.html"));
        var html = File.ReadAllText(folder.At("report.html"));
        Assert.That(html, Does.Contain("&lt;script&gt;alert(1)&lt;/script&gt;&amp;&#39;\uFFFD").And.Contain("&lt;i&gt;").And.Contain("&lt;b&gt;"));
        Assert.That(html, Does.Not.Contain("<script").And.Not.Contain("<i>").And.Not.Contain("<b><").And.Not.Contain("<u>").And.Not.Contain("NaN"));
        Assert.That(html.Contains('\u0007'), Is.False);
    }

    [Test]
    public void A_warehouse_without_a_load_has_a_report_too()
    {
        using var folder = new TempFolder();
        using (var store = new Store(folder.At("warehouse.db"))) foreach (var sql in new[] { "dimensions.sql", "facts.sql" }) store.Execute(Store.Resource(sql));
        HtmlReport.Write(folder.At("warehouse.db"), folder.At("report.html"));
        Assert.That(File.ReadAllText(folder.At("report.html")), Does.Contain("Nothing is loaded yet.").And.Contain("No rows."));
    }

    [Test]
    public void Bars_begin_at_zero_to_the_right_and_to_the_left()
    {
        Point[] points = [new(["a"], 30, "30"), new(["bb"], -10, "-10"), new(["c"], null, ""), new(["d"], 0.1, "0.1")];
        Assert.That(Bars.Lines(points), Is.EqualTo((string[])["a             " + new string('█', 30) + " 30", "bb  ██████████ -10", "c", "d             ▏ 0.1"]));
        Assert.That(Bars.Lines([.. Enumerable.Range(1, 30).Select(i => new Point([$"{i}"], i, $"{i}"))]).Last(), Is.EqualTo("The last 24 of 30 rows."));
        Assert.That(Bars.Lines([]), Is.EqualTo((string[])["No rows."]));
    }

    static double Percent(int part, int whole) => Tenth(100L * part, whole);

    /// <summary>The quotient, rounded to tenths, halves away from zero.</summary>
    static double Tenth(long sum, int count) => (double)Math.Round((decimal)sum / count, 1, MidpointRounding.AwayFromZero);
}
