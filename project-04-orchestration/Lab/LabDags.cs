namespace Orchestrator;

/// <summary>DAGs that labs, benchmarks and tests run, also as processes.</summary>
static class LabDags
{
    static readonly DateTime Start = new(2013, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>40 tasks of 10 ms, each after the one before.</summary>
    public static Dag Chain => field ??= new("lab_chain")
    {
        Schedule = new DeltaDataIntervalTimetable(TimeSpan.FromDays(1)),
        StartDate = Start,
        Tasks = [.. Enumerable.Range(0, 40).Select(i => new ActionTask($"task_{i:00}", _ => { Thread.Sleep(10); return null; }) { Upstream = i == 0 ? [] : [$"task_{i - 1:00}"] })],
    };

    /// <summary>100 tasks that do nothing and wait for nothing.</summary>
    public static Dag Wide => field ??= new("lab_wide")
    {
        Schedule = new DeltaDataIntervalTimetable(TimeSpan.FromDays(1)),
        StartDate = Start,
        MaxActiveTasks = 100,
        MaxActiveRuns = 1000,
        Tasks = [.. Enumerable.Range(0, 100).Select(i => new ActionTask($"task_{i:00}", _ => null))],
    };

    /// <summary>A task that waits for a file and then writes one, for experiments on who may write: it can be stopped between the two, and held
    /// inside its fence by a file <c>hold-N</c>; <c>writes-N</c> tells that it is there.</summary>
    public static Dag Slow => field ??= new("lab_slow")
    {
        Schedule = new DeltaDataIntervalTimetable(TimeSpan.FromDays(1)),
        StartDate = Start,
        Retries = 2,
        RetryDelay = TimeSpan.FromMilliseconds(100),
        Tasks = [new ActionTask("write", Write), new ActionTask("crash", Crash)],
    };

    static object? Write(TaskContext context)
    {
        File.WriteAllText(Path.Combine(context.Output, $"began-{context.TryNumber}"), Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture));
        while (!File.Exists(Path.Combine(context.Output, $"go-{context.TryNumber}")) && !context.Stop.IsCancellationRequested) Thread.Sleep(10);
        context.Fenced(() =>
        {
            File.WriteAllText(Path.Combine(context.Output, $"writes-{context.TryNumber}"), "");
            while (File.Exists(Path.Combine(context.Output, $"hold-{context.TryNumber}"))) Thread.Sleep(10);
            File.AppendAllText(Path.Combine(context.Output, "result"), $"try {context.TryNumber}\n");
        });
        return null;
    }

    /// <summary>Brings its process down, when that is its own.</summary>
    static object? Crash(TaskContext context)
    {
        if (!Environment.GetCommandLineArgs().Contains("--attempt")) throw new InvalidOperationException("this task is for a process of its own");
        Environment.Exit(7);
        return null;
    }

    /// <summary>A task for each way to end.</summary>
    public static Dag Outcomes => field ??= new("lab_outcomes")
    {
        Schedule = new DeltaDataIntervalTimetable(TimeSpan.FromDays(1)),
        StartDate = Start,
        Retries = 1,
        RetryDelay = TimeSpan.FromMilliseconds(50),
        Tasks =
        [
            new ActionTask("value", context => { context.Push("table", "flights"); return 42; }),
            new ActionTask("read", context => { context.Log($"found {context.Pull<int>("value")} and {context.Pull<string>("value", "table")}"); return null; }) { Upstream = ["value"] },
            new ActionTask("fails", _ => throw new InvalidOperationException("no luck")),
            new ActionTask("after", _ => null) { Upstream = ["fails"] },
            new ActionTask("fails_once", context => context.TryNumber == 1 ? throw new InvalidOperationException("not yet") : null),
            new ActionTask("fails_for_good", _ => throw new TaskFailedForGood("hopeless")),
            new ActionTask("skips", _ => throw new TaskSkipped("nothing to do")),
        ],
    };

    /// <summary>A task that sleeps for a minute, and may take half a second.</summary>
    public static Dag TooLong => field ??= new("lab_too_long")
    {
        Schedule = new DeltaDataIntervalTimetable(TimeSpan.FromDays(1)),
        StartDate = Start,
        Tasks = [new ActionTask("sleeps", context => { context.Stop.WaitHandle.WaitOne(TimeSpan.FromMinutes(1)); return null; }) { ExecutionTimeout = TimeSpan.FromSeconds(0.5) }, new ActionTask("beside", _ => null)],
    };

    /// <summary>A sensor that keeps its slot until the file <c>there</c> is in the input folder.</summary>
    public static Dag Waiting => field ??= new("lab_waiting")
    {
        Schedule = new DeltaDataIntervalTimetable(TimeSpan.FromDays(1)),
        StartDate = Start,
        Tasks = [new SensorTask("wait", context => File.Exists(Path.Combine(context.Input, "there"))) { PokeInterval = TimeSpan.FromMilliseconds(50) }, new ActionTask("after", _ => null) { Upstream = ["wait"] }],
    };

    /// <returns>Null when there is none of this id.</returns>
    public static Dag? Find(string id) => id switch { "lab_chain" => Chain, "lab_wide" => Wide, "lab_slow" => Slow, "lab_outcomes" => Outcomes, "lab_too_long" => TooLong, "lab_waiting" => Waiting, _ => null };
}
