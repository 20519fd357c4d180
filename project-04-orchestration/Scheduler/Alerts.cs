namespace Orchestrator;

/// <summary>Alerts go through an outbox: they are written in the transaction of the change they tell of, so none is lost and none is made up, and
/// are delivered after it. A crash between delivery and its note delivers again: at least once.</summary>
static class Alerts
{
    public static void Raise(StateStore store, string kind, string dagId, string runId, string? taskId, string text, DateTime now) =>
        store.Execute("INSERT INTO alert (kind, dag_id, run_id, task_id, at, text) VALUES ($1, $2, $3, $4, $5, $6)", kind, dagId, runId, taskId, now, text);

    /// <summary>Raises an alert for each run that is not done by its deadline, once: the run's deadline is null afterwards. Inside a transaction.</summary>
    public static void Deadlines(StateStore store, DateTime now)
    {
        // step 7: lead alone, and tell of what goes wrong
        foreach (var (dag, run) in store.Query("SELECT dag_id, run_id FROM dag_run WHERE deadline_at <= $1 AND state <> 'success'", r => (r.GetString(0), r.GetString(1)), now))
        {
            Raise(store, "deadline", dag, run, null, $"{run} was not done by its deadline", now);
            store.Execute("UPDATE dag_run SET deadline_at = NULL WHERE dag_id = $1 AND run_id = $2", dag, run);
        }
        // end of step 7
    }

    /// <summary>Hands over what was not delivered yet, in order, and notes each after it was delivered. What <paramref name="deliver"/> throws goes on to the
    /// caller; the alert is then still to be delivered. Outside a transaction.</summary>
    public static void Deliver(StateStore store, Action<Alert> deliver, DateTime now)
    {
        // step 7: lead alone, and tell of what goes wrong
        foreach (var alert in store.Query("SELECT id, kind, dag_id, run_id, task_id, at, text FROM alert WHERE delivered_at IS NULL ORDER BY id", r => new Alert(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.Text(4), r.Moment(5), r.GetString(6))))
        {
            deliver(alert);
            store.Execute("UPDATE alert SET delivered_at = $2 WHERE id = $1", alert.Id, now);
        }
        // end of step 7
    }
}
