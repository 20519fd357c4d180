namespace Orchestrator.Tests;

/// <summary>The scheduler in simulated time.</summary>
[TestFixture, Category("Step8"), CancelAfter(60_000)]
sealed class SchedulerTests
{
    static readonly DateTime Day1 = Play.Day1;

    [Test]
    public void A_task_runs_after_all_that_it_waits_for()
    {
        using var play = new Play(Play.Dag("d<b,c", "c<a", "b<a", "a"));
        play.Trigger();
        var end = play.Run();
        Assert.That(play.Order(), Is.EqualTo("a b c d"));
        Assert.That(end - Day1, Is.EqualTo(TimeSpan.FromSeconds(3)), "b and c ran beside each other");
        Assert.That(play.RunStates(), Is.EqualTo("success"));
        Assert.That(play.Life("d"), Is.EqualTo("scheduled queued running success"));
    }

    [Test]
    public void A_failure_ends_what_waits_for_it_and_the_run_fails()
    {
        using var play = new Play(Play.Dag("a", "b<a", "c<b", "other")) { Ends = a => a.TaskId == "a" ? new Outcome.Failed("no") : new Outcome.Succeeded() };
        play.Trigger();
        play.Run();
        Assert.That(play.States(), Is.EqualTo("a=failed b=upstream_failed c=upstream_failed other=success"));
        Assert.That(play.RunStates(), Is.EqualTo("failed"));
    }

    [Test]
    public void A_failed_task_is_tried_again_after_its_delay_and_its_alert_comes_when_no_try_is_left()
    {
        var dag = Play.Dag("a") with { Retries = 2, RetryDelay = TimeSpan.FromMinutes(5) };
        var alerts = new List<Alert>();
        using var play = new Play(dag, new() { OnAlert = alerts.Add }) { Ends = _ => new Outcome.Failed("no") };
        play.Trigger();
        var end = play.Run();
        Assert.That(play.Life("a"), Is.EqualTo("scheduled queued running up_for_retry scheduled queued running up_for_retry scheduled queued running failed"));
        Assert.That(end - Day1, Is.EqualTo(TimeSpan.FromSeconds(3) + TimeSpan.FromMinutes(10)));
        Assert.That(alerts.Select(a => a.Text), Is.EqualTo(new[] { "a failed after 3 tries: no" }));
        Assert.That(play.One<long>("SELECT count(*) FROM attempt"), Is.EqualTo(3));
    }

    [Test]
    public void A_failure_for_good_is_not_tried_again()
    {
        using var play = new Play(Play.Dag("a") with { Retries = 5 }) { Ends = _ => new Outcome.Failed("no", Retry: false) };
        play.Trigger();
        play.Run();
        Assert.That(play.Life("a"), Is.EqualTo("scheduled queued running failed"));
    }

    [Test]
    public void A_branch_skips_what_was_not_chosen_and_what_hangs_on_it_but_not_the_join()
    {
        var dag = new Dag("test")
        {
            Schedule = new NullTimetable(),
            StartDate = Day1,
            Tasks =
            [
                new BranchTask("choose", _ => []),
                new ActionTask("left", _ => null) { Upstream = ["choose"] },
                new ActionTask("right", _ => null) { Upstream = ["choose"] },
                new ActionTask("after_right", _ => null) { Upstream = ["right"] },
                new ActionTask("join", _ => null) { Upstream = ["left", "after_right"], TriggerRule = TriggerRule.NoneFailedMinOneSuccess },
            ],
        };
        using var play = new Play(dag) { Ends = a => a.TaskId == "choose" ? new Outcome.Succeeded(Followed: ["left"]) : new Outcome.Succeeded() };
        play.Trigger();
        play.Run();
        Assert.That(play.States(), Is.EqualTo("after_right=skipped choose=success join=success left=success right=skipped"));
        Assert.That(play.RunStates(), Is.EqualTo("success"));
    }

