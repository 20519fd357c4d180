using System.Text.Json;

namespace Orchestrator.Tests;

/// <summary>The tasks of the pipeline, run by hand in their order: no scheduler is needed to know that each writes its partition, whole and once.</summary>
[TestFixture, Category("Step7")]
sealed class PipelineTests
{
    /// <summary>Of all rows of all tables, after the whole month.</summary>
    const string WholeMonth = "5428c3790560c075";

    static readonly string Source = ProjectFolder.At("data", "source");
    static readonly Dag Dag = DailyFlights.Create(new NullTimetable());
    readonly TempFolder folder = new();

    string Output => folder.At("out");
    string Database => Warehouse.PathIn(Output);

    [TearDown]
    public void Clean() => folder.Dispose();

    static TaskContext Context(string input, string output, int day, Dictionary<string, string> xcoms, int tryNumber = 2, Action<Action>? fenced = null, string run = "scheduled", List<string>? log = null)
    {
        var start = new DateTime(2013, 1, day, 0, 0, 0, DateTimeKind.Utc);
        return new()
        {
            DagId = DailyFlights.Id,
            TaskId = "",
            RunId = $"{run}__{start:yyyy-MM-dd'T'HH:mm:ss}+00:00",
            Interval = new(start, start.AddDays(1)),
            TryNumber = tryNumber,
            Input = input,
            Output = output,
            Log = line => log?.Add(line),
            Fenced = fenced ?? (write => write()),
            PullJson = (task, key) => key == "return_value" ? xcoms.GetValueOrDefault(task) : null,
        };
    }

    static void Step(DagTask task, TaskContext context, Dictionary<string, string> xcoms)
    {
        switch (task)
        {
            case SensorTask sensor: Assert.That(sensor.Poke(context), Is.True, $"{context.Day} has arrived"); break;
            case BranchTask branch: xcoms[task.Id] = JsonSerializer.Serialize(branch.Choose(context)); break;
            case ActionTask action when action.Run(context) is { } value: xcoms[task.Id] = JsonSerializer.Serialize(value); break;
        }
    }

    /// <summary>Runs the day's tasks up to one of them, in the order of the list.</summary>
    /// <returns>The XComs.</returns>
    static Dictionary<string, string> Day(string input, string output, int day, string until = "publish", string run = "scheduled")
    {
        var xcoms = new Dictionary<string, string>();
        foreach (var task in Dag.Tasks)
        {
            if (task.Id == "quality_alert" && !xcoms["check_quality"].Contains(task.Id, StringComparison.Ordinal)) continue;
            Step(task, Context(input, output, day, xcoms, run: run), xcoms);
            if (task.Id == until) break;
        }
        return xcoms;
    }

    IReadOnlyList<object?[]> Rows(string sql)
    {
        using var warehouse = new Warehouse(Output);
        return [.. warehouse.Query(sql)];
    }

    /// <summary>The files of the output but for the database, with what they hold.</summary>
    Dictionary<string, string> Files() => Directory.GetFiles(Output, "*", SearchOption.AllDirectories).Where(f => !f.Contains("warehouse.db", StringComparison.Ordinal)).ToDictionary(f => Path.GetRelativePath(Output, f), File.ReadAllText);

    // one day a row: flights, cancelled, minutes of departure delay, minutes of arrival delay, flights with an arrival delay, rows of the report
    static readonly long[][] Expected =
    [
        [1, 842, 4, 9678, 10513, 831, 29], [2, 943, 8, 12958, 11779, 928, 31], [3, 914, 10, 9933, 5160, 900, 32], [4, 915, 6, 8137, -1755, 908, 32],
        [5, 720, 3, 4110, -1094, 717, 29], [6, 832, 1, 5940, 3512, 829, 32], [7, 933, 3, 5038, -4601, 930, 32], [8, 899, 4, 2285, -2879, 892, 32],
        [9, 902, 5, 2042, -236, 893, 32], [10, 932, 3, 2643, -5480, 929, 32], [11, 930, 11, 2589, -4367, 917, 32], [12, 690, 6, 1092, -8864, 681, 29],
        [13, 828, 16, 16137, 12050, 807, 32], [14, 928, 2, 2586, 3360, 923, 32], [15, 894, 13, 109, 375, 881, 32], [16, 901, 46, 21044, 29213, 853, 32],
        [17, 927, 9, 7021, 5941, 915, 32], [18, 924, 10, 6184, 1676, 910, 32], [19, 674, 1, 2339, -5721, 671, 29], [20, 786, 4, 5305, 2921, 781, 30],
        [21, 912, 8, 7080, 5697, 902, 32], [22, 890, 5, 11062, 10865, 885, 32], [23, 897, 9, 9422, 6143, 888, 32], [24, 925, 14, 17733, 14008, 908, 32],
        [25, 922, 35, 19424, 23820, 879, 32], [26, 680, 9, 4840, 504, 671, 29], [27, 823, 16, 6761, -1055, 806, 32], [28, 923, 64, 13004, 7987, 857, 32],
        [29, 890, 13, 2190, -5697, 869, 32], [30, 900, 98, 22956, 20625, 796, 33], [31, 928, 85, 24159, 27419, 841, 32],
    ];

