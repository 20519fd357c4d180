using System.Text;
using System.Text.Json;
using Confluent.Kafka;

namespace KafkaIngest.Tests;

/// <summary>What is wrong is kept aside, and sent again when it is right.</summary>
[TestFixture, Category("Step6")]
sealed class DeadLetterTests : IDisposable
{
    readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    static DeadLetter Letter(long offset, int partition = 1, string reason = Reasons.NoJson) => new(new(partition, offset), "e1"u8.ToArray(), [0xff, 0x00], reason, "why", [KeyValuePair.Create<string, byte[]?>("a", [0x00, 0xfe]), KeyValuePair.Create("b", (byte[]?)null), KeyValuePair.Create<string, byte[]?>("a", [])], [0x80, 0x00, 0x7f]);

    EventStore Open(string incarnation = "made-1") => EventStore.Open(folder.Path, "flights", incarnation, 4);

    [Test]
    public void A_dead_letter_keeps_its_bytes_and_its_position_is_unique()
    {
        using var store = Open();
        using (var sink = new SqliteSink(Open(), new HandClock()))
        {
            sink.Write(Scene.Batch(1, 0, [Letter(0), Letter(1) with { Id = null, Key = null, Payload = null, Headers = [] }, Scene.Received(Scene.Events(1)[0], 1, 2)]));
            Assert.That(store.Scalar("SELECT stored || ' ' || duplicates || ' ' || dead_lettered FROM offsets"), Is.EqualTo("1 0 2"));
        }
        DeadLetters.Keep(store, Letter(0, reason: Reasons.TooLarge), 9);
        DeadLetters.Keep(store, Letter(0, partition: 2), 9);
        using var again = Open("made-2");
        DeadLetters.Keep(again, Letter(0), 9);
        var rows = EventStore.Query(store.Connection, "SELECT partition, \"offset\", event_id, key, reason, detail, headers, payload, at_ms, topic_id FROM dead_letters ORDER BY id", r => Enumerable.Range(0, r.FieldCount).Select(i => r.IsDBNull(i) ? null : r.GetValue(i)).ToList());
        Assert.That(rows.Select(r => $"{r[0]}/{r[1]} {r[4]} {r[9]}"), Is.EqualTo(new[] { $"1/0 not_json {store.TopicId}", $"1/1 not_json {store.TopicId}", $"2/0 not_json {store.TopicId}", $"1/0 not_json {again.TopicId}" }), "what is there stays");
        Assert.That(rows[0], Is.EqualTo(new object?[] { 1L, 0L, "e1", new byte[] { 0xff, 0x00 }, "not_json", "why", """[["a","AP4="],["b",null],["a",""]]""", new byte[] { 0x80, 0x00, 0x7f }, HandClock.Begin.ToUnixTimeMilliseconds(), store.TopicId }));
        Assert.That((rows[1][2], rows[1][3], rows[1][6], rows[1][7]), Is.EqualTo(((object?)null, (object?)null, (object?)"[]", (object?)null)));
    }

    [Test]
    public void A_batch_that_is_refused_leaves_no_dead_letter()
    {
        using var sink = new SqliteSink(Open(), new HandClock());
        Assert.Throws<StaleBatch>(() => sink.Write(Scene.Batch(1, 5, Letter(5))));
        using var store = Open();
        Assert.That(store.Scalar("SELECT count(*) FROM dead_letters"), Is.Zero);
    }

    static Message<byte[]?, byte[]?> Poison(int i, string version = "3", Action<Message<byte[]?, byte[]?>>? change = null)
    {
        var message = Scene.Message(Scene.Events(i + 1)[i]);
        message.Headers.Remove(HeaderNames.SchemaVersion);
        message.Headers.Add(HeaderNames.SchemaVersion, Encoding.ASCII.GetBytes(version));
        message.Headers.Add("trace", [0xff]);
        message.Headers.Add("trace", null);
        change?.Invoke(message);
        return message;
    }

    static async Task<string[]> Pointers(Scene scene)
    {
        using (var stop = new CancellationTokenSource()) { await stop.CancelAsync(); await DeadLetterTopic.Run(scene.Cluster, scene.Topic, scene.Settings, stop.Token); }
        return [.. scene.ReadTopic(scene.Settings.DeadLetterTopic).Select(r => Encoding.UTF8.GetString(r.Message.Value!)).Order(StringComparer.Ordinal)];
    }

