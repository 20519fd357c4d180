using Confluent.Kafka;
using Microsoft.Data.Sqlite;

namespace KafkaIngest;

/// <summary>One member of a consumer group: reads, decodes, gathers batches, and gives them to the sink. Its thread reads while a second one
/// writes; there is one batch being filled and at most one being written, so memory is bounded.</summary>
sealed partial class Member : IDisposable
{
    readonly Topic topic;
    readonly ISink sink;
    readonly Decode decode;
    readonly Settings settings;
    readonly MemberOptions options;
    readonly IConsumer<byte[]?, byte[]?> consumer;
    readonly Dictionary<int, long> positions = [];      // of each partition it owns: the offset after the last record that it has read
    readonly HashSet<int> rewind = [];                  // partitions to be read again from where the sink stands
    readonly HashSet<int> untold = [];                  // partitions of which Kafka may have committed less than the sink has
    Batch filling = new();
    long fillingSince;
    Batch? given;                                       // the writer has it, or it waits to be written again
    Task<IReadOnlyList<(int Partition, long Next)>>? writing;
    long? retrySince;
    bool dueFailed;                                     // the sink could not write what it holds
    volatile bool left;                                 // everything is written, and the group is told
    Task? closing;

    public MemberState State { get; }

    public Member(Cluster cluster, Topic topic, ISink sink, EventSchemas schemas, Settings settings, MemberOptions options)
    {
        (this.topic, this.sink, this.settings, this.options) = (topic, sink, settings, options);
        State = new(topic.Partitions);
        decode = new(schemas, settings.UnknownVersion, settings.MaxEventBytes);
        consumer = Cluster.Build(() => new ConsumerBuilder<byte[]?, byte[]?>(cluster.Properties(Config(options)))
            .SetLogHandler((_, message) => Cluster.Log(message))
            .SetErrorHandler((_, error) => State.Trouble = error.Reason)
            .SetPartitionsAssignedHandler((_, added) => Assigned([.. added.Select(p => p.Partition.Value)]))
            .SetPartitionsRevokedHandler((_, gone) => { if (!left) Revoked([.. gone.Select(p => p.Partition.Value)]); })
            .SetPartitionsLostHandler((_, gone) => { if (!left) Lost([.. gone.Select(p => p.Partition.Value)]); })
            .Build());
    }

    /// <summary>Offsets go to Kafka only after the sink has them (<c>enable.auto.offset.store=false</c>), and a position that the broker does not
    /// have is an error, never a silent jump (<c>auto.offset.reset=error</c>). What the sink has is committed ten times a second: a producer may
    /// wait for it. A fetch waits 10 ms for records. In the classic protocol partitions move one by one (cooperative-sticky), and the member sets the
    /// session's length, with ten heartbeats in it: librdkafka's 3 s would be too slow for a short one.</summary>
    public static ConsumerConfig Config(MemberOptions options)
    {
        // step 5: read in batches, and let the sink say where to go on
        var config = new ConsumerConfig
        {
            GroupId = options.Group,
            GroupInstanceId = options.InstanceId,
            GroupProtocol = options.Protocol,
            EnableAutoOffsetStore = false,
            EnableAutoCommit = true,
            AutoCommitIntervalMs = 100,
            AutoOffsetReset = AutoOffsetReset.Error,
            FetchWaitMaxMs = 10,
            FetchQueueBackoffMs = 10,
            // what is fetched ahead: a record takes three times its bytes, and what a fetch brings unpacks to eight times its size
            QueuedMinMessages = 5_000,
            QueuedMaxMessagesKbytes = 1024,
            MaxPartitionFetchBytes = 64 * 1024,
        };
        if (options.Protocol == GroupProtocol.Classic)
        {
            config.PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky;
            config.SessionTimeoutMs = (int)options.SessionTimeout.TotalMilliseconds;
            config.HeartbeatIntervalMs = (int)options.SessionTimeout.TotalMilliseconds / 10;
        }
        return config;
        // end of step 5
    }

    /// <summary>Reads until it is told to stop; then it writes what it has read, commits, and leaves the group.</summary>
    /// <exception cref="UserException">A range of the topic is lost; the cluster refuses; a schema version is unknown and the policy is to fail;
    /// it was told to stop while the sink failed.</exception>
    public void Run(CancellationToken stop)
    {
        // step 5: read in batches, and let the sink say where to go on
        try
        {
            if (options.Assign is { } mine) consumer.Assign(Assigned(mine));
            else consumer.Subscribe(topic.Name);
            while (!stop.IsCancellationRequested)
            {
                if (!Full()) ReadOn();
                else if (retrySince is not null || (writing is not null && Task.WaitAny([writing], 300) < 0)) Pause();
                if (Settle() && filling.Count > 0 && Due()) Hand(filling);
                if (given is null && (rewind.Count > 0 || untold.Count > 0 || filling.Count == 0)) Idle();
            }
            Drain();
            Leave();
        }
        finally
        {
            if (writing is not null) Task.WaitAny([writing]);       // what goes on in the sink ends before it is closed
        }
        // end of step 5
    }

    /// <summary>Takes a stretch of what has been fetched already: to look after clock and writer at each record would cost too.</summary>
    void ReadOn()
    {
        // step 5: read in batches, and let the sink say where to go on
        if (!Read(filling.Count == 0 ? 20 : 1)) return;
        for (var i = 1; i < 100 && !Full() && Read(0); i++) { }
        // end of step 5
    }