    [Test]
    public void A_month_of_days_gives_the_sums_of_the_source_and_warns_on_the_20th_alone()
    {
        foreach (var day in Expected) Day(Source, Output, (int)day[0]);
        Assert.That(Rows("SELECT CAST(substr(day, 9) AS INTEGER), sum(flights), sum(cancelled), sum(dep_delay_sum), sum(arr_delay_sum), sum(arr_delay_count), count(*) FROM daily_carrier GROUP BY day ORDER BY day"), Is.EqualTo(Expected));
        Assert.That(Rows("SELECT CAST(substr(day, 9) AS INTEGER), flights, cancelled, rows FROM published_day ORDER BY day"), Is.EqualTo(Expected.Select(d => new[] { d[0], d[1], d[2], d[6] })));
        Assert.That(Rows("SELECT * FROM quality_alert").Single(), Is.EqualTo(new object[] { "2013-01-20", 786L, 97L, "97 of 782 flown flights have no tail number (12.4 %); up to 5 % is usual" }));
        Assert.That(Warehouse.Counts(Database), Is.EqualTo(new[] { ("flight", 27_004L), ("daily_carrier", 975L), ("quality_alert", 1L), ("published_day", 31L) }));
        Assert.That(Directory.GetFiles(folder.At("out", "rejected")), Is.Empty, "real data break no rule");
        Assert.That(Warehouse.Digest(Database), Is.EqualTo(WholeMonth));
    }

    [Test]
    public void Days_in_any_order_in_parallel_and_twice_at_once_give_the_same_digest()
    {
        var order = Enumerable.Range(1, 31).Concat(Enumerable.Range(1, 31)).Select((day, i) => (Day: day, Run: i < 31 ? "scheduled" : "backfill")).ToArray();
        new Random(7).Shuffle(order);
        Parallel.ForEach(order, new ParallelOptions { MaxDegreeOfParallelism = 8 }, o => Day(Source, Output, o.Day, run: o.Run));
        Assert.That(Warehouse.Digest(Database), Is.EqualTo(WholeMonth));
        Assert.That(Directory.GetFiles(Output, "*.tmp", SearchOption.AllDirectories), Is.Empty);
    }

    [Test]
    public void Running_a_day_twice_changes_neither_a_row_nor_a_file([Values(1, 20)] int day)
    {
        Day(Source, Output, day);
        var (digest, files) = (Warehouse.Digest(Database), Files());
        Day(Source, Output, day);
        Assert.That(Warehouse.Digest(Database), Is.EqualTo(digest));
        Assert.That(Files(), Is.EqualTo(files));
        Assert.That(files.Keys, Is.EquivalentTo(new[] { "staging", "validated", "published" }.Select(f => Path.Combine(f, $"2013-01-{day:00}.csv"))));
    }

    [Test]
    public void Running_a_single_task_again_changes_nothing([Values("extract", "validate", "quality_alert", "load", "aggregate", "publish")] string task)
    {
        var xcoms = Day(Source, Output, 20);
        var (digest, files, before) = (Warehouse.Digest(Database), Files(), new Dictionary<string, string>(xcoms));
        Step(Dag[task], Context(Source, Output, 20, xcoms), xcoms);
        Assert.That(Warehouse.Digest(Database), Is.EqualTo(digest));
        Assert.That(Files(), Is.EqualTo(files));
        Assert.That(xcoms, Is.EqualTo(before));
    }

