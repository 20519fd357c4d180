using Microsoft.Data.Sqlite;

namespace Orchestrator;

/// <summary>The scheduler in real time: a tick, a wait for the next thing to happen, and again. What a tick does stands in <see cref="Scheduler.Tick"/>.</summary>
static class Orchestration
{
    /// <summary>The longest wait: what other processes write into the store (a task's end, a trigger, a clear) is noticed after it.</summary>
    static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);

    /// <param name="isolated">Whether each attempt is a process of its own.</param>
    /// <param name="until">Ends the loop when it says so; null to run until stopped.</param>
    /// <param name="after">Is called after each tick, with whether this scheduler leads.</param>
    /// <exception cref="OperationCanceledException">Stopped. Attempts at work were told to end, and will be scheduled again.</exception>
    public static void Run(Settings settings, IReadOnlyList<Dag> dags, SchedulerOptions options, bool isolated, Func<StateStore, bool>? until, Action<StateStore, bool> after, CancellationToken stop)
    {
        using var store = new StateStore(settings.Database);
        using var wake = new AutoResetEvent(false);
        using IExecutor executor = isolated ? new ProcessExecutor(settings, wake) : new InProcessExecutor(settings, dags, wake);
        using var scheduler = new Scheduler(store, dags, executor, options);
        WaitHandle[] signals = [wake, stop.WaitHandle];
        while (!stop.IsCancellationRequested)
        {
            try { scheduler.Tick(DateTime.UtcNow); }
            catch (SqliteException e) when (e.SqliteErrorCode == Sqlite.Busy)
            {
                options.OnTrouble($"{settings.Database} is locked by another process; trying again.");
                continue;
            }
            after(store, scheduler.Leads);
            if (until?.Invoke(store) == true) break;
            var now = DateTime.UtcNow;
            var wait = scheduler.NextDue(now) is { } due && due - now < Poll ? due - now : Poll;
            WaitHandle.WaitAny(signals, wait);
        }
        scheduler.Stop(() => DateTime.UtcNow);
        stop.ThrowIfCancellationRequested();
    }
}
