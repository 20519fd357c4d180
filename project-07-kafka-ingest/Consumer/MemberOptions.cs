using Confluent.Kafka;

namespace KafkaIngest;

/// <summary>How a member takes part.</summary>
/// <param name="Group">The consumer group's name.</param>
/// <param name="Protocol">Consumer: the broker assigns (KIP-848, Kafka 4.0 and later). Classic: the members do.</param>
/// <param name="Gapless">Every offset of the topic is a record, so that a gap is a loss. True of the embedded broker; a real one gives offsets
/// to transaction markers too, and compaction leaves gaps.</param>
/// <param name="Assign">These partitions, without asking the group; null: what the group gives.</param>
/// <param name="InstanceId">Static membership: a member that comes back under its name gets its partitions back.</param>
/// <param name="SessionTimeout">After so long without a heartbeat a member is dead. Classic protocol; in the new one the broker sets it.</param>
sealed record MemberOptions(string Group, GroupProtocol Protocol = GroupProtocol.Consumer, bool Gapless = false, IReadOnlyList<int>? Assign = null, string? InstanceId = null)
{
    public TimeSpan SessionTimeout { get; init; } = TimeSpan.FromSeconds(6);
}

/// <summary>How far a member is, for whoever watches it. Written by the member, read by any thread.</summary>
sealed class MemberState(int partitions)
{
    readonly long[] read = new long[partitions];
    readonly long[] durable = new long[partitions];
    long held, mostHeld;

    public int Partitions => read.Length;

    /// <summary>The offset after the last record of the partition that it has read.</summary>
    public long ReadTo(int partition) => Volatile.Read(ref read[partition]);

    /// <summary>The offset up to which its sink has the partition.</summary>
    public long DurableTo(int partition) => Volatile.Read(ref durable[partition]);

    /// <summary>The partitions it owns.</summary>
    public IReadOnlyList<int> Owned { get; set; } = [];

    /// <summary>Records that it has read and its sink has not taken yet: the batch being filled and the one being written.</summary>
    public long Held
    {
        get => Volatile.Read(ref held);
        set
        {
            Volatile.Write(ref held, value);
            if (value > mostHeld) mostHeld = value;
        }
    }

    /// <summary>The most that <see cref="Held"/> has been.</summary>
    public long MostHeld => Volatile.Read(ref mostHeld);

    /// <summary>Batches that another consumer's write has made void.</summary>
    public int Stale { get; set; }

    /// <summary>How often the sink has failed and was asked again.</summary>
    public int Retries { get; set; }

    /// <summary>Whether it has paused its partitions, because the sink is slow or fails.</summary>
    public bool Paused { get; set; }

    /// <summary>What stands in its way; null when nothing does.</summary>
    public string? Trouble { get; set; }

    public void Read(int partition, long next) => Volatile.Write(ref read[partition], next);

    public void Durable(int partition, long next) => Volatile.Write(ref durable[partition], next);
}