    [Test]
    public void A_task_that_hangs_on_the_branch_and_on_the_chosen_one_is_not_skipped()
    {
        using var play = new Play(Play.Dag("choose", "alert<choose", "load<choose,alert") with { Id = "test" }) { Ends = a => a.TaskId == "choose" ? new Outcome.Succeeded(Followed: ["alert"]) : new Outcome.Succeeded() };
        play.Trigger();
        play.Run();
        Assert.That(play.States(), Is.EqualTo("alert=success choose=success load=success"));
    }

    [Test]
    public void A_short_circuit_skips_everything_downstream_whatever_its_trigger_rule()
    {
        var dag = Play.Dag("stop", "a<stop", "b<a");
        dag = dag with { Tasks = [.. dag.Tasks.Select(t => t.Id == "b" ? t with { TriggerRule = TriggerRule.AllDone } : t)] };
        using var play = new Play(dag) { Ends = a => new Outcome.Succeeded(Stopped: a.TaskId == "stop") };
        play.Trigger();
        play.Run();
        Assert.That(play.States(), Is.EqualTo("a=skipped b=skipped stop=success"));
    }

    [Test]
    public void A_sensor_gives_its_slot_back_between_two_looks_and_waits_on_one_try()
    {
        var looks = 0;
        using var play = new Play(Play.Dag("wait", "after<wait", "other"), slots: 1) { Ends = a => a.TaskId == "wait" && ++looks < 3 ? new Outcome.Waiting(TimeSpan.FromMinutes(1)) : new Outcome.Succeeded() };
        play.Trigger();
        play.Run();
        Assert.That(play.Order(), Is.EqualTo("wait other wait wait after"));
        Assert.That(play.One<long>("SELECT try_number FROM task_instance WHERE task_id = 'wait'"), Is.EqualTo(1));
        Assert.That(play.Life("wait"), Is.EqualTo("scheduled queued running up_for_reschedule scheduled queued running up_for_reschedule scheduled queued running success"));
    }

    [Test]
    public void What_holds_up_most_goes_first_and_a_pool_has_its_slots()
    {
        var dag = Play.Dag("short", "long", "long2<long", "long3<long2", "wide") with { Id = "test" };
        dag = dag with { Tasks = [.. dag.Tasks.Select(t => t with { Pool = "narrow", PoolSlots = t.Id == "wide" ? 2 : 1, PriorityWeight = t.Id == "wide" ? 100 : 1 })] };
        var most = 0L;
        using var play = new Play(dag, new() { Pools = [new("narrow", 2, "")] });
        play.Takes = _ =>
        {
            most = Math.Max(most, play.One<long>("SELECT sum(pool_slots) FROM task_instance WHERE state IN ('queued', 'running')"));
            return TimeSpan.FromSeconds(1);
        };
        play.Trigger();
        play.Run();
        Assert.That(play.Order(), Is.EqualTo("wide long short long2 long3"));
        Assert.That(most, Is.EqualTo(2));
    }

    [Test]
    public void A_run_has_no_more_tasks_at_work_than_its_DAG_allows()
    {
        using var play = new Play(Play.Dag("a", "b", "c", "d") with { MaxActiveTasks = 2 });
        play.Trigger();
        play.Trigger(2);
        Assert.That(play.Run() - Day1, Is.EqualTo(TimeSpan.FromSeconds(2)), "two of each run at once");
    }

    [Test]
    public void A_task_that_depends_on_the_past_waits_for_itself_in_the_run_before()
    {
        var dag = Play.Dag("a", "b<a");
        dag = dag with { Tasks = [dag.Tasks[0], dag.Tasks[1] with { DependsOnPast = true }] };
        using var play = new Play(dag) { Takes = a => TimeSpan.FromSeconds(a.RunId.Contains("01-02", StringComparison.Ordinal) && a.TaskId == "a" ? 100 : 1) };
        play.Trigger();
        play.Trigger(2);
        play.Run();
        var began = play.Store.Query("SELECT run_id FROM transition WHERE task_id = 'b' AND to_state = 'running' ORDER BY id", r => r.GetString(0));
        Assert.That(began, Is.EqualTo(new[] { "manual__2013-01-02T00:00:00+00:00", "manual__2013-01-03T00:00:00+00:00" }));
        Assert.That(play.RunStates(), Is.EqualTo("success success"));
    }