    [Test]
    public void A_day_that_the_source_has_corrected_replaces_the_old_one_and_closes_its_alert()
    {
        Day(Source, Output, 21);
        var without = Warehouse.Digest(Database);
        Day(Source, Output, 20);
        Assert.That(Rows("SELECT * FROM quality_alert"), Has.Count.EqualTo(1));
        var lines = File.ReadAllLines(Path.Combine(Source, "flights_2013-01-20.csv"));
        folder.Write("corrected/flights_2013-01-20.csv", string.Join('\n', lines.Where((_, i) => i % 8 != 0 || i == 0)));
        Day(folder.At("corrected"), Output, 20);
        Assert.That(Rows("SELECT count(*) FROM flight WHERE day = '2013-01-20'").Single()[0], Is.EqualTo(688L), "98 flights were taken back");
        Assert.That(Rows("SELECT * FROM quality_alert"), Is.Empty);
        using (var warehouse = new Warehouse(Output))
            foreach (var table in new[] { "flight", "daily_carrier", "published_day" }) warehouse.Execute($"DELETE FROM {table} WHERE day = '2013-01-20'");
        Assert.That(Warehouse.Digest(Database), Is.EqualTo(without), "another day's partition was not touched");
    }

    [Test]
    public void An_attempt_that_was_given_up_changes_no_row_and_no_file([Values("extract", "validate", "quality_alert", "load", "aggregate", "publish")] string task)
    {
        var xcoms = Day(Source, Output, 20);
        // what the stale attempt would write is not what is there: its table is empty, and so are the files that it does not read
        var table = task switch { "load" => "flight", "aggregate" => "daily_carrier", "publish" => "published_day", _ => "quality_alert" };
        using (var warehouse = new Warehouse(Output)) warehouse.Execute($"DELETE FROM {table}");
        foreach (var (name, _) in Files().Where(f => !(f.Key.StartsWith("staging", StringComparison.Ordinal) && task == "validate") && !(f.Key.StartsWith("validated", StringComparison.Ordinal) && task == "load"))) folder.Write(Path.Combine("out", name), "x");
        var (digest, files) = (Warehouse.Digest(Database), Files());
        Assert.Throws<StaleAttempt>(() => Step(Dag[task], Context(Source, Output, 20, xcoms, fenced: _ => throw new StaleAttempt(task)), xcoms));
        Assert.That(Warehouse.Digest(Database), Is.EqualTo(digest));
        Assert.That(Files(), Is.EqualTo(files));
    }

    [Test]
    public void What_a_killed_attempt_left_half_written_goes_with_the_next_one_of_its_run_and_that_of_another_run_stays()
    {
        foreach (var run in new[] { "scheduled", "backfill" }) new PartitionFile(Context(Source, Output, 3, [], run: run), "staging").Stream.Dispose();
        Assert.That(Directory.GetFiles(folder.At("out", "staging")), Has.Length.EqualTo(2));
        Day(Source, Output, 3, until: "extract");
        Assert.That(Directory.GetFiles(folder.At("out", "staging"), "*.tmp"), Has.Length.EqualTo(1));
        Assert.That(File.ReadAllBytes(folder.At("out", "staging", "2013-01-03.csv")), Is.EqualTo(File.ReadAllBytes(Path.Combine(Source, "flights_2013-01-03.csv"))));
    }

    [Test]
    public void Reading_the_14th_fails_once_and_no_other_day_does()
    {
        Assert.That(Assert.Throws<IOException>(() => Extract.Run(Context(Source, Output, 14, [], tryNumber: 1)))!.Message, Is.EqualTo("the source closed the connection"));
        Assert.That(Extract.Run(Context(Source, Output, 14, [], tryNumber: 2)), Is.EqualTo(928));
        Assert.That(Extract.Run(Context(Source, Output, 13, [], tryNumber: 1)), Is.EqualTo(828));
    }

    const string Good = "2013,1,5,517,515,2,830,819,11,UA,1545,N14228,EWR,IAH,227,1400,5,15,2013-01-05T10:00:00Z";

    string Deliver(params string[] rows) => Path.GetDirectoryName(folder.Write("landing/flights_2013-01-05.csv", string.Join('\n', [FlightFile.Header, .. rows])))!;

