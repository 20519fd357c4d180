namespace Orchestrator;

/// <summary>A law that has been checked over the whole history of a store.</summary>
/// <param name="Checked">Over how many cases.</param>
/// <param name="Broken">The first case that breaks it; null when none does.</param>
sealed record Invariant(string Law, long Checked, string? Broken);

/// <summary>What must hold of any history of the scheduler that nobody has cleared anything in. The transitions are played again, one by one, by code
/// that shares nothing with the scheduler's.</summary>
sealed class Invariants(StateStore store, IReadOnlyDictionary<string, DagGraph> graphs, IReadOnlyList<Pool> pools)
{
    static readonly (TaskState From, TaskState[] To)[] Allowed =
    [
        (TaskState.None, [TaskState.Scheduled, TaskState.Skipped, TaskState.UpstreamFailed]),
        (TaskState.Scheduled, [TaskState.Queued, TaskState.Skipped]),           // skipped: the run has timed out
        (TaskState.Queued, [TaskState.Running, TaskState.Scheduled, TaskState.Skipped]),
        (TaskState.Running, [TaskState.Success, TaskState.Failed, TaskState.Skipped, TaskState.UpForRetry, TaskState.UpForReschedule, TaskState.Scheduled]),
        (TaskState.UpForRetry, [TaskState.Scheduled, TaskState.Skipped]),
        (TaskState.UpForReschedule, [TaskState.Scheduled, TaskState.Skipped]),
    ];

    readonly Dictionary<string, (long Checked, string? Broken)> laws = [];
    readonly Dictionary<(string Dag, string Run), Dictionary<string, TaskState>> states = [];

    public IReadOnlyList<Invariant> Check()
    {
        Replay();
        Intervals();
        Runs();
        ActiveRuns();
        return [.. laws.Select(l => new Invariant(l.Key, l.Value.Checked, l.Value.Broken))];
    }

    void Law(string law, bool holds, Func<string> where)
    {
        var (count, broken) = laws.GetValueOrDefault(law);
        laws[law] = (count + 1, broken ?? (holds ? null : where()));
    }

    void Replay()
    {
        var used = pools.ToDictionary(p => p.Name, _ => 0);
        foreach (var (dag, run, id, number, from, to, at) in store.Query("SELECT dag_id, run_id, task_id, try_number, from_state, to_state, at FROM transition ORDER BY id",
            r => (r.GetString(0), r.GetString(1), r.GetString(2), r.GetInt32(3), States.Task(r.Text(4)), States.Task(r.Text(5)), r.GetString(6))))
        {
            var (graph, task) = (graphs[dag], graphs[dag].Dag[id]);
            if (!states.TryGetValue((dag, run), out var of)) states[(dag, run)] = of = graph.Order.ToDictionary(t => t.Id, _ => TaskState.None);
            string Where() => $"{dag} {run} {id}, try {number}: {from.Text() ?? "none"} → {to.Text()} at {at}";
            Law("every transition is an allowed one", of[id] == from && Allowed.Any(a => a.From == from && a.To.Contains(to)), Where);
            Law("no task that was a success runs again", from != TaskState.Success, Where);
            of[id] = to;
            if (to == TaskState.Running)
            {
                Law("no task begins before what it waits for has ended", Ready(task.TriggerRule, [.. task.Upstream.Select(u => of[u])]), Where);
                Law("no task has more tries than its retries allow", number >= 1 && number <= 1 + (task.Retries ?? graph.Dag.Retries), Where);
            }
            if (to == TaskState.Queued)
            {
                used[task.Pool] += task.PoolSlots;
                Law("no pool gives more slots than it has", used[task.Pool] <= pools.First(p => p.Name == task.Pool).Slots, Where);
                Law("no run has more tasks at work than its DAG allows", of.Values.Count(AtWork) <= graph.Dag.MaxActiveTasks, Where);
            }
            else if (AtWork(from) && !AtWork(to)) used[task.Pool] -= task.PoolSlots;
        }

        static bool AtWork(TaskState state) => state is TaskState.Queued or TaskState.Running;
    }

    /// <summary>Whether a task may run, by the definition of its rule.</summary>
    static bool Ready(TriggerRule rule, TaskState[] upstream) => upstream.Length == 0 || rule switch
    {
        TriggerRule.Always => true,
        TriggerRule.OneSuccess => upstream.Contains(TaskState.Success),
        TriggerRule.OneFailed => upstream.Any(s => s.IsFailed()),
        TriggerRule.OneDone => upstream.Any(s => s is TaskState.Success or TaskState.Failed),
        _ => upstream.All(s => s.IsFinished()) && rule switch
        {
            TriggerRule.AllSuccess => upstream.All(s => s == TaskState.Success),
            TriggerRule.AllFailed => upstream.All(s => s.IsFailed()),
            TriggerRule.AllSkipped => upstream.All(s => s == TaskState.Skipped),
            TriggerRule.NoneSkipped => !upstream.Contains(TaskState.Skipped),
            TriggerRule.NoneFailed => !upstream.Any(s => s.IsFailed()),
            TriggerRule.NoneFailedMinOneSuccess => !upstream.Any(s => s.IsFailed()) && upstream.Contains(TaskState.Success),
            TriggerRule.AllDoneMinOneSuccess => upstream.Contains(TaskState.Success),
            _ => true,
        },
    };