    [Test]
    public void When_the_past_has_failed_a_task_that_depends_on_it_waits()
    {
        var dag = Play.Dag("a");
        dag = dag with { Tasks = [dag.Tasks[0] with { DependsOnPast = true }] };
        using var play = new Play(dag) { Ends = _ => new Outcome.Failed("no") };
        play.Trigger();
        play.Trigger(2);
        play.Run();
        Assert.That(play.States(), Is.EqualTo("a=failed a=none"));
        Assert.That(play.RunStates(), Is.EqualTo("failed running"));
    }

    [Test]
    public void When_the_past_has_timed_out_a_task_that_depends_on_it_goes_on_at_once()
    {
        var dag = Play.Dag("a") with { DagrunTimeout = TimeSpan.FromSeconds(5) };
        dag = dag with { Tasks = [dag.Tasks[0] with { DependsOnPast = true }] };
        using var play = new Play(dag) { Takes = a => TimeSpan.FromSeconds(a.RunId.Contains("01-02", StringComparison.Ordinal) ? 100 : 1) };
        play.Trigger();
        play.Run(to: Day1.AddSeconds(4));
        play.Trigger(2, Day1.AddSeconds(4));
        play.Run(Day1.AddSeconds(4));
        Assert.That(play.RunStates(), Is.EqualTo("failed success"));
        Assert.That(play.One<string>("SELECT end_date FROM dag_run WHERE state = 'success'"), Is.EqualTo("2013-01-01T00:00:06.000Z"));
    }

    [Test]
    public void A_new_task_that_depends_on_a_past_in_which_it_was_not_there_runs()
    {
        using var play = new Play(Play.Dag("a"));
        play.Trigger();
        play.Run();
        play.Scheduler.Stop(() => Day1.AddHours(1));
        var dag = Play.Dag("a", "new<a");
        dag = dag with { Tasks = [dag.Tasks[0], dag.Tasks[1] with { DependsOnPast = true }] };
        using var executor = new SimulatedExecutor(10, a => (TimeSpan.FromSeconds(1), a.RunId.Contains("01-04", StringComparison.Ordinal) ? new Outcome.Failed("no") : new Outcome.Succeeded()));
        using var newer = new Scheduler(play.Store, [dag], executor, new() { Name = "newer" });
        foreach (var day in (int[])[2, 3, 4]) Playground.Trigger(play.Store, new(dag), Day1.AddDays(day));
        Simulation.Run(play.Store, newer, executor, Day1.AddHours(2), Day1.AddDays(9));
        Assert.That(play.States(), Is.EqualTo("a=success a=success new=success a=failed new=upstream_failed a=success new=none"), "the first time it is not asked; then it is");
    }

    [Test]
    public void A_run_that_takes_too_long_fails_and_the_rest_is_skipped()
    {
        using var play = new Play(Play.Dag("a", "b<a") with { DagrunTimeout = TimeSpan.FromSeconds(5) }) { Takes = _ => TimeSpan.FromSeconds(10) };
        play.Trigger();
        play.Run();
        Assert.That(play.States(), Is.EqualTo("a=skipped b=skipped"));
        Assert.That(play.RunStates(), Is.EqualTo("failed"));
        Assert.That(play.One<string>("SELECT state FROM attempt"), Is.EqualTo("given_up"));
    }

