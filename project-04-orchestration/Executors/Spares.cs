using System.Diagnostics;
using System.Globalization;

namespace Orchestrator;

/// <summary>Processes that have started, have opened the store and have nothing to do: the next attempt gets one. Each still runs a single attempt
/// and ends. They end, too, when the scheduler does, for it holds the other end of their stdin.</summary>
sealed class Spares(Settings settings) : IDisposable
{
    /// <summary>Of each about 50 MB: what two cores can start while two tasks run.</summary>
    const int Most = 2;

    // under the crash lab each process is started for its attempt, so that the armed failpoint is passed where the lab means it
    readonly bool used = Environment.GetEnvironmentVariable("FAILPOINT") is null;
    readonly Queue<Process> ready = [];
    int starting;
    bool ended;

    /// <summary>Gives the attempt to a spare, and has another one started.</summary>
    /// <returns>Null when there is none.</returns>
    public Process? Take(long token)
    {
        if (!used) return null;
        Process? taken = null;
        lock (ready)
        {
            while (taken is null && ready.TryDequeue(out var next))
                try
                {
                    next.StandardInput.WriteLine(token.ToString(CultureInfo.InvariantCulture));
                    next.StandardInput.Close();
                    taken = next;
                }
                catch (IOException) { next.Dispose(); }      // it has ended: somebody has killed it
            while (!ended && ready.Count + starting < Most)
            {
                starting++;
                ThreadPool.QueueUserWorkItem(_ => Add());
            }
        }
        return taken;
    }

    void Add()
    {
        Process? process = null;
        try { process = ProcessExecutor.Launch(Worker.SpareArguments(settings), keepFailpoint: false); }
        catch (System.ComponentModel.Win32Exception) { }        // the attempts will say so, if they can't be started either
        finally
        {
            lock (ready)
            {
                starting--;
                if (process is not null) ready.Enqueue(process);
                Monitor.PulseAll(ready);
            }
        }
    }

    void Empty()
    {
        while (ready.TryDequeue(out var process))
            using (process)
                try
                {
                    process.StandardInput.Close();
                    if (process.WaitForExit(TimeSpan.FromSeconds(2))) continue;
                    process.Kill();
                    process.WaitForExit();
                }
                catch (Exception e) when (e is IOException or InvalidOperationException) { }
    }

    public void Dispose()
    {
        lock (ready)
        {
            ended = true;
            while (starting > 0) Monitor.Wait(ready);       // none may come after the end
            Empty();
        }
    }
}
