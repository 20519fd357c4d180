namespace Orchestrator.Tests;

/// <summary>How an attempt ends, and who may end it. No scheduler: each test takes the steps itself.</summary>
[TestFixture, Category("Step6")]
sealed class TaskLifeTests
{
    static readonly DateTime Day1 = Playground.Day1;
    readonly StateStore store = new(":memory:");
    readonly DagGraph graph = new(Playground.Dag("a", "b<a", "c<a", "d<c") with { Retries = 1, RetryDelay = TimeSpan.FromMinutes(5) });

    [SetUp]
    public void Trigger() => Playground.Trigger(store, graph, Day1);

    [TearDown]
    public void Close() => store.Dispose();

    Attempt Begin(int tryNumber = 1, bool start = true, DateTime? now = null)
    {
        store.Execute("UPDATE task_instance SET state = 'scheduled', try_number = $1 WHERE task_id = 'a'", tryNumber);
        var task = store.Query($"SELECT {TaskRow.Columns} FROM task_instance t WHERE t.task_id = 'a'", TaskRow.Of)[0];
        var attempt = TaskLife.Queue(store, task, store.Query($"SELECT {RunRow.Columns} FROM dag_run r", RunRow.Of)[0], "test", now ?? Day1);
        if (start) Assert.That(TaskLife.Start(store, attempt, null, now ?? Day1), Is.True);
        return attempt;
    }

    string State() => (string)store.Scalar("SELECT state || ' ' || token || ' ' || coalesce(due_at, '-') || ' ' || reason FROM task_instance WHERE task_id = 'a'")!;

    [Test]
    public void A_success_keeps_its_values_and_nobody_may_write_any_more()
    {
        var attempt = Begin();
        Assert.That(TaskLife.Finish(store, graph, attempt, new Outcome.Succeeded("42") { Pushed = new Dictionary<string, string> { ["table"] = "\"flights\"" } }, Day1), Is.True);
        Assert.That(State(), Is.EqualTo("success 0 - "));
        Assert.That(store.Query("SELECT key || '=' || value FROM xcom ORDER BY key", r => r.GetString(0)), Is.EqualTo(new[] { "return_value=42", "table=\"flights\"" }));
        Assert.That(TaskLife.IsCurrent(store, attempt), Is.False);
        Assert.That(store.Scalar("SELECT state FROM attempt"), Is.EqualTo("success"));
    }

    [Test]
    public void A_branch_keeps_what_it_has_not_chosen_but_not_what_hangs_on_it()
    {
        TaskLife.Finish(store, graph, Begin(), new Outcome.Succeeded("[\"b\"]", Followed: ["b"]), Day1);
        Assert.That(store.Scalar("SELECT value FROM xcom WHERE key = $1", TaskLife.SkippedKey), Is.EqualTo("[\"c\"]"));
    }

    [Test]
    public void A_short_circuit_that_stops_keeps_everything_downstream()
    {
        TaskLife.Finish(store, graph, Begin(), new Outcome.Succeeded("false", Stopped: true), Day1);
        Assert.That(store.Query("SELECT j.value FROM xcom x, json_each(x.value) j WHERE x.key = $1 ORDER BY 1", r => r.GetString(0), TaskLife.SkippedKey), Is.EqualTo(new[] { "b", "c", "d" }));
    }

    [Test]
    public void A_failure_is_due_again_and_the_last_one_is_final_and_raises_an_alert()
    {
        TaskLife.Finish(store, graph, Begin(1), new Outcome.Failed("no"), Day1);
        Assert.That(State(), Is.EqualTo("up_for_retry 0 2013-01-01T00:05:00.000Z no"));
        Assert.That(store.Scalar("SELECT count(*) FROM alert"), Is.Zero);
        TaskLife.Finish(store, graph, Begin(2), new Outcome.Failed("still no"), Day1);
        Assert.That(State(), Is.EqualTo("failed 0 - still no"));
        Assert.That(store.Scalar("SELECT kind || ': ' || text FROM alert"), Is.EqualTo("failure: a failed after 2 tries: still no"));
    }

    [Test]
    public void A_failure_that_a_retry_would_not_help_is_final() => Ends(new Outcome.Failed("no", Retry: false), "failed 0 - no");

    [Test]
    public void Skipped_is_skipped() => Ends(new Outcome.Skipped("nothing to do"), "skipped 0 - nothing to do");

