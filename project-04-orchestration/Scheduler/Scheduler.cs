namespace Orchestrator;

/// <summary>What a scheduler is told.</summary>
sealed record SchedulerOptions
{
    /// <summary>Who it is, among all on one database.</summary>
    public string Name { get; init; } = $"{Environment.MachineName}:{Environment.ProcessId}:{Guid.NewGuid().ToString("N")[..6]}";
    /// <summary>How long it leads without a sign of life.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(3);
    /// <summary>An attempt whose last heartbeat is older is lost.</summary>
    public TimeSpan HeartbeatTimeout { get; init; } = TimeSpan.FromSeconds(10);
    /// <summary>Whether it makes the runs that timetables call for, or only works off what is there.</summary>
    public bool CreatesRuns { get; init; } = true;
    public IReadOnlyList<Pool> Pools { get; init; } = Orchestrator.Pools.All;
    /// <summary>Where alerts go, besides the DAG's own <see cref="Dag.OnAlert"/>.</summary>
    public Action<Alert> OnAlert { get; init; } = _ => { };
    /// <summary>Where it says in a line what did not work and will be tried again; stderr unless told otherwise.</summary>
    public Action<string> OnTrouble { get; init; } = line => Console.Error.WriteLine(line);
}

/// <summary>The scheduler: <see cref="Tick"/> is one round, and the table of contents. It does not know the time but by its parameter, so the same
/// code runs in real time and in a simulated year.</summary>
sealed class Scheduler(StateStore store, IReadOnlyList<Dag> dags, IExecutor executor, SchedulerOptions options) : IDisposable
{
    readonly Dictionary<string, DagGraph> graphs = dags.ToDictionary(d => d.Id, d => new DagGraph(d));
    readonly Lease lease = new(options.Name, options.Lease);
    DateTime deliverAgain;

    /// <summary>Whether this scheduler led in the last tick.</summary>
    public bool Leads { get; private set; }

    /// <summary>One round: a single transaction, in which everything that is due is done, and then the attempts that it has queued are started.</summary>
    /// <param name="now">UTC.</param>
    public void Tick(DateTime now)
    {
        List<Attempt> queued = [];
        if (Leads && !executor.SharesProcess) foreach (var attempt in Lost(now)) executor.Abandon(attempt);       // before the transaction: one that stands still inside its own holds the lock that this one needs
        store.InTransaction(() =>
        {
            Leads = lease.Hold(store, now);
            TakeOutcomes(now);              // what in-process attempts have brought, leading or not
            if (!Leads) return;
            if (lease.JustTaken) TakeOver(now);
            GiveUpTheLost(now);
            TimeOutRuns(now);
            WakeTasks(now);
            do
            {
                CreateRuns(now);
                StartRuns(now);
            }
            while (LookAtRuns(now));        // a run that has ended makes room for the next
            Alerts.Deadlines(store, now);
            queued = QueueTasks(now);
        });
        Failpoint.Hit("committed");
        foreach (var attempt in queued) executor.Start(attempt);
        if (Leads && now >= deliverAgain) Deliver(now);
    }

    /// <summary>Delivers alerts. A callback that fails does not stop the scheduler: it is called again after a while.</summary>
    void Deliver(DateTime now)
    {
        try
        {
            Alerts.Deliver(store, alert =>
            {
                graphs.GetValueOrDefault(alert.DagId)?.Dag.OnAlert?.Invoke(alert);
                options.OnAlert(alert);
                Failpoint.Hit("alert-delivered");       // its note is not written yet
            }, now);
        }
        catch (Exception e) when (e is not NotImplementedException)
        {
            deliverAgain = now.AddSeconds(10);
            options.OnTrouble($"An alert could not be delivered, and will be again: {e.Message}");
        }
    }

    /// <summary>What the executor's attempts have brought since the last tick.</summary>
    void TakeOutcomes(DateTime now)
    {
        while (executor.TryTake(now, out var attempt, out var outcome))
        {
            if (executor.SharesProcess && outcome is not null) TaskLife.Finish(store, graphs[attempt.DagId], attempt, outcome, now);
            else TaskLife.GiveUp(store, graphs[attempt.DagId], attempt, (outcome as Outcome.Failed)?.Reason ?? "its process ended without a result", now, died: outcome is Outcome.Failed);      // nothing happens when it had noted its end
        }
        executor.Heartbeat(store, now);
    }

    /// <summary>A new leader: the DAGs may be others than those of the last one, and the attempts inside the last one's process are lost with it.</summary>
    void TakeOver(DateTime now)
    {
        // step 8: let a run go forward
        DagSync.Run(store, graphs, options.Pools, now);
        foreach (var attempt in AtWork("a.executor <> $1 AND a.pid IS NULL", options.Name)) TaskLife.GiveUp(store, graphs[attempt.DagId], attempt, "its scheduler is gone", now);
        // end of step 8
    }