    [Test]
    public void A_missed_deadline_raises_one_alert_and_the_run_goes_on()
    {
        var alerts = new List<Alert>();
        using var play = new Play(Play.Dag("a", "b<a") with { Deadline = TimeSpan.FromSeconds(15) }, new() { OnAlert = alerts.Add }) { Takes = _ => TimeSpan.FromSeconds(10) };
        play.Trigger();
        play.Run();
        Assert.That(alerts.Select(a => (a.Kind, a.At - Day1)), Is.EqualTo(new[] { ("deadline", TimeSpan.FromSeconds(15)) }));
        Assert.That(play.RunStates(), Is.EqualTo("success"));
    }

    [Test]
    public void A_callback_that_fails_is_called_again_and_stops_nothing()
    {
        var told = 0;
        var trouble = new List<string>();
        using var play = new Play(Play.Dag("bad", "good") with { OnAlert = _ => { if (++told < 3) throw new IOException("the pager is off"); } }, new() { OnTrouble = trouble.Add }) { Ends = a => a.TaskId == "bad" ? new Outcome.Failed("no") : new Outcome.Succeeded() };
        play.Trigger();
        for (var second = 0; second < 60; second++) { play.Executor.Now = Day1.AddSeconds(second); play.Scheduler.Tick(Day1.AddSeconds(second)); }
        Assert.That(play.States(), Is.EqualTo("bad=failed good=success"));
        Assert.That((told, play.One<long>("SELECT count(*) FROM alert WHERE delivered_at IS NOT NULL")), Is.EqualTo((3, 1L)));
        Assert.That(trouble, Has.Count.EqualTo(2).And.All.Contains("the pager is off"));
    }

    [Test]
    public void A_paused_DAG_starts_nothing_and_goes_on_when_it_is_unpaused()
    {
        using var play = new Play(Play.Dag("a", "b<a"));
        play.Trigger();
        play.Scheduler.Tick(Day1);
        play.Store.Execute("UPDATE dag SET is_paused = 1");
        play.Run();
        Assert.That(play.States(), Is.EqualTo("a=success b=scheduled"));
        play.Store.Execute("UPDATE dag SET is_paused = 0");
        play.Run(Day1.AddHours(1));
        Assert.That(play.States(), Is.EqualTo("a=success b=success"));
    }

    [Test]
    public void With_catchup_every_missed_interval_is_run_and_without_it_the_latest()
    {
        using var all = new Play(Play.Daily("a") with { Catchup = true, MaxActiveRuns = 2 });
        all.Run(Day1.AddDays(10), Day1.AddDays(12));
        using var latest = new Play(Play.Daily("a"));
        latest.Run(Day1.AddDays(10), Day1.AddDays(12));
        Assert.That((all.Began(), latest.Began()), Is.EqualTo(("1 2 3 4 5 6 7 8 9 10 11 12", "10 11 12")));
    }

    [Test]
    public void A_scheduler_that_was_away_does_not_make_up_for_it_without_catchup()
    {
        using var play = new Play(Play.Daily("a"));
        play.Run(Day1.AddDays(2), Day1.AddDays(3));
        play.Run(Day1.AddDays(8).AddHours(1), Day1.AddDays(9));
        Assert.That(play.Began(), Is.EqualTo("2 3 8 9"));
    }

    [Test]
    public void A_task_that_was_added_or_taken_out_meanwhile_is_taken_up_or_removed()
    {
        using var play = new Play(Play.Dag("a", "b<a", "c<b"));
        play.Trigger();
        play.Executor.Now = Day1;
        play.Scheduler.Tick(Day1);
        play.Scheduler.Stop(() => Day1);
        using var executor = new SimulatedExecutor(10, _ => (TimeSpan.FromSeconds(1), new Outcome.Succeeded()));
        using var newer = new Scheduler(play.Store, [Play.Dag("a", "new<a", "c<new")], executor, new() { Name = "newer" });
        Simulation.Run(play.Store, newer, executor, Day1.AddMinutes(1), Day1.AddDays(1));
        Assert.That(play.States(), Is.EqualTo("a=failed b=removed c=upstream_failed new=upstream_failed"), "the attempt of the older one was lost with it");
    }
}
