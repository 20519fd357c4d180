using System.Collections.Concurrent;

namespace Orchestrator;

/// <summary>Runs each attempt on a thread of this process: quick to start, but a task that brings the process down brings all down, and one that
/// does not watch its cancellation token can't be stopped, only given up.</summary>
/// <param name="wake">Is set when an attempt has ended.</param>
sealed class InProcessExecutor(Settings settings, IReadOnlyList<Dag> dags, AutoResetEvent wake) : IExecutor
{
    sealed record Running(Attempt Attempt, CancellationTokenSource Stop, DateTime? TimesOutAt);

    readonly Dictionary<string, Dag> dags = dags.ToDictionary(d => d.Id);
    readonly Dictionary<long, Running> running = [];
    readonly ConcurrentQueue<(Attempt Attempt, Outcome? Outcome, Exception? Broken)> ended = [];
    DateTime lastHeartbeat;

    public bool SharesProcess => true;
    public int FreeSlots => settings.Parallelism - running.Count;

    public void Start(Attempt attempt)
    {
        var task = dags[attempt.DagId][attempt.TaskId];
        var stop = new CancellationTokenSource();
        running[attempt.Token] = new(attempt, stop, DateTime.UtcNow + task.ExecutionTimeout);
        new Thread(() =>
        {
            ended.Enqueue(Run(task, attempt, stop.Token));
            wake.Set();     // after it can be taken: a scheduler that wakes too early finds nothing, and sleeps until its next poll
        })
        { IsBackground = true, Name = $"{attempt.TaskId} {attempt.Token}" }.Start();
    }

    (Attempt, Outcome?, Exception?) Run(DagTask task, Attempt attempt, CancellationToken stop)
    {
        try
        {
            using var context = new AttemptContext(settings, attempt, stop);
            return (attempt, Outcome.Of(task, context.Context, attempt.WaitingSince, () => DateTime.UtcNow), null);
        }
        catch (StaleAttempt) { return (attempt, new Outcome.Interrupted(), null); }      // it was given up already: nobody waits for it
        catch (Exception e) { return (attempt, null, e); }
    }

    public bool TryTake(DateTime now, out Attempt attempt, out Outcome? outcome)
    {
        while (ended.TryDequeue(out var end))
        {
            if (end.Broken is not null) throw end.Broken;
            if (!running.Remove(end.Attempt.Token)) continue;       // timed out or abandoned before it came back
            (attempt, outcome) = (end.Attempt, end.Outcome);
            return true;
        }
        if (running.Values.FirstOrDefault(r => r.TimesOutAt <= now) is { } late)
        {
            Abandon(late.Attempt);
            (attempt, outcome) = (late.Attempt, new Outcome.Failed("it took longer than its execution time-out"));
            return true;
        }
        (attempt, outcome) = (null!, null);
        return false;
    }

    public void Heartbeat(StateStore store, DateTime now)
    {
        if (now - lastHeartbeat < settings.Heartbeat) return;
        lastHeartbeat = now;
        foreach (var token in running.Keys) store.Execute("UPDATE attempt SET last_heartbeat_at = $2 WHERE token = $1 AND state = 'running'", token, now);
    }

    public void Abandon(Attempt attempt)
    {
        if (running.Remove(attempt.Token, out var found)) found.Stop.Cancel();
    }

    public void Stop()
    {
        foreach (var one in running.Values) one.Stop.Cancel();
        var until = DateTime.UtcNow.AddSeconds(5);
        while (ended.Count < running.Count && DateTime.UtcNow < until) Thread.Sleep(10);
    }

    public void Dispose() => Stop();
}
