using System.Globalization;

namespace Orchestrator.Tests;

/// <summary>The pipeline under a real Airflow ends with the same tables as under ours: the app is what runs, Airflow only says when.</summary>
[Category("Airflow"), NonParallelizable]
sealed class AirflowRunsTests
{
    /// <summary>Without catchup: else Airflow would begin with the whole month as soon as the DAG is unpaused.</summary>
    static Dag Dag => DailyFlights.Create(new CronDataIntervalTimetable("0 0 * * *")) with { Catchup = false };

    static string Input => ProjectFolder.At("data", "source");

    [Test]
    public void Days_run_with_dags_test_give_our_tables()
    {
        using var home = new AirflowHome();
        AirflowExport.Write([Dag], Pools.All, AirflowExport.DefaultCommand, Input, home.At("out"), home.Dags, TextWriter.Null);

        // a manual run is about the interval that ends at the date or before: of the 15th it is that of the 14th, whose first attempt fails
        foreach (var date in new[] { "2013-01-15", "2013-01-21" }) home.Airflow("dags", "test", DailyFlights.Id, date);

        IsTheSameAsOurs(home, [14, 20]);
    }

    [Test]
    public void A_backfill_on_a_whole_Airflow_gives_our_tables_with_retries_the_branch_and_the_pool()
    {
        using var home = new AirflowHome();
        AirflowExport.Write([Dag with { Deadline = TimeSpan.FromSeconds(2) }], Pools.All, AirflowExport.DefaultCommand, Input, home.At("out"), home.Dags, TextWriter.Null);
        home.Airflow("pools", "import", home.At("dags", "pools.json"));
        home.Start();
        home.Wait(TimeSpan.FromSeconds(60), "read the DAG", () => home.Query($"SELECT dag_id FROM serialized_dag WHERE dag_id = '{DailyFlights.Id}'").Count > 0);

        // Airflow has one backfill of a DAG at a time, hence all days from the 14th to the 20th; they also meet at the pool
        home.Airflow("backfill", "create", "--dag-id", DailyFlights.Id, "--from-date", "2013-01-14", "--to-date", "2013-01-20", "--max-active-runs", "7");
        home.Airflow("dags", "unpause", DailyFlights.Id);
        home.Wait(TimeSpan.FromSeconds(240), "end the backfill", () => home.Query("SELECT run_id FROM dag_run WHERE state IN ('success', 'failed')").Count == 7);

        Assert.That(home.Query("SELECT DISTINCT run_type, state FROM dag_run"), Is.EqualTo(new[] { new[] { "backfill", "success" } }));
        IsTheSameAsOurs(home, Enumerable.Range(14, 7));

        const string day = "CAST(CAST(strftime('%d', r.data_interval_start) AS INTEGER) AS TEXT)";
        var tries = home.Query($"SELECT {day}, CAST(t.try_number AS TEXT) FROM task_instance t JOIN dag_run r USING (dag_id, run_id) WHERE t.task_id = 'extract' ORDER BY r.data_interval_start");
        Assert.That(tries.Select(row => string.Join(": ", row)), Is.EqualTo(new[] { "14: 2", "15: 1", "16: 1", "17: 1", "18: 1", "19: 1", "20: 1" }));
        var alerted = home.Query($"SELECT {day}, t.state FROM task_instance t JOIN dag_run r USING (dag_id, run_id) WHERE t.task_id = 'quality_alert' ORDER BY r.data_interval_start");
        Assert.That(alerted.Select(row => string.Join(": ", row)), Is.EqualTo(new[] { "14: skipped", "15: skipped", "16: skipped", "17: skipped", "18: skipped", "19: skipped", "20: success" }));

        var writers = home.Query("SELECT start_date, end_date, task_id FROM task_instance WHERE pool = 'warehouse' AND state <> 'skipped' ORDER BY start_date");
        Assert.That(writers, Has.Count.EqualTo(7 * 3 + 1), "load, aggregate, publish, and one quality_alert");
        var together = writers.Zip(writers.Skip(1)).Where(pair => Moment(pair.First[1]) > Moment(pair.Second[0])).Select(pair => $"{pair.First[2]} until {pair.First[1]}, {pair.Second[2]} from {pair.Second[0]}");
        Assert.That(together, Is.Empty, "one slot, one writer");

        home.Wait(TimeSpan.FromSeconds(30), "tell of a missed deadline", () => Directory.Exists(home.At("logs", "executor_callbacks")) && Directory.EnumerateFiles(home.At("logs", "executor_callbacks"), "*", SearchOption.AllDirectories)
            .Any(log => File.ReadAllText(log).Contains($"missed its deadline: {DailyFlights.Id} backfill__", StringComparison.Ordinal)));
    }

    static DateTime Moment(string text) => DateTime.Parse(text, CultureInfo.InvariantCulture);

    static void IsTheSameAsOurs(AirflowHome home, IEnumerable<int> days)
    {
        foreach (var day in days) RunHere(Dag, new DateTime(2013, 1, day, 0, 0, 0, DateTimeKind.Utc), home.At("ours"));
        var (theirs, ours) = (Warehouse.PathIn(home.At("out")), Warehouse.PathIn(home.At("ours")));
        Assert.That(Warehouse.Difference(ours, theirs), Is.Null);
        Assert.That(Warehouse.Digest(theirs), Is.EqualTo(Warehouse.Digest(ours)));
        Assert.That(Published(home.At("out")), Is.EqualTo(Published(home.At("ours"))));
    }

    static IEnumerable<string> Published(string output) => Directory.GetFiles(Path.Combine(output, "published")).Order(StringComparer.Ordinal).Select(f => $"{Path.GetFileName(f)}\n{File.ReadAllText(f)}");

    /// <summary>All tasks of one run, one after the other, in this process: no scheduler of anybody's has a part in what is expected.</summary>
    static void RunHere(Dag dag, DateTime start, string output)
    {
        var xcoms = new Dictionary<string, string>();
        var left = new HashSet<string>();
        foreach (var task in dag.Tasks)     // they are listed in an order in which they can run
        {
            if (left.Contains(task.Id)) continue;
            for (var tryNumber = 1; ; tryNumber++)
            {
                var (stdout, log) = (new StringWriter(), new StringWriter());
                var code = TaskCommand.Run(dag, task.Id, new(start, start.AddDays(1)), tryNumber, Input, output, xcoms, () => DateTime.UtcNow, CancellationToken.None, stdout, log);
                if (code == TaskCommand.Failed && tryNumber <= (task.Retries ?? dag.Retries)) continue;
                Assert.That(code, Is.Zero, $"{task.Id} of {start:d}: {log}");
                if (task is not SensorTask) xcoms[task.Id] = stdout.ToString().TrimEnd();
                break;
            }
            // of the branch's two ways the longer one ends in the shorter, so what is left out is what was not chosen and leads nowhere else
            if (task is BranchTask && !xcoms[task.Id].Contains("quality_alert", StringComparison.Ordinal)) left.Add("quality_alert");
        }
    }
}
