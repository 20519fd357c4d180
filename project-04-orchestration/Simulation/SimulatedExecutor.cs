namespace Orchestrator;

/// <summary>Runs nothing: each attempt takes as long as it is told, in simulated time, and ends as it is told. One that takes
/// <see cref="Timeout.InfiniteTimeSpan"/> is lost: it never comes back, and gives no heartbeats.</summary>
sealed class SimulatedExecutor(int slots, Func<Attempt, (TimeSpan Takes, Outcome? Outcome)> play) : IExecutor
{
    readonly PriorityQueue<(Attempt Attempt, Outcome? Outcome), (DateTime, long)> ends = new();
    readonly HashSet<long> running = [], silent = [];
    DateTime lastHeartbeat;

    /// <summary>UTC, simulated; set before each tick.</summary>
    public DateTime Now { get; set; }

    /// <summary>When the scheduler would notice a lost attempt; as its own <see cref="SchedulerOptions.HeartbeatTimeout"/>.</summary>
    public TimeSpan HeartbeatTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>When the next attempt ends, or is noticed to be lost; null when none is running.</summary>
    public DateTime? NextEnd => ends.TryPeek(out _, out var key) ? key.Item1 : null;

    public bool SharesProcess => true;
    public int FreeSlots => slots - running.Count - silent.Count;

    public void Start(Attempt attempt)
    {
        var (takes, outcome) = play(attempt);
        var lost = takes == Timeout.InfiniteTimeSpan;
        (lost ? silent : running).Add(attempt.Token);
        ends.Enqueue((attempt, outcome), (Now + (lost ? HeartbeatTimeout + TimeSpan.FromMilliseconds(1) : takes), attempt.Token));
    }

    public bool TryTake(DateTime now, out Attempt attempt, out Outcome? outcome)
    {
        while (ends.TryPeek(out var end, out var key) && key.Item1 <= now)
        {
            ends.Dequeue();
            if (!running.Remove(end.Attempt.Token)) continue;       // abandoned, or lost
            (attempt, outcome) = end;
            return true;
        }
        (attempt, outcome) = (null!, null);
        return false;
    }

    public void Heartbeat(StateStore store, DateTime now)
    {
        if (now - lastHeartbeat < HeartbeatTimeout / 3) return;
        lastHeartbeat = now;
        foreach (var token in running) store.Execute("UPDATE attempt SET last_heartbeat_at = $2 WHERE token = $1 AND state = 'running'", token, now);
    }

    public void Abandon(Attempt attempt)
    {
        running.Remove(attempt.Token);
        silent.Remove(attempt.Token);
    }

    public void Stop() { }
    public void Dispose() { }
}
