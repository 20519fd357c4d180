using System.Diagnostics;
using System.Globalization;

namespace Orchestrator;

/// <summary>Measures on this machine, now, what the scheduler costs: a task in process and as a process, many tasks, many DAGs. All of it durable: each
/// change is on the disk before it counts.</summary>
static class Bench
{
    const int ChainTasks = 40, WideTasks = 100;
    static readonly TimeSpan Work = TimeSpan.FromMilliseconds(10);      // what a task of the chain does

    sealed record Line(string What, IReadOnlyList<double> Values, string Unit, double? Least = null, double? Most = null)
    {
        public double Median => Bench.Median(Values);
    }

    /// <param name="runs">How often each is measured; the median counts.</param>
    /// <param name="processes">How many tasks are run as processes.</param>
    public static int Run(int runs, int processes, bool airflow, CancellationToken stop)
    {
        if (runs < 1) throw new UserException($"--runs is a number from 1, found {runs}.", 2);
        if (processes < WideTasks || processes % WideTasks != 0) throw new UserException($"--processes is a multiple of {WideTasks}, found {processes}.", 2);
        var command = airflow ? BenchAirflow.Command() : null;
        var scratch = Directory.CreateTempSubdirectory("bench-").FullName;
        try
        {
            var lines = new List<Line>();
            List<double> Repeat(string what, int times, Func<double> measure)
            {
                var all = new List<double>();
                for (var run = 1; run <= times; run++)
                {
                    stop.ThrowIfCancellationRequested();
                    Terminal.Progress($"{what}, run {run} of {times}");
                    all.Add(measure());
                }
                return all;
            }
            double Chain(bool isolated) => Play(scratch, LabDags.Chain, 1, isolated, stop).TotalMilliseconds;

            Chain(isolated: false);      // compiled once
            var inProcess = Repeat("chain in process", runs, () => Chain(isolated: false));
            lines.Add(new("40 chained tasks of 10 ms, in process", inProcess, "ms"));
            lines.Add(new("  overhead a task", [.. inProcess.Select(Overhead)], "ms", Most: 5));

            var empty = Repeat("starts", runs * 4, () => EmptyStart());
            lines.Add(new("a start of this program that does nothing", empty, "ms"));
            var processed = Repeat("chain as processes", runs, () => Chain(isolated: true));
            lines.Add(new("40 chained tasks of 10 ms, each a process", processed, "ms"));
            lines.Add(new("  overhead a task", [.. processed.Select(Overhead)], "ms"));
            lines.Add(new("  in starts that do nothing", [.. processed.Select(t => Overhead(t) / Median(empty))], "times", Most: 1.3));

            lines.Add(new("10,000 tasks that do nothing, in process", Repeat("10,000 tasks", runs, () => 100 * WideTasks / Play(scratch, LabDags.Wide, 100, isolated: false, stop).TotalSeconds), "tasks/s"));
            lines.Add(new($"{processes:N0} tasks that do nothing, each a process", Repeat("tasks as processes", processes > 1000 ? 1 : runs, () => processes / Play(scratch, LabDags.Wide, processes / WideTasks, isolated: true, stop).TotalSeconds), "tasks/s"));

            var scheduled = new List<(double Seconds, double Peak)>();
            Repeat("1,000 DAGs", runs, () => { scheduled.Add(BenchScheduling.Start(scratch, 1000, 30)); return 0; });
            lines.Add(new("1,000 DAGs of 3 tasks, 30 runs each, scheduled", [.. scheduled.Select(s => s.Seconds)], "s"));
            lines.Add(new("  memory at the peak", [.. scheduled.Select(s => s.Peak)], "MiB", Most: 200));

            if (command is not null)
            {
                var theirs = Repeat("Airflow", 1, () => BenchAirflow.Chain(command, scratch, stop));
                lines.Add(new("40 chained tasks of 10 ms, Airflow standalone", theirs, "ms"));
                lines.Add(new("  in chains as processes", [Median(theirs) / Median(processed)], "times"));
            }
            Terminal.EndProgress();
            Terminal.Table(["measured", "median", "least", "most", "unit", "goal", "met"], lines.Select(Row));
            Console.WriteLine($"Medians of {runs} runs on {Environment.ProcessorCount} cores{Load()}. Overhead: what a task takes beyond its 10 ms.");
            return 0;
        }
        finally { Crash.Delete(scratch); }
    }

    static double Overhead(double chain) => chain / ChainTasks - Work.TotalMilliseconds;

    /// <summary>Works off a backfill of a DAG, in a folder that is made and deleted.</summary>
    static TimeSpan Play(string scratch, Dag dag, int runs, bool isolated, CancellationToken stop)
    {
        var settings = new Settings(scratch, Path.Combine(scratch, "play"));
        Crash.Delete(settings.Output);
        var graph = new DagGraph(dag);
        long id = 0;
        using (var store = new StateStore(settings.Database))
        {
            store.InTransaction(() => DagSync.Run(store, new Dictionary<string, DagGraph> { [dag.Id] = graph }, Pools.All, DateTime.UtcNow));
            id = Backfill.Create(store, graph, new(dag.StartDate, dag.StartDate.AddDays(runs - 1), MaxActiveRuns: runs), DateTime.UtcNow).Id!.Value;
        }
        var (watch, took) = (Stopwatch.StartNew(), TimeSpan.Zero);
        Orchestration.Run(settings, [dag], new() { CreatesRuns = false }, isolated, store =>
        {
            if (!Backfill.IsDone(store, id)) return false;
            took = watch.Elapsed;
            return true;
        }, (_, _) => { }, stop);
        using (var store = new StateStore(settings.Database))
            if (store.Scalar("SELECT count(*) FROM dag_run WHERE state <> 'success'") is not 0L) throw new UserException($"{dag.Id}: a run has failed. Its logs: {settings.Output}");
        return took;
    }

    static double EmptyStart()
    {
        var watch = Stopwatch.StartNew();
        using var process = ProcessExecutor.Launch(["task", "run"], keepFailpoint: false);
        process.WaitForExit();
        return watch.Elapsed.TotalMilliseconds;
    }

    static bool Met(Line line) => !(line.Median > line.Most || line.Median < line.Least);

    static IReadOnlyList<string> Row(Line line) =>
        [line.What, Text(line.Median), Text(line.Values.Min()), Text(line.Values.Max()), line.Unit, line.Most is { } most ? $"≤ {Text(most)}" : line.Least is { } least ? $"≥ {Text(least)}" : "", line.Most is null && line.Least is null ? "" : Met(line) ? "yes" : "no"];

    /// <summary>Who else works on the machine: without it a figure of today can't be compared with one of tomorrow.</summary>
    static string Load() => File.Exists("/proc/loadavg") ? $", load {File.ReadAllText("/proc/loadavg").Split(' ')[0]} at the end" : "";

    public static double Median(IEnumerable<double> values) => values.Order().ToList() is var all ? (all[(all.Count - 1) / 2] + all[all.Count / 2]) / 2 : 0;

    static string Text(double value) => value.ToString(value >= 100 ? "N0" : value >= 10 ? "0.0" : "0.00", CultureInfo.InvariantCulture);
}