    void Intervals()
    {
        foreach (var graph in graphs.Values.Where(g => g.Dag is { Schedule.Periodic: true, EndDate: not null }))
        {
            var runs = store.Query("SELECT logical_date, state IN ('queued', 'running') FROM dag_run WHERE dag_id = $1 AND run_type <> 'manual'", r => (Date: r.Moment(0), Open: r.GetInt64(1) == 1), graph.Dag.Id);
            var made = runs.CountBy(r => r.Date).ToDictionary();
            // without catchup an interval may be left out, and need not be counted from the start date; and runs that wait for good keep others from being made
            var called = graph.Dag.Catchup ? graph.Dag.Schedule.Between(graph.Dag.StartDate, graph.Dag.EndDate!.Value).Select(i => i.Interval.Start).ToList() : [.. made.Keys];
            if (graph.DependsOnPast && runs.Count(r => r.Open) >= graph.Dag.MaxActiveRuns) called.RemoveAll(date => date > made.Keys.Max());
            foreach (var date in called) Law("each interval has exactly one run", made.GetValueOrDefault(date) == 1, () => $"{graph.Dag.Id} {date:yyyy-MM-dd HH:mm} has {made.GetValueOrDefault(date)}");
            foreach (var date in made.Keys.Except(called)) Law("no run is for an interval that the timetable does not know", false, () => $"{graph.Dag.Id} {date:yyyy-MM-dd HH:mm}");
        }
    }

    void Runs()
    {
        (string Dag, Dictionary<string, TaskState> Tasks) before = ("", []);
        foreach (var (dag, run, state) in store.Query("SELECT dag_id, run_id, state FROM dag_run ORDER BY dag_id, logical_date", r => (r.GetString(0), r.GetString(1), States.Run(r.GetString(2)))))
        {
            var graph = graphs[dag];
            var tasks = store.Query("SELECT task_id, state FROM task_instance WHERE dag_id = $1 AND run_id = $2", r => (Id: r.GetString(0), State: States.Task(r.Text(1))), dag, run);
            var past = before.Dag == dag ? before.Tasks : [];
            before = (dag, tasks.ToDictionary(t => t.Id, t => t.State));
            var waits = past.Count > 0 && tasks.All(t => t.State == TaskState.None || t.State.IsFinished()) && tasks.Any(t => t.State == TaskState.None && graph.Dag[t.Id].DependsOnPast && past[t.Id] is not (TaskState.Success or TaskState.Skipped));
            Law("every run ends, unless it waits for a past that has failed", state.IsFinished() || waits || state == RunState.Queued && graph.DependsOnPast, () => $"{dag} {run} is {state.Text()}");
            if (!state.IsFinished()) continue;
            var good = tasks.All(t => t.State.IsFinished() && !(graph.IsLeaf(t.Id) && t.State.IsFailed()));
            Law("a run succeeds exactly when none of its last tasks failed", state == RunState.Success == good || state == RunState.Failed && graph.Dag.DagrunTimeout is not null, () => $"{dag} {run} is {state.Text()}: {string.Join(' ', tasks.Select(t => $"{t.Id}={t.State.Text()}"))}");
        }
        Law("no attempt is left at work", store.Scalar("SELECT count(*) FROM attempt WHERE state IN ('queued', 'running')") is 0L, () => "");
    }

    void ActiveRuns()
    {
        foreach (var graph in graphs.Values)
        {
            var steps = store.Query("SELECT start_date, end_date FROM dag_run WHERE dag_id = $1 AND run_type <> 'backfill' AND start_date IS NOT NULL", r => (Start: r.Moment(0), End: r.MomentOrNull(1)), graph.Dag.Id)
                .SelectMany(r => r.End is { } end ? [(r.Start, Step: 1), (end, -1)] : new[] { (r.Start, Step: 1) }).OrderBy(s => s.Start).ThenBy(s => s.Step);
            var active = 0;
            foreach (var (at, step) in steps)
            {
                active += step;
                Law("no more runs are active than the DAG allows", active <= graph.Dag.MaxActiveRuns, () => $"{graph.Dag.Id}: {active} at {at:yyyy-MM-dd HH:mm:ss}");
            }
        }
    }
}