    /// <summary>Attempts that give no sign of life may not write any more.</summary>
    void GiveUpTheLost(DateTime now)
    {
        // step 8: let a run go forward
        foreach (var attempt in Lost(now))
        {
            TaskLife.GiveUp(store, graphs[attempt.DagId], attempt, $"no heartbeat for {options.HeartbeatTimeout.TotalSeconds:0.#} s", now);
            executor.Abandon(attempt);
        }
        // end of step 8
    }

    List<Attempt> Lost(DateTime now) => AtWork("a.last_heartbeat_at < $1", now - options.HeartbeatTimeout);

    /// <summary>Makes the runs that are due by the timetables (<c>dag.next_run_after</c>), as many as their DAG may have active, and notes which comes next.</summary>
    void CreateRuns(DateTime now)
    {
        // step 8: let a run go forward
        if (!options.CreatesRuns) return;
        foreach (var due in store.Query("SELECT dag_id, next_start, next_end, next_run_after FROM dag WHERE is_paused = 0 AND next_run_after <= $1", r => (DagId: r.GetString(0), Info: new DagRunInfo(new(r.Moment(1), r.Moment(2)), r.Moment(3))), now))
        {
            if (!graphs.TryGetValue(due.DagId, out var graph)) continue;
            var info = graph.Dag.Catchup ? due.Info : DagSync.Next(store, graph.Dag, now);      // without catchup only the latest counts
            var free = graph.Dag.MaxActiveRuns - (long)store.Scalar("SELECT count(*) FROM dag_run WHERE dag_id = $1 AND state IN ('queued', 'running') AND run_type <> 'backfill'", due.DagId)!;
            while (info is not null && info.RunAfter <= now && free > 0)
            {
                if (Runs.Create(store, graph, info, RunType.Scheduled, now) is not null) free--;     // a backfill may have made it already
                info = graph.Dag.Schedule.Next(info.Interval, DagSync.Restriction(graph.Dag), now);
            }
            DagSync.Remember(store, due.DagId, info);
        }
        // end of step 8
    }

    /// <summary>Lets queued runs begin, in their order, as many as their DAG, or their backfill, may have running.</summary>
    void StartRuns(DateTime now)
    {
        // step 8: let a run go forward
        foreach (var group in store.Query($"SELECT {RunRow.Columns}, r.backfill_id FROM dag_run r JOIN dag d USING (dag_id) WHERE r.state = 'queued' AND d.is_paused = 0 ORDER BY r.sort_ordinal, r.run_after", r => (Run: RunRow.Of(r), Backfill: r.IsDBNull(8) ? (long?)null : r.GetInt64(8))).GroupBy(q => (q.Run.DagId, q.Backfill)))
        {
            if (!graphs.TryGetValue(group.Key.DagId, out var graph)) continue;
            var running = (long)store.Scalar("SELECT count(*) FROM dag_run WHERE dag_id = $1 AND state = 'running' AND backfill_id IS $2", group.Key.DagId, group.Key.Backfill)!;
            var most = group.Key.Backfill is { } id ? (long)store.Scalar("SELECT max_active_runs FROM backfill WHERE id = $1", id)! : graph.Dag.MaxActiveRuns;
            foreach (var (run, _) in group.Take((int)Math.Max(0, most - running)))
                store.Execute("UPDATE dag_run SET state = 'running', start_date = $3, end_date = NULL, timeout_at = $4, needs_look = 1 WHERE dag_id = $1 AND run_id = $2", run.DagId, run.RunId, now, now + graph.Dag.DagrunTimeout);
        }
        // end of step 8
    }

    /// <summary>Runs that have taken longer than their DAG's <c>dagrun_timeout</c>.</summary>
    void TimeOutRuns(DateTime now)
    {
        foreach (var run in store.Query($"SELECT {RunRow.Columns} FROM dag_run r WHERE r.state = 'running' AND r.timeout_at <= $1", RunRow.Of, now))
        {
            foreach (var attempt in AtWork("a.dag_id = $1 AND a.run_id = $2", run.DagId, run.RunId)) executor.Abandon(attempt);
            Runs.TimeOut(store, run, now);
        }
    }

    /// <summary>Tasks whose retry or next look is due, and those that were cleared while they ran.</summary>
    void WakeTasks(DateTime now)
    {
        store.Execute("UPDATE task_instance SET try_number = try_number + (state = 'up_for_retry'), state = 'scheduled', end_date = NULL, due_at = NULL, changed_at = $1, reason = 'due' WHERE state IN ('up_for_retry', 'up_for_reschedule') AND due_at <= $1", now);
        foreach (var task in store.Query($"SELECT {TaskRow.Columns} FROM task_instance t WHERE t.state = 'restarting'", TaskRow.Of))
        {
            foreach (var attempt in Attempts("a.dag_id = $1 AND a.run_id = $2 AND a.task_id = $3 ORDER BY a.token DESC LIMIT 1", task.DagId, task.RunId, task.TaskId)) executor.Abandon(attempt);
            store.Execute("UPDATE task_instance SET try_number = try_number + 1, state = 'scheduled', changed_at = $4, reason = 'cleared' WHERE dag_id = $1 AND run_id = $2 AND task_id = $3", task.DagId, task.RunId, task.TaskId, now);
        }
    }

