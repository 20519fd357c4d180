namespace Orchestrator.Tests;

/// <summary>A scheduler on a store in memory and a simulated clock, with tasks that end as a test says.</summary>
sealed class Play : IDisposable
{
    public static readonly DateTime Day1 = new(2013, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    public Play(Dag dag, SchedulerOptions? options = null, int slots = 100)
    {
        Graph = new(dag);
        Executor = new(slots, attempt => (Takes(attempt), Ends(attempt)));
        Scheduler = new(Store, [dag], Executor, options ?? new());
    }

    public StateStore Store { get; } = new(":memory:");
    public DagGraph Graph { get; }
    public SimulatedExecutor Executor { get; }
    public Scheduler Scheduler { get; }
    public Func<Attempt, TimeSpan> Takes { get; set; } = _ => TimeSpan.FromSeconds(1);
    public Func<Attempt, Outcome?> Ends { get; set; } = _ => new Outcome.Succeeded();

    /// <summary>A DAG of actions that do nothing, by ids with what they wait for: <c>"a", "b<a", "c<a,b"</c>.</summary>
    public static Dag Dag(params string[] tasks) => Playground.Dag(tasks);

    /// <summary>The same with a run a day.</summary>
    public static Dag Daily(params string[] tasks) => Dag(tasks) with { Schedule = new CronDataIntervalTimetable("0 0 * * *") };

    /// <summary>Triggers a run for a day and returns its id.</summary>
    public string Trigger(int day = 1, DateTime? now = null)
    {
        string? id = null;
        var date = Day1.AddDays(day - 1);
        Store.InTransaction(() => id = Runs.Create(Store, Graph, new(new(date, date.AddDays(1)), date.AddDays(1)), RunType.Manual, now ?? Day1));
        return id!;
    }

    public DateTime Run(DateTime? from = null, DateTime? to = null) => Simulation.Run(Store, Scheduler, Executor, from ?? Day1, to ?? Day1.AddYears(1), stop: TestContext.CurrentContext.CancellationToken);

    /// <summary>The states of a run's tasks, as <c>a=success b=failed</c>.</summary>
    public string States(string? run = null) => string.Join(' ', Store.Query("SELECT task_id || '=' || coalesce(state, 'none') FROM task_instance WHERE $1 IS NULL OR run_id = $1 ORDER BY run_id, task_id", r => r.GetString(0), run));

    public string RunStates() => string.Join(' ', Store.Query("SELECT state FROM dag_run ORDER BY logical_date", r => r.GetString(0)));

    /// <summary>The transitions of a task, as <c>scheduled queued running success</c>.</summary>
    public string Life(string task) => string.Join(' ', Store.Query("SELECT coalesce(to_state, 'none') FROM transition WHERE task_id = $1 ORDER BY id", r => r.GetString(0), task));

    /// <summary>The tasks in the order in which they began to run.</summary>
    public string Order() => string.Join(' ', Store.Query("SELECT task_id FROM transition WHERE to_state = 'running' ORDER BY id", r => r.GetString(0)));

    /// <summary>The days in the order in which their task <c>a</c> began.</summary>
    public string Began() => string.Join(' ', Store.Query("SELECT r.logical_date FROM transition t JOIN dag_run r USING (dag_id, run_id) WHERE t.task_id = 'a' AND t.to_state = 'running' ORDER BY t.id", r => r.Moment(0).Day));

    public T One<T>(string sql) => (T)Store.Scalar(sql)!;

    public void Dispose()
    {
        Scheduler.Dispose();
        Store.Dispose();
    }
}
