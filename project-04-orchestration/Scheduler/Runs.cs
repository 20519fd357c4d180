namespace Orchestrator;

/// <summary>A run of a DAG as the scheduler reads it.</summary>
sealed record RunRow(string DagId, string RunId, RunType Type, RunState State, DateTime LogicalDate, DataInterval Interval, DateTime? StartDate)
{
    /// <summary>The columns that <see cref="Of"/> reads, of a table with the alias r.</summary>
    public const string Columns = "r.dag_id, r.run_id, r.run_type, r.state, r.logical_date, r.data_interval_start, r.data_interval_end, r.start_date";
    public static RunRow Of(StoreRow r) => new(r.GetString(0), r.GetString(1), Enum.Parse<RunType>(r.GetString(2), ignoreCase: true), States.Run(r.GetString(3)), r.Moment(4), new(r.Moment(5), r.Moment(6)), r.MomentOrNull(7));
}

/// <summary>The life of a run. Each function is called inside a transaction.</summary>
static class Runs
{
    /// <summary>Makes a queued run with all its tasks.</summary>
    /// <returns>Its id; null when the logical date has a run already.</returns>
    public static string? Create(StateStore store, DagGraph graph, DagRunInfo info, RunType type, DateTime now, long? backfill = null, int? ordinal = null)
    {
        var dag = graph.Dag;
        var id = $"{type.ToString().ToLowerInvariant()}__{info.RunAfter:yyyy-MM-dd'T'HH:mm:ss}{(info.RunAfter.Ticks % TimeSpan.TicksPerSecond == 0 ? "" : $"{info.RunAfter:.ffffff}")}+00:00";
        // a tick is its own logical date; a run by hand has the moment at which it was asked for
        var logicalDate = type == RunType.Manual ? info.RunAfter : info.Interval.Start;
        if (store.Execute("INSERT OR IGNORE INTO dag_run (dag_id, run_id, run_type, state, logical_date, data_interval_start, data_interval_end, run_after, queued_at, deadline_at, backfill_id, sort_ordinal) VALUES ($1, $2, $3, 'queued', $4, $5, $6, $7, $8, $9, $10, $11)",
            dag.Id, id, type.ToString().ToLowerInvariant(), logicalDate, info.Interval.Start, info.Interval.End, info.RunAfter, now, now + dag.Deadline, backfill, ordinal) == 0) return null;
        foreach (var task in graph.Order) AddTask(store, graph, task, id, now);
        return id;
    }

    public static void AddTask(StateStore store, DagGraph graph, DagTask task, string runId, DateTime now) =>
        store.Execute("INSERT INTO task_instance (dag_id, run_id, task_id, max_tries, pool, pool_slots, priority_weight, changed_at, run_ordinal, run_date) SELECT dag_id, run_id, $3, $4, $5, $6, $7, $8, sort_ordinal, logical_date FROM dag_run WHERE dag_id = $1 AND run_id = $2",
            graph.Dag.Id, runId, task.Id, task.Retries ?? graph.Dag.Retries, task.Pool, task.PoolSlots, graph.Weight(task), now);

