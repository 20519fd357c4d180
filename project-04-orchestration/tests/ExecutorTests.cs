using System.Diagnostics;

namespace Orchestrator.Tests;

/// <summary>Attempts on threads and in processes, on a store in a file.</summary>
abstract class ExecutorTests(bool isolated)
{
    TempFolder folder = null!;
    private protected Settings settings = null!;

    [SetUp]
    public void MakeFolder()
    {
        folder = new TempFolder();
        settings = new(Path.Combine(folder.Path, "in"), Path.Combine(folder.Path, "out"));
        Directory.CreateDirectory(settings.Input);
    }

    [TearDown]
    public void NoProcessIsLeft()
    {
        var left = Processes();
        folder.Dispose();
        Assert.That(left, Is.Empty, "processes of this test's folder");
    }

    [Test]
    public void A_task_succeeds_fails_is_tried_again_and_what_it_throws_is_in_its_log()
    {
        Backfill(LabDags.Outcomes);
        Assert.That(States(), Is.EqualTo("after=upstream_failed fails=failed fails_for_good=failed fails_once=success read=success skips=skipped value=success"));
        using var store = new StateStore(settings.Database);
        Assert.That(store.Query("SELECT task_id || ' ' || try_number || ' ' || state || ' ' || reason FROM attempt WHERE task_id LIKE 'fails%' ORDER BY task_id, token", r => r.GetString(0)), Is.EqualTo(new[]
        {
            "fails 1 failed InvalidOperationException: no luck", "fails 2 failed InvalidOperationException: no luck", "fails_for_good 1 failed hopeless",
            "fails_once 1 failed InvalidOperationException: not yet", "fails_once 2 success ",
        }));
        Assert.That(Log("fails", 2), Does.Contain("InvalidOperationException: no luck").And.Contain("   at Orchestrator.LabDags."));
        Assert.That(Log("fails_once", 1), Does.Contain("not yet"));
        Assert.That(Log("fails_once", 2), Does.Not.Contain("not yet"));
    }

    [Test]
    public void A_value_goes_from_one_task_to_another()
    {
        Backfill(LabDags.Outcomes);
        Assert.That(Log("read", 1), Does.Contain("found 42 and flights"));
    }

    [Test]
    public void Each_attempt_has_a_log_of_its_own_and_as_a_process_a_number_of_its_own()
    {
        Backfill(LabDags.Outcomes);
        using var store = new StateStore(settings.Database);
        var attempts = store.Query("SELECT run_id, task_id, try_number, pid FROM attempt", r => (Log: settings.LogFile(LabDags.Outcomes.Id, r.GetString(0), r.GetString(1), r.GetInt32(2)), Pid: r.IsDBNull(3) ? 0 : r.GetInt64(3)));
        Assert.That(attempts.Select(a => a.Log), Is.Unique);
        Assert.That(attempts.Select(a => File.Exists(a.Log)), Is.All.True);
        if (isolated) Assert.That(attempts.Select(a => a.Pid), Is.Unique.And.None.EqualTo(Environment.ProcessId).And.None.EqualTo(0));
        else Assert.That(attempts.Select(a => a.Pid), Is.All.EqualTo(0));
    }

