namespace Orchestrator;

/// <summary>What the store knows, as tables.</summary>
static class Lists
{
    public static int Runs(StateStore store, string dag, int limit)
    {
        Terminal.Table(["run", "state", "logical date", "took", "tasks"], store.Query("SELECT r.run_id, r.state, r.logical_date, r.start_date, r.end_date, (SELECT group_concat(n || ' ' || state, ', ') FROM (SELECT count(*) AS n, coalesce(state, 'none') AS state FROM task_instance t WHERE t.dag_id = r.dag_id AND t.run_id = r.run_id GROUP BY state ORDER BY n DESC)) FROM dag_run r WHERE r.dag_id = $1 ORDER BY r.logical_date DESC LIMIT $2",
            r => (string[])[r.GetString(0), r.GetString(1), $"{r.Moment(2):yyyy-MM-dd HH:mm}", Took(r.MomentOrNull(3), r.MomentOrNull(4)), r.GetString(5)], dag, limit));
        return 0;
    }

    public static int Tasks(StateStore store, DagGraph graph, string run)
    {
        var rows = store.Query("SELECT task_id, state, try_number, start_date, end_date, reason FROM task_instance WHERE dag_id = $1 AND run_id = $2",
            r => (Task: r.GetString(0), Row: (string[])[r.GetString(0), r.Text(1) ?? "none", r.GetInt32(2).ToString(System.Globalization.CultureInfo.InvariantCulture), r.MomentOrNull(3) is { } began ? $"{began:HH:mm:ss.fff}" : "", Took(r.MomentOrNull(3), r.MomentOrNull(4)), r.GetString(5)]), graph.Dag.Id, run);
        Terminal.Table(["task", "state", "tries", "began", "took", "why"], graph.Order.SelectMany(t => rows.Where(r => r.Task == t.Id)).Select(r => r.Row));
        return 0;
    }

    static string Took(DateTime? start, DateTime? end) => start is null || end is null ? "" : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{(end - start).Value.TotalSeconds:0.0} s");

    /// <summary>The run that somebody means by a run id, a logical date or <c>latest</c>.</summary>
    public static string Find(StateStore store, string dag, string run) =>
        store.Scalar("SELECT run_id FROM dag_run WHERE dag_id = $1 AND (run_id = $2 OR logical_date LIKE $3 OR $2 = 'latest') ORDER BY logical_date DESC LIMIT 1", dag, run, run.Length >= 10 && char.IsAsciiDigit(run[0]) ? run.Replace('%', ' ') + "%" : "-") as string
        ?? throw new UserException($"{dag} has no run '{run}'. See: dotnet run -- runs {dag}", 2);
}
