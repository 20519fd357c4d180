using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Orchestrator.Tests;

/// <summary>Processes that sleep, wake and die.</summary>
[TestFixture, Category("Step9"), Platform("Linux,MacOsX")]
sealed partial class ProcessTests
{
    const int Stop = 19, Continue = 18;

    [LibraryImport("libc", EntryPoint = "kill")] private static partial int Kill(int pid, int signal);

    static Process Start(params IEnumerable<string> arguments) => Process.Start(new ProcessStartInfo("dotnet", ["exec", typeof(Checklist).Assembly.Location, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;

    static void Until(Func<bool> holds, string what)
    {
        for (var watch = Stopwatch.StartNew(); !holds(); Thread.Sleep(10)) Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(60)), what);
    }

    static Attempt Queue(StateStore store, DagGraph graph, int tryNumber)
    {
        Attempt? attempt = null;
        store.InTransaction(() =>
        {
            store.Execute("UPDATE task_instance SET state = 'scheduled', try_number = $1", tryNumber);
            var run = store.Query($"SELECT {RunRow.Columns} FROM dag_run r", RunRow.Of)[0];
            attempt = TaskLife.Queue(store, store.Query($"SELECT {TaskRow.Columns} FROM task_instance t WHERE t.task_id = 'write'", TaskRow.Of)[0], run, "test", DateTime.UtcNow);
        });
        Assert.That(graph.Dag[attempt!.TaskId], Is.Not.Null);
        return attempt;
    }

    /// <summary>Schedules the DAG until its run has ended, for a minute at most.</summary>
    /// <returns>What the scheduler has said of trouble.</returns>
    static List<string> Work(Settings settings, Dag dag, Action after)
    {
        var trouble = new List<string>();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        Orchestration.Run(settings, [dag], new() { CreatesRuns = false, HeartbeatTimeout = settings.HeartbeatTimeout, OnTrouble = trouble.Add }, isolated: true, store => store.Scalar("SELECT state FROM dag_run") is "success" or "failed", (_, _) => after(), limit.Token);
        return trouble;
    }

    [Test]
    public void An_attempt_that_is_stopped_and_given_up_and_continued_changes_nothing()
    {
        using var folder = new TempFolder();
        var settings = new Settings(folder.Path, folder.Path) { HeartbeatTimeout = TimeSpan.FromMinutes(5) };
        var graph = new DagGraph(LabDags.Slow);
        using var store = new StateStore(settings.Database);
        Playground.Trigger(store, graph, Playground.Day1);
        var first = Queue(store, graph, 1);
        using var sleeper = Start(Worker.Arguments(settings, first));
        Until(() => File.Exists(folder.At("began-1")), "the first attempt begins");
        Assert.That(Kill(sleeper.Id, Stop), Is.Zero);

        store.InTransaction(() => TaskLife.GiveUp(store, graph, first, "no heartbeat", DateTime.UtcNow));
        File.WriteAllText(folder.At("go-2"), "");
        using (var second = Start(Worker.Arguments(settings, Queue(store, graph, 2)))) second.WaitForExit();
        File.WriteAllText(folder.At("go-1"), "");
        Assert.That(Kill(sleeper.Id, Continue), Is.Zero);
        sleeper.WaitForExit();

        Assert.That(File.ReadAllLines(folder.At("result")), Is.EqualTo(new[] { "try 2" }));
        Assert.That(store.Query("SELECT state || ' ' || try_number FROM task_instance WHERE task_id = 'write'", r => r.GetString(0)), Is.EqualTo(new[] { "success 2" }));
        Assert.That(File.ReadAllText(settings.LogFile("lab_slow", first.RunId, "write", 1)), Does.Contain("was given up"));
    }

    [Test]
    public void A_scheduler_kills_the_process_of_an_attempt_that_it_gives_up()
    {
        using var folder = new TempFolder();
        var settings = new Settings(folder.Path, folder.Path) { HeartbeatTimeout = TimeSpan.FromSeconds(1.5) };
        var dag = LabDags.Slow with { Tasks = [LabDags.Slow["write"]] };
        using (var store = new StateStore(settings.Database)) Playground.Trigger(store, new(dag), Playground.Day1);
        File.WriteAllText(folder.At("go-2"), "");
        var stopped = 0;
        Work(settings, dag, () =>
        {
            if (stopped == 0 && File.Exists(folder.At("began-1")) && int.TryParse(File.ReadAllText(folder.At("began-1")), out stopped)) Kill(stopped, Stop);
        });
        Assert.That(File.ReadAllLines(folder.At("result")), Is.EqualTo(new[] { "try 2" }));
        Until(() => !Directory.Exists($"/proc/{stopped}") || File.ReadAllText($"/proc/{stopped}/stat").Contains(") Z ", StringComparison.Ordinal), "the stopped process is gone");
    }

    [Test]
    public void An_attempt_that_stands_still_with_the_lock_in_its_hand_is_killed_and_tried_again()
    {
        using var folder = new TempFolder();
        var settings = new Settings(folder.Path, folder.Path) { HeartbeatTimeout = TimeSpan.FromSeconds(1.5) };
        var dag = LabDags.Slow with { Tasks = [LabDags.Slow["write"]] };
        using (var store = new StateStore(settings.Database)) Playground.Trigger(store, new(dag), Playground.Day1);
        foreach (var file in (string[])["go-1", "hold-1", "go-2"]) File.WriteAllText(folder.At(file), "");
        var trouble = Work(settings, dag, () => { });
        Assert.That(trouble, Is.All.Contains("is locked by another process; trying again"));
        Assert.That(File.ReadAllLines(folder.At("result")), Is.EqualTo(new[] { "try 2" }));
    }

    [Test]
    public void Of_two_programs_on_one_database_one_works_and_when_it_is_killed_the_other_goes_on()
    {
        using var folder = new TempFolder();
        var source = Playground.Source(folder.At("source"), 13, 14);
        string[] arguments = ["backfill", "--from", "2013-01-13", "--to", "2013-01-14", "--input", source, "--output", folder.At("out"), "--isolated", "--heartbeat-timeout", "2"];
        using var first = Start(arguments);
        using var output = new StateStore(folder.At("out", "state.db"));
        Until(() => output.Scalar("SELECT count(*) FROM attempt") is > 0L, "the first one begins");
        using var second = Start(arguments);
        var error = second.StandardError.ReadToEndAsync();
        Until(() => output.Scalar("SELECT count(*) FROM attempt WHERE state = 'success'") is > 2L, "the first one works");
        first.Kill();
        second.WaitForExit();
        Assert.That(second.ExitCode, Is.Zero, error.Result);
        Assert.That(output.Scalar("SELECT count(*) FROM dag_run WHERE state = 'success'"), Is.EqualTo(2));
        Assert.That(output.Scalar("SELECT max(n) FROM (SELECT count(*) AS n FROM transition WHERE to_state = 'success' GROUP BY run_id, task_id)"), Is.EqualTo(1));
    }

    [Test]
    public void A_scheduler_goes_on_as_the_program_that_was_built_anew()
    {
        using var folder = new TempFolder();
        var built = Path.GetDirectoryName(typeof(Checklist).Assembly.Location)!;
        foreach (var file in Directory.EnumerateFiles(built, "*", SearchOption.AllDirectories).Where(f => Path.GetRelativePath(built, f).Split(Path.DirectorySeparatorChar)[0] is not (".playwright" or "runtimes") || f.Contains("sqlite", StringComparison.Ordinal)))
        {
            var copy = folder.At("program", Path.GetRelativePath(built, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
            File.SetLastWriteTimeUtc(copy, DateTime.UtcNow.AddHours(-1));
        }
        var program = folder.At("program", "Orchestrator.dll");
        Directory.CreateDirectory(folder.At("source"));
        using var scheduler = Process.Start(new ProcessStartInfo("dotnet", ["exec", program, "scheduler", "--in-process", "--input", folder.At("source"), "--output", folder.At("out")]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        _ = scheduler.StandardOutput.ReadToEndAsync();
        try
        {
            Assert.That(scheduler.StandardError.ReadLine(), Does.StartWith("This scheduler leads"));
            File.SetLastWriteTimeUtc(program, DateTime.UtcNow.AddMinutes(-1));
            Assert.That(scheduler.StandardError.ReadLine(), Does.StartWith("The program was built anew"));
            Assert.That(scheduler.StandardError.ReadLine(), Does.StartWith("This scheduler leads"));
            Kill(scheduler.Id, 15);
            scheduler.WaitForExit();
            Assert.That(scheduler.ExitCode, Is.EqualTo(130));
        }
        finally { scheduler.Kill(); }
    }
}
