namespace Orchestrator;

/// <summary>Brings the store in line with the DAGs of this program, which may be a newer build than the one that wrote it.</summary>
static class DagSync
{
    /// <summary>Inside a transaction: new DAGs and pools are taken up, the next run of each is asked for anew, and unfinished runs get the tasks that
    /// were added and lose (state removed) those that are gone.</summary>
    public static void Run(StateStore store, IReadOnlyDictionary<string, DagGraph> graphs, IReadOnlyList<Pool> pools, DateTime now)
    {
        foreach (var pool in pools) store.Execute("INSERT INTO pool (pool, slots, description) VALUES ($1, $2, $3) ON CONFLICT (pool) DO UPDATE SET slots = excluded.slots, description = excluded.description", pool.Name, pool.Slots, pool.Description);
        foreach (var (id, graph) in graphs)
        {
            if (graph.Order.FirstOrDefault(t => pools.All(p => p.Name != t.Pool)) is { } lost) throw new UserException($"{id}: '{lost.Id}' is for the pool '{lost.Pool}', which is not there. Pools: {string.Join(", ", pools.Select(p => p.Name))}.", 2);
            if (graph.Order.FirstOrDefault(t => pools.Any(p => p.Name == t.Pool && p.Slots < t.PoolSlots)) is { } large) throw new UserException($"{id}: '{large.Id}' needs {large.PoolSlots} slots of the pool '{large.Pool}', which has fewer.", 2);
            store.Execute("INSERT OR IGNORE INTO dag (dag_id) VALUES ($1)", id);
            Remember(store, id, Next(store, graph.Dag, now));
            foreach (var run in store.Query("SELECT run_id FROM dag_run WHERE dag_id = $1 AND state IN ('queued', 'running')", r => r.GetString(0), id))
            {
                var known = store.Query("SELECT task_id FROM task_instance WHERE dag_id = $1 AND run_id = $2", r => r.GetString(0), id, run);
                foreach (var task in graph.Order.Where(t => !known.Contains(t.Id))) Runs.AddTask(store, graph, task, run, now);
                foreach (var task in known.Where(k => graph.Order.All(t => t.Id != k))) store.Execute("UPDATE task_instance SET state = 'removed', token = 0, changed_at = $4, reason = 'not in the DAG any more' WHERE dag_id = $1 AND run_id = $2 AND task_id = $3 AND coalesce(state, '') NOT IN ('success', 'failed', 'skipped', 'upstream_failed', 'removed')", id, run, task, now);
                store.Execute("UPDATE dag_run SET needs_look = 1 WHERE dag_id = $1 AND run_id = $2", id, run);
            }
        }
    }

    /// <summary>The run that the timetable calls for after the last scheduled one.</summary>
    public static DagRunInfo? Next(StateStore store, Dag dag, DateTime now) => dag.Schedule.Next(
        store.Query("SELECT data_interval_start, data_interval_end FROM dag_run WHERE dag_id = $1 AND run_type = 'scheduled' ORDER BY logical_date DESC LIMIT 1", r => (DataInterval?)new DataInterval(r.Moment(0), r.Moment(1)), dag.Id).FirstOrDefault(),
        Restriction(dag), now);

    public static TimeRestriction Restriction(Dag dag) => new(dag.StartDate, dag.EndDate, dag.Catchup);

    public static void Remember(StateStore store, string dag, DagRunInfo? next) =>
        store.Execute("UPDATE dag SET next_start = $2, next_end = $3, next_run_after = $4 WHERE dag_id = $1", dag, next?.Interval.Start, next?.Interval.End, next?.RunAfter);
}
