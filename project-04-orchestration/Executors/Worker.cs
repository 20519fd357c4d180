using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Orchestrator;

/// <summary>The process of one attempt: it begins it, gives signs of life, and notes how it ended, each in a transaction that checks its token.</summary>
static class Worker
{
    /// <summary>The program's arguments for a process that runs this attempt.</summary>
    public static IEnumerable<string> Arguments(Settings settings, Attempt attempt) => Arguments(settings, attempt.DagId, attempt.TaskId, attempt.Token.ToString(CultureInfo.InvariantCulture));

    /// <summary>For a process that waits to be told its attempt, by a line on stdin.</summary>
    public static IEnumerable<string> SpareArguments(Settings settings) => Arguments(settings, "any", "any", "next");

    static IEnumerable<string> Arguments(Settings settings, string dag, string task, string token) =>
        ["task", "run", dag, task, "--attempt", token, "--heartbeat-timeout", settings.HeartbeatTimeout.TotalSeconds.ToString(CultureInfo.InvariantCulture), "--input", settings.Input, "--output", settings.Output];

    /// <summary>The processes on this machine that run this attempt.</summary>
    public static IEnumerable<Process> Find(Settings settings, Attempt attempt)
    {
        // a spare does not have its attempt on the command line, but has noted its number. Had the system given that to a later attempt since, it would not be meant
        int? noted;
        using (var store = new StateStore(settings.Database)) noted = (int?)(long?)store.Scalar("SELECT pid FROM attempt a WHERE token = $1 AND NOT EXISTS (SELECT 1 FROM attempt b WHERE b.pid = a.pid AND b.token > a.token)", attempt.Token);
        var (own, spare) = (Line(Arguments(settings, attempt)), Line(SpareArguments(settings)));
        foreach (var folder in Directory.Exists("/proc") ? Directory.EnumerateDirectories("/proc") : [])
        {
            if (!int.TryParse(Path.GetFileName(folder), out var pid)) continue;
            string command;
            try { command = File.ReadAllText(Path.Combine(folder, "cmdline")); }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException) { continue; }
            if (command.EndsWith(own, StringComparison.Ordinal) || pid == noted && command.EndsWith(spare, StringComparison.Ordinal)) yield return Process.GetProcessById(pid);
        }

        static string Line(IEnumerable<string> arguments) => string.Join('\0', arguments) + "\0";
    }

    /// <summary>A spare: gets ready, waits to be told its attempt, and runs it.</summary>
    /// <param name="find">Gives the DAG of an id.</param>
    /// <returns>The exit code.</returns>
    public static int Wait(Settings settings, Func<string, Dag> find)
    {
        WarmUp();
        using var store = new StateStore(settings.Database);
        return Console.In.ReadLine() is { Length: > 0 } line ? Run(settings, store, find, long.Parse(line, CultureInfo.InvariantCulture)) : 0;      // no line: the scheduler is gone
    }

    /// <param name="find">Gives the DAG of an id.</param>
    /// <returns>The exit code: 0 also when the attempt failed or was given up, for both are noted in the store.</returns>
    public static int Run(Settings settings, Func<string, Dag> find, long token)
    {
        using var store = new StateStore(settings.Database);
        return Run(settings, store, find, token);
    }

    static int Run(Settings settings, StateStore store, Func<string, Dag> find, long token)
    {
        var attempt = store.Query("SELECT a.token, a.dag_id, a.run_id, a.task_id, a.try_number, r.data_interval_start, r.data_interval_end, coalesce(t.waiting_since, a.queued_at) FROM attempt a JOIN dag_run r USING (dag_id, run_id) JOIN task_instance t USING (dag_id, run_id, task_id) WHERE a.token = $1",
            r => new Attempt(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetInt32(4), new(r.Moment(5), r.Moment(6)), r.Moment(7)), token).FirstOrDefault() ?? throw new UserException($"There is no attempt {token} in {settings.Database}.", 2);
        return Run(settings, store, new DagGraph(find(attempt.DagId)), attempt);
    }

    static int Run(Settings settings, StateStore store, DagGraph graph, Attempt attempt, Stream? log = null)
    {
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
        using (var context = new AttemptContext(settings, attempt, stop.Token, log))
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

    /// <summary>Runs an attempt of nothing on a store in memory: what has run once need not be compiled when it counts.</summary>
    static void WarmUp()
    {
        try
        {
            using var store = new StateStore(":memory:");
            var graph = new DagGraph(new("warm_up") { Schedule = new NullTimetable(), StartDate = DateTime.UnixEpoch, Tasks = [new ActionTask("nothing", _ => null)] });
            var now = DateTime.UtcNow;
            var run = new RunRow("warm_up", Runs.Create(store, graph, new(new(now, now), now), RunType.Manual, now)!, RunType.Manual, RunState.Running, now, new(now, now), now);
            var attempt = TaskLife.Queue(store, new TaskRow(run.DagId, run.RunId, "nothing", TaskState.Scheduled, 1, 0, "", 1, null), run, "", now);
            Run(new("", "") { HeartbeatTimeout = TimeSpan.FromDays(1) }, store, graph, attempt, Stream.Null);       // no heartbeat in a day: it would go to another store
        }
        catch (NotImplementedException) { }     // a step of the exercise that is not built: the attempt will say so
    }
}
