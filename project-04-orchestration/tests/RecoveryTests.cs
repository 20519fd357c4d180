namespace Orchestrator.Tests;

/// <summary>Attempts that were given up, leaders that slept, tasks that were lost.</summary>
[TestFixture, Category("Step8"), CancelAfter(60_000)]
sealed class RecoveryTests
{
    static readonly DateTime Day1 = Play.Day1;

    static Attempt Running(Play play)
    {
        Attempt? found = null;
        play.Takes = a => { found = a; return TimeSpan.FromHours(1); };
        play.Trigger();
        play.Executor.Now = Day1;
        play.Scheduler.Tick(Day1);
        return found!;
    }

    static bool Finish(Play play, Attempt attempt, DateTime now)
    {
        var done = false;
        play.Store.InTransaction(() => done = TaskLife.Finish(play.Store, play.Graph, attempt, new Outcome.Succeeded("1"), now));
        return done;
    }

    [Test]
    public void An_attempt_without_heartbeats_is_given_up_and_tried_again_and_what_it_brings_later_is_refused()
    {
        using var play = new Play(Play.Dag("a") with { Retries = 1, RetryDelay = TimeSpan.FromSeconds(1) });
        var first = Running(play);
        play.Executor.Abandon(first);       // nobody gives its heartbeats any more
        play.Takes = _ => TimeSpan.FromSeconds(1);
        play.Scheduler.Tick(Day1.AddSeconds(20));
        Assert.That(play.States(), Is.EqualTo("a=up_for_retry"));
        Assert.That(Finish(play, first, Day1.AddSeconds(21)), Is.False, "while nobody has the task");
        play.Executor.Now = Day1.AddSeconds(22);
        play.Scheduler.Tick(Day1.AddSeconds(22));
        Assert.That(play.States(), Is.EqualTo("a=running"));
        Assert.That(Finish(play, first, Day1.AddSeconds(22)), Is.False, "while its successor is at work");
        play.Run(Day1.AddSeconds(22));
        Assert.That(Finish(play, first, Day1.AddSeconds(30)), Is.False, "after its successor is done");
        Assert.That(play.Life("a"), Is.EqualTo("scheduled queued running up_for_retry scheduled queued running success"));
        Assert.That(play.One<long>("SELECT count(*) FROM xcom"), Is.Zero);
    }

    [Test]
    public void An_attempt_that_had_not_begun_costs_no_try()
    {
        using var play = new Play(Play.Dag("a"));
        var attempt = Running(play);
        play.Store.Execute("UPDATE task_instance SET state = 'queued'");
        play.Store.Execute("UPDATE attempt SET state = 'queued'");
        play.Store.InTransaction(() => TaskLife.GiveUp(play.Store, play.Graph, attempt, "lost", Day1));
        Assert.That(play.States(), Is.EqualTo("a=scheduled"));
        Assert.That(TaskLife.Start(play.Store, attempt, 1, Day1), Is.False, "it may not begin any more");
        Assert.That(play.One<long>("SELECT try_number FROM task_instance"), Is.EqualTo(1));
    }

    [Test]
    public void An_attempt_whose_process_died_before_it_began_has_failed()
    {
        using var play = new Play(Play.Dag("a"));
        var attempt = Running(play);
        play.Store.Execute("UPDATE task_instance SET state = 'queued'");
        play.Store.InTransaction(() => TaskLife.GiveUp(play.Store, play.Graph, attempt, "its process ended with exit code 134", Day1, died: true));
        Assert.That(play.States(), Is.EqualTo("a=failed"), "else it would be started again and again");
    }

    [Test]
    public void Of_two_schedulers_one_leads_and_the_other_takes_over_when_it_gives_no_sign_of_life()
    {
        using var play = new Play(Play.Dag("a") with { Retries = 1, RetryDelay = TimeSpan.FromSeconds(1) });
        using var executor = new SimulatedExecutor(10, _ => (TimeSpan.FromSeconds(1), new Outcome.Succeeded()));
        using var second = new Scheduler(play.Store, [play.Graph.Dag], executor, new() { Name = "second" });
        var attempt = Running(play);
        second.Tick(Day1.AddSeconds(1));
        Assert.That((play.Scheduler.Leads, second.Leads), Is.EqualTo((true, false)));
        Simulation.Run(play.Store, second, executor, Day1.AddSeconds(4), Day1.AddHours(1));
        Assert.That(second.Leads, Is.True);
        Assert.That(play.Life("a"), Does.EndWith("success"));
        play.Scheduler.Tick(Day1.AddSeconds(4.5));
        Assert.That(play.Scheduler.Leads, Is.False, "it slept past its lease");
        Assert.That(Finish(play, attempt, Day1.AddSeconds(5)), Is.False);
        Assert.That(play.One<long>("SELECT epoch FROM lease"), Is.EqualTo(2));
    }

    [Test]
    public void A_task_that_is_cleared_while_it_runs_is_restarted_and_the_old_attempt_can_not_end_it()
    {
        using var play = new Play(Play.Dag("a", "b<a"));
        var first = Running(play);
        Clear.Run(play.Store, play.Graph, [first.RunId], ["a"], downstream: true, onlyFailed: false, Day1.AddSeconds(1));
        Assert.That(play.States(), Is.EqualTo("a=restarting b=none"));
        Assert.That(Finish(play, first, Day1.AddSeconds(1)), Is.False);
        play.Takes = _ => TimeSpan.FromSeconds(1);
        play.Run(Day1.AddSeconds(2));
        Assert.That(play.States(), Is.EqualTo("a=success b=success"));
        Assert.That(play.Store.Query("SELECT state FROM attempt ORDER BY token", r => r.GetString(0)), Is.EqualTo(new[] { "given_up", "success", "success" }));
    }

    [Test]
    public void A_task_that_is_recorded_as_success_never_runs_again_unless_it_is_cleared()
    {
        using var play = new Play(Play.Dag("a", "b<a"));
        play.Trigger();
        play.Run();
        for (var hour = 1; hour < 24; hour++) play.Scheduler.Tick(Day1.AddHours(hour));
        Assert.That(play.One<long>("SELECT count(*) FROM attempt"), Is.EqualTo(2));
        Clear.Run(play.Store, play.Graph, play.Store.Query("SELECT run_id FROM dag_run", r => r.GetString(0)), ["b"], downstream: false, onlyFailed: false, Day1.AddDays(1));
        play.Run(Day1.AddDays(1));
        Assert.That(play.Store.Query("SELECT task_id FROM attempt ORDER BY token", r => r.GetString(0)), Is.EqualTo(new[] { "a", "b", "b" }));
        Assert.That(play.RunStates(), Is.EqualTo("success"));
    }
}
