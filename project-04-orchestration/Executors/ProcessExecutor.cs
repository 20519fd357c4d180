using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Orchestrator;

/// <summary>Runs each attempt as a process of its own (<see cref="Worker"/>), which notes its own start, heartbeats and end. It lives on when the
/// scheduler dies, and the next one finds it by its heartbeats. Processes are started ahead of the attempts (<see cref="Spares"/>): to start one takes
/// longer than many a task.</summary>
/// <param name="wake">Is set when a process has ended.</param>
sealed partial class ProcessExecutor(Settings settings, AutoResetEvent wake) : IExecutor
{
    readonly ConcurrentDictionary<long, Process> running = [];
    readonly ConcurrentQueue<(Attempt Attempt, int ExitCode)> ended = [];
    readonly Spares spares = new(settings);

    public bool SharesProcess => false;
    public int FreeSlots => settings.Parallelism - running.Count;

    public void Start(Attempt attempt)
    {
        var process = spares.Take(attempt.Token) ?? Launch(Worker.Arguments(settings, attempt), keepFailpoint: attempt.TryNumber == 1);      // the crash lab kills a task once, not at every try
        running[attempt.Token] = process;
        process.Exited += (_, _) => Ended(attempt);
        process.EnableRaisingEvents = true;         // also tells of a process that has ended already
    }

    void Ended(Attempt attempt)
    {
        if (!running.TryRemove(attempt.Token, out var process)) return;
        ended.Enqueue((attempt, process.ExitCode));
        process.Dispose();
        wake.Set();
    }

    /// <summary>Starts this program.</summary>
    public static Process Launch(IEnumerable<string> arguments, bool keepFailpoint)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", ["exec", typeof(ProcessExecutor).Assembly.Location, .. arguments]) { RedirectStandardInput = true };
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";       // starts a little faster
        start.Environment["DOTNET_TieredPGO"] = "0";
        if (!keepFailpoint) start.Environment.Remove("FAILPOINT");
        return Process.Start(start)!;
    }

    public bool TryTake(DateTime now, out Attempt attempt, out Outcome? outcome)
    {
        var found = ended.TryDequeue(out var end);
        attempt = end.Attempt;
        outcome = end.ExitCode == 0 ? null : new Outcome.Failed($"its process ended with exit code {end.ExitCode}");
        return found;
    }

    public void Heartbeat(StateStore store, DateTime now) { }       // each process gives its own

    /// <summary>Kills the attempt's process, also one that an earlier scheduler has started: it could be stopped inside a transaction and hold a lock.</summary>
    public void Abandon(Attempt attempt)
    {
        try
        {
            if (running.TryGetValue(attempt.Token, out var process)) process.Kill();
            else foreach (var orphan in Worker.Find(settings, attempt)) using (orphan) orphan.Kill();
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception) { }      // it has just ended
    }

    public void Stop()
    {
        spares.Dispose();
        foreach (var process in running.Values)
            try
            {
                if (OperatingSystem.IsWindows()) process.Kill(); else Kill(process.Id, 15);
            }
            catch (InvalidOperationException) { }
        var until = DateTime.UtcNow.AddSeconds(5);
        while (!running.IsEmpty && DateTime.UtcNow < until) Thread.Sleep(10);
        foreach (var process in running.Values)
            try { process.Kill(); } catch (InvalidOperationException) { }
    }

    public void Dispose() => Stop();

    [LibraryImport("libc", EntryPoint = "kill")] private static partial int Kill(int pid, int signal);
}
