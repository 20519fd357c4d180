using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Orchestrator;

/// <summary>The process of one attempt: it begins it, gives signs of life, and notes how it ended, each in a transaction that checks its token.</summary>
static class Worker
{
    public static IEnumerable<string> Arguments(Settings settings, Attempt attempt) =>
        ["task", "run", attempt.DagId, attempt.TaskId, "--attempt", attempt.Token.ToString(CultureInfo.InvariantCulture), "--heartbeat-timeout", settings.HeartbeatTimeout.TotalSeconds.ToString(CultureInfo.InvariantCulture), "--input", settings.Input, "--output", settings.Output];

    /// <summary>The processes on this machine that run this attempt.</summary>
    public static IEnumerable<Process> Find(Settings settings, Attempt attempt)
    {
        foreach (var folder in Directory.Exists("/proc") ? Directory.EnumerateDirectories("/proc") : [])
        {
            if (!int.TryParse(Path.GetFileName(folder), out var pid)) continue;
            string command;
            try { command = File.ReadAllText(Path.Combine(folder, "cmdline")); }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException) { continue; }
            if (command.EndsWith(string.Join('\0', Arguments(settings, attempt)) + "\0", StringComparison.Ordinal)) yield return Process.GetProcessById(pid);
        }
    }

    /// <param name="find">Gives the DAG of an id.</param>
    /// <returns>The exit code: 0 also when the attempt failed or was given up, for both are noted in the store.</returns>
    public static int Run(Settings settings, Func<string, Dag> find, long token)
    {
        using var store = new StateStore(settings.Database);
        var attempt = store.Query("SELECT a.token, a.dag_id, a.run_id, a.task_id, a.try_number, r.data_interval_start, r.data_interval_end, coalesce(t.waiting_since, a.queued_at) FROM attempt a JOIN dag_run r USING (dag_id, run_id) JOIN task_instance t USING (dag_id, run_id, task_id) WHERE a.token = $1",
            r => new Attempt(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetInt32(4), new(r.Moment(5), r.Moment(6)), r.Moment(7)), token).FirstOrDefault() ?? throw new UserException($"There is no attempt {token} in {settings.Database}.", 2);
        var graph = new DagGraph(find(attempt.DagId));
        var task = graph.Dag[attempt.TaskId];

        // before it begins: a signal from here on ends the task, not the process
        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
        void Interrupt(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }

        var began = false;
        store.InTransaction(() => began = !stop.IsCancellationRequested && TaskLife.Start(store, attempt, Environment.ProcessId, DateTime.UtcNow));
        if (!began) return 0;
        Failpoint.Hit("task-started");

        using var heartbeats = new Timer(_ => Heartbeat(settings, attempt), null, settings.Heartbeat, settings.Heartbeat);
        using var limit = task.ExecutionTimeout is { } most ? new Timer(_ => End(settings, graph, attempt, new Outcome.Failed($"it took longer than {most}")), null, most, Timeout.InfiniteTimeSpan) : null;

        Outcome outcome;
        using (var context = new AttemptContext(settings, attempt, stop.Token))
        {
            try { outcome = Outcome.Of(task, context.Context, attempt.WaitingSince, () => DateTime.UtcNow); }
            catch (StaleAttempt e) { context.Log(e.Message); return 0; }
        }
        Failpoint.Hit("task-done");
        store.InTransaction(() => TaskLife.Finish(store, graph, attempt, outcome, DateTime.UtcNow));
        return 0;
    }

    /// <summary>Notes a sign of life; a process whose attempt was given up ends itself.</summary>
    static void Heartbeat(Settings settings, Attempt attempt)
    {
        using var store = new StateStore(settings.Database);
        if (store.Execute("UPDATE attempt SET last_heartbeat_at = $2 WHERE token = $1 AND state = 'running'", attempt.Token, DateTime.UtcNow) == 0) Environment.Exit(0);
    }

    /// <summary>Notes the outcome and ends the process, whatever its task is doing.</summary>
    static void End(Settings settings, DagGraph graph, Attempt attempt, Outcome outcome)
    {
        using var store = new StateStore(settings.Database);
        store.InTransaction(() => TaskLife.Finish(store, graph, attempt, outcome, DateTime.UtcNow));
        Environment.Exit(0);
    }
}
