using System.Security.Cryptography;
using System.Text;

namespace KafkaIngest;

/// <summary>Sends the events of a source, with time compressed, from where it was acknowledged last.</summary>
static class Producing
{
    /// <summary>How far it is.</summary>
    public sealed class State
    {
        /// <summary>Where it began: what is before was acknowledged by a run before this one.</summary>
        public long First { get; set; }
        public long Total { get; set; }
        public EventProducer? Producer { get; set; }
        /// <summary>The event time that the replay has come to; UTC.</summary>
        public DateTime? AtUtc { get; set; }
        public long Acknowledged => Producer?.Acks.Count ?? 0;
    }

    /// <summary>What is sent and how it is spread: a checkpoint of another source, key or partitioner is no checkpoint of this one.</summary>
    public static string Digest(IReadOnlyList<SourceEvent> events, string partitioner)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(partitioner));
        foreach (var e in events)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{e.Id} {e.Key} "));
            hash.AppendData(e.Payload);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    /// <summary>Checks every event against its schema, and sends none if one is wrong.</summary>
    /// <exception cref="UserException">An event breaks its schema.</exception>
    public static void Validate(IReadOnlyList<SourceEvent> events, EventSchemas schemas)
    {
        foreach (var e in events)
        {
            if (!schemas.Versions.Contains(e.SchemaVersion)) throw new UserException($"Event {e.Index} ({e.Id}) has schema version {e.SchemaVersion}, known are {string.Join(", ", schemas.Versions)}. Nothing was sent.", 2);
            if (schemas.Check(e.SchemaVersion, e.Payload, out _) is var (_, detail))
                throw new UserException($"Event {e.Index} ({e.Id}) breaks schema version {e.SchemaVersion}: {detail}. Nothing was sent.");
        }
    }

    /// <summary>Sends what is not acknowledged yet. When it is stopped it waits for what is under way, and writes down where it is.</summary>
    /// <param name="pace">Null on a real cluster.</param>
    public static void Run(Cluster cluster, Topic topic, IReadOnlyList<SourceEvent> events, Settings settings, Pace? pace, State state, CancellationToken stop)
    {
        // step 3: send, and go on where it was acknowledged
        Directory.CreateDirectory(settings.Output);     // a real cluster has not made it, and what is sent must be noted
        var source = Digest(events, settings.Partitioner);
        state.First = Checkpoint.Read(settings.Output, topic.Incarnation, source);
        if (state.First > events.Count) state.First = 0;       // no checkpoint of these events, whatever it says
        state.Total = events.Count;
        using var producer = new EventProducer(cluster, topic, settings.Partitioner, state.First, pace, settings.Clock, stop);
        state.Producer = producer;
        var clock = settings.Clock;
        var (began, written) = (clock.GetTimestamp(), clock.GetTimestamp());
        try
        {
            for (var i = (int)state.First; i < events.Count; i++)
            {
                var e = events[i];
                if (settings.Speed is { } speed)
                {
                    var due = (e.EventTimeUtc - events[(int)state.First].EventTimeUtc) / speed;
                    while (due - clock.GetElapsedTime(began) is { Ticks: > 0 } early && !stop.IsCancellationRequested) stop.WaitHandle.WaitOne(early < Tick ? early : Tick);
                }
                stop.ThrowIfCancellationRequested();
                producer.Send(e);
                Failpoint.Hit("sent");
                state.AtUtc = e.EventTimeUtc;
                if (clock.GetElapsedTime(written) < CheckpointEvery) continue;
                new Checkpoint(topic.Incarnation, source, producer.Acks.Next).Write(settings.Output);
                Failpoint.Hit("checkpoint-written");
                written = clock.GetTimestamp();
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested) { }
        finally
        {
            using var patience = new CancellationTokenSource();
            using var stopped = stop.Register(() => patience.CancelAfter(TimeSpan.FromSeconds(10)));
            producer.Flush(patience.Token);
            Failpoint.Hit("flushed");
            new Checkpoint(topic.Incarnation, source, producer.Acks.Next).Write(settings.Output);
        }
        // end of step 3
    }

    static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);
    static readonly TimeSpan CheckpointEvery = TimeSpan.FromMilliseconds(100);
}
