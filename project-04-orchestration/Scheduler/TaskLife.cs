using System.Text.Json;

namespace Orchestrator;

/// <summary>One attempt of a task, as it is handed to an executor.</summary>
/// <param name="Token">The fencing token: whatever the attempt writes is refused once a later one was given out, or none is valid.</param>
/// <param name="WaitingSince">Of a sensor: when it first looked; UTC.</param>
sealed record Attempt(long Token, string DagId, string RunId, string TaskId, int TryNumber, DataInterval Interval, DateTime WaitingSince);

/// <summary>The life of a task instance: every change of its state that an attempt or the loss of one can bring. Each function is called inside
/// a transaction.</summary>
static class TaskLife
{
    /// <summary>scheduled → queued: a new attempt with a new token.</summary>
    public static Attempt Queue(StateStore store, TaskRow task, RunRow run, string executor, DateTime now)
    {
        var token = (long)store.Scalar("INSERT INTO attempt (dag_id, run_id, task_id, try_number, state, executor, queued_at, last_heartbeat_at) VALUES ($1, $2, $3, $4, 'queued', $5, $6, $6) RETURNING token", task.DagId, task.RunId, task.TaskId, task.TryNumber, executor, now)!;
        store.Execute("UPDATE task_instance SET state = 'queued', token = $4, start_date = NULL, end_date = NULL, due_at = NULL, changed_at = $5, reason = '' WHERE dag_id = $1 AND run_id = $2 AND task_id = $3", task.DagId, task.RunId, task.TaskId, token, now);
        return new(token, task.DagId, task.RunId, task.TaskId, task.TryNumber, run.Interval, task.WaitingSince ?? now);
    }

    /// <summary>queued → running.</summary>
    /// <param name="pid">The process that the attempt has for itself; null when it shares the scheduler's.</param>
    /// <returns>False when the attempt was given up: it must not begin.</returns>
    public static bool Start(StateStore store, Attempt attempt, int? pid, DateTime now)
    {
        if (store.Execute("UPDATE task_instance SET state = 'running', start_date = $5, changed_at = $5, reason = '' WHERE dag_id = $1 AND run_id = $2 AND task_id = $3 AND token = $4 AND state = 'queued'", attempt.DagId, attempt.RunId, attempt.TaskId, attempt.Token, now) == 0) return false;
        store.Execute("UPDATE attempt SET state = 'running', pid = $2, start_date = $3, last_heartbeat_at = $3 WHERE token = $1", attempt.Token, pid, now);
        store.Execute("DELETE FROM xcom WHERE dag_id = $1 AND run_id = $2 AND task_id = $3", attempt.DagId, attempt.RunId, attempt.TaskId);
        return true;
    }

    /// <summary>Whether this attempt is the one that may write.</summary>
    public static bool IsCurrent(StateStore store, Attempt attempt) =>
        store.Scalar("SELECT 1 FROM task_instance WHERE dag_id = $1 AND run_id = $2 AND task_id = $3 AND token = $4 AND state = 'running'", attempt.DagId, attempt.RunId, attempt.TaskId, attempt.Token) is not null;

    /// <summary>running → what the outcome says.</summary>
    /// <returns>False when the attempt was given up: nothing has changed.</returns>
    public static bool Finish(StateStore store, DagGraph graph, Attempt attempt, Outcome outcome, DateTime now)
    {
        // step 6: end an attempt, unless it was given up
        if (!IsCurrent(store, attempt)) return false;
        switch (outcome)
        {
            case Outcome.Succeeded done:
                if (done.ReturnValue is { } value) Keep("return_value", value);
                foreach (var (key, pushed) in done.Pushed) Keep(key, pushed);
                if (Skipped(graph, attempt.TaskId, done) is { Count: > 0 } skipped) Keep(SkippedKey, JsonSerializer.Serialize(skipped));
                End(store, attempt, TaskState.Success, "", now);
                break;
            case Outcome.Skipped skip: End(store, attempt, TaskState.Skipped, skip.Reason, now); break;
            case Outcome.Failed failed: Fail(store, graph, attempt, failed.Reason, failed.Retry, now); break;
            case Outcome.Waiting waiting:
                store.Execute("UPDATE task_instance SET waiting_since = $4 WHERE dag_id = $1 AND run_id = $2 AND task_id = $3", attempt.DagId, attempt.RunId, attempt.TaskId, attempt.WaitingSince);
                End(store, attempt, TaskState.UpForReschedule, "not there yet", now, now + waiting.PokeInterval);
                break;
            case Outcome.Interrupted: End(store, attempt, TaskState.Scheduled, "interrupted", now); break;
        }
        return true;

        void Keep(string key, string value) => store.Execute("INSERT OR REPLACE INTO xcom (dag_id, run_id, task_id, key, value) VALUES ($1, $2, $3, $4, $5)", attempt.DagId, attempt.RunId, attempt.TaskId, key, value);
        // end of step 6
    }

