namespace Orchestrator.Tests;

/// <summary>Each item of the checklist is green, and turns red for a scheduler that is broken in the way that it guards against.</summary>
[TestFixture, Category("Checklist")]
sealed class ChecklistTests
{
    // P4-13 is left to `dotnet run -- check`: it starts the program two dozen times
    static IEnumerable<string> Ids => new Checklist().Items().Select(item => item.Id).Where(id => id != "P4-13");

    [TestCaseSource(nameof(Ids))]
    public async Task An_item_is_green(string id)
    {
        var outcome = await Checks.Prove(new Checklist().Items().Single(item => item.Id == id));
        Assert.That(outcome.Mark, Is.EqualTo('✔'), outcome.Line);
        Assert.That(outcome.Line, Is.EqualTo(File.ReadLines(ProjectFolder.At("README.md")).Single(line => line.StartsWith($"✔ {id} ", StringComparison.Ordinal))), "what the README shows");
    }

    [Test]
    public Task P4_1_is_red_when_tasks_run_as_they_are_listed() => Red("P4-1", "which it waits for", new() { Order = dag => dag.Tasks });

    [Test]
    public Task P4_1_is_red_when_a_cycle_passes() => Red("P4-1", "a cycle of three: ''", new() { Order = dag => dag.Tasks.Count == 3 ? dag.Tasks : new DagGraph(dag).Order });

    [Test]
    public Task P4_2_is_red_when_a_run_comes_at_the_start_of_its_interval() => Red("P4-2", "for data until", new() { Cron = (e, z) => new Altered(new CronDataIntervalTimetable(e, z), info => info with { RunAfter = info.Interval.Start }) });

    [Test]
    public Task P4_2_is_red_when_every_day_has_24_hours() => Red("P4-2", "America/New_York", new() { Cron = (e, z) => new Altered(new CronDataIntervalTimetable(e, z), info => e == "0 0 * * *" ? info with { Interval = info.Interval with { End = info.Interval.Start.AddHours(24) } } : info) });

    [Test]
    public Task P4_3_is_red_when_catchup_is_ignored() => Red("P4-3", "1 run with catchup", new() { Scheduled = dag => dag with { Catchup = false } });

    [Test]
    public Task P4_3_is_red_when_everything_is_caught_up() => Red("P4-3", "40 runs without catchup", new() { Scheduled = dag => dag with { Catchup = true } });

    [Test]
    public Task P4_4_is_red_when_a_skipped_task_counts_as_done_well() => Red("P4-4", "all_success of skipped", new() { Judge = (rule, states) => TriggerRules.Judge(rule == TriggerRule.AllSuccess ? TriggerRule.NoneFailed : rule, states) });

    [Test]
    public Task P4_5_is_red_when_the_waits_do_not_grow() => Red("P4-5", "after try 2", new() { Delay = (dag, task, _, _) => task.RetryDelay ?? dag.RetryDelay });

    [Test]
    public Task P4_5_is_red_without_jitter() => Red("P4-5", "come back together", new() { Delay = (dag, task, date, n) => task.RetryExponentialBackoff == 0 ? dag.RetryDelay : TimeSpan.FromSeconds(Math.Min(3600, 100 * Math.Pow(2, n - 1))) });

    [Test]
    public Task P4_6_is_red_when_something_is_appended() => Red("P4-6", "at first", new() { Meanwhile = w => w.Execute("CREATE TRIGGER append AFTER INSERT ON published_day BEGIN UPDATE daily_carrier SET flights = flights + 1 WHERE day = new.day; END") });

    [Test]
    public Task P4_7_is_red_when_a_write_does_not_ask_for_its_token() => Red("P4-7", "try 2, try 1", new() { Written = task => Fencing(task, (_, write) => write()) });

    [Test]
    public Task P4_7_is_red_when_the_lock_is_let_go_between_the_question_and_the_write() => Red("P4-7", "given up while it wrote", new()
    {
        Written = task => Fencing(task, (fenced, write) =>
        {
            fenced(() => { });
            write();
        }),
    });