    /// <summary>Looks at the runs of which a task has changed, until none is left.</summary>
    /// <returns>Whether a run has ended.</returns>
    bool LookAtRuns(DateTime now)
    {
        var ended = false;
        while (store.Query($"SELECT {RunRow.Columns} FROM dag_run r WHERE r.state = 'running' AND r.needs_look = 1 ORDER BY r.logical_date", RunRow.Of).Where(r => graphs.ContainsKey(r.DagId)).ToList() is { Count: > 0 } runs)
            foreach (var run in runs) ended |= Runs.Look(store, graphs[run.DagId], run, now);
        return ended;
    }

    /// <summary>Gives scheduled tasks an attempt, as far as slots allow: of the executor, of their pool, of their run; the weightiest first.</summary>
    List<Attempt> QueueTasks(DateTime now)
    {
        // step 8: let a run go forward
        var attempts = new List<Attempt>();
        var free = executor.FreeSlots;
        if (free == 0) return attempts;
        var pools = store.Query("SELECT pool, slots FROM pool", r => (r.GetString(0), r.GetInt64(1))).ToDictionary();
        var ofRun = new Dictionary<(string, string), int>();
        foreach (var (pool, slots, run) in store.Query("SELECT pool, pool_slots, dag_id, run_id FROM task_instance INDEXED BY task_at_work WHERE token > 0", r => (r.GetString(0), r.GetInt64(1), (r.GetString(2), r.GetString(3)))))
        {
            pools[pool] = pools.GetValueOrDefault(pool) - slots;
            ofRun[run] = ofRun.GetValueOrDefault(run) + 1;
        }
        var chosen = new List<(TaskRow Task, RunRow Run)>();
        // CROSS JOIN: the tasks come in the order of their index, and the reading ends with the slots; thousands may wait
        store.Read($"SELECT {TaskRow.Columns}, {RunRow.Columns} FROM task_instance t CROSS JOIN dag_run r USING (dag_id, run_id) CROSS JOIN dag d USING (dag_id) WHERE t.state = 'scheduled' AND r.state = 'running' AND d.is_paused = 0 ORDER BY t.priority_weight DESC, t.run_ordinal, t.run_date, t.task_id", r =>
        {
            var task = TaskRow.Of(r);
            if (!graphs.TryGetValue(task.DagId, out var graph) || !pools.TryGetValue(task.Pool, out var slots) || slots < task.PoolSlots) return true;
            var active = ofRun.GetValueOrDefault((task.DagId, task.RunId));
            if (active >= graph.Dag.MaxActiveTasks) return true;
            pools[task.Pool] = slots - task.PoolSlots;
            ofRun[(task.DagId, task.RunId)] = active + 1;
            chosen.Add((task, new RunRow(r.GetString(9), r.GetString(10), Enum.Parse<RunType>(r.GetString(11), true), States.Run(r.GetString(12)), r.Moment(13), new(r.Moment(14), r.Moment(15)), r.MomentOrNull(16))));
            return chosen.Count < free;
        });
        foreach (var (task, run) in chosen)
        {
            var attempt = TaskLife.Queue(store, task, run, options.Name, now);
            if (executor.SharesProcess) TaskLife.Start(store, attempt, null, now);
            attempts.Add(attempt);
        }
        return attempts;
        // end of step 8
    }

    List<Attempt> AtWork(string which, params ReadOnlySpan<object?> values) => Attempts($"a.state IN ('queued', 'running') AND {which}", values);

    List<Attempt> Attempts(string which, params ReadOnlySpan<object?> values) =>
        store.Query($"SELECT a.token, a.dag_id, a.run_id, a.task_id, a.try_number, r.data_interval_start, r.data_interval_end, a.queued_at FROM attempt a JOIN dag_run r USING (dag_id, run_id) WHERE {which}",
            r => new Attempt(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetInt32(4), new(r.Moment(5), r.Moment(6)), r.Moment(7)), values).Where(a => graphs.ContainsKey(a.DagId)).ToList();

    /// <summary>The next moment at which something falls due by the clock alone; null when nothing does.</summary>
    public DateTime? NextDue(DateTime now) => store.Scalar("""
        SELECT min(due) FROM (
            SELECT min(next_run_after) AS due FROM dag WHERE is_paused = 0 AND next_run_after > $1
            UNION ALL SELECT min(due_at) FROM task_instance WHERE state IN ('up_for_retry', 'up_for_reschedule') AND due_at > $1
            UNION ALL SELECT min(deadline_at) FROM dag_run WHERE deadline_at > $1
            UNION ALL SELECT min(timeout_at) FROM dag_run WHERE state = 'running' AND timeout_at > $1)
        """, now) is string text ? StateStore.Moment(text) : null;

    /// <summary>Stops the attempts in this process, notes how they ended and gives the lease back.</summary>
    public void Stop(Func<DateTime> now)
    {
        executor.Stop();
        store.InTransaction(() =>
        {
            TakeOutcomes(now());
            lease.Release(store, now());
        });
    }

    public void Dispose() => executor.Dispose();
}
