using System.Globalization;
using System.Text;

namespace Orchestrator;

/// <summary>The state database as metrics in Prometheus's text format 0.0.4. Everything is counted when it is asked for: the database is the truth,
/// and a restart resets no counter.</summary>
static class Prometheus
{
    static readonly double[] Bounds = [0.1, 1, 10, 60, 600, 3600];

    /// <summary>All metrics, from one snapshot. Not inside a transaction.</summary>
    /// <param name="now">UTC.</param>
    public static string Text(StateStore store, DateTime now)
    {
        var text = new StringBuilder();
        store.Execute("BEGIN");
        try { Write(text, store, now); }
        finally { store.Execute("COMMIT"); }
        return text.ToString();
    }

    static void Write(StringBuilder text, StateStore store, DateTime now)
    {
        var dags = store.Query("SELECT dag_id FROM dag UNION SELECT dag_id FROM dag_run ORDER BY dag_id", r => r.GetString(0));

        // a state that nothing is in is 0 and not missing: an alert on a series that comes and goes misses its beginning
        var tasks = store.Query("SELECT dag_id, coalesce(state, 'none'), count(*) FROM task_instance GROUP BY 1, 2", r => ((r.GetString(0), r.GetString(1)), r.GetDouble(2))).ToDictionary();
        Family("task_instances", "gauge", "Task instances by state.", from dag in dags from state in Enum.GetValues<TaskState>().Select(s => s.Text() ?? "none") select (Labels("dag", dag, "state", state), tasks.GetValueOrDefault((dag, state))));
        var runs = store.Query("SELECT dag_id, state, count(*) FROM dag_run GROUP BY 1, 2", r => ((r.GetString(0), r.GetString(1)), r.GetDouble(2))).ToDictionary();
        Family("dag_runs", "gauge", "Runs by state.", from dag in dags from state in Enum.GetValues<RunState>().Select(s => s.Text()) select (Labels("dag", dag, "state", state), runs.GetValueOrDefault((dag, state))));
        Family("dag_paused", "gauge", "1 when the DAG is paused.", store.Query("SELECT dag_id, is_paused FROM dag ORDER BY 1", r => (Labels("dag", r.GetString(0)), r.GetDouble(1))));

        // only those that have ended: a counter must never go down, and what runs now will leave its state
        Family("task_attempts_total", "counter", "Attempts that have ended, by how.", store.Query("SELECT dag_id, task_id, state, count(*) FROM attempt WHERE state NOT IN ('queued', 'running') GROUP BY 1, 2, 3 ORDER BY 1, 2, 3", r => (Labels("dag", r.GetString(0), "task", r.GetString(1), "state", r.GetString(2)), r.GetDouble(3))));
        Durations(text, store);

        var successes = store.Query("SELECT dag_id, max(end_date) FROM dag_run WHERE state = 'success' GROUP BY 1 ORDER BY 1", r => (Dag: Labels("dag", r.GetString(0)), At: r.Moment(1)));
        Family("dag_last_success_timestamp_seconds", "gauge", "When a run last ended with success, Unix time.", successes.Select(s => (s.Dag, (s.At - DateTime.UnixEpoch).TotalSeconds)));
        Family("dag_last_success_age_seconds", "gauge", "Seconds since a run last ended with success.", successes.Select(s => (s.Dag, (now - s.At).TotalSeconds)));

        var pools = store.Query("SELECT p.pool, p.slots, coalesce(sum(t.pool_slots), 0) FROM pool p LEFT JOIN task_instance t ON t.pool = p.pool AND t.state IN ('queued', 'running') GROUP BY p.pool ORDER BY p.pool", r => (Pool: Labels("pool", r.GetString(0)), Slots: r.GetDouble(1), Used: r.GetDouble(2)));
        Family("pool_slots", "gauge", "Slots of the pool.", pools.Select(p => (p.Pool, p.Slots)));
        Family("pool_used_slots", "gauge", "Slots that queued and running tasks take.", pools.Select(p => (p.Pool, p.Used)));
        Family("pool_open_slots", "gauge", "Slots that are free.", pools.Select(p => (p.Pool, p.Slots - p.Used)));

        var leader = Lease.Leader(store, now);
        Family("scheduler_lease_held", "gauge", "1 when a scheduler leads, 0 when none does.", [("", leader is null ? 0 : 1)]);
        Family("scheduler_lease_remaining_seconds", "gauge", "Seconds until the lease runs out unless it is renewed.", [("", leader is { } held ? (held.Until - now).TotalSeconds : 0)]);
        Family("alerts_undelivered", "gauge", "Alerts that wait for delivery.", [("", (long)store.Scalar("SELECT count(*) FROM alert WHERE delivered_at IS NULL")!)]);
        var misses = store.Query("SELECT dag_id, count(*) FROM alert WHERE kind = 'deadline' GROUP BY 1", r => (r.GetString(0), r.GetDouble(1))).ToDictionary();
        Family("deadline_misses_total", "counter", "Runs that were not done by their deadline.", dags.Select(dag => (Labels("dag", dag), misses.GetValueOrDefault(dag))));

        void Family(string name, string type, string help, IEnumerable<(string Labels, double Value)> samples)
        {
            Head(text, name, type, help);
            foreach (var (labels, value) in samples) Sample(text, name, labels, value);
        }
    }

    /// <summary>A histogram for each task; its buckets are cumulative, as the format has it.</summary>
    static void Durations(StringBuilder text, StateStore store)
    {
        Head(text, "task_duration_seconds", "histogram", "How long attempts ran, however they ended.");
        foreach (var group in store.Query("SELECT dag_id, task_id, unixepoch(end_date, 'subsec') - unixepoch(start_date, 'subsec') FROM attempt WHERE start_date IS NOT NULL AND end_date IS NOT NULL ORDER BY 1, 2", r => (Task: (r.GetString(0), r.GetString(1)), Seconds: r.GetDouble(2))).GroupBy(d => d.Task, d => d.Seconds))
        {
            string[] labels = ["dag", group.Key.Item1, "task", group.Key.Item2];
            foreach (var bound in Bounds) Sample(text, "task_duration_seconds_bucket", Labels([.. labels, "le", Number(bound)]), group.Count(s => s <= bound));
            Sample(text, "task_duration_seconds_bucket", Labels([.. labels, "le", "+Inf"]), group.Count());
            Sample(text, "task_duration_seconds_sum", Labels(labels), Math.Round(group.Sum(), 3));
            Sample(text, "task_duration_seconds_count", Labels(labels), group.Count());
        }
    }

    static void Head(StringBuilder text, string name, string type, string help) => text.Append($"# HELP orchestrator_{name} {help}\n# TYPE orchestrator_{name} {type}\n");

    static void Sample(StringBuilder text, string name, string labels, double value) => text.Append($"orchestrator_{name}{labels} {Number(value)}\n");

    /// <summary>Names and values by turns. What would end a value is escaped.</summary>
    static string Labels(params ReadOnlySpan<string> pairs)
    {
        var parts = new List<string>();
        for (var i = 0; i < pairs.Length; i += 2) parts.Add($"{pairs[i]}=\"{pairs[i + 1].Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"");
        return $"{{{string.Join(',', parts)}}}";
    }

    static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