    /// <summary>Gives up an attempt that is queued or running: from now on it can't write. One that had begun, or whose process died, has failed. One that
    /// had not begun is scheduled again and costs no try.</summary>
    public static void GiveUp(StateStore store, DagGraph graph, Attempt attempt, string reason, DateTime now, bool died = false)
    {
        // step 6: end an attempt, unless it was given up
        var valid = store.Scalar("SELECT 1 FROM task_instance WHERE dag_id = $1 AND run_id = $2 AND task_id = $3 AND token = $4", attempt.DagId, attempt.RunId, attempt.TaskId, attempt.Token) is not null;
        if (valid && (died || IsCurrent(store, attempt))) Fail(store, graph, attempt, reason, retry: true, now, "given_up");
        else if (valid) End(store, attempt, TaskState.Scheduled, reason, now, attemptState: "given_up");
        else store.Execute("UPDATE attempt SET state = 'given_up', end_date = $2, reason = $3 WHERE token = $1 AND state IN ('queued', 'running')", attempt.Token, now, reason);
        // end of step 6
    }

    static void Fail(StateStore store, DagGraph graph, Attempt attempt, string reason, bool retry, DateTime now, string attemptState = "failed")
    {
        var row = store.Query("SELECT max_tries, logical_date FROM task_instance t JOIN dag_run r USING (dag_id, run_id) WHERE dag_id = $1 AND run_id = $2 AND task_id = $3", r => (MaxTries: r.GetInt32(0), LogicalDate: r.Moment(1)), attempt.DagId, attempt.RunId, attempt.TaskId)[0];
        if (retry && Retry.Again(attempt.TryNumber, row.MaxTries))
            End(store, attempt, TaskState.UpForRetry, reason, now, now + Retry.Delay(graph.Dag, graph.Dag[attempt.TaskId], row.LogicalDate, attempt.TryNumber), attemptState);
        else
        {
            End(store, attempt, TaskState.Failed, reason, now, attemptState: attemptState);
            Alerts.Raise(store, "failure", attempt.DagId, attempt.RunId, attempt.TaskId, $"{attempt.TaskId} failed after {attempt.TryNumber} {(attempt.TryNumber == 1 ? "try" : "tries")}: {reason}", now);
        }
    }

    /// <summary>The task's state, the attempt's end, and no token: nobody may write for this task until there is a new attempt.</summary>
    static void End(StateStore store, Attempt attempt, TaskState state, string reason, DateTime now, DateTime? dueAt = null, string? attemptState = null)
    {
        store.Execute("UPDATE task_instance SET state = $4, token = 0, end_date = $5, changed_at = $5, reason = $6, due_at = $7, waiting_since = CASE $4 WHEN 'up_for_reschedule' THEN waiting_since END WHERE dag_id = $1 AND run_id = $2 AND task_id = $3", attempt.DagId, attempt.RunId, attempt.TaskId, state.Text(), now, reason, dueAt);
        store.Execute("UPDATE attempt SET state = $2, end_date = $3, reason = $4 WHERE token = $1", attempt.Token, attemptState ?? (state == TaskState.UpForRetry ? "failed" : state.Text()), now, reason);
    }

    /// <summary>Where a branch or a short circuit keeps which tasks it has skipped; Airflow keeps it in an XCom, too.</summary>
    public const string SkippedKey = "skipmixin_key";

    /// <summary>What is not run because of this task: after a branch its direct downstream tasks that were not chosen and that no chosen one leads
    /// to; after a short circuit that stopped, everything downstream.</summary>
    static IReadOnlyCollection<string> Skipped(DagGraph graph, string task, Outcome.Succeeded done)
    {
        if (done.Stopped) return [.. graph.AllDownstream(task)];
        if (done.Followed is not { } followed) return [];
        var reached = followed.Concat(followed.SelectMany(graph.AllDownstream)).ToHashSet();
        return [.. graph.Downstream(task).Where(id => !reached.Contains(id))];
    }
}

/// <summary>A task instance as the scheduler reads it.</summary>
sealed record TaskRow(string DagId, string RunId, string TaskId, TaskState State, int TryNumber, long Token, string Pool, int PoolSlots, DateTime? WaitingSince)
{
    /// <summary>The columns that <see cref="Of"/> reads, of a table with the alias t.</summary>
    public const string Columns = "t.dag_id, t.run_id, t.task_id, t.state, t.try_number, t.token, t.pool, t.pool_slots, t.waiting_since";
    public static TaskRow Of(StoreRow r) => new(r.GetString(0), r.GetString(1), r.GetString(2), States.Task(r.Text(3)), r.GetInt32(4), r.GetInt64(5), r.GetString(6), r.GetInt32(7), r.MomentOrNull(8));
}