    [TestCase("2013,1,5,517", "expected 19 columns, found 4")]
    [TestCase("2013,13,5,517,515,2,830,819,11,UA,1546,N14228,EWR,IAH,227,1400,5,15,2013-01-05T10:00:00Z", "'2013-13-5' is not a date")]
    [TestCase("2013,1,6,517,515,2,830,819,11,UA,1546,N14228,EWR,IAH,227,1400,5,15,2013-01-06T10:00:00Z", "it is of 2013-1-6, another day")]
    [TestCase("2013,1,5,517,515,2,830,819,11,UA,1546,N14228,BOS,IAH,227,1400,5,15,2013-01-05T10:00:00Z", "origin: expected an airport of New York City, found 'BOS'")]
    [TestCase("2013,1,5,517,515,2,830,819,11,UA,1546,N14228,EWR,IAH,227,-1400,5,15,2013-01-05T10:00:00Z", "distance: expected a distance above 0, found '-1400'")]
    [TestCase("2013,1,5,517,515,soon,830,819,11,UA,1546,N14228,EWR,IAH,227,1400,5,15,2013-01-05T10:00:00Z", "dep_delay: expected a whole number or NA, found 'soon'")]
    [TestCase("2013,1,5,517,515,2,830,819,11,NA,1546,N14228,EWR,IAH,227,1400,5,15,2013-01-05T10:00:00Z", "carrier: expected a value, found 'NA'")]
    [TestCase("2013,1,5,517,515,2,830,819,11,UA,1546,N14228,EWR,IAH,227,1400,5,15,5 January", "time_hour: expected an instant such as 2013-01-31T10:00:00Z, found '5 January'")]
    [TestCase("2013,1,5,517,515,2,830,819,11,UA,1546,\"N14228,EWR,IAH,227,1400,5,15,2013-01-05T10:00:00Z", "a quote is not where it may be")]
    [TestCase(Good, "the flight stands in the file already")]
    public void A_row_that_breaks_a_rule_is_kept_with_its_line_and_the_reason(string row, string reason)
    {
        var landing = Deliver(Good, row, Good.Replace("1545", "1547", StringComparison.Ordinal));
        var xcoms = Day(landing, Output, 5);
        Assert.That(JsonSerializer.Deserialize<Validation>(xcoms["validate"]), Is.EqualTo(new Validation(3, 1, 0, null)));
        using var csv = CsvHelper.CsvReader.FromFile(folder.At("out", "rejected", "2013-01-05.csv"));
        Assert.That(csv.Read(), Is.True);
        Assert.That(new[] { csv.GetString(0), csv.GetString(1), csv.GetString(2) }, Is.EqualTo(new[] { "3", reason, row }));
        Assert.That(csv.Read(), Is.False);
        Assert.That(Rows("SELECT flight FROM flight").Select(r => r[0]), Is.EqualTo(new[] { 1545L, 1547L }));

        Day(Deliver(Good), Output, 5);
        Assert.That(folder.At("out", "rejected", "2013-01-05.csv"), Does.Not.Exist, "the corrected file has no rejects");
    }

    [Test]
    public void The_result_of_the_validation_has_the_names_that_other_engines_read() =>
        Assert.That(Day(Source, Output, 20, until: "validate")["validate"], Is.EqualTo("""{"rows":786,"rejected":0,"missing_tail_numbers":97,"warning":"97 of 782 flown flights have no tail number (12.4 %); up to 5 % is usual"}"""));

    [Test]
    public void A_wrong_header_an_empty_file_and_one_that_is_mostly_rejected_fail_for_good_and_leave_the_day_as_it_was()
    {
        Day(Deliver(Good), Output, 5);
        var (digest, validated) = (Warehouse.Digest(Database), File.ReadAllText(folder.At("out", "validated", "2013-01-05.csv")));
        foreach (var (text, why) in new[] { ("year,month\n2013,1", "another header"), ("", "has"), (FlightFile.Header, "no rows"), ($"{FlightFile.Header}\n{Good}\n1\n2", "2 of 3 rows are rejected") })
        {
            folder.Write("landing/flights_2013-01-05.csv", text);
            Assert.That(Assert.Throws<TaskFailedForGood>(() => Day(folder.At("landing"), Output, 5), text)!.Message, Does.Contain(why));
            Assert.That(Warehouse.Digest(Database), Is.EqualTo(digest));
            Assert.That(File.ReadAllText(folder.At("out", "validated", "2013-01-05.csv")), Is.EqualTo(validated));
        }
        Assert.That(File.ReadAllLines(folder.At("out", "rejected", "2013-01-05.csv")), Has.Length.EqualTo(3), "the reasons stay");
    }