    [Test]
    public async Task A_pointer_comes_once_and_again_when_it_was_killed_before_it_noted_that()
    {
        using var scene = await Scene.Open(folder.Path);
        scene.SendRaw([Poison(0), Poison(1, change: m => m.Headers.Remove(HeaderNames.EventId))], partition: 2);
        await scene.Consume(new SqliteSink(scene.Store(), TimeProvider.System));
        Assert.That(await Pointers(scene), Is.EqualTo(new[]
        {
            """{"id":1,"topic":"flights","partition":2,"offset":0,"event_id":"20130304T05-EWR-UA000000-departed","reason":"unknown_version","detail":"version 3, known are 1, 2"}""",
            """{"id":2,"topic":"flights","partition":2,"offset":1,"event_id":null,"reason":"no_event_id","detail":"there is no header event-id"}""",
        }));
        Assert.That(scene.ReadTopic(scene.Settings.DeadLetterTopic).Select(r => Encoding.ASCII.GetString(r.Message.Key!)), Is.EquivalentTo(new[] { "N000", "N001" }));
        Assert.That(await Pointers(scene), Has.Length.EqualTo(2), "nothing is new");
        using var store = scene.Store();
        store.Execute("UPDATE dead_letters SET pointer_sent = 0 WHERE id = 2");
        Assert.That((await Pointers(scene)).Select(p => p[..8]), Is.EqualTo(new[] { "{\"id\":1,", "{\"id\":2,", "{\"id\":2," }));
        Assert.That(store.Scalar("SELECT min(pointer_sent) FROM dead_letters"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_replay_has_the_original_bytes_and_goes_to_its_partition()
    {
        using var scene = await Scene.Open(folder.Path);
        scene.SendRaw([Poison(0), Poison(1, change: m => (m.Key, m.Value) = (null, [0xff, 0x00]))], partition: 3);
        scene.SendRaw([Poison(2), Poison(3, change: m => m.Value = null)], partition: 1);
        await scene.Consume(new SqliteSink(scene.Store(), TimeProvider.System));
        var originals = scene.ReadTopic();
        Assert.That(Replay.Run(scene.Cluster, scene.Topic, scene.Settings, null, null), Is.EqualTo(4));
        using var store = scene.Store();
        Assert.That(store.Scalar("SELECT count(*) FROM dead_letters WHERE replayed_at_ms > 0"), Is.EqualTo(4));
        foreach (var replay in scene.ReadTopic().Where(r => r.Offset.Value >= 2))
        {
            var of = Text(replay, Replay.ReplayOf);
            var original = originals.Single(r => $"{r.Partition.Value}/{r.Offset.Value}" == of);
            Assert.That((replay.Partition, replay.Message.Key, replay.Message.Value), Is.EqualTo((original.Partition, original.Message.Key, original.Message.Value)));
            Assert.That(replay.Message.Headers.SkipLast(1).Select(h => (h.Key, h.GetValueBytes())), Is.EqualTo(original.Message.Headers.Select(h => (h.Key, h.GetValueBytes()))));
        }
        Assert.That(Replay.Run(scene.Cluster, scene.Topic, scene.Settings, null, null), Is.Zero, "each is sent once");
    }

    static string? Text(ConsumeResult<byte[]?, byte[]?> record, string header) => record.Message.Headers.TryGetLastBytes(header, out var value) ? Encoding.ASCII.GetString(value) : null;

    [Test]
    public async Task They_are_replayed_by_reason_and_by_id_lowest_first_and_those_of_a_killed_replay_again()
    {
        using var scene = await Scene.Open(folder.Path);
        scene.SendRaw([Poison(0), Poison(1, change: m => m.Value = "{"u8.ToArray()), Poison(2, version: "2", change: m => m.Value = "{"u8.ToArray()), Poison(3), Poison(4)], partition: 0);
        await scene.Consume(new SqliteSink(scene.Store(), TimeProvider.System));
        int Run(string? reason, long? id) => Replay.Run(scene.Cluster, scene.Topic, scene.Settings, reason, id);
        Assert.That((Run(Reasons.NoJson, null), Run(null, 5), Run(Reasons.NoJson, 4), Run(Reasons.TooLarge, null)), Is.EqualTo((1, 1, 0, 0)));
        using var store = scene.Store();
        store.Execute("UPDATE dead_letters SET replayed_at_ms = NULL WHERE id = 5");      // killed when it was sent
        Assert.That(Run(null, 1), Is.EqualTo(1));
        Assert.That(store.Scalar("SELECT group_concat(id) FROM dead_letters WHERE replayed_at_ms IS NULL"), Is.EqualTo("2,4,5"));
        Assert.That(Run(null, null), Is.EqualTo(3));
        Assert.That(scene.ReadTopic().Skip(5).Select(r => Text(r, Replay.ReplayOf)), Is.EqualTo(new[] { "0/2", "0/4", "0/0", "0/1", "0/3", "0/4" }));
        Assert.That(store.Scalar("SELECT count(*) FROM dead_letters WHERE replayed_at_ms IS NULL"), Is.Zero);
    }

    [Test]
    public async Task What_has_become_right_is_stored_once_and_what_has_not_is_a_new_dead_letter()
    {
        using var scene = await Scene.Open(folder.Path);
        scene.SendRaw([Poison(0), Poison(1, change: m => m.Value = "{"u8.ToArray()), Scene.Message(Scene.Events(3)[2])], partition: 0);
        await scene.Consume(new SqliteSink(scene.Store(), TimeProvider.System));
        using var store = scene.Store();
        string Account() => (string)store.Scalar("SELECT stored || ' ' || duplicates || ' ' || dead_lettered FROM offsets WHERE sink = 'sqlite' AND partition = 0")!;
        Assert.That(Account(), Is.EqualTo("1 0 2"));
        for (var i = 0; i < 2; i++)
        {
            Replay.Run(scene.Cluster, scene.Topic, scene.Settings, null, null);
            if (i == 0) store.Execute("UPDATE dead_letters SET replayed_at_ms = NULL");
        }
        await scene.Consume(new SqliteSink(scene.Store(), TimeProvider.System), scene.Settings with { UnknownVersion = UnknownVersion.Accept });
        Assert.That(Account(), Is.EqualTo("2 1 4"));
        Assert.That(store.Scalar("SELECT group_concat(\"offset\") FROM dead_letters WHERE reason = 'not_json'"), Is.EqualTo("4,6"));
        // a replay of a replay names the record that it repeats
        Replay.Run(scene.Cluster, scene.Topic, scene.Settings, null, 4);
        var last = scene.ReadTopic()[^1];
        Assert.That((Text(last, Replay.ReplayOf), last.Message.Headers.Count(h => h.Key == Replay.ReplayOf)), Is.EqualTo(("0/6", 1)));
    }

    [Test]
    public async Task A_replay_goes_no_faster_than_the_broker_can_keep()
    {
        using var scene = await Scene.Open(folder.Path);
        scene.SendRaw(Enumerable.Range(0, 20).Select(i => Poison(i, change: m => m.Value = new byte[1000])), partition: 0);
        await scene.Consume(new SqliteSink(scene.Store(), TimeProvider.System));
        using var pace = new Pace(4, () => [0, 0, 0, 0], most: 5000);
        using var stop = new CancellationTokenSource();
        var replaying = Task.Factory.StartNew(() => Replay.Run(scene.Cluster, scene.Topic, scene.Settings, null, null, pace, stop.Token), TaskCreationOptions.LongRunning);
        await Wait.Until(() => pace.Waiting > TimeSpan.FromSeconds(0.5), "it is held back");
        stop.Cancel();
        await Assert.ThrowsAsync<OperationCanceledException>(() => replaying);
        using var offsets = new TopicOffsets(scene.Cluster, scene.Topic);
        Assert.That(offsets.All()[0].End, Is.LessThanOrEqualTo(25));
        using var store = scene.Store();
        Assert.That(store.Scalar("SELECT count(*) FROM dead_letters WHERE replayed_at_ms IS NOT NULL"), Is.Zero);
        Assert.That((Replay.Run(scene.Cluster, scene.Topic, scene.Settings, null, null), Replay.Run(scene.Cluster, scene.Topic, scene.Settings, null, 3)), Is.EqualTo((20, 1)), "what is named is sent although it was");
    }

    [Test]
    public async Task Pointers_go_to_the_topic_of_their_letters()
    {
        using var scene = await Scene.Open(folder.Path);
        using (var other = EventStore.Open(folder.Path, "other", "other-1", 4)) DeadLetters.Keep(other, Letter(0), 9);
        using (var store = scene.Store()) DeadLetters.Keep(store, Letter(1), 9);
        await DeadLetterTopic.Run(scene.Cluster, scene.Topic, scene.Settings, new(canceled: true));
        Assert.That(scene.ReadTopic(scene.Settings.DeadLetterTopic), Has.Count.EqualTo(1));
        using var after = scene.Store();
        Assert.That(after.Scalar("SELECT group_concat(pointer_sent) FROM (SELECT pointer_sent FROM dead_letters ORDER BY id)"), Is.EqualTo("0,1"));
    }

    [Test]
    public async Task A_replay_or_a_pointer_that_the_broker_does_not_acknowledge_is_an_error_and_is_sent_again()
    {
        using (var store = Open()) DeadLetters.Keep(store, Letter(0), 9);
        using var broker = BrokerProcess.Start(folder.Path);
        var cluster = broker.Cluster with { Config = new Dictionary<string, string> { ["message.timeout.ms"] = "300" } };
        broker.Kill();
        Assert.Throws<UserException>(() => Replay.Run(cluster, new("flights", "made-1", 4), new() { Input = "", Output = folder.Path }, null, null));
        await Assert.ThrowsAsync<UserException>(() => DeadLetterTopic.Run(cluster, new("flights", "made-1", 4), new() { Input = "", Output = folder.Path }, default));
        using (var store = Open()) Assert.That(store.Scalar("SELECT pointer_sent || coalesce(replayed_at_ms, '') FROM dead_letters"), Is.EqualTo("0"));
    }
}
