using System.Diagnostics;
using System.Text;
using Confluent.Kafka;

namespace KafkaIngest;

/// <summary>Sends events to a topic: idempotent, acknowledged by all replicas, compressed, ordered a key. What is under way is bounded: a
/// full queue makes <see cref="Send"/> wait.</summary>
sealed class EventProducer : IDisposable
{
    readonly IProducer<byte[]?, byte[]> producer;
    readonly Topic topic;
    readonly Pace? pace;
    readonly TimeProvider clock;
    readonly CancellationToken stop;
    volatile string? failed;
    long sent, bytes, seen, seenSince;

    public AckTracker Acks { get; }

    /// <summary>Acknowledged payload bytes.</summary>
    public long Bytes => Interlocked.Read(ref bytes);

    /// <param name="first">The index of the first event that it will send.</param>
    /// <param name="pace">Holds back what the embedded broker could not keep; null on a real cluster.</param>
    public EventProducer(Cluster cluster, Topic topic, string partitioner, long first, Pace? pace, TimeProvider clock, CancellationToken stop)
    {
        (this.topic, this.pace, this.clock, this.stop, Acks) = (topic, pace, clock, stop, new(first));
        producer = Cluster.Build(() => new ProducerBuilder<byte[]?, byte[]>(cluster.Properties(Config(partitioner)))
            .SetLogHandler((_, message) => Cluster.Log(message))
            .SetErrorHandler((_, error) => { if (error.IsFatal) failed ??= error.Reason; })
            .Build());
        seenSince = Stopwatch.GetTimestamp();
    }

    /// <summary>So long nothing may be acknowledged while something is under way.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>What makes a producer safe: each record once and in order although it retries (idempotence), kept by all replicas that are in
    /// step (acks=all), compressed (zstd, a batch gathered for 5 ms), in a bounded queue (100,000 records, 32 MiB). No record is ever given up
    /// (message.timeout.ms=0): if one were and the next were sent, the one that is sent again later would come after it. The producer gives up as a
    /// whole: <see cref="Watch"/>. The partitioner is set by name.</summary>
    public static ProducerConfig Config(string partitioner)
    {
        // step 3: send, and go on where it was acknowledged
        var config = new ProducerConfig
        {
            EnableIdempotence = true,
            Acks = Confluent.Kafka.Acks.All,
            CompressionType = CompressionType.Zstd,
            LingerMs = 5,
            MessageTimeoutMs = 0,
            QueueBufferingMaxMessages = 100_000,
            QueueBufferingMaxKbytes = 32 * 1024,
            DeliveryReportFields = "status",
        };
        config.Set("partitioner", partitioner);
        return config;
        // end of step 3
    }

    /// <summary>Gives an event to the producer. Waits while its queue is full, or while the pace holds it back. Events without a
    /// key go to the partitions in turn, by their index.</summary>
    /// <exception cref="UserException">An event before it was not acknowledged, within a minute or for good.</exception>
    public void Send(SourceEvent e)
    {
        // step 3: send, and go on where it was acknowledged
        var message = new Message<byte[]?, byte[]>
        {
            Key = e.Key is null ? null : Encoding.UTF8.GetBytes(e.Key),
            Value = e.Payload,
            Headers = Headers(e),
        };
        var partition = e.Key is null ? new Partition((int)(e.Index % topic.Partitions)) : Partition.Any;
        pace?.Wait(e.Payload.Length, stop);
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            Watch();
            if (failed is { } why) throw new UserException($"{topic.Name}: event {Acks.Next} was not acknowledged: {why}");
            try
            {
                producer.Produce(new TopicPartition(topic.Name, partition), message, report => Delivered(e, report));
                Interlocked.Increment(ref sent);
                return;
            }
            catch (ProduceException<byte[]?, byte[]> full) when (full.Error.Code == ErrorCode.Local_QueueFull)
            {
                stop.WaitHandle.WaitOne(5);     // back-pressure: whoever makes events waits too
            }
            catch (KafkaException other) { failed ??= other.Error.Reason; }
        }
        // end of step 3
    }

    Headers Headers(SourceEvent e) => new()
    {
        { HeaderNames.EventId, Encoding.ASCII.GetBytes(e.Id) },
        { HeaderNames.SchemaVersion, Encoding.ASCII.GetBytes(e.SchemaVersion.ToString()) },
        { HeaderNames.ProducedAt, Encoding.ASCII.GetBytes(clock.GetUtcNow().ToUnixTimeMilliseconds().ToString()) },
    };

    void Delivered(SourceEvent e, DeliveryReport<byte[]?, byte[]> report)
    {
        if (report.Error.IsError)
        {
            failed ??= report.Error.Reason;
            return;
        }
        Interlocked.Add(ref bytes, e.Payload.Length);
        pace?.Acknowledged(report.Partition.Value, report.Offset.Value, e.Payload.Length);
        Acks.Add(e.Index);
    }

    /// <summary>Notes as failed that nothing was acknowledged for <see cref="Patience"/> although something is under way. A broker's silence is real
    /// time, whatever the clock of the replay says.</summary>
    void Watch()
    {
        var count = Acks.Count;
        if (count != seen || count == Interlocked.Read(ref sent)) (seen, seenSince) = (count, Stopwatch.GetTimestamp());
        else if (Stopwatch.GetElapsedTime(seenSince) > Patience) failed ??= $"the broker has not answered for {Patience.TotalSeconds:0} s";
    }

    /// <summary>Waits until everything that was sent is acknowledged, the last callback included: until so many are counted.</summary>
    /// <param name="giveUp">Stops the waiting.</param>
    /// <exception cref="UserException">Something was not: <c>TOPIC: event N was not acknowledged: REASON</c>, as in <see cref="Send"/>. What failed
    /// once fails every call after it.</exception>
    public void Flush(CancellationToken giveUp)
    {
        // step 3: send, and go on where it was acknowledged
        while (failed is null && Acks.Count < Interlocked.Read(ref sent))
        {
            giveUp.ThrowIfCancellationRequested();
            Watch();
            producer.Flush(TimeSpan.FromMilliseconds(100));
        }
        if (failed is { } why) throw new UserException($"{topic.Name}: event {Acks.Next} was not acknowledged: {why}");
        // end of step 3
    }

    /// <summary>Closes it. Where the broker is gone that takes librdkafka a minute: nobody waits for it.</summary>
    public void Dispose() => Task.WaitAny([Task.Run(producer.Dispose)], TimeSpan.FromSeconds(5));
}
