using System.Collections.Concurrent;
using Confluent.Kafka;

namespace KafkaIngest.Tests;

/// <summary>Reading in batches, and letting the sink say where to go on.</summary>
[TestFixture, Category("Step5")]
sealed class MemberTests : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(50), Never = TimeSpan.FromHours(1);

    readonly TempFolder folder = new();
    readonly Scene scene;

    public MemberTests() => scene = Scene.Open(folder.Path).GetAwaiter().GetResult();

    public void Dispose()
    {
        scene.Dispose();
        folder.Dispose();
    }

    /// <summary>A sink on which a test can look and lay hands.</summary>
    sealed class Watched(ISink sink) : ISink
    {
        public ConcurrentQueue<(int Count, long Bytes)> Batches { get; } = [];
        public ConcurrentQueue<int> Flushed { get; } = [];
        public Action<Batch>? Before { get; set; }

        public string Name => sink.Name;
        public long Next(int partition) => sink.Next(partition);
        public IReadOnlyList<(int Partition, long Next)> Write(Batch batch)
        {
            Batches.Enqueue((batch.Count, batch.Bytes));
            Before?.Invoke(batch);
            return sink.Write(batch);
        }
        public IReadOnlyList<(int Partition, long Next)> Due() => sink.Due();
        public IReadOnlyList<(int Partition, long Next)> Flush(IReadOnlyCollection<int> partitions)
        {
            foreach (var partition in partitions) Flushed.Enqueue(partition);
            return sink.Flush(partitions);
        }
        public void Abandon(IReadOnlyCollection<int> partitions) => sink.Abandon(partitions);
        public void Dispose() => sink.Dispose();
    }

    Watched Sink() => new(new SqliteSink(scene.Store(), TimeProvider.System));

    void Send(int count, int partition = -1, int skip = 0) => scene.SendRaw(Scene.Events(count + skip).Skip(skip).Select(e => Scene.Message(e)), partition);

    long Sum(string column)
    {
        using var store = scene.Store();
        return (long)(store.Scalar($"SELECT sum({column}) FROM offsets") ?? 0L);
    }

    long[] Committed()
    {
        using var offsets = new TopicOffsets(scene.Cluster, scene.Topic, scene.ByHand.Group);
        return offsets.Committed();
    }

    Task Stored(int rows) => Wait.Until(() => Sum("stored") >= rows, $"{rows} rows");

    [Test]
    public async Task A_stale_batch_is_read_again_and_nothing_is_lost()
    {
        Send(600, 0);
        Send(100, 1, skip: 600);
        var (first, records) = (true, scene.ReadTopic());
        using var other = new SqliteSink(scene.Store(), TimeProvider.System);
        var decode = new Decode(scene.Schemas, default, 10_000);
        var sink = Sink();
        sink.Before = _ =>
        {
            if (first) other.Write(Scene.Batch(0, 0, records.Where(r => r.Partition.Value == 0).Take(250).Select(decode.Run)));      // another owns the partition for a while
            first = false;
        };
        await using var working = scene.Start(sink, scene.ByHand);
        await working.Until(s => s.DurableTo(0) == 600 && s.DurableTo(1) == 100, Patience);
        await working.Stop();
        Assert.That(working.State.Stale, Is.GreaterThan(0));
        Assert.That((Sum("next"), Sum("stored"), Sum("duplicates")), Is.EqualTo((700L, 700L, 0L)));
        Assert.That(Committed().Sum(), Is.EqualTo(700));
    }

    [Test]
    public async Task Kafka_gets_an_offset_only_after_the_sink_has_the_records()
    {
        Send(300);
        using var free = new ManualResetEventSlim();
        var sink = Sink();
        sink.Before = _ => free.Wait(Patience);
        await using var working = scene.Start(sink, scene.ByHand);
        await working.Until(s => s.Held > 0 && !sink.Batches.IsEmpty, Patience);
        await Task.Delay(400);
        Assert.That(Committed().Sum(), Is.Zero);
        Assert.That(Enumerable.Range(0, 4).Sum(working.State.DurableTo), Is.Zero);
        free.Set();
        await working.Until(s => Enumerable.Range(0, 4).Sum(s.DurableTo) == 300, Patience);
        await Wait.Until(() => Committed().Sum() == 300, "what is durable is committed while it works on");
        await working.Stop();
    }

    [Test]
    public async Task It_goes_on_where_the_sink_stands_and_tells_Kafka()
    {
        Send(80, 2);
        using (var sink = new SqliteSink(scene.Store(), TimeProvider.System)) sink.Write(Scene.Batch(2, 0, Scene.Events(80).Select((e, i) => Scene.Received(e, 2, i))));      // killed before it had committed to Kafka
        await using var working = scene.Start(Sink(), scene.ByHand);
        // the embedded broker's producer waits for it, and nothing more comes before it goes on
        await Wait.Until(() => Committed()[2] == 80, "Kafka knows what the sink has");
        Assert.That((working.State.ReadTo(2), Sum("duplicates")), Is.EqualTo((80L, 0L)));
        await working.Stop();
    }

    [Test]
    public async Task A_batch_ends_with_so_many_records_or_bytes()
    {
        Send(1000);
        var (byCount, byBytes) = (Sink(), new Watched(new Forgetful()));
        await scene.Consume(byCount, scene.Settings with { BatchEvents = 150, BatchTime = Never });
        Assert.That(byCount.Batches.Select(b => b.Count), Is.EqualTo(new[] { 150, 150, 150, 150, 150, 150, 100 }));
        await scene.Consume(byBytes, scene.Settings with { BatchBytes = 20_000, BatchTime = Never });
        Assert.That(byBytes.Batches.SkipLast(1).Select(b => b.Bytes), Is.All.InRange(20_000, 20_300));
        Assert.That(byBytes.Batches.Sum(b => b.Bytes), Is.EqualTo(byCount.Batches.Sum(b => b.Bytes)));
    }

    [Test]
    public async Task A_batch_ends_so_long_after_its_first_record()
    {
        var (sink, clock) = (Sink(), new HandClock());
        await using var working = scene.Start(sink, scene.ByHand, scene.Settings with { BatchTime = TimeSpan.FromSeconds(60), Clock = clock });
        clock.Advance(100);
        Send(10);
        await working.Until(s => s.Held == 10, Patience);
        clock.Advance(59);
        await Task.Delay(150);
        Assert.That(sink.Batches, Is.Empty);
        clock.Advance(1);
        await Stored(10);
        await working.Stop();
        Assert.That(sink.Batches.Single().Count, Is.EqualTo(10));
    }

    [Test]
    public async Task Stopped_it_writes_what_it_has_read_and_commits()
    {
        Send(200);
        var sink = Sink();
        await using var working = scene.Start(sink, scene.ByHand, scene.Settings with { BatchTime = Never });
        await working.Until(s => s.Held == 200, Patience);
        Assert.That(Sum("next"), Is.Zero);
        await working.Stop();
        Assert.That((Sum("stored"), Committed().Sum(), working.State.Held), Is.EqualTo((200L, 200L, 0L)));
        Assert.That(sink.Flushed, Is.EquivalentTo(new[] { 0, 1, 2, 3 }));
    }

    [TestCase(GroupProtocol.Consumer), TestCase(GroupProtocol.Classic)]
    public async Task Partitions_that_go_to_another_member_are_written_before(GroupProtocol protocol)
    {
        Send(400);
        var options = new MemberOptions("members", protocol, Gapless: true) { SessionTimeout = TimeSpan.FromSeconds(4) };
        var (first, second) = (Sink(), Sink());
        var settings = scene.Settings with { BatchTime = Never };
        await using var one = scene.Start(first, options, settings);
        await one.Until(s => s.Held == 400, Patience);
        await using var two = scene.Start(second, options, settings);
        await two.Until(s => s.Owned.Count > 0 && s.Owned.Count + one.State.Owned.Count == 4, Patience);
        Assert.That(first.Flushed, Is.EquivalentTo(two.State.Owned), "the others it may keep");
        using (var store = scene.Store())
            foreach (var partition in two.State.Owned) Assert.That((Offsets.Next(store, "sqlite", partition), two.State.ReadTo(partition)), Is.EqualTo((one.State.ReadTo(partition), one.State.ReadTo(partition))), $"partition {partition}");
        Send(400, skip: 400);
        await Wait.Until(() => one.State.Held + two.State.Held + Sum("next") == 800, "all are read");
        await Task.WhenAll(one.Stop(), two.Stop());
        Assert.That((Sum("stored"), Sum("duplicates")), Is.EqualTo((800L, 0L)));
    }

    [Test]
    public async Task Partitions_that_go_while_the_sink_fails_are_abandoned_and_read_by_the_other()
    {
        Send(400);
        var options = new MemberOptions("members", Gapless: true);
        var (failing, fails) = (Sink(), true);
        failing.Before = _ => { if (fails) throw new UnauthorizedAccessException("read-only"); };
        await using var one = scene.Start(failing, options);
        await one.Until(s => s.Retries > 0 && s.Held == 400, Patience);
        await using var two = scene.Start(Sink(), options);
        await two.Until(s => s.Owned.Count > 0 && s.Owned.Count + one.State.Owned.Count == 4 && s.Owned.All(p => s.ReadTo(p) > 0), Patience);
        Assert.That(two.State.Owned.Select(one.State.ReadTo), Is.All.Zero, "who waits for its end must not take it for read");
        Volatile.Write(ref fails, false);
        await Stored(400);
        await Task.WhenAll(one.Stop(), two.Stop());
        Assert.That((Sum("next"), Sum("stored")), Is.EqualTo((400L, 400L)));
    }

    [Test]
    public async Task While_the_sink_fails_it_holds_little_and_then_goes_on()
    {
        Send(6000);
        var (sink, fails) = (Sink(), true);
        sink.Before = _ => { if (fails) throw new IOException("No space left on device"); };
        await using var working = scene.Start(sink, scene.ByHand, scene.Settings with { BatchEvents = 200 });
        await working.Until(s => s.Retries >= 3, Patience);
        Assert.That((working.State.Paused, working.State.Trouble), Is.EqualTo((true, "sqlite: No space left on device")));
        Assert.That(working.State.MostHeld, Is.LessThanOrEqualTo(800), "a batch that is filled and one that is written, and what was fetched");
        Assert.That(Committed().Sum(), Is.Zero);
        Volatile.Write(ref fails, false);
        await working.Until(s => Enumerable.Range(0, 4).Sum(s.DurableTo) == 6000, Patience);
        await working.Stop();
        Assert.That((working.State.Paused, working.State.Trouble, Sum("stored"), Sum("duplicates")), Is.EqualTo((false, (string?)null, 6000L, 0L)));
    }

    [Test]
    public async Task Stopped_while_the_sink_fails_it_says_what_is_not_stored()
    {
        Send(50);
        var sink = Sink();
        sink.Before = _ => throw new Microsoft.Data.Sqlite.SqliteException("database or disk is full", 13);
        await using var working = scene.Start(sink, scene.ByHand);
        await working.Until(s => s.Retries > 0 && s.Held == 50, Patience);
        Assert.That((await Assert.ThrowsAsync<UserException>(working.Stop))!.Message, Is.EqualTo("sqlite: database or disk is full. 50 events that were read are not stored; the next run reads them again."));
        Assert.That((await scene.Consume(Sink())).DurableTo(0), Is.EqualTo(scene.ReadTopic().Count(r => r.Partition.Value == 0)));
        Assert.That(Sum("stored"), Is.EqualTo(50));
    }

    [Test]
    public async Task Stopped_when_another_has_written_it_leaves_the_rest_to_that_one()
    {
        Send(20, 0);
        var records = scene.ReadTopic();
        await using var working = scene.Start(Sink(), scene.ByHand, scene.Settings with { BatchTime = Never });
        await working.Until(s => s.Held == 20, Patience);
        using (var other = new SqliteSink(scene.Store(), TimeProvider.System)) other.Write(Scene.Batch(0, 0, records.Take(5).Select(new Decode(scene.Schemas, default, 10_000).Run)));
        await working.Stop();
        Assert.That((working.State.Stale, Sum("next"), Sum("stored")), Is.EqualTo((1, 5L, 5L)));
    }

    [Test]
    public async Task A_failure_that_will_not_pass_ends_it()
    {
        Send(10);
        var sink = Sink();
        sink.Before = _ => throw new InvalidOperationException("a bug");
        await using var working = scene.Start(sink, scene.ByHand);
        await Assert.ThrowsAsync<InvalidOperationException>(() => working.Until(_ => false, Patience));
    }

    [Test]
    public async Task An_offset_that_the_broker_does_not_have_is_an_error()
    {
        Send(10, 1);
        using (var sink = new SqliteSink(scene.Store(), TimeProvider.System)) sink.Write(Scene.Batch(1, 0, Scene.Events(30).Select((e, i) => Scene.Received(e, 1, i))));
        await using var working = scene.Start(Sink(), scene.ByHand);
        Assert.That((await Assert.ThrowsAsync<UserException>(() => working.Until(_ => false, Patience)))!.Message, Does.StartWith("flights, partition 1: the broker no longer has the records from offset 30 on"));
    }

    [Test]
    public async Task Where_the_sink_has_nothing_it_may_begin_later()
    {
        Send(20, 0);
        Send(20, 1, skip: 20);
        using (var sink = new SqliteSink(scene.Store(), TimeProvider.System)) sink.Write(Scene.Batch(1, 0, Scene.Events(5).Select((e, i) => Scene.Received(e, 1, i))));
        using (var store = scene.Store())
            foreach (var partition in new[] { 0, 1 }) Offsets.Begin(store, "sqlite", partition, 12);
        await using var working = scene.Start(Sink(), scene.ByHand);
        await working.Until(s => s.DurableTo(0) == 20 && s.DurableTo(1) == 20, Patience);
        await working.Stop();
        Assert.That(Sum("stored"), Is.EqualTo(5 + 8 + 15));
    }

    [Test]
    public async Task A_version_that_is_not_known_may_stop_it()
    {
        scene.SendRaw([Scene.Message(Scene.Events(1)[0] with { SchemaVersion = 8 })]);
        await using var working = scene.Start(Sink(), scene.ByHand, scene.Settings with { UnknownVersion = UnknownVersion.Fail });
        Assert.That((await Assert.ThrowsAsync<UserException>(() => working.Until(_ => false, Patience)))!.Message, Does.Contain("schema version 8"));
    }

    /// <summary>A sink that keeps nothing.</summary>
    sealed class Forgetful : ISink
    {
        public string Name => "forgetful";
        public long Next(int partition) => 0;
        public IReadOnlyList<(int Partition, long Next)> Write(Batch batch) => [];
        public IReadOnlyList<(int Partition, long Next)> Due() => [];
        public IReadOnlyList<(int Partition, long Next)> Flush(IReadOnlyCollection<int> partitions) => [];
        public void Abandon(IReadOnlyCollection<int> partitions) { }
        public void Dispose() { }
    }
}

/// <summary>Times from producer to commit.</summary>
[TestFixture, Category("Step5")]
sealed class LatencyTests
{
    [Test]
    public void Quantiles_are_exact_below_100_ms_and_within_a_tenth_above()
    {
        var none = new Latency();
        Assert.That(none.Quantile(0.5), Is.Null);
        var hundred = new Latency();
        for (var ms = 0; ms < 100; ms++) hundred.Add(ms);
        Assert.That(new[] { 0, 0.01, 0.5, 0.95, 0.99, 1 }.Select(q => hundred.Quantile(q)), Is.EqualTo(new long?[] { 0, 0, 49, 94, 98, 99 }));
        for (long ms = 100; ms < 10_000_000; ms += 1 + ms / 7)
        {
            var one = new Latency();
            one.Add(ms);
            Assert.That(one.Quantile(0.5), Is.InRange(ms, ms * 1.1 + 1), $"{ms} ms");
        }
        var clocks = new Latency();
        clocks.Add(-5);
        Assert.That(Latency.Sum([hundred, clocks, none]).Quantile(0.02), Is.EqualTo(1), "101 of them, two at 0");
    }
}
