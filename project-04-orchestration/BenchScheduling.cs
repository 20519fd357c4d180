using System.Diagnostics;
using System.Globalization;

namespace Orchestrator;

/// <summary>Many DAGs and an executor that does nothing: what is left is scheduling. Runs as a process of its own, so that its memory is its own.</summary>
static class BenchScheduling
{
    static readonly DateTime Day1 = new(2013, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <returns>How long it took, and the most memory that the process held, in MiB.</returns>
    public static (double Seconds, double Peak) Start(string scratch, int dags, int runs)
    {
        var folder = Path.Combine(scratch, "scheduling");
        Crash.Delete(folder);
        using var process = Process.Start(new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            ["exec", typeof(BenchScheduling).Assembly.Location, "bench", "scheduling", $"{dags}", $"{runs}", folder])
        { RedirectStandardOutput = true })!;
        var printed = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new UserException($"bench scheduling ended with exit code {process.ExitCode}: {printed.Trim()}");
        var parts = printed.Split(' ');
        return (double.Parse(parts[0], CultureInfo.InvariantCulture), double.Parse(parts[1], CultureInfo.InvariantCulture));
    }

    /// <summary>Inside that process: at each midnight a run of every DAG is due at once. Prints seconds and MiB.</summary>
    public static int Run(int dagCount, int runs, string folder)
    {
        var dags = Enumerable.Range(0, dagCount).Select(i => new Dag($"dag_{i:0000}")
        {
            Schedule = new DeltaDataIntervalTimetable(TimeSpan.FromDays(1)),
            StartDate = Day1,
            EndDate = Day1.AddDays(runs - 1),
            Catchup = true,
            Tasks = [new ActionTask("extract", _ => null), new ActionTask("transform", _ => null) { Upstream = ["extract"] }, new ActionTask("load", _ => null) { Upstream = ["transform"] }],
        }).ToList();
        var watch = Stopwatch.StartNew();
        using var store = new StateStore(new Settings("", folder).Database);
        using var executor = new SimulatedExecutor(1000, _ => (TimeSpan.FromSeconds(1), new Outcome.Succeeded()));
        // each of these must get a slot: the default pool has 128
        using var scheduler = new Scheduler(store, dags, executor, new() { Pools = [new("default_pool", 1000, "")] });
        Simulation.Run(store, scheduler, executor, Day1, Day1.AddDays(runs + 1));
        var seconds = watch.Elapsed.TotalSeconds;
        if (store.Scalar("SELECT count(*) FROM dag_run WHERE state = 'success'") is not long done || done != dagCount * runs) throw new UserException("not every run has succeeded");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seconds:0.000} {Process.GetCurrentProcess().PeakWorkingSet64 / 1048576.0:0.0}"));
        return 0;
    }
}