    /// <summary>Takes one record, if one comes within so many milliseconds. A record of a partition that it does not own (any more) is left alone,
    /// and so is one that it has read.</summary>
    /// <returns>Whether one came.</returns>
    bool Read(int milliseconds)
    {
        // step 5: read in batches, and let the sink say where to go on
        try
        {
            if (consumer.Consume(milliseconds) is not { } record) return false;
            var (partition, offset) = (record.Partition.Value, record.Offset.Value);
            if (!positions.TryGetValue(partition, out var expected) || offset < expected) return true;
            if (offset > expected && options.Gapless) throw LostRange(partition, expected);
            filling.Add(decode.Run(record), record.Message.Value?.Length ?? 0, expected);
            if (filling.Count == 1) fillingSince = settings.Clock.GetTimestamp();
            positions[partition] = offset + 1;
            State.Read(partition, offset + 1);
            State.Held = filling.Count + (given?.Count ?? 0);
            return true;
        }
        catch (ConsumeException e) when (e.Error.Code is ErrorCode.Local_AutoOffsetReset or ErrorCode.OffsetOutOfRange) { throw LostRange(e.ConsumerRecord.Partition.Value, positions.GetValueOrDefault(e.ConsumerRecord.Partition.Value)); }
        catch (ConsumeException e) when (!e.Error.IsFatal)
        {
            State.Trouble = e.Error.Reason;
            return false;
        }
        catch (KafkaException e) { throw new UserException($"{topic.Name}: {e.Error.Reason}"); }
        // end of step 5
    }

    UserException LostRange(int partition, long from) => new($"{topic.Name}, partition {partition}: the broker no longer has the records from offset {from} on, and the sink {sink.Name} does not have them yet. They are lost.{(from == 0 && !options.Gapless ? "\nTo begin with what is kept: dotnet run -- consume --from 1970-01-01T00:00:00Z" : "")}");

    bool Full() => filling.Count >= settings.BatchEvents || filling.Bytes >= settings.BatchBytes;

    bool Due() => Full() || settings.Clock.GetElapsedTime(fillingSince) >= settings.BatchTime;

    /// <summary>Gives a batch to the writer.</summary>
    void Hand(Batch batch)
    {
        if (batch == filling) filling = new();
        given = batch;
        retrySince = null;
        writing = Task.Run(() => sink.Write(batch));
    }

    /// <summary>Looks whether the writer is done. What it has made durable is committed; a partition whose batch is stale is read again from where
    /// the sink stands, and the rest of the batch is written again; a sink that fails for now is asked again after a while.</summary>
    /// <returns>Whether no batch is given.</returns>
    bool Settle()
    {
        // step 5: read in batches, and let the sink say where to go on
        if (retrySince is { } since && given is not null && settings.Clock.GetElapsedTime(since) >= RetryAfter) Hand(given!);
        if (writing is not { IsCompleted: true } done) return given is null;
        writing = null;
        try
        {
            Durable(done.GetAwaiter().GetResult());
            given = null;
            State.Trouble = null;
            Resume();
        }
        catch (StaleBatch stale)
        {
            GiveUp(stale.Partition);
            if (given!.Count > 0) Hand(given);
            else
            {
                given = null;
                Resume();
            }
        }
        catch (Exception e) when (ForNow(e))
        {
            State.Trouble = $"{sink.Name}: {e.Message}";
            State.Retries++;
            retrySince = settings.Clock.GetTimestamp();
        }
        return given is null;
        // end of step 5
    }

    static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(200);

    /// <summary>SQLite's busy, locked, out of memory, read-only, I/O error, full, can't open; and what a disk says: it may be better in a while.</summary>
    static bool ForNow(Exception e) => e is IOException or UnauthorizedAccessException || e is SqliteException { SqliteErrorCode: 5 or 6 or 7 or 8 or 10 or 13 or 14 };

    /// <summary>The sink is slow or fails, and the next batch is full: no more is fetched, but it goes on polling, for a member that does not poll
    /// is taken for dead. What had been fetched already is still taken.</summary>
    void Pause()
    {
        if (!State.Paused) consumer.Pause(consumer.Assignment);
        State.Paused = true;
        Read(50);
    }

    void Resume()
    {
        if (State.Paused) consumer.Resume(consumer.Assignment);
        State.Paused = false;
    }

    void WriteNow(IReadOnlyCollection<int> flush)
    {
        var batch = filling;
        if (batch.Count > 0)
        {
            Durable(sink.Write(batch));
            filling = new();
        }
        Durable(sink.Flush(flush));
    }

    /// <summary>Writes what it has read.</summary>
    void Drain()
    {
        // step 5: read in batches, and let the sink say where to go on
        Quiesce();
        try
        {
            if (given is not null) Durable(sink.Write(given));
            (given, retrySince) = (null, null);
            WriteNow([.. positions.Keys]);
        }
        catch (StaleBatch) { State.Stale++; }       // another owns the partition, and reads it
        catch (Exception e) when (ForNow(e)) { throw new UserException($"{sink.Name}: {e.Message}. {positions.Keys.Sum(p => State.ReadTo(p) - State.DurableTo(p)):N0} events that were read are not stored; the next run reads them again."); }
        // end of step 5
    }

    /// <summary>Commits and says goodbye to the group. Where the broker is gone that takes librdkafka a minute: nobody waits for it, and the sink,
    /// which has everything, is not touched any more.</summary>
    void Leave()
    {
        left = true;
        closing = Task.Run(consumer.Close);
        Task.WaitAny([closing], PatienceToLeave);
    }

    static readonly TimeSpan PatienceToLeave = TimeSpan.FromSeconds(5);

    /// <summary>Waits for the writer: after this the sink may be closed.</summary>
    public void Dispose()
    {
        if (writing is not null) Task.WaitAny([writing]);
        if (closing is null or { IsCompleted: true }) consumer.Dispose();
    }
}
