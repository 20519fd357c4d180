namespace KafkaIngest;

/// <summary>Which events the broker has acknowledged. They are acknowledged out of order, for each partition answers for itself; what
/// can be relied on after a kill is the lowest index before which none is missing.</summary>
/// <param name="first">The index of the first event that is sent.</param>
sealed class AckTracker(long first)
{
    readonly HashSet<long> beyond = [];         // acknowledged, and one before it is not
    readonly Lock gate = new();
    long next = first;

    /// <summary>Every event before this index is acknowledged.</summary>
    public long Next { get { lock (gate) return next; } }

    /// <summary>How many events are acknowledged, those beyond a gap too.</summary>
    public long Count { get; private set; }

    /// <summary>The event is acknowledged. Once a number, from any thread.</summary>
    public void Add(long index)
    {
        // step 3: send, and go on where it was acknowledged
        lock (gate)
        {
            Count++;
            beyond.Add(index);
            while (beyond.Remove(next)) next++;
        }
        // end of step 3
    }
}
