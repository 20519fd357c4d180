namespace KafkaIngest;

/// <summary>Records of one partition, in order and without a gap in what was read.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Expected">Where the sink stood when the first of them was read: its next offset then.</param>
sealed class PartitionBatch(int partition, long expected)
{
    public int Partition { get; } = partition;
    public long Expected { get; } = expected;
    /// <summary>The offset after the last record.</summary>
    public long Next { get; private set; } = expected;
    public List<Received> Records { get; } = [];
    /// <summary>Payload bytes.</summary>
    public long Bytes { get; private set; }

    public void Add(Received record, int bytes = 0)
    {
        Records.Add(record);
        Bytes += bytes;
        Next = record.At.Offset + 1;
    }
}

/// <summary>What a member gathers before the sink gets it: some records of some partitions.</summary>
sealed class Batch
{
    readonly Dictionary<int, PartitionBatch> parts = [];

    public IReadOnlyCollection<PartitionBatch> Parts => parts.Values;
    public int Count { get; private set; }
    /// <summary>Payload bytes.</summary>
    public long Bytes { get; private set; }

    /// <param name="record">What was read.</param>
    /// <param name="bytes">The size of its payload.</param>
    /// <param name="expected">Where the sink stood before this record, if it is the partition's first in the batch.</param>
    public void Add(Received record, int bytes, long expected)
    {
        if (!parts.TryGetValue(record.At.Partition, out var part)) parts[record.At.Partition] = part = new(record.At.Partition, expected);
        part.Add(record, bytes);
        Count++;
        Bytes += bytes;
    }

    /// <summary>Takes a partition out, whole.</summary>
    public void Drop(int partition)
    {
        if (!parts.Remove(partition, out var part)) return;
        Count -= part.Records.Count;
        Bytes -= part.Bytes;
    }
}

/// <summary>Where events are kept, with its own account of what it has: it, and not Kafka, says where reading goes on.</summary>
interface ISink : IDisposable
{
    /// <summary>Names the sink in the table <c>offsets</c> and in its consumer group.</summary>
    string Name { get; }

    /// <summary>The offset that the sink needs next of a partition; 0 where it has nothing. What is held but not durable does not count.</summary>
    long Next(int partition);

    /// <summary>Takes a batch. Each partition is taken whole or not at all.</summary>
    /// <returns>What is durable now, as (partition, next offset): this may be committed to Kafka. May be empty: some sinks gather first.</returns>
    /// <exception cref="StaleBatch">Another consumer has written to the partition in between; nothing of the batch was taken.</exception>
    IReadOnlyList<(int Partition, long Next)> Write(Batch batch);

    /// <summary>Makes durable what is held and is due by time; called when there is nothing to write. Returns and throws as <see cref="Write"/>.</summary>
    IReadOnlyList<(int Partition, long Next)> Due();

    /// <summary>Makes durable what is held of these partitions. Returns and throws as <see cref="Write"/>.</summary>
    IReadOnlyList<(int Partition, long Next)> Flush(IReadOnlyCollection<int> partitions);

    /// <summary>Forgets what is held and not durable of these partitions.</summary>
    void Abandon(IReadOnlyCollection<int> partitions);
}

/// <summary>A batch came from a consumer that no longer owns the partition: another has written there since it read.</summary>
sealed class StaleBatch(string sink, int partition, long expected, long found)
    : Exception($"{sink}, partition {partition}: the batch begins at {expected}, the sink stands at {found}. Another consumer has written in between.")
{
    public int Partition { get; } = partition;
}
