namespace KafkaIngest;

/// <summary>How the lab is run.</summary>
/// <param name="EventBytes">Each payload is padded to it with spaces, which JSON allows: then bytes can be counted in offsets.</param>
/// <param name="Write">So long a batch takes while the sink is slow.</param>
/// <param name="MostUncommitted">Bytes a partition at which the pace holds the producer back. The embedded broker only.</param>
sealed record SlowPlan(int Events = 12_000, int EventBytes = 4096, int PerSecond = 1_500, int BatchEvents = 200, double Write = 0.4, double SlowFor = 8, long MostUncommitted = EmbeddedBroker.MostUncommitted);

/// <param name="Held">Records that the member has in memory.</param>
/// <param name="Uncommitted">Bytes of the fullest partition that are in the topic and not committed.</param>
sealed record SlowMoment(double Seconds, bool Slow, long Produced, long Stored, long Held, long Uncommitted, bool HeldBack, bool Paused);

/// <param name="Moments">One a second.</param>
/// <param name="Pauses">Whether the member was seen paused.</param>
/// <param name="Rows">Events in the store at the end.</param>
sealed record SlowSeen(SlowPlan Plan, IReadOnlyList<SlowMoment> Moments, long MostHeld, long MostUncommitted, long MostLag, bool Pauses, bool HeldBack, long Rows, Counts Counts);

/// <summary>Lab: the sink is slow for a while. The backlog stands in the topic and not in memory, and the producer is held back before the
/// embedded broker drops what is not stored.</summary>
static class SlowConsumerLab
{
    public static async Task<SlowSeen> Run(LabRoom room, SlowPlan plan, CancellationToken stop)
    {
        var settings = room.Settings("slow") with { BatchEvents = plan.BatchEvents, BatchBytes = long.MaxValue };
        var topic = await room.Topic(settings);
        var events = FlightEvents.Read(settings.Input, settings.Key).Take(plan.Events).Select(e => e with { Payload = Padded(e.Payload, plan.EventBytes) }).ToList();
        var store = EventStore.Open(settings.Output, topic.Name, topic.Incarnation, topic.Partitions);
        using var sink = new SlowSink(new SqliteSink(store, settings.Clock)) { Delay = TimeSpan.FromSeconds(plan.Write) };
        using var member = new Member(room.Cluster, topic, sink, EventSchemas.Load(settings.SchemaFolder), settings, new(ConsumerGroup.Name(SinkKind.Sqlite, settings.Topic), Gapless: room.Embedded, Assign: [.. Enumerable.Range(0, topic.Partitions)]));
        using var group = new TopicOffsets(room.Cluster, topic, ConsumerGroup.Name(SinkKind.Sqlite, settings.Topic));
        using var pace = room.Embedded ? new Pace(topic.Partitions, group.Committed, plan.MostUncommitted) : null;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var producer = new EventProducer(room.Cluster, topic, settings.Partitioner, 0, pace, settings.Clock, end.Token);

        var began = settings.Clock.GetTimestamp();
        double Now() => settings.Clock.GetElapsedTime(began).TotalSeconds;
        var consuming = Task.Factory.StartNew(() => member.Run(end.Token), TaskCreationOptions.LongRunning);
        var producing = Task.Factory.StartNew(() =>
        {
            for (var i = 0; i < events.Count; i++)
            {
                while (Now() < (double)i / plan.PerSecond && !end.IsCancellationRequested) end.Token.WaitHandle.WaitOne(5);
                producer.Send(events[i]);
            }
            producer.Flush(end.Token);
        }, TaskCreationOptions.LongRunning);

        var moments = new List<SlowMoment>();
        var seen = new SlowSeen(plan, moments, 0, 0, 0, false, false, 0, default);
        try
        {
            while (!consuming.IsCompleted && !producing.IsFaulted && !(producing.IsCompleted && Stored() >= events.Count))
            {
                await Task.Delay(50, stop);
                var now = Now();
                if (now >= plan.SlowFor) sink.Delay = TimeSpan.Zero;
                var moment = Look(now);
                if (moments.Count == 0 || (int)now > (int)moments[^1].Seconds) moments.Add(moment);
                seen = seen with { MostUncommitted = Math.Max(seen.MostUncommitted, moment.Uncommitted), MostLag = Math.Max(seen.MostLag, moment.Produced - moment.Stored), Pauses = seen.Pauses || moment.Paused, HeldBack = seen.HeldBack || moment.HeldBack };
            }
            moments.Add(Look(Now()));
        }
        finally
        {
            end.Cancel();
            await Task.WhenAll(consuming, producing).ContinueWith(_ => { }, TaskScheduler.Default);
        }
        await consuming;
        await producing;
        var counts = StoreCounts.Read(settings.Output, topic.Name, topic.Incarnation);
        return seen with { MostHeld = member.State.MostHeld, Rows = counts.Events, Counts = counts.Totals[SinkKind.Sqlite] };

        long Stored() => Enumerable.Range(0, topic.Partitions).Sum(member.State.DurableTo);

        SlowMoment Look(double now)
        {
            var ends = group.All();     // before what is committed: else the records of the moment between count as uncommitted
            var committed = group.Committed();
            return new(now, sink.Delay > TimeSpan.Zero, ends.Sum(e => e.End), Stored(), member.State.Held, ends.Select((e, p) => Math.Max(0, e.End - committed[p])).Max() * plan.EventBytes, pace?.Waiting > TimeSpan.Zero, member.State.Paused);
        }
    }

