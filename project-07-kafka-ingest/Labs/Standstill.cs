namespace KafkaIngest;

/// <summary>Watches how far a store is in each partition, and how long none of its records came.</summary>
sealed class Standstill : IDisposable
{
    readonly EventStore store;
    readonly TimeProvider clock;
    readonly CancellationTokenSource done = new();
    readonly Lock gate = new();
    readonly (long Next, long At)[] last;
    readonly Task watching;
    long since;
    TimeSpan longest;

    public Standstill(EventStore store, int partitions, TimeProvider clock)
    {
        (this.store, this.clock) = (store, clock);
        last = [.. Enumerable.Repeat((0L, clock.GetTimestamp()), partitions)];
        since = clock.GetTimestamp();
        watching = Task.Factory.StartNew(Watch, TaskCreationOptions.LongRunning);
    }

    void Watch()
    {
        while (!done.Token.WaitHandle.WaitOne(20)) Look([.. Enumerable.Range(0, last.Length).Select(p => Offsets.Next(store, "sqlite", p))]);
    }

    void Look(IReadOnlyList<long> next)
    {
        var now = clock.GetTimestamp();
        lock (gate)
            for (var p = 0; p < last.Length; p++)
            {
                var stood = clock.GetElapsedTime(Math.Max(since, last[p].At), now);
                if (stood > longest) longest = stood;
                if (next[p] > last[p].Next) last[p] = (next[p], now);
            }
    }

    /// <summary>Begins to measure: something happens now.</summary>
    public void Mark()
    {
        lock (gate) (since, longest) = (clock.GetTimestamp(), TimeSpan.Zero);
    }

    /// <summary>Since the mark.</summary>
    public TimeSpan Elapsed { get { lock (gate) return clock.GetElapsedTime(since); } }

    /// <summary>The longest that a partition stood still since the mark. Each gets a record every few hundredths of a second.</summary>
    public TimeSpan Longest { get { lock (gate) return longest; } }

    /// <summary>Whether every partition has come forward after that moment, a timestamp of the clock.</summary>
    public bool AllMoved(long after) { lock (gate) return last.All(p => p.At > after); }

    public void Dispose()
    {
        done.Cancel();
        watching.Wait();
        done.Dispose();
    }
}