    [Test]
    public void A_task_that_takes_too_long_is_ended()
    {
        var watch = Stopwatch.StartNew();
        Backfill(LabDags.TooLong);
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(20)), "it would sleep for a minute");
        Assert.That(States(), Is.EqualTo("beside=success sleeps=failed"));
        using var store = new StateStore(settings.Database);
        Assert.That(store.Scalar("SELECT reason FROM attempt WHERE task_id = 'sleeps'"), Does.Contain("took longer than"));
    }

    [Test]
    public void A_sensor_waits_in_its_slot_until_what_it_waits_for_is_there()
    {
        using var writer = new Timer(_ => File.WriteAllText(Path.Combine(settings.Input, "there"), ""), null, 700, Timeout.Infinite);
        Backfill(LabDags.Waiting);
        Assert.That(States(), Is.EqualTo("after=success wait=success"));
        using var store = new StateStore(settings.Database);
        Assert.That(store.Scalar("SELECT count(*) FROM attempt WHERE task_id = 'wait'"), Is.EqualTo(1));
    }

    [Test]
    public void Stopping_the_scheduler_gives_a_task_back_without_costing_a_try_and_the_next_one_runs_it()
    {
        using (var stop = new CancellationTokenSource())
        {
            var token = stop.Token;
            Assert.Throws<OperationCanceledException>(() => Work(LabDags.Waiting, store =>
            {
                if (store.Scalar("SELECT 1 FROM attempt WHERE state = 'running'") is not null) stop.CancelAfter(100);
                return false;
            }, token));
        }
        Assert.That(One("SELECT state || ' ' || try_number FROM task_instance WHERE task_id = 'wait'"), Is.EqualTo("scheduled 1"));
        Assert.That(One("SELECT state || ' ' || reason FROM attempt WHERE task_id = 'wait'"), Is.EqualTo("scheduled interrupted"));
        Assert.That(Processes(), Is.Empty, "nothing is left of the first scheduler");
        File.WriteAllText(Path.Combine(settings.Input, "there"), "");
        Backfill(LabDags.Waiting);
        Assert.That(One("SELECT state || ' ' || try_number FROM task_instance WHERE task_id = 'wait'"), Is.EqualTo("success 1"));
        Assert.That(One("SELECT count(*) FROM attempt WHERE task_id = 'wait'"), Is.EqualTo(2));
    }

    private protected void Backfill(Dag dag) => Work(dag, store => store.Scalar("SELECT 1 FROM dag_run WHERE state IN ('queued', 'running')") is null, default);

    private protected void Prepare(Dag dag)
    {
        using var store = new StateStore(settings.Database);
        store.InTransaction(() => DagSync.Run(store, new Dictionary<string, DagGraph> { [dag.Id] = new(dag) }, Pools.All, DateTime.UtcNow));
        if (store.Scalar("SELECT 1 FROM dag_run WHERE dag_id = $1", dag.Id) is null) Orchestrator.Backfill.Create(store, new(dag), new(dag.StartDate, dag.StartDate), DateTime.UtcNow);
    }

    /// <summary>Schedules a run of the DAG until the predicate holds, for a minute at most.</summary>
    void Work(Dag dag, Func<StateStore, bool> until, CancellationToken stop)
    {
        Prepare(dag);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        Orchestration.Run(settings, [dag], new() { CreatesRuns = false }, isolated, until, (_, _) => { }, limit.Token);
    }

    private protected string States() => (string)One("SELECT group_concat(task_id || '=' || state, ' ') FROM (SELECT * FROM task_instance ORDER BY task_id)")!;

    object? One(string sql)
    {
        using var store = new StateStore(settings.Database);
        return store.Scalar(sql);
    }

    string Log(string task, int tryNumber)
    {
        using var store = new StateStore(settings.Database);
        return File.ReadAllText(settings.LogFile((string)store.Scalar("SELECT dag_id FROM dag_run")!, (string)store.Scalar("SELECT run_id FROM dag_run")!, task, tryNumber));
    }

    /// <summary>The processes, but this one, that were started for this test's folder.</summary>
    List<string> Processes() => !Directory.Exists("/proc") ? [] : [.. Directory.EnumerateDirectories("/proc").Where(p => int.TryParse(Path.GetFileName(p), out var id) && id != Environment.ProcessId).Select(p =>
    {
        try { return File.ReadAllText(Path.Combine(p, "cmdline")).Replace('\0', ' '); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return ""; }
    }).Where(command => command.Contains(settings.Output, StringComparison.Ordinal))];
}

[TestFixture, Category("Step9")]
sealed class InProcessExecutorTests() : ExecutorTests(isolated: false)
{
    [Test]
    public void A_scheduler_that_is_woken_finds_what_has_ended()
    {
        using var wake = new AutoResetEvent(false);
        using var executor = new InProcessExecutor(settings, [LabDags.Wide], wake);
        for (var token = 1; token <= 300; token++)
        {
            executor.Start(new(token, LabDags.Wide.Id, "run", "task_00", 1, default, DateTime.UtcNow));
            Assert.That(wake.WaitOne(TimeSpan.FromSeconds(10)), Is.True);
            Assert.That(executor.TryTake(DateTime.UtcNow, out _, out _), Is.True, $"attempt {token}");
        }
    }
}

[TestFixture, Category("Step9")]
sealed class ProcessExecutorTests() : ExecutorTests(isolated: true)
{
    [Test]
    public void A_process_that_dies_is_given_up_and_tried_again_while_the_others_go_on()
    {
        Directory.CreateDirectory(settings.Output);
        File.WriteAllText(Path.Combine(settings.Output, "go-1"), "");
        Backfill(LabDags.Slow);
        Assert.That(States(), Is.EqualTo("crash=failed write=success"));
        using var store = new StateStore(settings.Database);
        Assert.That(store.Query("SELECT try_number || ' ' || state || ' ' || reason FROM attempt WHERE task_id = 'crash' ORDER BY token", r => r.GetString(0)), Is.EqualTo(Enumerable.Range(1, 3).Select(t => $"{t} given_up its process ended with exit code 7")));
    }

    [Test, Platform("Linux", Reason = "only /proc tells of processes")]
    public void A_process_of_a_scheduler_that_is_gone_is_found_and_ended_by_the_next_one()
    {
        using var wake = new AutoResetEvent(false);
        using var store = new StateStore(settings.Database);
        using var executor = new ProcessExecutor(settings, wake);
        using var scheduler = new Scheduler(store, [LabDags.Waiting], executor, new() { CreatesRuns = false });
        Prepare(LabDags.Waiting);
        for (var until = DateTime.UtcNow.AddSeconds(30); store.Scalar("SELECT 1 FROM attempt WHERE state = 'running'") is null && DateTime.UtcNow < until; Thread.Sleep(20)) scheduler.Tick(DateTime.UtcNow);
        var (attempt, pid) = store.Query("SELECT token, dag_id, run_id, task_id, pid FROM attempt", r => (new Attempt(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), 1, default, default), r.GetInt32(4))).Single();
        Assert.That(Worker.Find(settings, attempt).Select(p => p.Id), Is.EqualTo(new[] { pid }));
        using var next = new ProcessExecutor(settings, wake);
        next.Abandon(attempt);
        for (var until = DateTime.UtcNow.AddSeconds(20); Worker.Find(settings, attempt).Any() && DateTime.UtcNow < until;) Thread.Sleep(20);
        Assert.That(Worker.Find(settings, attempt), Is.Empty);
    }
}