    /// <summary>Looks at a running run: schedules what may run now, ends what never will, and ends the run when nothing is left.</summary>
    /// <returns>Whether the run has ended.</returns>
    public static bool Look(StateStore store, DagGraph graph, RunRow run, DateTime now)
    {
        // step 8: let a run go forward
        var states = store.Query("SELECT task_id, state FROM task_instance WHERE dag_id = $1 AND run_id = $2", r => (r.GetString(0), States.Task(r.Text(1))), run.DagId, run.RunId).ToDictionary();
        var skipped = store.Query("SELECT j.value FROM xcom x JOIN task_instance t USING (dag_id, run_id, task_id), json_each(x.value) j WHERE dag_id = $1 AND run_id = $2 AND x.key = $3 AND t.state = 'success'", r => r.GetString(0), run.DagId, run.RunId, TaskLife.SkippedKey).ToHashSet();
        var waitsForPast = false;
        foreach (var task in graph.Order)       // upstream first: what ends here is seen further down in the same look
        {
            if (states.GetValueOrDefault(task.Id, TaskState.Removed) != TaskState.None) continue;
            var verdict = skipped.Contains(task.Id) ? Verdict.Skip : TriggerRules.Judge(task.TriggerRule, [.. task.Upstream.Select(id => states.GetValueOrDefault(id, TaskState.Removed))]);
            if (verdict == Verdict.Run && task.DependsOnPast && !PastIsDone(store, run, task.Id)) { waitsForPast = true; continue; }
            if (verdict != Verdict.Wait) Move(task.Id, verdict switch { Verdict.Run => TaskState.Scheduled, Verdict.Skip => TaskState.Skipped, _ => TaskState.UpstreamFailed }, skipped.Contains(task.Id) ? "not chosen" : verdict == Verdict.Run ? "" : task.TriggerRule.Text());
        }

        var leaves = graph.Order.Where(t => graph.IsLeaf(t.Id)).Select(t => states.GetValueOrDefault(t.Id, TaskState.Removed)).Where(s => s != TaskState.Removed).ToList();
        var deadlock = !waitsForPast && !states.Values.Any(s => s is not TaskState.None && !s.IsFinished());     // nothing is at work and nothing can begin
        var ended = deadlock || states.Values.All(s => s.IsFinished());
        if (ended) End(store, run, states.ContainsValue(TaskState.None) || leaves.Any(s => s.IsFailed()) ? RunState.Failed : RunState.Success, now);
        else store.Execute("UPDATE dag_run SET needs_look = 0 WHERE dag_id = $1 AND run_id = $2", run.DagId, run.RunId);
        if (graph.DependsOnPast) store.Execute("UPDATE dag_run SET needs_look = 1 WHERE dag_id = $1 AND state = 'running' AND logical_date > $2", run.DagId, run.LogicalDate);
        return ended;

        void Move(string task, TaskState to, string reason)
        {
            store.Execute("UPDATE task_instance SET state = $4, try_number = try_number + $5, end_date = $6, changed_at = $7, reason = $8 WHERE dag_id = $1 AND run_id = $2 AND task_id = $3", run.DagId, run.RunId, task, to.Text(), to == TaskState.Scheduled ? 1 : 0, to == TaskState.Scheduled ? null : now, now, reason);
            states[task] = to;
        }
        // end of step 8
    }

    /// <summary>Whether the same task of the run before has succeeded or was skipped, or there is no run before, or the task is new in
    /// the DAG. The first run of a backfill asks nobody.</summary>
    static bool PastIsDone(StateStore store, RunRow run, string task) => store.Scalar("""
        SELECT coalesce((SELECT sort_ordinal = 1 FROM dag_run WHERE dag_id = $1 AND run_id = $4), 0)
            OR coalesce((SELECT CASE WHEN t.task_id IS NOT NULL THEN coalesce(t.state IN ('success', 'skipped'), 0)
                                ELSE NOT EXISTS (SELECT 1 FROM dag_run b JOIN task_instance p USING (dag_id, run_id) WHERE b.dag_id = $1 AND b.logical_date < $2 AND p.task_id = $3) END
                         FROM dag_run r LEFT JOIN task_instance t ON t.dag_id = r.dag_id AND t.run_id = r.run_id AND t.task_id = $3
                         WHERE r.dag_id = $1 AND r.logical_date < $2 ORDER BY r.logical_date DESC LIMIT 1), 1)
        """, run.DagId, run.LogicalDate, task, run.RunId) is 1L;

    public static void End(StateStore store, RunRow run, RunState state, DateTime now)
    {
        store.Execute("UPDATE dag_run SET state = $3, end_date = $4, needs_look = 0, deadline_at = CASE $3 WHEN 'success' THEN NULL ELSE deadline_at END WHERE dag_id = $1 AND run_id = $2", run.DagId, run.RunId, state.Text(), now);
        store.Execute("UPDATE backfill SET completed_at = $2 WHERE completed_at IS NULL AND id = (SELECT backfill_id FROM dag_run WHERE dag_id = $1 AND run_id = $3) AND NOT EXISTS (SELECT 1 FROM dag_run r WHERE r.dag_id = $1 AND r.backfill_id = backfill.id AND r.state IN ('queued', 'running'))", run.DagId, now, run.RunId);
    }

    /// <summary>Ends a run that takes too long: it has failed, what is left of it is skipped, and attempts at work may not write any more.</summary>
    public static void TimeOut(StateStore store, RunRow run, DateTime now)
    {
        store.Execute("UPDATE attempt SET state = 'given_up', end_date = $3, reason = 'the run timed out' WHERE dag_id = $1 AND run_id = $2 AND state IN ('queued', 'running')", run.DagId, run.RunId, now);
        store.Execute("UPDATE task_instance SET state = 'skipped', token = 0, end_date = $3, changed_at = $3, reason = 'the run timed out' WHERE dag_id = $1 AND run_id = $2 AND (state IS NULL OR state NOT IN ('success', 'failed', 'skipped', 'upstream_failed', 'removed'))", run.DagId, run.RunId, now);
        End(store, run, RunState.Failed, now);
        store.Execute("UPDATE dag_run SET needs_look = 1 WHERE dag_id = $1 AND state = 'running' AND logical_date > $2", run.DagId, run.LogicalDate);     // a skipped past is done
    }
}
