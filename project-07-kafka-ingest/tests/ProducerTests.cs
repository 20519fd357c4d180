using System.Diagnostics;
using System.Text;

namespace KafkaIngest.Tests;

/// <summary>Sending, and going on where it was acknowledged.</summary>
[TestFixture, Category("Step3")]
sealed class ProducerTests
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(50);

    static string? Header(Confluent.Kafka.ConsumeResult<byte[]?, byte[]?> record, string name) => record.Message.Headers.TryGetLastBytes(name, out var value) ? Encoding.ASCII.GetString(value) : null;

    static long Number(Confluent.Kafka.ConsumeResult<byte[]?, byte[]?> record) => long.Parse(Header(record, HeaderNames.EventId)!.Split('-')[2][2..]);

    static EventProducer Producer(Scene scene, Cluster? cluster = null, string partitioner = "murmur2_random", long first = 0, TimeProvider? clock = null, CancellationToken stop = default) =>
        new(cluster ?? scene.Cluster, scene.Topic, partitioner, first, null, clock ?? TimeProvider.System, stop);

    static Cluster With(Cluster cluster, string name, string value) => cluster with { Config = new Dictionary<string, string> { [name] = value } };

    [Test]
    public void Next_is_the_lowest_index_that_is_not_acknowledged()
    {
        var acks = new AckTracker(5);
        foreach (var (index, next) in new[] { (7L, 5L), (6, 5), (5, 8), (9, 8), (8, 10) })
        {
            acks.Add(index);
            Assert.That(acks.Next, Is.EqualTo(next), $"after {index}");
        }
        Assert.That(acks.Count, Is.EqualTo(5));
    }

    [Test]
    public void Acknowledged_in_any_order_it_is_what_a_scan_from_the_first_finds()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var first = seed % 4;
            var order = Enumerable.Range(first, 100).Select(i => (long)i).ToArray();
            new Random(seed).Shuffle(order);
            var (acks, seen) = (new AckTracker(first), new HashSet<long>());
            foreach (var index in order)
            {
                acks.Add(index);
                seen.Add(index);
                var scanned = (long)first;
                while (seen.Contains(scanned)) scanned++;
                Assert.That((acks.Next, acks.Count), Is.EqualTo((scanned, (long)seen.Count)), $"seed {seed}");
            }
        }
    }

    [Test]
    public void Threads_that_acknowledge_at_once_lose_nothing()
    {
        var acks = new AckTracker(0);
        Parallel.For(0, 8, thread => { for (var i = 0; i < 5000; i++) acks.Add(i * 8 + thread); });
        Assert.That((acks.Next, acks.Count), Is.EqualTo((40_000L, 40_000L)));
    }

    [Test]
    public void A_checkpoint_is_of_one_source_and_one_incarnation()
    {
        using var folder = new TempFolder();
        Assert.That(Checkpoint.Read(folder.Path, "topic-1", "source-1"), Is.Zero);
        new Checkpoint("topic-1", "source-1", 41).Write(folder.Path);
        new Checkpoint("topic-1", "source-1", 42).Write(folder.Path);
        Assert.That(Checkpoint.Read(folder.Path, "topic-1", "source-1"), Is.EqualTo(42));
        Assert.That(Checkpoint.Read(folder.Path, "topic-2", "source-1"), Is.Zero);
        Assert.That(Checkpoint.Read(folder.Path, "topic-1", "source-2"), Is.Zero);
        Assert.That(Directory.GetFiles(folder.Path).Select(Path.GetFileName), Is.EqualTo(new[] { "producer.json" }));
    }

    [TestCase(""), TestCase("{"), TestCase("null"), TestCase("[]"), TestCase("42"), TestCase("{}")]
    [TestCase("""{"Incarnation":"topic-1","Source":"source-1","Next":"many"}"""), TestCase("""{"Incarnation":"topic-1","Source":"source-1","Next":-1}""")]
    public void A_file_that_is_no_checkpoint_is_an_error_that_names_it(string text)
    {
        using var folder = new TempFolder();
        folder.Write("producer.json", text);
        Assert.That(Assert.Throws<UserException>(() => Checkpoint.Read(folder.Path, "topic-1", "source-1"))!.Message, Does.Contain("producer.json"));
    }

    static Pace NewPace(Func<long[]>? committed = null) => new(2, committed ?? (() => [0, 0]), most: 100);

    /// <summary>Whether the pace lets so many bytes go within a moment.</summary>
    static bool Goes(Pace pace, int size)
    {
        using var moment = new CancellationTokenSource(100);
        try { pace.Wait(size, moment.Token); }
        catch (OperationCanceledException) { return false; }
        return true;
    }

    [Test]
    public void The_pace_counts_each_partition_for_itself()
    {
        using var pace = NewPace();
        foreach (var partition in new[] { 0, 1 })
        {
            Assert.That(Goes(pace, 40), Is.True);
            pace.Acknowledged(partition, 0, 40);
        }
        Assert.That((Goes(pace, 61), Goes(pace, 60)), Is.EqualTo((false, true)));
    }

    [Test]
    public void What_is_under_way_counts_for_every_partition()
    {
        using var pace = NewPace();
        Assert.That((Goes(pace, 60), Goes(pace, 41)), Is.EqualTo((true, false)), "nobody knows yet where the 60 will be");
        pace.Acknowledged(0, 0, 60);
        Assert.That((Goes(pace, 41), Goes(pace, 40)), Is.EqualTo((false, true)), "the next may come to partition 0 too");
    }

    [Test]
    public void It_lets_go_what_is_committed_and_no_more()
    {
        var committed = new long[] { 0, 9 };
        using var pace = NewPace(() => committed);
        foreach (var offset in new[] { 0, 1 })
        {
            Assert.That(Goes(pace, 50), Is.True);
            pace.Acknowledged(0, offset, 50);
        }
        Assert.That(Goes(pace, 1), Is.False);
        Assert.That(pace.Waiting, Is.GreaterThan(TimeSpan.Zero));
        Volatile.Write(ref committed, [1, 9]);
        using var patience = new CancellationTokenSource(Patience);
        pace.Wait(50, patience.Token);
        Assert.That(pace.Waiting, Is.EqualTo(TimeSpan.Zero));
        Assert.That(Goes(pace, 1), Is.False);
        pace.Committed([2, 9]);
        Assert.That(Goes(pace, 50), Is.True);
    }

    [Test]
    public void What_a_producer_before_has_left_counts_until_it_is_committed()
    {
        var committed = new long[] { 3, 0 };
        using var pace = NewPace(() => committed);
        pace.Left(0, 3, 7, 25);
        Assert.That(Goes(pace, 1), Is.False);
        Volatile.Write(ref committed, [6, 0]);
        using var patience = new CancellationTokenSource(Patience);
        pace.Wait(75, patience.Token);
        Assert.That(Goes(pace, 1), Is.False);
    }

    [Test]
    public async Task A_produce_that_goes_on_is_held_back_by_what_nobody_has_read()
    {
        using var folder = new TempFolder();
        using var scene = await Scene.Open(folder.Path);
        var events = Scene.Events(6000, padding: 4000);      // 4 MiB are about 1,000 of them, in each of 4 partitions
        var sent = new List<long>();
        for (var run = 0; run < 2; run++)
        {
            using var pace = Ingest.Pacing(scene.Cluster, scene.Topic, [SinkKind.Sqlite], Ingest.Largest(events));
            using var stop = new CancellationTokenSource();
            var state = new Producing.State();
            var producing = Task.Factory.StartNew(() => Producing.Run(scene.Cluster, scene.Topic, events, scene.Settings, pace, state, stop.Token), TaskCreationOptions.LongRunning);
            await Wait.Until(() => pace.Waiting > TimeSpan.FromSeconds(1) || producing.IsCompleted, "it is held back");
            stop.Cancel();
            await producing;
            sent.Add(state.Acknowledged);
        }
        Assert.That(sent[0], Is.GreaterThan(500));
        Assert.That(sent.Sum(), Is.LessThan(5000), "the second counts what the first has left");
    }

    [Test]
    public void When_nobody_can_say_what_is_committed_the_producer_is_told()
    {
        using var pace = NewPace(() => throw new InvalidOperationException("the broker is gone"));
        using var patience = new CancellationTokenSource(Patience);
        Assert.That(Assert.Throws<UserException>(() => { pace.Wait(100, patience.Token); pace.Wait(1, patience.Token); })!.Message, Does.Contain("the broker is gone"));
    }

    [Test]
    public async Task Events_of_a_key_come_to_the_partition_that_Javas_producer_gives_it()
    {
        using var folder = new TempFolder();
        using var scene = await Scene.Open(folder.Path);
        var hashes = new Dictionary<string, int> { ["21"] = -973932308, ["foobar"] = -790332482, ["abc"] = 479470107 };
        var events = Scene.Events(60).Select((e, i) => e with { Key = hashes.Keys.ElementAt(i % 3) }).ToList();
        foreach (var (partitioner, half) in new[] { ("murmur2_random", events[..30]), ("consistent", events[30..]) })
        {
            using var producer = Producer(scene, partitioner: partitioner, first: half[0].Index);
            foreach (var e in half) producer.Send(e);
            producer.Flush(default);
        }
        var (java, other) = (scene.ReadTopic().Where(r => Number(r) < 30).ToList(), scene.ReadTopic().Where(r => Number(r) >= 30).ToList());
        bool asJava(Confluent.Kafka.ConsumeResult<byte[]?, byte[]?> r) => r.Partition.Value == (hashes[Encoding.UTF8.GetString(r.Message.Key!)] & 0x7fffffff) % 4;
        Assert.That((java.All(asJava), other.All(asJava)), Is.EqualTo((true, false)));
        foreach (var key in java.Concat(other).GroupBy(r => (Encoding.UTF8.GetString(r.Message.Key!), Number(r) < 30)))
        {
            Assert.That(key.Select(r => r.Partition.Value).Distinct().Count(), Is.EqualTo(1));
            Assert.That(key.Select(Number), Is.Ordered.And.Exactly(10).Items);
        }
    }

    [Test]
    public async Task Events_without_a_key_go_round_by_their_index_also_when_they_are_sent_again()
    {
        using var folder = new TempFolder();
        using var scene = await Scene.Open(folder.Path);
        var events = Scene.Events(20).Select(e => e with { Key = null }).ToList();
        foreach (var first in new[] { 0, 7 })
        {
            using var producer = Producer(scene, first: first);
            foreach (var e in events.Skip(first)) producer.Send(e);
            producer.Flush(default);
            Assert.That(producer.Acks.Next, Is.EqualTo(20));
        }
        var records = scene.ReadTopic();
        Assert.That(records, Has.Count.EqualTo(33));
        Assert.That(records.Where(r => r.Message.Key is not null || r.Partition.Value != Number(r) % 4), Is.Empty);
    }

    [Test]
    public async Task A_record_has_the_payload_the_key_and_four_headers()
    {
        using var folder = new TempFolder();
        using var scene = await Scene.Open(folder.Path);
        var e = Scene.Events(3)[2] with { Key = "Zürich" };
        using (var producer = Producer(scene, first: 2, clock: new HandClock()))
        {
            producer.Send(e);
            producer.Flush(default);
            Assert.That(producer.Bytes, Is.EqualTo(e.Payload.Length));
        }
        var record = scene.ReadTopic().Single();
        Assert.That(record.Message.Value, Is.EqualTo(e.Payload));
        Assert.That(record.Message.Key, Is.EqualTo(Encoding.UTF8.GetBytes("Zürich")));
        Assert.That(record.Message.Headers.Select(h => $"{h.Key}={Encoding.ASCII.GetString(h.GetValueBytes()!)}"), Is.EqualTo(new[] { $"event-id={e.Id}", "schema-version=2", $"produced-at={HandClock.Begin.ToUnixTimeMilliseconds()}" }));
    }

    [Test]
    public void A_producer_is_idempotent_acknowledged_by_all_and_compressed()
    {
        var config = EventProducer.Config("fnv1a");
        Assert.That((config.EnableIdempotence, config.Acks, config.CompressionType, config.MessageTimeoutMs), Is.EqualTo(((bool?)true, (Confluent.Kafka.Acks?)Confluent.Kafka.Acks.All, (Confluent.Kafka.CompressionType?)Confluent.Kafka.CompressionType.Zstd, (int?)0)));
        Assert.That(config.Get("partitioner"), Is.EqualTo("fnv1a"));
    }

    [Test]
    public async Task Properties_that_make_it_unsafe_are_refused()
    {
        using var folder = new TempFolder();
        using var scene = await Scene.Open(folder.Path);
        Assert.That(Assert.Throws<UserException>(() => Producer(scene, With(scene.Cluster, "acks", "1")).Dispose())!.Message, Does.Contain("acks"));
    }

    [Test]
    public async Task It_waits_for_its_pace()
    {
        using var folder = new TempFolder();
        using var scene = await Scene.Open(folder.Path);
        using var stop = new CancellationTokenSource();
        using var pace = new Pace(4, () => [0, 0, 0, 0], most: 1000);
        using var producer = new EventProducer(scene.Cluster, scene.Topic, "murmur2_random", 0, pace, TimeProvider.System, stop.Token);
        var sending = Task.Run(() => { foreach (var e in Scene.Events(100, keys: 1)) producer.Send(e); });
        await Wait.Until(() => pace.Waiting > TimeSpan.Zero && producer.Acks.Count >= 4, "it is held back");
        stop.Cancel();
        await Assert.ThrowsAsync<OperationCanceledException>(() => sending.WaitAsync(Patience));
        producer.Flush(default);
        Assert.That(producer.Bytes, Is.InRange(750, 1000));
        Assert.That(scene.ReadTopic(), Has.Count.EqualTo(producer.Acks.Next));
    }

    [Test]
    public async Task A_full_queue_makes_it_wait()
    {
        using var folder = new TempFolder();
        using var scene = await Scene.Open(folder.Path);
        using (var producer = Producer(scene, With(scene.Cluster, "queue.buffering.max.messages", "5")))
        {
            foreach (var e in Scene.Events(40)) producer.Send(e);
            producer.Flush(default);
            Assert.That(producer.Acks.Next, Is.EqualTo(40));
        }
        Assert.That(scene.ReadTopic(), Has.Count.EqualTo(40));
    }

    [Test]
    public async Task An_event_that_the_client_refuses_is_an_error()
    {
        using var folder = new TempFolder();
        using var scene = await Scene.Open(folder.Path);
        using var producer = Producer(scene);
        var events = Scene.Events(2);
        producer.Send(events[0]);
        producer.Flush(default);
        Assert.That(Assert.Throws<UserException>(() => producer.Send(events[1] with { Payload = new byte[2_000_000] }))!.Message, Does.Contain("event 1 was not acknowledged"));
        Assert.Throws<UserException>(() => producer.Send(events[1]), "nothing is sent after a gap");
        Assert.Throws<UserException>(() => producer.Flush(default));
    }

    [Test]
    public async Task A_broker_that_is_killed_is_an_error_and_not_silence()
    {
        using var folder = new TempFolder();
        using var broker = BrokerProcess.Start(folder.Path);
        var topic = await Topics.Ensure(broker.Cluster, "flights", new());
        var settings = new Settings { Input = "", Output = folder.Path };
        var events = Scene.Events(100);
        Producing.Run(broker.Cluster, topic, [.. events.Take(50)], settings, null, new(), default);
        broker.Kill();
        var cluster = With(broker.Cluster, "message.timeout.ms", "600");    // the minute of a real run is too long for a test
        var watch = Stopwatch.StartNew();
        var e = Assert.Throws<UserException>(() => Producing.Run(cluster, topic, events, settings, null, new(), default))!;
        Assert.That(e.Message, Does.StartWith("flights: event 0 was not acknowledged: "));
        Assert.That(watch.Elapsed, Is.LessThan(Patience));
    }

    [Test]
    public async Task What_is_acknowledged_is_not_sent_again_and_another_source_counts_for_itself()
    {
        using var folder = new TempFolder();
        using var scene = await Scene.Open(folder.Path);
        var events = Scene.Events(100);
        Producing.State Run(IReadOnlyList<SourceEvent> source)
        {
            var state = new Producing.State();
            Producing.Run(scene.Cluster, scene.Topic, source, scene.Settings, null, state, default);
            return state;
        }
        Run(events);
        var name = Producing.Digest(events, scene.Settings.Partitioner);
        new Checkpoint(scene.Topic.Incarnation, name, 80).Write(folder.Path);
        var again = Run(events);
        Assert.That((again.First, again.Acknowledged, again.Total), Is.EqualTo((80L, 20L, 100L)));
        Assert.That(Checkpoint.Read(folder.Path, scene.Topic.Incarnation, name), Is.EqualTo(100));
        Assert.That(Run(events).Acknowledged, Is.Zero);
        Assert.That(Run([.. events.Take(10)]).Acknowledged, Is.EqualTo(10));
        Assert.That(scene.ReadTopic(), Has.Count.EqualTo(130));
    }

    [Test]
    public async Task A_speed_compresses_time_from_the_first_event_that_is_sent()
    {
        using var folder = new TempFolder();
        using var scene = await Scene.Open(folder.Path);
        var (clock, events) = (new HandClock(), Scene.Events(10));     // a second apart
        new Checkpoint(scene.Topic.Incarnation, Producing.Digest(events, scene.Settings.Partitioner), 4).Write(folder.Path);
        using var stop = new CancellationTokenSource(Patience);
        var state = new Producing.State();
        var producing = Task.Run(() => Producing.Run(scene.Cluster, scene.Topic, events, scene.Settings with { Speed = 0.5, Clock = clock }, null, state, stop.Token));
        await Wait.Until(() => state.Acknowledged == 1, "the first event is due at once");
        clock.Advance(3.9);
        await Wait.Until(() => state.Acknowledged == 2, "the second is due after two seconds");
        await Task.Delay(150);
        Assert.That((state.Acknowledged, state.AtUtc), Is.EqualTo((2L, (DateTime?)events[5].EventTimeUtc)), "the third is not due");
        clock.Advance(100);
        await producing.WaitAsync(Patience);
        Assert.That(state.Acknowledged, Is.EqualTo(6));
    }

    [Test]
    public async Task Stopped_it_waits_for_what_is_under_way_and_writes_down_where_it_is()
    {
        using var folder = new TempFolder();
        using var scene = await Scene.Open(folder.Path);
        using var stop = new CancellationTokenSource();
        var (state, events) = (new Producing.State(), Scene.Events(1000));
        var producing = Task.Run(() => Producing.Run(scene.Cluster, scene.Topic, events, scene.Settings with { Speed = 500 }, null, state, stop.Token));
        var source = Producing.Digest(events, scene.Settings.Partitioner);
        await Wait.Until(() => Checkpoint.Read(folder.Path, scene.Topic.Incarnation, source) > 0, "it writes a checkpoint while it sends");
        stop.Cancel();
        await producing.WaitAsync(Patience);
        var next = Checkpoint.Read(folder.Path, scene.Topic.Incarnation, source);
        Assert.That(next, Is.EqualTo(scene.ReadTopic().Count).And.EqualTo(state.Acknowledged).And.LessThan(1000));
    }
}

/// <summary>A clock that stands until somebody moves it.</summary>
sealed class HandClock : TimeProvider
{
    public static readonly DateTimeOffset Begin = new(2026, 11, 25, 8, 30, 0, TimeSpan.Zero);
    long ticks;

    public void Advance(double seconds) => Interlocked.Add(ref ticks, TimeSpan.FromSeconds(seconds).Ticks);
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;
    public override long GetTimestamp() => Interlocked.Read(ref ticks);
    public override DateTimeOffset GetUtcNow() => Begin.AddTicks(GetTimestamp());
}

/// <summary>Waiting that ends.</summary>
static class Wait
{
    public static async Task Until(Func<bool> reached, string what)
    {
        for (var watch = Stopwatch.StartNew(); !reached(); await Task.Delay(5))
            if (watch.Elapsed > TimeSpan.FromSeconds(50)) Assert.Fail($"not within 50 s: {what}");
    }
}