    /// <summary>The task with another fence.</summary>
    /// <param name="fence">Gets the real fence and the write.</param>
    static DagTask Fencing(DagTask task, Action<Action<Action>, Action> fence) => task is ActionTask action ? action with { Run = context => action.Run(new TaskContext { DagId = context.DagId, TaskId = context.TaskId, RunId = context.RunId, Interval = context.Interval, TryNumber = context.TryNumber, Input = context.Input, Output = context.Output, Stop = context.Stop, Log = context.Log, PullJson = context.PullJson, Fenced = write => fence(context.Fenced, write) }) } : task;

    [Test]
    public Task P4_8_is_red_when_a_lease_ends_at_once() => Red("P4-8", "both lead", new() { LeaseLength = TimeSpan.Zero });

    [Test]
    public Task P4_9_is_red_when_tasks_share_a_process() => Red("P4-9", "in the scheduler's process", new() { Isolated = false });

    [Test]
    public Task P4_10_is_red_when_a_failure_is_not_told() => Red("P4-10", "deadline after 60 s", new() { Prepared = store => store.Run("CREATE TRIGGER lost BEFORE INSERT ON alert WHEN new.kind = 'failure' BEGIN SELECT raise(IGNORE); END") });

    [Test]
    public Task P4_10_is_red_when_a_deadline_is_told_each_time() => Red("P4-10", "deadline after", new() { Prepared = store => store.Run("CREATE TRIGGER again AFTER UPDATE OF deadline_at ON dag_run WHEN new.deadline_at IS NULL AND new.state = 'running' BEGIN UPDATE dag_run SET deadline_at = '2013-01-01T00:02:00.000Z' WHERE run_id = new.run_id; END") });

    [Test]
    public Task P4_11_is_red_when_a_transition_is_lost() => Red("P4-11", "comes after", new() { Prepared = store => store.Run("CREATE TRIGGER lost BEFORE INSERT ON transition WHEN new.to_state = 'queued' BEGIN SELECT raise(IGNORE); END") });

    [Test]
    public Task P4_12_is_red_when_a_task_looks_at_the_clock_and_not_at_its_interval() => Red("P4-12", "instead of", new()
    {
        Scheduled = dag => dag with
        {
            Tasks = [.. dag.Tasks.Select(t => t.Id != "publish" ? t : new ActionTask(t.Id, context =>
        {
            using var warehouse = new Warehouse(context.Output);
            warehouse.Execute("INSERT OR REPLACE INTO published_day VALUES ('now', $1, 0, 0)", DateTime.UtcNow.Ticks);
            return null;
        }) { Upstream = t.Upstream, Pool = t.Pool })]
        },
    });

    [Test]
    public Task P4_13_is_red_when_a_kill_leaves_half_a_day() => Red("P4-13", "lost", new()
    {
        Crashes = plan => plan with
        {
            Failpoints = ["written:4"],
            Compare = (undisturbed, folder) =>
            {
                using (var warehouse = new Warehouse(Path.Combine(folder, "out"))) warehouse.Execute("DELETE FROM flight WHERE carrier = 'UA'");
                return plan.Compare(undisturbed, folder);
            },
        },
    });

    [Test]
    public void Every_item_has_a_test_that_sees_it_red()
    {
        var tests = typeof(ChecklistTests).GetMethods().Select(m => m.Name).ToList();
        Assert.That(new Checklist().Items().Select(i => i.Id).Where(id => !tests.Any(t => t.StartsWith(id.Replace('-', '_') + "_is_red", StringComparison.Ordinal))), Is.Empty);
    }

    /// <param name="evidence">What the item's line must say, so that it is red for the right reason.</param>
    static async Task Red(string id, string evidence, Checklist broken)
    {
        var outcome = await Checks.Prove(broken.Items().Single(item => item.Id == id));
        Assert.That(outcome.Mark, Is.EqualTo('✘'), outcome.Line);
        Assert.That(outcome.Line, Does.Contain(evidence));
    }

    /// <summary>A timetable whose answers somebody changes.</summary>
    sealed record Altered(Timetable Real, Func<DagRunInfo, DagRunInfo> Change) : Timetable
    {
        public override DagRunInfo? Next(DataInterval? last, TimeRestriction restriction, DateTime now) => Real.Next(last, restriction, now) is { } info ? Change(info) : null;
        public override DataInterval ManualInterval(DateTime runAfter) => Real.ManualInterval(runAfter);
        public override string Summary => Real.Summary;
    }
}