    [Test]
    public void The_report_has_a_row_a_carrier_and_origin_and_no_cell_that_a_spreadsheet_would_run()
    {
        Day(Deliver(Good, Good.Replace("UA,1545", "=1,7", StringComparison.Ordinal), Good.Replace("517,515,2,830,819,11,UA,1545", "NA,515,NA,NA,819,NA,UA,8", StringComparison.Ordinal)), Output, 5);
        Assert.That(File.ReadAllText(folder.At("out", "published", "2013-01-05.csv")), Is.EqualTo("""
            day,carrier,origin,flights,cancelled,mean_dep_delay,mean_arr_delay
            2013-01-05,"'=1",EWR,1,0,2,11
            2013-01-05,UA,EWR,2,1,2,11

            """));
    }

    [Test]
    public async Task The_source_delivers_all_days_at_once_but_the_9th_which_is_late()
    {
        using var stop = new CancellationTokenSource();
        var landing = folder.At("landing");
        var late = Delivery.Start(Source, landing, TimeSpan.FromMinutes(10), stop.Token);
        Assert.That(Directory.GetFiles(landing), Has.Length.EqualTo(30));
        Assert.That(Poke(9), Is.False);
        Assert.That(Poke(8), Is.True);
        await stop.CancelAsync();
        await late;
        Assert.That(Poke(9), Is.False, "it was told to stop");

        File.SetLastWriteTimeUtc(Path.Combine(landing, "flights_2013-01-08.csv"), DateTime.UnixEpoch);
        File.WriteAllText(Path.Combine(landing, "flights_2013-01-10.csv"), "half");
        await Delivery.Start(Source, landing, TimeSpan.FromMilliseconds(50), default);
        Assert.That(Poke(9), Is.True);
        Assert.That(File.GetLastWriteTimeUtc(Path.Combine(landing, "flights_2013-01-08.csv")), Is.EqualTo(DateTime.UnixEpoch), "what is there is not delivered again");
        foreach (var file in Directory.GetFiles(Source)) Assert.That(File.ReadAllBytes(Path.Combine(landing, Path.GetFileName(file))), Is.EqualTo(File.ReadAllBytes(file)));
        Assert.That(Delivery.Start(Source, landing, TimeSpan.FromMinutes(10), default).IsCompleted, Is.True, "all is there");
        Assert.That(Assert.Throws<UserException>(() => Delivery.Start(folder.Path, landing, default, default))!.ExitCode, Is.EqualTo(2));

        bool Poke(int day) => ((SensorTask)Dag["wait_for_file"]).Poke(Context(landing, Output, day, []));
    }

    [Test]
    public void The_first_row_in_which_two_warehouses_differ_is_named()
    {
        var other = folder.At("other");
        foreach (var output in new[] { Output, other }) Day(Source, output, 1);
        Assert.That(Warehouse.Difference(Database, Warehouse.PathIn(other)), Is.Null);
        using (var warehouse = new Warehouse(other)) warehouse.Execute("UPDATE published_day SET cancelled = 5");
        Assert.That(Warehouse.Difference(Database, Warehouse.PathIn(other)), Does.StartWith("published_day, row 1 by day: ('2013-01-01', 29, 842, 4) in").And.Contains("('2013-01-01', 29, 842, 5) in"));
        Day(Source, other, 2);
        Assert.That(Warehouse.Difference(Database, Warehouse.PathIn(other)), Does.StartWith("flight, row 843 by day, origin, carrier, flight, time_hour: no such row in"));
    }

    [Test]
    public void A_database_of_another_program_is_left_alone()
    {
        Directory.CreateDirectory(Output);
        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Database};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "CREATE TABLE flight (x)";
            command.ExecuteNonQuery();
        }
        Assert.That(Assert.Throws<UserException>(() => new Warehouse(Output))!.ExitCode, Is.EqualTo(2));
    }
}
