namespace Orchestrator;

/// <summary>A stretch of simulated time in which attempts fail and are lost, and schedulers die. Of those that die, half have only slept: they wake up
/// after another has taken over, and bring what their attempts have done meanwhile, which must be refused.</summary>
sealed class SimulatedYear(StateStore store, IReadOnlyList<Dag> dags, Fate fate, SchedulerOptions options, int slots = 32)
{
    readonly List<(Member Member, DateTime Wakes)> asleep = [];
    int count;

    sealed record Member(Scheduler Scheduler, SimulatedExecutor Executor)
    {
        public void Tick(DateTime now)
        {
            Executor.Now = now;
            Scheduler.Tick(now);
        }
    }

    public int Ticks { get; private set; }
    /// <summary>How many schedulers died or fell asleep.</summary>
    public int TakeOvers => count - 1;

    /// <param name="deaths">When the leading scheduler dies, in order; UTC.</param>
    /// <returns>The moment of the last tick; UTC.</returns>
    public DateTime Play(DateTime from, DateTime until, IEnumerable<DateTime> deaths, CancellationToken stop = default)
    {
        var dying = new Queue<DateTime>(deaths);
        var leader = Join();
        for (var now = from; ;)
        {
            stop.ThrowIfCancellationRequested();
            if (dying.TryPeek(out var death) && death <= now)
            {
                dying.Dequeue();
                if (count % 2 == 0) asleep.Add((leader, now + options.Lease * 8)); else leader.Scheduler.Dispose();
                leader = Join();
                now += options.Lease + TimeSpan.FromMilliseconds(1);        // the lease of the dead has run out
            }
            leader.Tick(now);
            Ticks++;
            foreach (var (member, _) in asleep.Where(a => a.Wakes <= now)) member.Tick(now);
            asleep.RemoveAll(a => a.Wakes <= now);
            DateTime?[] next = [leader.Executor.NextEnd, leader.Scheduler.NextDue(now), dying.TryPeek(out death) ? death : null, asleep.Count > 0 ? asleep.Min(a => a.Wakes) : null];
            if (next.Min() is not { } due || due > until) return now;
            if (due > now) now = due;
        }
    }

    Member Join()
    {
        SimulatedExecutor? executor = null;
        executor = new(slots, attempt => fate.Of(attempt, executor!.Now)) { HeartbeatTimeout = options.HeartbeatTimeout };
        return new(new(store, dags, executor, options with { Name = $"scheduler-{++count}" }), executor);
    }
}
