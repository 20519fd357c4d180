namespace Orchestrator;

/// <summary>The real scheduler under a clock that jumps from one event to the next.</summary>
static class Simulation
{
    /// <summary>Ticks from <paramref name="from"/> until <paramref name="to"/>, or until nothing is due any more.</summary>
    /// <param name="at">Is called after each tick with its moment.</param>
    /// <returns>The moment of the last tick; UTC.</returns>
    public static DateTime Run(StateStore store, Scheduler scheduler, SimulatedExecutor executor, DateTime from, DateTime to, Action<DateTime>? at = null, CancellationToken stop = default)
    {
        for (var now = from; ;)
        {
            stop.ThrowIfCancellationRequested();
            executor.Now = now;
            scheduler.Tick(now);
            at?.Invoke(now);
            var next = Earlier(executor.NextEnd, scheduler.NextDue(now));
            if (next is null || next > to) return now;
            now = next.Value;
        }

        static DateTime? Earlier(DateTime? a, DateTime? b) => a is null ? b : b is null || a < b ? a : b;
    }
}
