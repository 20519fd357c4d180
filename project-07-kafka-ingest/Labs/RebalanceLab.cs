using System.Diagnostics;
using Confluent.Kafka;

namespace KafkaIngest;

/// <summary>A kind of group.</summary>
/// <param name="Static">The members have names (<c>group.instance.id</c>).</param>
sealed record GroupKind(string Name, GroupProtocol Protocol, bool Static);

/// <summary>What happened to a group.</summary>
/// <param name="Settled">Until the partitions were dealt out as they should be and all were read; null: not within the time that the lab waits.</param>
/// <param name="Longest">The longest that a partition was not read.</param>
sealed record RebalanceStep(string Happens, TimeSpan? Settled, TimeSpan Longest);

/// <param name="Stored">Events in the store.</param>
/// <param name="Refused">Batches that the fence has refused.</param>
sealed record RebalanceSeen(GroupKind Kind, IReadOnlyList<RebalanceStep> Steps, long Sent, long Stored, long Duplicates, int Refused);

/// <summary>Lab: members join, leave and are killed while events come. The kinds of group are tried at the same time, each on a topic of its
/// own.</summary>
static class RebalanceLab
{
    public static readonly GroupKind[] Kinds = [new("consumer", GroupProtocol.Consumer, false), new("classic", GroupProtocol.Classic, false), new("classic, static", GroupProtocol.Classic, true)];

    public static readonly TimeSpan Session = TimeSpan.FromSeconds(6);
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <param name="kinds">Which of <see cref="Kinds"/>.</param>
    /// <param name="kill">Also kill a member: it takes as long as the broker needs to notice it.</param>
    public static async Task<IReadOnlyList<RebalanceSeen>> Run(LabRoom room, IReadOnlyList<GroupKind> kinds, bool kill, CancellationToken stop)
    {
        using var all = CancellationTokenSource.CreateLinkedTokenSource(stop);
        return await Task.WhenAll(kinds.Select(async (kind, i) =>
        {
            try { return await One(room, kind, room.Settings($"rebalance-{i}"), kill, all.Token); }
            catch
            {
                all.Cancel();
                throw;
            }
        }));
    }

    static async Task<RebalanceSeen> One(LabRoom room, GroupKind kind, Settings settings, bool kill, CancellationToken stop)
    {
        var topic = await room.Topic(settings);
        using var store = EventStore.Open(settings.Output, topic.Name, topic.Incarnation, topic.Partitions);
        using var done = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var sending = Task.Factory.StartNew(() => Send(room.Cluster, topic, settings, done.Token), TaskCreationOptions.LongRunning);
        using var first = new LabMember(room, topic, settings, kind, "a");
        using var moves = new Standstill(store, topic.Partitions, settings.Clock);
        var steps = new List<RebalanceStep>();
        try
        {
            await Until("the first member starts", () => first.Owned == topic.Partitions);
            using (var second = new LabMember(room, topic, settings, kind, "b"))
            {
                moves.Mark();
                steps.Add(await Until("a member joins", () => first.Owned == topic.Partitions / 2 && second.Owned == topic.Partitions / 2));
                if (!kind.Static)
                {
                    moves.Mark();
                    second.Leave();
                    steps.Add(await Until("it leaves", () => first.Owned == topic.Partitions));
                }
                else if (!kill) second.Leave();
            }
            if (kill) await Killed();
        }
        finally
        {
            done.Cancel();
            await Task.WhenAny(sending);
        }
        var sent = await sending;
        for (var wait = 0; wait < 200 && Stored() < sent && !first.Failed; wait++) await Task.Delay(50, CancellationToken.None);
        first.Leave();
        var counts = StoreCounts.Read(settings.Output, topic.Name, topic.Incarnation);
        return new(kind, steps, sent, counts.Events, counts.Totals[SinkKind.Sqlite].Duplicates, first.Stale);

        long Stored() => Enumerable.Range(0, topic.Partitions).Sum(p => Offsets.Next(store, "sqlite", p));

        async Task Killed()
        {
            // a static member that has left keeps its place until its session ends: the process comes under its name
            using var process = Start(room, topic, settings, kind, "b-0");
            try
            {
                await Until("a process joins", () => first.Owned == topic.Partitions / 2);
                moves.Mark();
                process.Kill();
                if (!kind.Static)
                {
                    steps.Add(await Until("it is killed", () => first.Owned == topic.Partitions));
                    return;
                }
                using var again = Start(room, topic, settings, kind, "b-0");
                try { steps.Add(await Until("it is killed, comes back", () => moves.Elapsed > TimeSpan.FromSeconds(0.1) && first.Owned == topic.Partitions / 2)); }
                finally { again.Kill(); }
                moves.Mark();
                steps.Add(await Until("it is killed, stays away", () => first.Owned == topic.Partitions));
            }
            finally { process.Kill(); }
        }

        async Task<RebalanceStep> Until(string what, Func<bool> dealt)
        {
            // dealt out is not read yet: each partition must come forward after that
            long? since = null;
            while (!(since is { } then && moves.AllMoved(then)))
            {
                await Task.Delay(10, stop);
                if (!dealt()) since = null;
                else since ??= settings.Clock.GetTimestamp();
                if (first.Failed || sending.IsCompleted) await Task.WhenAll(first.Running, sending);
                if (moves.Elapsed > Patience) return new(what, null, moves.Longest);
            }
            return new(what, moves.Elapsed, moves.Longest);
        }
    }

