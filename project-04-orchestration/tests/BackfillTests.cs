namespace Orchestrator.Tests;

[TestFixture, Category("Step9"), CancelAfter(60_000)]
sealed class BackfillTests
{
    static readonly DateTime Day1 = Play.Day1;

    static Backfill.Result Create(Play play, int from, int to, ReprocessBehavior reprocess = ReprocessBehavior.None, bool backwards = false, int most = 10) =>
        Backfill.Create(play.Store, play.Graph, new(Day1.AddDays(from - 1), Day1.AddDays(to - 1), reprocess, backwards, most), Day1.AddDays(30));

    static Play Playing(Dag dag) => new(dag, new() { CreatesRuns = false });

    [Test]
    public void Each_interval_gets_one_run_in_order_or_backwards()
    {
        using var forwards = Playing(Play.Daily("a"));
        Assert.That(Create(forwards, 3, 6, most: 1), Is.EqualTo(new Backfill.Result(1, 4, 0, 0)));
        forwards.Run(Day1.AddDays(30));
        using var backwards = Playing(Play.Daily("a"));
        Create(backwards, 3, 6, backwards: true, most: 1);
        backwards.Run(Day1.AddDays(30));
        Assert.That((forwards.Began(), backwards.Began()), Is.EqualTo(("3 4 5 6", "6 5 4 3")));
        Assert.That(forwards.One<string>("SELECT run_id FROM dag_run ORDER BY logical_date LIMIT 1"), Is.EqualTo("backfill__2013-01-04T00:00:00+00:00"));
        Assert.That(Backfill.IsDone(forwards.Store, 1));
    }

    [Test]
    public void No_more_runs_are_at_work_than_it_allows()
    {
        var most = 0L;
        using var play = Playing(Play.Daily("a"));
        play.Takes = _ => { most = Math.Max(most, play.One<long>("SELECT count(*) FROM dag_run WHERE state = 'running'")); return TimeSpan.FromMinutes(1); };
        Create(play, 1, 10, most: 3);
        play.Run(Day1.AddDays(30));
        Assert.That(most, Is.EqualTo(3));
    }

    [Test]
    public void Runs_that_are_there_are_left_or_run_again_as_it_is_told()
    {
        using var play = Playing(Play.Daily("a", "b<a"));
        play.Ends = a => a.Interval.Start.Day == 2 && a.TaskId == "b" ? new Outcome.Failed("no") : new Outcome.Succeeded();
        Create(play, 1, 3);
        play.Run(Day1.AddDays(30));
        Assert.That(play.RunStates(), Is.EqualTo("success failed success"));
        Assert.That(Create(play, 1, 3), Is.EqualTo(new Backfill.Result(null, 0, 0, 3)));
        play.Ends = _ => new Outcome.Succeeded();
        Assert.That(Create(play, 1, 4, ReprocessBehavior.Failed), Is.EqualTo(new Backfill.Result(2, 1, 1, 2)));
        play.Run(Day1.AddDays(31));
        Assert.That(play.RunStates(), Is.EqualTo("success success success success"));
        Assert.That(Create(play, 1, 3, ReprocessBehavior.Completed), Is.EqualTo(new Backfill.Result(3, 0, 3, 0)));
        play.Run(Day1.AddDays(32));
        Assert.That(play.One<long>("SELECT count(*) FROM attempt WHERE task_id = 'a'"), Is.EqualTo(3 + 2 + 3));
        Assert.That(play.One<long>("SELECT max(try_number) FROM task_instance"), Is.EqualTo(3), "the numbers of the tries go on");
    }

    [Test]
    public void The_same_backfill_again_is_taken_up_and_another_one_has_to_wait()
    {
        using var play = Playing(Play.Daily("a"));
        Assert.That(Create(play, 1, 3).Id, Is.EqualTo(1));
        Assert.That(Create(play, 1, 3), Is.EqualTo(new Backfill.Result(1, 0, 0, 3)));
        Assert.That(() => Create(play, 1, 4), Throws.TypeOf<UserException>().With.Message.Contains("is being backfilled from 2013-01-01 to 2013-01-03"));
    }

