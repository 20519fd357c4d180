namespace Orchestrator;

/// <summary>Lets tasks run again. An attempt at work is given up first; the tries begin anew, the numbers of the tries go on.</summary>
static class Clear
{
    /// <param name="tasks">Null for all.</param>
    /// <returns>How many task instances were cleared.</returns>
    public static int Run(StateStore store, DagGraph graph, IReadOnlyCollection<string> runIds, IReadOnlyCollection<string>? tasks, bool downstream, bool onlyFailed, DateTime now)
    {
        var chosen = tasks is null ? graph.Order.Select(t => t.Id).ToHashSet() : tasks.ToHashSet();
        if (downstream) chosen.UnionWith(chosen.ToList().SelectMany(graph.AllDownstream));
        var cleared = 0;
        store.InTransaction(() => cleared = runIds.Sum(run => Clear.Tasks(store, graph, run, chosen, onlyFailed, now)));
        return cleared;
    }

    /// <summary>Inside a transaction.</summary>
    public static int Tasks(StateStore store, DagGraph graph, string runId, IReadOnlySet<string> tasks, bool onlyFailed, DateTime now)
    {
        var cleared = 0;
        foreach (var row in store.Query($"SELECT {TaskRow.Columns} FROM task_instance t WHERE t.dag_id = $1 AND t.run_id = $2 AND t.state IS NOT NULL AND t.state <> 'removed'", TaskRow.Of, graph.Dag.Id, runId))
        {
            if (!tasks.Contains(row.TaskId) || onlyFailed && !row.State.IsFailed()) continue;
            store.Execute("UPDATE attempt SET state = 'given_up', end_date = $2, reason = 'cleared' WHERE token = $1 AND state IN ('queued', 'running')", row.Token, now);
            store.Execute("UPDATE task_instance SET state = $4, token = 0, max_tries = try_number + $5, start_date = NULL, end_date = NULL, due_at = NULL, waiting_since = NULL, changed_at = $6, reason = 'cleared' WHERE dag_id = $1 AND run_id = $2 AND task_id = $3",
                row.DagId, row.RunId, row.TaskId, row.State == TaskState.Running ? "restarting" : null, graph.Dag[row.TaskId].Retries ?? graph.Dag.Retries, now);
            store.Execute("DELETE FROM xcom WHERE dag_id = $1 AND run_id = $2 AND task_id = $3", row.DagId, row.RunId, row.TaskId);
            cleared++;
        }
        if (cleared > 0)
            store.Execute("UPDATE dag_run SET state = CASE WHEN state IN ('success', 'failed') THEN 'queued' ELSE state END, end_date = NULL, queued_at = $3, deadline_at = $4, needs_look = 1 WHERE dag_id = $1 AND run_id = $2", graph.Dag.Id, runId, now, now + graph.Dag.Deadline);
        return cleared;
    }
}