    /// <summary>Sends an event every few hundredths of a second to each partition, until it is stopped.</summary>
    /// <returns>How many.</returns>
    static long Send(Cluster cluster, Topic topic, Settings settings, CancellationToken stop)
    {
        using var producer = new EventProducer(cluster, topic, settings.Partitioner, 0, null, settings.Clock, CancellationToken.None);
        long sent = 0;
        foreach (var e in FlightEvents.Read(settings.Input, KeyBy.None))
        {
            if (stop.WaitHandle.WaitOne(10)) break;
            producer.Send(e);
            sent++;
        }
        producer.Flush(CancellationToken.None);
        return sent;
    }

    /// <summary>The verb <c>consume</c> as a process, which can be killed.</summary>
    static Process Start(LabRoom room, Topic topic, Settings settings, GroupKind kind, string instance)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", ["exec", typeof(RebalanceLab).Assembly.Location, "consume", "--sink", "sqlite", "--members", "1", "--output", settings.Output, "--topic", topic.Name, "--group", topic.Name, "--group-protocol", kind.Protocol.ToString().ToLowerInvariant(), "--session-seconds", $"{Session.TotalSeconds:0}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (!room.Embedded) foreach (var argument in room.ConnectionArguments) start.ArgumentList.Add(argument);
        if (kind.Static) foreach (var argument in new[] { "--instance-id", instance[..^2] }) start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    public static void Print(IReadOnlyList<RebalanceSeen> all)
    {
        Terminal.Table(["group", "what happens", "settled after", "longest pause"], all.SelectMany(s => s.Steps.Select(step => new[]
        {
            s.Kind.Name, step.Happens, step.Settled is { } settled ? $"{settled.TotalSeconds:0.0} s" : $"not in {Patience.TotalSeconds:0} s", $"{step.Longest.TotalSeconds:0.0} s",
        })));
        foreach (var s in all) Console.WriteLine($"{s.Kind.Name}: {s.Sent:N0} events sent, {s.Stored:N0} stored, {s.Duplicates:N0} read twice, {s.Refused:N0} batches refused.");
        Console.WriteLine("Who joins or leaves says so: the partitions that move stand still for a moment, the others are read on. A member that is killed says nothing. Its partitions stand still until the broker has missed its heartbeats for a session.");
        Console.WriteLine($"In the classic protocol the member sets the session ({Session.TotalSeconds:0} s here), in the new one the broker does (45 s by default, 30 s in the embedded one). A short session finds the dead sooner, and takes a long garbage collection for a death.");
        Console.WriteLine(all.Any(s => s.Kind.Static)
            ? "A static member has a name. Killed and back within its session it gets its partitions back, and nobody else is disturbed; who stays away is found only by the session."
            : "The embedded broker knows no static members, who are killed, come back under their name and get their partitions back. A real cluster shows them: lab rebalance --bootstrap-servers HOST:PORT");
        Console.WriteLine("Nothing is stored twice in any case: rows and offsets are one transaction, so whoever takes a partition over goes on exactly where the store stands.");
    }
}

/// <summary>A group of one member in this process.</summary>
sealed class LabMember : IDisposable
{
    readonly ConsumerGroup group;
    readonly CancellationTokenSource stop = new();

    public Task Running { get; }
    public bool Failed => Running.IsFaulted;
    public int Owned => group.States[0].Owned.Count;
    public int Stale => group.States[0].Stale;

    public LabMember(LabRoom room, Topic topic, Settings settings, GroupKind kind, string name)
    {
        group = new(room.Cluster, topic, SinkKind.Sqlite, 1, EventSchemas.Load(settings.SchemaFolder), settings, new(ConsumerGroup.Name(SinkKind.Sqlite, topic.Name), kind.Protocol, Gapless: room.Embedded, InstanceId: kind.Static ? name : null) { SessionTimeout = RebalanceLab.Session });
        Running = group.Run(stop.Token);
    }

    /// <summary>It writes what it has read, commits, and leaves the group.</summary>
    public void Leave()
    {
        stop.Cancel();
        Task.WaitAny(Running);
    }

    public void Dispose()
    {
        Leave();
        group.Dispose();
        stop.Dispose();
    }
}
