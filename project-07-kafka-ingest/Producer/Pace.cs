namespace KafkaIngest;

/// <summary>Holds a producer back so that the embedded broker never drops what is not committed yet: of each partition at most
/// <see cref="EmbeddedBroker.MostUncommitted"/> bytes are acknowledged and not committed by every consumer group, or under way.</summary>
sealed class Pace : IDisposable
{
    readonly Lock gate = new();
    readonly Queue<(long Offset, int Bytes)>[] kept;
    readonly long[] bytes;
    readonly Func<long[]> committed;
    readonly long most;
    readonly CancellationTokenSource done = new();
    readonly Task polling;
    readonly TimeProvider clock;
    long? waitingSince;
    long underWay;
    volatile string? failed;

    /// <summary>How long it has held the producer back; zero while it does not.</summary>
    public TimeSpan Waiting => waitingSince is { } since ? clock.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>What it asks with, and closes.</summary>
    public IReadOnlyList<IDisposable> Owned { get; init; } = [];

    /// <param name="partitions">How many the topic has.</param>
    /// <param name="committed">Asks what is committed of each partition by every group that must read it; called about ten times a second.</param>
    /// <param name="most">Bytes a partition.</param>
    public Pace(int partitions, Func<long[]> committed, long most = EmbeddedBroker.MostUncommitted, TimeProvider? clock = null)
    {
        (this.committed, this.most, this.clock) = (committed, most, clock ?? TimeProvider.System);
        kept = [.. Enumerable.Range(0, partitions).Select(_ => new Queue<(long, int)>())];
        bytes = new long[partitions];
        polling = Task.Factory.StartNew(Poll, TaskCreationOptions.LongRunning);
    }

    /// <summary>Waits until the broker can keep so many bytes more, in whichever partition.</summary>
    public void Wait(int size, CancellationToken stop)
    {
        // step 3: send, and go on where it was acknowledged
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            lock (gate)
            {
                // where the events under way will come to is not known yet: they count for every partition
                if (failed is { } why) throw new UserException(why);
                if (bytes.Max() + underWay + size <= most)
                {
                    underWay += size;
                    waitingSince = null;
                    return;
                }
                waitingSince ??= clock.GetTimestamp();
            }
            stop.WaitHandle.WaitOne(2);
        }
        // end of step 3
    }

    /// <summary>What was under way is in a partition now.</summary>
    public void Acknowledged(int partition, long offset, int size)
    {
        // step 3: send, and go on where it was acknowledged
        lock (gate)
        {
            underWay -= size;
            bytes[partition] += size;
            kept[partition].Enqueue((offset, size));
        }
        // end of step 3
    }

    /// <summary>A producer before this one has left records in a partition that no group may have committed: those of these offsets, each of at most
    /// <paramref name="size"/> bytes.</summary>
    public void Left(int partition, long from, long to, int size)
    {
        lock (gate)
            for (var offset = from; offset < to; offset++)
            {
                bytes[partition] += size;
                kept[partition].Enqueue((offset, size));
            }
    }

    /// <summary>Every group has committed up to these offsets: what is before them may be dropped.</summary>
    public void Committed(IReadOnlyList<long> next)
    {
        // step 3: send, and go on where it was acknowledged
        lock (gate)
            for (var p = 0; p < kept.Length; p++)
                while (kept[p].TryPeek(out var first) && first.Offset < next[p])
                    bytes[p] -= kept[p].Dequeue().Bytes;
        // end of step 3
    }

    void Poll()
    {
        try
        {
            while (!done.Token.WaitHandle.WaitOne(50)) Committed(committed());
        }
        catch (Exception e) { failed = $"What the consumers have committed can't be asked: {e.Message}"; }
    }

    public void Dispose()
    {
        done.Cancel();
        polling.Wait();
        done.Dispose();
        foreach (var owned in Owned) owned.Dispose();
    }
}