    static byte[] Padded(byte[] json, int size)
    {
        var padded = new byte[Math.Max(size, json.Length)];
        padded.AsSpan().Fill((byte)' ');
        json.CopyTo(padded, 0);
        return padded;
    }

    public static void Print(SlowSeen seen)
    {
        Terminal.Table(["time", "sink", "topic", "stored", "lag", "held", "uncommitted", "producer"], seen.Moments.Select(m => new[]
        {
            $"{m.Seconds:0.0} s", m.Slow ? "slow" : "fast", $"{m.Produced:N0}", $"{m.Stored:N0}", $"{m.Produced - m.Stored:N0}", $"{m.Held:N0}", $"{m.Uncommitted / 1048576.0:0.0} MiB", m.HeldBack ? "held back" : "sends",
        }));
        Console.WriteLine($"The sink took {seen.Plan.Write:0.0} s a batch of {seen.Plan.BatchEvents:N0}, then none. The lag grew to {seen.MostLag:N0} events. The member held {seen.MostHeld:N0} of them in memory at most: one batch is filled while one is written{(seen.Pauses ? ", then it pauses" : "")}. The backlog stands in the topic.");
        Console.WriteLine(seen.HeldBack
            ? $"The embedded broker keeps 5 MiB a partition and drops the oldest without a word. So the producer waits before more than {seen.Plan.MostUncommitted / 1048576.0:0.0} MiB of a partition are uncommitted; the most was {seen.MostUncommitted / 1048576.0:0.0} MiB. A real broker keeps the backlog on disk, and nobody waits."
            : "Nobody held the producer back: the broker keeps the backlog on disk for as long as the topic's retention says.");
        Console.WriteLine($"When the sink was fast again all was stored: {seen.Rows:N0} of {seen.Plan.Events:N0} events, {seen.Counts.Duplicates:N0} twice.");
    }
}

/// <summary>A sink that takes its time.</summary>
sealed class SlowSink(ISink inner) : ISink
{
    long delay;

    /// <summary>Before each batch.</summary>
    public TimeSpan Delay { get => new(Volatile.Read(ref delay)); set => Volatile.Write(ref delay, value.Ticks); }

    public string Name => inner.Name;

    public long Next(int partition) => inner.Next(partition);

    public IReadOnlyList<(int Partition, long Next)> Write(Batch batch)
    {
        Thread.Sleep(Delay);
        return inner.Write(batch);
    }

    public IReadOnlyList<(int Partition, long Next)> Due() => inner.Due();

    public IReadOnlyList<(int Partition, long Next)> Flush(IReadOnlyCollection<int> partitions) => inner.Flush(partitions);

    public void Abandon(IReadOnlyCollection<int> partitions) => inner.Abandon(partitions);

    public void Dispose() => inner.Dispose();
}
