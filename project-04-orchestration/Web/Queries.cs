namespace Orchestrator;

/// <summary>What the page shows, as it becomes JSON. Moments are UTC, as the database writes them; a state that is not set is <c>none</c>.</summary>
static class Queries
{
    public sealed record SchedulerInfo(string Holder, double SecondsLeft);
    public sealed record DagInfo(string Dag, string Description, string Schedule, bool Paused, string? NextRunAfter, int Queued, int Running, int Failed);
    public sealed record Dags(SchedulerInfo? Leader, IEnumerable<DagInfo> All);

    /// <summary>All DAGs of this program, and who leads.</summary>
    public static Dags Overview(StateStore store, IReadOnlyDictionary<string, DagGraph> graphs, DateTime now)
    {
        var known = store.Query("SELECT dag_id, is_paused, next_run_after FROM dag", r => (Id: r.GetString(0), Paused: r.GetInt64(1) != 0, Next: r.Text(2))).ToDictionary(d => d.Id);
        var counts = store.Query("SELECT dag_id, state, count(*) FROM dag_run WHERE state <> 'success' GROUP BY dag_id, state", r => ((r.GetString(0), r.GetString(1)), r.GetInt32(2))).ToDictionary();
        return new(Lease.Leader(store, now) is { } leader ? new(leader.Holder, Math.Round((leader.Until - now).TotalSeconds, 1)) : null,
            graphs.Values.Select(g => g.Dag).Select(d => new DagInfo(d.Id, d.Description, d.Schedule.Summary, known.GetValueOrDefault(d.Id).Paused, known.GetValueOrDefault(d.Id).Next, Count(d, "queued"), Count(d, "running"), Count(d, "failed"))));

        int Count(Dag dag, string state) => counts.GetValueOrDefault((dag.Id, state));
    }

    public sealed record Cell(string State, int TryNumber, double? Seconds);
    public sealed record Column(string Run, string Type, string State, string LogicalDate, double? Seconds, IReadOnlyDictionary<string, Cell> Cells);
    public sealed record Table(IReadOnlyList<string> Tasks, IEnumerable<Column> Runs);

    /// <summary>The last runs, oldest first, each with the state of every task. Tasks that are no longer in the DAG come last.</summary>
    public static Table Grid(StateStore store, DagGraph graph, int most)
    {
        const string last = "SELECT run_id FROM dag_run WHERE dag_id = $1 ORDER BY logical_date DESC LIMIT $2";
        var cells = store.Query($"SELECT run_id, task_id, coalesce(state, 'none'), try_number, {Seconds} FROM task_instance WHERE dag_id = $1 AND run_id IN ({last})",
            r => (Run: r.GetString(0), Task: r.GetString(1), Cell: new Cell(r.GetString(2), r.GetInt32(3), Number(r, 4))), graph.Dag.Id, most).ToLookup(c => c.Run);
        var runs = store.Query($"SELECT run_id, run_type, state, logical_date, {Seconds} FROM dag_run WHERE dag_id = $1 AND run_id IN ({last}) ORDER BY logical_date",
            r => new Column(r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3), Number(r, 4), cells[r.GetString(0)].ToDictionary(c => c.Task, c => c.Cell)), graph.Dag.Id, most);
        return new([.. graph.Order.Select(t => t.Id).Union(cells.SelectMany(c => c).Select(c => c.Task))], runs);
    }

    public sealed record Node(string Task, string Kind, string TriggerRule, IReadOnlyList<string> Upstream, int Depth, string Pool, int PoolSlots, bool DependsOnPast);

    /// <summary>The tasks with their depth: one more than that of the deepest task they wait for.</summary>
    public static IEnumerable<Node> Graph(DagGraph graph)
    {
        var depth = new Dictionary<string, int>();
        foreach (var task in graph.Order) depth[task.Id] = task.Upstream.Select(id => depth[id] + 1).DefaultIfEmpty(0).Max();
        return graph.Order.Select(t => new Node(t.Id, t.GetType().Name.Replace("Task", "", StringComparison.Ordinal).ToLowerInvariant(), t.TriggerRule.Text(), t.Upstream, depth[t.Id], t.Pool, t.PoolSlots, t.DependsOnPast));
    }

    public sealed record Instance(string Task, string State, int TryNumber, int MaxTries, string? Start, string? End, string? DueAt, string ChangedAt, string Reason);
    public sealed record Try(long Token, string Task, int TryNumber, string State, string Reason, string Executor, string Queued, string? Start, string? End);
    public sealed record Whole(string Run, string Type, string State, string LogicalDate, string IntervalStart, string IntervalEnd, string QueuedAt, string? Start, string? End, string Now, IEnumerable<Instance> Tasks, IEnumerable<Try> Attempts);

    /// <summary>One run, with its tasks in the order of the graph and every attempt there was.</summary>
    public static Whole Run(StateStore store, DagGraph graph, string run, DateTime now)
    {
        var place = graph.Order.Select((t, i) => (t.Id, i)).ToDictionary();
        var tasks = store.Query("SELECT task_id, coalesce(state, 'none'), try_number, max_tries, start_date, end_date, due_at, changed_at, reason FROM task_instance WHERE dag_id = $1 AND run_id = $2",
            r => new Instance(r.GetString(0), r.GetString(1), r.GetInt32(2), r.GetInt32(3), r.Text(4), r.Text(5), r.Text(6), r.GetString(7), r.GetString(8)), graph.Dag.Id, run);
        var attempts = store.Query("SELECT token, task_id, try_number, state, reason, executor, queued_at, start_date, end_date FROM attempt WHERE dag_id = $1 AND run_id = $2 ORDER BY token",
            r => new Try(r.GetInt64(0), r.GetString(1), r.GetInt32(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetString(6), r.Text(7), r.Text(8)), graph.Dag.Id, run);
        return store.Query("SELECT run_id, run_type, state, logical_date, data_interval_start, data_interval_end, queued_at, start_date, end_date FROM dag_run WHERE dag_id = $1 AND run_id = $2",
            r => new Whole(r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetString(6), r.Text(7), r.Text(8), StateStore.Text(now), tasks.OrderBy(t => place.GetValueOrDefault(t.Task, int.MaxValue)), attempts), graph.Dag.Id, run)[0];
    }

    /// <summary>Where the log of a try is. The path is made of what the database has, so a request can't lead anywhere else.</summary>
    /// <returns>Null when there was no such try.</returns>
    public static string? LogFile(StateStore store, Settings settings, string dag, string run, string task, int tryNumber) =>
        store.Query("SELECT dag_id, run_id, task_id, try_number FROM attempt WHERE dag_id = $1 AND run_id = $2 AND task_id = $3 AND try_number = $4 LIMIT 1",
            r => settings.LogFile(r.GetString(0), r.GetString(1), r.GetString(2), r.GetInt32(3)), dag, run, task, tryNumber).FirstOrDefault();

    public sealed record Notice(long Id, string Kind, string Dag, string Run, string? Task, string At, string Text, string? DeliveredAt);

    /// <summary>The latest alerts, newest first.</summary>
    public static IEnumerable<Notice> Alerts(StateStore store) => store.Query("SELECT id, kind, dag_id, run_id, task_id, at, text, delivered_at FROM alert ORDER BY id DESC LIMIT 50",
        r => new Notice(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.Text(4), r.GetString(5), r.GetString(6), r.Text(7)));

    const string Seconds = "round(unixepoch(end_date, 'subsec') - unixepoch(start_date, 'subsec'), 3)";
    static double? Number(StoreRow row, int column) => row.IsDBNull(column) ? null : row.GetDouble(column);
}