    [Test]
    public void Bounds_of_the_DAG_and_the_present_hold()
    {
        using var play = Playing(Play.Daily("a") with { StartDate = Day1.AddDays(4), EndDate = Day1.AddDays(6) });
        Assert.That(Create(play, 1, 31).Created, Is.EqualTo(3));
        using var late = Playing(Play.Daily("a"));
        Assert.That(Create(late, 29, 40).Created, Is.EqualTo(2), "the interval of day 31 has not ended");
    }

    [Test]
    public void What_makes_no_sense_is_refused()
    {
        using var play = Playing(Play.Daily("a"));
        Assert.That(() => Create(play, 3, 1), Throws.TypeOf<UserException>().With.Message.Contains("is after"));
        using var manual = Playing(Play.Dag("a"));
        Assert.That(() => Create(manual, 1, 3), Throws.TypeOf<UserException>().With.Message.Contains("no schedule"));
        var dag = Play.Daily("a");
        using var past = Playing(dag with { Tasks = [dag.Tasks[0] with { DependsOnPast = true }] });
        Assert.That(() => Create(past, 1, 3), Throws.TypeOf<UserException>().With.Message.Contains("--reprocess-behavior"));
        Assert.That(() => Create(past, 1, 3, ReprocessBehavior.Failed, backwards: true), Throws.TypeOf<UserException>().With.Message.Contains("backwards"));
        Assert.That(Create(past, 2, 3, ReprocessBehavior.Failed).Created, Is.EqualTo(2));
        past.Run(Day1.AddDays(30));
        Assert.That(past.RunStates(), Is.EqualTo("success success"), "the first of a backfill asks nobody");
    }

    [Test]
    public void A_scheduled_run_is_not_made_where_a_backfill_has_made_one()
    {
        var dag = Play.Daily("a") with { Catchup = true, EndDate = Day1.AddDays(4) };
        using var play = new Play(dag);
        Create(play, 2, 3);
        play.Run(Day1.AddDays(30));
        Assert.That(play.Store.Query("SELECT run_type FROM dag_run ORDER BY logical_date", r => r.GetString(0)), Is.EqualTo(new[] { "scheduled", "backfill", "backfill", "scheduled", "scheduled" }));
    }

    [Test]
    public void Clearing_a_task_with_what_is_downstream_runs_these_again_and_no_others()
    {
        using var play = Playing(Play.Daily("a", "b<a", "c<b", "other<a"));
        Create(play, 1, 2);
        play.Run(Day1.AddDays(30));
        var runs = play.Store.Query("SELECT run_id FROM dag_run WHERE logical_date = $1", r => r.GetString(0), Day1);
        Assert.That(Clear.Run(play.Store, play.Graph, runs, ["b"], downstream: true, onlyFailed: false, Day1.AddDays(31)), Is.EqualTo(2));
        play.Run(Day1.AddDays(31));
        Assert.That(play.Store.Query("SELECT task_id || ' ' || count(*) FROM attempt GROUP BY task_id ORDER BY task_id", r => r.GetString(0)), Is.EqualTo(new[] { "a 2", "b 3", "c 3", "other 2" }));
        Assert.That(play.RunStates(), Is.EqualTo("success success"));
    }

    [Test]
    public void A_cleared_branch_chooses_anew()
    {
        var choice = "left";
        using var play = Playing(Play.Daily("choose", "left<choose", "right<choose"));
        play.Ends = a => a.TaskId == "choose" ? new Outcome.Succeeded(Followed: [choice]) : new Outcome.Succeeded();
        Create(play, 1, 1);
        play.Run(Day1.AddDays(30));
        Assert.That(play.States(), Is.EqualTo("choose=success left=success right=skipped"));
        choice = "right";
        Clear.Run(play.Store, play.Graph, play.Store.Query("SELECT run_id FROM dag_run", r => r.GetString(0)), ["choose"], downstream: true, onlyFailed: false, Day1.AddDays(31));
        play.Run(Day1.AddDays(31));
        Assert.That(play.States(), Is.EqualTo("choose=success left=skipped right=success"));
    }
}