    [Test]
    public void A_sensor_that_found_nothing_is_due_again_and_remembers_since_when_it_waits()
    {
        Ends(new Outcome.Waiting(TimeSpan.FromMinutes(1)), "up_for_reschedule 0 2013-01-01T00:01:00.000Z not there yet");
        Assert.That(store.Scalar("SELECT waiting_since FROM task_instance WHERE task_id = 'a'"), Is.EqualTo("2013-01-01T00:00:00.000Z"), "else its time-out would begin anew with each look");
        Assert.That(Begin(now: Day1.AddMinutes(1)).WaitingSince, Is.EqualTo(Day1));
    }

    [Test]
    public void An_interrupted_attempt_is_scheduled_again() => Ends(new Outcome.Interrupted(), "scheduled 0 - interrupted");

    void Ends(Outcome outcome, string state)
    {
        Assert.That(TaskLife.Finish(store, graph, Begin(), outcome, Day1), Is.True);
        Assert.That(State(), Is.EqualTo(state));
    }

    [Test]
    public void What_an_attempt_brings_after_it_was_given_up_is_refused()
    {
        var first = Begin();
        TaskLife.GiveUp(store, graph, first, "no heartbeat", Day1);
        Assert.That(State(), Is.EqualTo("up_for_retry 0 2013-01-01T00:05:00.000Z no heartbeat"));
        Assert.That(TaskLife.Finish(store, graph, first, new Outcome.Succeeded("1"), Day1), Is.False);
        var second = Begin(2);
        Assert.That(TaskLife.Finish(store, graph, first, new Outcome.Succeeded("1"), Day1), Is.False);
        Assert.That(TaskLife.Finish(store, graph, second, new Outcome.Succeeded("2"), Day1), Is.True);
        Assert.That(store.Scalar("SELECT value FROM xcom"), Is.EqualTo("2"));
        Assert.That(store.Query("SELECT state FROM attempt ORDER BY token", r => r.GetString(0)), Is.EqualTo(new[] { "given_up", "success" }));
    }

    [Test]
    public void Giving_up_what_has_not_begun_costs_no_try_and_giving_up_what_has_ended_changes_nothing()
    {
        var queued = Begin(start: false);
        TaskLife.GiveUp(store, graph, queued, "its scheduler is gone", Day1);
        Assert.That(State(), Does.StartWith("scheduled 0 -"));
        Assert.That(TaskLife.Start(store, queued, 1, Day1), Is.False);
        var ended = Begin();
        TaskLife.Finish(store, graph, ended, new Outcome.Succeeded(), Day1);
        TaskLife.GiveUp(store, graph, ended, "its process ended without a result", Day1);
        Assert.That((State(), store.Scalar("SELECT state FROM attempt ORDER BY token DESC LIMIT 1")), Is.EqualTo(("success 0 - ", (object)"success")));
    }

    /// <summary>A running attempt on a store in a file: the fence opens a connection of its own.</summary>
    Attempt BeginIn(StateStore file)
    {
        Playground.Trigger(file, graph, Day1);
        file.Execute("UPDATE task_instance SET state = 'scheduled', try_number = 1 WHERE task_id = 'a'");
        var attempt = TaskLife.Queue(file, file.Query($"SELECT {TaskRow.Columns} FROM task_instance t WHERE t.task_id = 'a'", TaskRow.Of)[0], file.Query($"SELECT {RunRow.Columns} FROM dag_run r", RunRow.Of)[0], "test", Day1);
        TaskLife.Start(file, attempt, null, Day1);
        return attempt;
    }

    [Test]
    public void Nobody_else_gets_the_lock_while_a_fenced_write_is_done()
    {
        using var folder = new TempFolder();
        var settings = new Settings(folder.Path, folder.Path);
        using var file = new StateStore(settings.Database);
        using var context = new AttemptContext(settings, BeginIn(file), default);
        file.Run("PRAGMA busy_timeout = 100");
        var code = 0;
        context.Context.Fenced(() => code = Assert.Catch<Microsoft.Data.Sqlite.SqliteException>(() => file.Execute("BEGIN IMMEDIATE"), "another connection may not begin to write")!.SqliteErrorCode);
        Assert.That(code, Is.EqualTo(Sqlite.Busy));
        file.InTransaction(() => { });
    }

    [Test]
    public void A_fenced_write_is_done_by_the_current_attempt_and_refused_to_any_other()
    {
        using var folder = new TempFolder();
        var settings = new Settings(folder.Path, folder.Path);
        using var file = new StateStore(settings.Database);
        var attempt = BeginIn(file);
        using var context = new AttemptContext(settings, attempt, default);
        var writes = 0;
        context.Context.Fenced(() => writes++);
        TaskLife.GiveUp(file, graph, attempt, "no heartbeat", Day1);
        Assert.That(() => context.Context.Fenced(() => writes++), Throws.TypeOf<StaleAttempt>());
        Assert.That(writes, Is.EqualTo(1));
    }
}
