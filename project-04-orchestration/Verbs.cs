using System.CommandLine.Parsing;
using System.Diagnostics;
using System.Globalization;

namespace Orchestrator;

/// <summary>What the commands do with a store.</summary>
static class Verbs
{
    static readonly DateTime First = new(2013, 1, 1, 0, 0, 0, DateTimeKind.Utc), Last = new(2013, 1, 31, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>The main job: files arrive, and January is backfilled while they do.</summary>
    public static int Run(string source, string output, bool isolated, CancellationToken stop)
    {
        var watch = Stopwatch.StartNew();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var settings = new Settings(Path.Combine(output, "landing"), output);
        var delivery = Delivery.Start(source, settings.Input, TimeSpan.FromSeconds(3), ended.Token);
        var graph = new DagGraph(DailyFlights.Dag);
        Work(settings, graph, new(First, Last, MaxActiveRuns: 16), isolated, stop);
        ended.Cancel();
        using var store = new StateStore(settings.Database);
        Console.WriteLine(Grid.Text(store, graph));
        Console.WriteLine(Grid.Legend);
        Console.WriteLine();
        Told(store, graph.Dag);
        Console.WriteLine($"{store.Scalar("SELECT count(*) FROM dag_run WHERE dag_id = $1 AND state = 'success'", graph.Dag.Id)} of {store.Scalar("SELECT count(*) FROM dag_run WHERE dag_id = $1", graph.Dag.Id)} runs succeeded, in {Seconds(watch)} s.");
        Console.WriteLine($"Warehouse: {Warehouse.Counts(Warehouse.PathIn(output))[0].Rows:N0} flights, digest {Warehouse.Digest(Warehouse.PathIn(output))}");
        Console.WriteLine($"Store: {Shown(Warehouse.PathIn(output))}, state {Shown(settings.Database)}, logs {Shown(Path.Combine(output, "logs"))}");
        return store.Scalar("SELECT count(*) FROM dag_run WHERE dag_id = $1 AND state <> 'success'", graph.Dag.Id) is 0L ? 0 : 1;
    }

    public static int Backfill(Settings settings, string dag, Backfill.Request request, bool isolated, CancellationToken stop)
    {
        var graph = new DagGraph(Dags.FindWithLab(dag));
        var result = Work(settings, graph, request, isolated, stop);
        using var store = new StateStore(settings.Database);
        if (result.Id is not { } id)
        {
            Console.WriteLine($"Nothing to do: {result.Left} runs are there already. To run them again: --reprocess-behavior failed or completed.");
            return 0;
        }
        Console.Write(Grid.Text(store, graph));
        var failed = (long)store.Scalar("SELECT count(*) FROM dag_run WHERE backfill_id = $1 AND state = 'failed'", id)!;
        Console.WriteLine($"Backfill {id}: {result.Created} runs made, {result.Cleared} run again, {result.Left} left as they are, {failed} failed.");
        return failed == 0 ? 0 : 1;
    }

    /// <summary>Makes the backfill and works it off: as the scheduler, or, when there is one, by waiting for it.</summary>
    static Backfill.Result Work(Settings settings, DagGraph graph, Backfill.Request request, bool isolated, CancellationToken stop)
    {
        Backfill.Result result;
        using (var store = new StateStore(settings.Database))
        {
            store.InTransaction(() => DagSync.Run(store, new Dictionary<string, DagGraph> { [graph.Dag.Id] = graph }, Pools.All, DateTime.UtcNow));
            if (store.Scalar("SELECT is_paused FROM dag WHERE dag_id = $1", graph.Dag.Id) is 1L) throw new UserException($"{graph.Dag.Id} is paused. First: dotnet run -- unpause {graph.Dag.Id}", 2);
            result = Orchestrator.Backfill.Create(store, graph, request, DateTime.UtcNow);
        }
        if (result.Id is not { } id) return result;
        var told = false;
        var options = new SchedulerOptions { CreatesRuns = false, HeartbeatTimeout = settings.HeartbeatTimeout };
        var grid = new LiveGrid(graph, id);
        try
        {
            Orchestration.Run(settings, [graph.Dag], options, isolated, store => Orchestrator.Backfill.IsDone(store, id), (store, leads) =>
            {
                if (!leads && !told && Lease.Leader(store, DateTime.UtcNow) is { } leader) Console.Error.WriteLine($"{leader.Holder} schedules here; waiting for it.");
                told |= !leads;
                grid.Draw(store, DateTime.UtcNow);
            }, stop);
        }
        finally { grid.End(); }
        return result;
    }

    public static int Schedule(Settings settings, bool isolated, CancellationToken stop)
    {
        bool? led = null;
        var (shown, looked, rebuilt, written) = (0L, DateTime.UtcNow, false, NewBuild.Written());
        Orchestration.Run(settings, Dags.All, new() { HeartbeatTimeout = settings.HeartbeatTimeout, OnAlert = alert => Console.Error.WriteLine($"{alert.At:HH:mm:ss} ALERT {alert.Kind}: {alert.DagId} {alert.Text}") }, isolated, _ => rebuilt = IsRebuilt(), (store, leads) =>
        {
            if (led != leads) Console.Error.WriteLine(leads ? "This scheduler leads. Ctrl+C stops it." : $"Standing by: {Lease.Leader(store, DateTime.UtcNow)?.Holder} leads.");
            if (led is null) shown = (long)(store.Scalar("SELECT coalesce(max(id), 0) FROM transition") ?? 0L);
            led = leads;
            foreach (var (id, line) in store.Query("SELECT id, at, dag_id, run_id, task_id, to_state, try_number, reason FROM transition WHERE id > $1 AND to_state NOT IN ('scheduled', 'queued') ORDER BY id LIMIT 1000", r => (r.GetInt64(0), $"{r.Moment(1):HH:mm:ss} {r.GetString(2)} {r.GetString(3)} {r.GetString(4)}: {r.GetString(5)}{(r.GetInt32(6) > 1 ? $", try {r.GetInt32(6)}" : "")}{(r.GetString(7).Length > 0 ? $" ({Terminal.Plain(r.GetString(7))})" : "")}"), shown))
            {
                Console.WriteLine(line);
                shown = id;
            }
        }, stop);
        if (rebuilt) Console.Error.WriteLine("The program was built anew: this scheduler goes on as the new one.");
        if (rebuilt) NewBuild.Become();
        return rebuilt ? throw new UserException("The new program could not be started. Start it: dotnet run -- scheduler") : 0;

        bool IsRebuilt()
        {
            if (DateTime.UtcNow - looked < TimeSpan.FromSeconds(1)) return false;
            looked = DateTime.UtcNow;
            return NewBuild.IsThere(written, looked);
        }
    }

    public static int List(string output)
    {
        var settings = new Settings("", output);
        using var store = File.Exists(settings.Database) ? new StateStore(settings.Database) : new StateStore(":memory:");
        Terminal.Table(["dag", "schedule", "catchup", "paused", "next run after", "runs"], Dags.All.Select(d => (string[])[d.Id, d.Schedule.Summary, d.Catchup ? "on" : "off",
            store.Scalar("SELECT is_paused FROM dag WHERE dag_id = $1", d.Id) is 1L ? "yes" : "no", store.Scalar("SELECT next_run_after FROM dag WHERE dag_id = $1", d.Id) as string ?? "",
            store.Scalar("SELECT count(*) FROM dag_run WHERE dag_id = $1", d.Id)!.ToString()!]));
        return 0;
    }

    public static int Logs(Settings settings, StateStore store, DagGraph graph, string run, string task, int? tryNumber)
    {
        _ = graph.Dag[task];
        var tries = store.Query("SELECT DISTINCT try_number FROM attempt WHERE dag_id = $1 AND run_id = $2 AND task_id = $3 ORDER BY try_number", r => r.GetInt32(0), graph.Dag.Id, run, task).Where(t => tryNumber is null || t == tryNumber).ToList();
        if (tries.Count == 0) throw new UserException($"{task} has no {(tryNumber is null ? "attempt" : $"try {tryNumber}")} in {run}.");
        foreach (var one in tries)
        {
            Console.WriteLine($"try {one}");
            if (File.Exists(settings.LogFile(graph.Dag.Id, run, task, one))) foreach (var line in File.ReadLines(settings.LogFile(graph.Dag.Id, run, task, one))) Console.WriteLine($"  {Terminal.Plain(line)}");
        }
        return 0;
    }

    public static int Clear(StateStore store, DagGraph graph, DateTime from, DateTime to, string? task, bool downstream, bool onlyFailed)
    {
        if (task is not null) _ = graph.Dag[task];
        var runs = store.Query("SELECT run_id FROM dag_run WHERE dag_id = $1 AND logical_date BETWEEN $2 AND $3", r => r.GetString(0), graph.Dag.Id, from, to);
        var cleared = Orchestrator.Clear.Run(store, graph, runs, task is null ? null : [task], downstream, onlyFailed, DateTime.UtcNow);
        Console.WriteLine($"{cleared} tasks of {runs.Count} runs are cleared. A scheduler runs them again: dotnet run -- scheduler");
        return 0;
    }

    public static int Pause(StateStore store, string dag, bool pause)
    {
        store.Execute("INSERT INTO dag (dag_id, is_paused) VALUES ($1, $2) ON CONFLICT (dag_id) DO UPDATE SET is_paused = excluded.is_paused", dag, pause ? 1 : 0);
        Console.WriteLine(pause ? $"{dag} is paused: what runs, ends; nothing more starts." : $"{dag} goes on.");
        return 0;
    }

    public static int Trigger(StateStore store, DagGraph graph)
    {
        var now = DateTime.UtcNow;
        string? run = null;
        store.InTransaction(() => run = Runs.Create(store, graph, new(graph.Dag.Schedule.ManualInterval(now), now), RunType.Manual, now));
        Console.WriteLine($"{run} is queued.");
        return 0;
    }

    /// <summary>What a person should know, after a run.</summary>
    static void Told(StateStore store, Dag dag)
    {
        foreach (var text in store.Query("SELECT kind || ': ' || text FROM alert WHERE dag_id = $1 ORDER BY id", r => r.GetString(0), dag.Id)) Console.WriteLine($"ALERT {text}");
    }

    static string Seconds(Stopwatch watch) => watch.Elapsed.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);

    /// <summary>A path as somebody in this folder would type it.</summary>
    static string Shown(string path) => Path.GetRelativePath(Directory.GetCurrentDirectory(), path) is var relative && !relative.StartsWith("..", StringComparison.Ordinal) ? relative : path;
}

static class Moments
{
    /// <summary>A date or a moment, UTC unless it says otherwise.</summary>
    public static DateTime Parse(ArgumentResult found)
    {
        var text = found.Tokens.Count == 1 ? found.Tokens[0].Value : "";
        if (DateTime.TryParseExact(text, ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ssK"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var moment)) return moment;
        found.AddError($"'{text}' is no date. Write 2013-01-31 or 2013-01-31T06:00.");
        return default;
    }
}
