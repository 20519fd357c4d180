using System.Text;
using Microsoft.Data.Sqlite;

namespace KafkaIngest.Tests;

/// <summary>Rows and offsets in one transaction.</summary>
[TestFixture, Category("Step4")]
sealed class StoreTests : IDisposable
{
    readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    EventStore Open(string incarnation = "made-1", int partitions = 4) => EventStore.Open(folder.Path, "flights", incarnation, partitions);

    SqliteSink Sink(string incarnation = "made-1", Latency? latency = null) => new(Open(incarnation), new HandClock(), latency);

    static List<Event> Received(int count, int partition = 0, int skip = 0, long offset = 0) => [.. Scene.Events(count + skip).Skip(skip).Select((e, i) => Scene.Received(e, partition, offset + i))];

    static Batch Both(params IEnumerable<(long Expected, IEnumerable<Event> Records)> parts)
    {
        var batch = new Batch();
        foreach (var (expected, records) in parts)
            foreach (var e in records) batch.Add(e, e.Payload.Length, expected);
        return batch;
    }

    long Rows()
    {
        using var store = Open();
        return (long)store.Scalar("SELECT count(*) FROM events")!;
    }

    List<(int Partition, long Next, Counts Counts)> Account(string incarnation = "made-1")
    {
        using var store = Open(incarnation);
        return EventStore.Query(store.Connection, "SELECT partition, next, stored, duplicates, dead_lettered FROM offsets WHERE sink = 'sqlite' AND topic_id = $topic ORDER BY partition", r => (r.GetInt32(0), r.GetInt64(1), new Counts(r.GetInt64(2), r.GetInt64(3), r.GetInt64(4))), ("$topic", store.TopicId));
    }

    [Test]
    public void Stored_rows_are_the_events()
    {
        var e = Received(1)[0];
        List<Event> events =
        [
            e,
            e with { Id = "no-key"u8.ToArray(), Key = null, At = new(0, 1) },
            e with { Id = "empty-key"u8.ToArray(), Key = [], At = new(0, 2), SchemaVersion = 1 },
            e with { Id = "other-key"u8.ToArray(), Key = Encoding.UTF8.GetBytes("Zürich ✈ 東京"), At = new(0, 3), Type = "arrived", Payload = Encoding.UTF8.GetBytes("""{"note":"ü ✈"}""") },
            e with { Id = "fraction"u8.ToArray(), At = new(0, 4), EventTimeUtc = new DateTime(2013, 3, 8, 10, 17, 0, DateTimeKind.Utc).AddTicks(1_234_560), ProducedAtMs = 0 },
            e with { Id = "whole"u8.ToArray(), At = new(0, 5), EventTimeUtc = DateTime.MaxValue.Date },
        ];
        using (var sink = Sink()) Assert.That(sink.Write(Scene.Batch(0, 0, events)), Is.EqualTo(new[] { (0, 6L) }));
        using var store = Open();
        var rows = EventStore.Query(store.Connection, "SELECT event_id, event_type, event_time, key, schema_version, topic_id, partition, \"offset\", produced_at_ms, stored_at_ms, payload FROM events ORDER BY \"offset\"", r => Enumerable.Range(0, r.FieldCount).Select(i => r.IsDBNull(i) ? null : r.GetValue(i)).ToList());
        for (var i = 0; i < events.Count; i++)
        {
            var one = events[i];
            Assert.That(rows[i], Is.EqualTo(new object?[] { Encoding.ASCII.GetString(one.Id), one.Type, EventTimes.Text(one.EventTimeUtc), one.Key is null ? null : Encoding.UTF8.GetString(one.Key), (long)one.SchemaVersion, store.TopicId, 0L, (long)i, one.ProducedAtMs, HandClock.Begin.ToUnixTimeMilliseconds(), Encoding.UTF8.GetString(one.Payload) }));
        }
        Assert.That((rows[4][2], rows[5][2]), Is.EqualTo(("2013-03-08T10:17:00.123456Z", "9999-12-31T00:00:00Z")));
    }

    [Test]
    public void Offsets_that_can_not_be_moved_leave_no_row_and_the_sink_goes_on_after()
    {
        using var store = Open();
        using var sink = Sink();
        sink.Write(Scene.Batch(0, 0, Received(10)));
        store.Execute("CREATE TRIGGER fails BEFORE UPDATE ON offsets WHEN new.partition = 2 BEGIN SELECT RAISE(ABORT, 'no offsets today'); END");
        var batch = Both((10, Received(5, 0, skip: 10, offset: 10)), (0, Received(5, 2, skip: 15)));
        Assert.Throws<SqliteException>(() => sink.Write(batch));
        Assert.That((Rows(), sink.Next(0), sink.Next(2)), Is.EqualTo((10L, 10L, 0L)));
        store.Execute("DROP TRIGGER fails");
        Assert.That(sink.Write(batch), Is.EquivalentTo(new[] { (0, 15L), (2, 5L) }));
        Assert.That((Rows(), sink.Next(0), sink.Next(2)), Is.EqualTo((20L, 15L, 5L)));
    }

    [TestCase(8, TestName = "What_overlaps_is_refused"), TestCase(12, TestName = "What_would_leave_a_gap_is_refused"), TestCase(0, TestName = "What_begins_anew_is_refused")]
    public void A_batch_that_does_not_begin_where_the_sink_stands(long expected)
    {
        using var sink = Sink();
        sink.Write(Scene.Batch(1, 0, Received(10, 1)));
        // another partition's part comes before it, and is not taken either
        var stale = Assert.Throws<StaleBatch>(() => sink.Write(Both((0, Received(5, 0, skip: 50)), (expected, Received(5, 1, skip: 60, offset: expected)))))!;
        Assert.That((stale.Partition, stale.Message), Is.EqualTo((1, $"sqlite, partition 1: the batch begins at {expected}, the sink stands at 10. Another consumer has written in between.")));
        Assert.That((Rows(), sink.Next(0), sink.Next(1)), Is.EqualTo((10L, 0L, 10L)));
        Assert.That(Account().Where(a => a.Next > 0), Is.EqualTo(new[] { (1, 10L, new Counts(10, 0, 0)) }));
    }

    [Test]
    public void A_sink_that_has_nothing_stands_at_0()
    {
        using var sink = Sink();
        Assert.That(sink.Next(3), Is.Zero);
        Assert.Throws<StaleBatch>(() => sink.Write(Scene.Batch(3, 5, Received(5, 3, offset: 5))));
        Assert.That(sink.Write(Scene.Batch(3, 0, Received(5, 3, offset: 7))), Is.EqualTo(new[] { (3, 12L) }), "records before 7 are no longer there, and nothing was read of them");
        Assert.That(Account(), Is.EqualTo(new[] { (3, 12L, new Counts(5, 0, 0)) }));
    }

    [Test]
    public async Task Of_two_that_write_the_same_range_at_once_one_is_refused()
    {
        for (var round = 0; round < 10; round++)
        {
            using var start = new Barrier(2);
            var at = round * 20L;
            var won = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Factory.StartNew(() =>
            {
                using var sink = Sink();
                start.SignalAndWait();
                try { return sink.Write(Scene.Batch(0, at, Received(20, 0, skip: (int)at, offset: at))).Count; }
                catch (StaleBatch) { return 0; }
            }, TaskCreationOptions.LongRunning)));
            Assert.That(won.Sum(), Is.EqualTo(1), $"round {round}");
        }
        Assert.That(Account(), Is.EqualTo(new[] { (0, 200L, new Counts(200, 0, 0)) }));
    }

    [Test]
    public void An_event_that_is_there_is_a_duplicate_wherever_it_comes_from()
    {
        using (var sink = Sink())
        {
            sink.Write(Scene.Batch(0, 0, Received(10).Append(Received(1, offset: 10)[0])));
            sink.Write(Scene.Batch(0, 11, Received(10, skip: 5, offset: 11)));
            sink.Write(Scene.Batch(1, 0, Received(3, 1)));
        }
        using (var sink = Sink("made-2"))
        {
            Assert.That(sink.Next(0), Is.Zero, "the topic was made again: its offsets mean other records");
            sink.Write(Scene.Batch(0, 0, Received(4, skip: 13)));
        }
        Assert.That(Account(), Is.EqualTo(new[] { (0, 21L, new Counts(15, 6, 0)), (1, 3L, new Counts(0, 3, 0)) }));
        Assert.That(Account("made-2"), Is.EqualTo(new[] { (0, 4L, new Counts(2, 2, 0)) }));
        using var store = Open();
        Assert.That(store.Scalar("SELECT partition || ' ' || \"offset\" FROM events WHERE event_id LIKE '%UA000000-%'"), Is.EqualTo("0 0"), "the first stays");
    }

    [Test]
    public void Each_sink_has_an_account_of_its_own()
    {
        using var store = Open();
        Offsets.Advance(store, "sqlite", 0, 0, 5, new(3, 2, 0));
        Offsets.Advance(store, "lake", 0, 0, 7, new(5, 1, 1));
        Offsets.Advance(store, "sqlite", 0, 5, 9, new(1, 1, 2));
        Assert.That((Offsets.Next(store, "sqlite", 0), Offsets.Next(store, "lake", 0), Offsets.Next(store, "lake", 1)), Is.EqualTo((9L, 7L, 0L)));
        Assert.That(Account(), Is.EqualTo(new[] { (0, 9L, new Counts(4, 3, 2)) }));
    }

    [Test]
    public void Times_from_producer_to_commit_are_measured()
    {
        var latency = new Latency();
        using (var sink = Sink(latency: latency)) sink.Write(Scene.Batch(0, 0, Received(10).Select((e, i) => e with { ProducedAtMs = HandClock.Begin.ToUnixTimeMilliseconds() - i })));
        Assert.That((latency.Quantile(0.5), latency.Quantile(1)), Is.EqualTo(((long?)4, (long?)9)));
    }

    [Test]
    public void Events_of_another_number_of_partitions_are_refused_and_leave_nothing()
    {
        Open().Dispose();
        Assert.That(Assert.Throws<UserException>(() => Open("made-2", partitions: 6))!.ExitCode, Is.EqualTo(2));
        using var store = Open();
        Assert.That(store.Scalar("SELECT group_concat(incarnation) FROM topics"), Is.EqualTo("made-1"));
        using var other = EventStore.Open(folder.Path, "other", "made-3", 6);
        Assert.That(other.TopicId, Is.Not.EqualTo(store.TopicId));
    }

    [Test]
    public void What_is_committed_is_on_the_disk()
    {
        using var store = Open();
        Assert.That((store.Scalar("PRAGMA synchronous"), store.Scalar("PRAGMA journal_mode")), Is.EqualTo(((object)2L, (object)"wal")));
    }

    [Test]
    public void Many_may_open_a_store_that_is_not_there_yet()
    {
        var opened = Enumerable.Range(0, 6).AsParallel().WithDegreeOfParallelism(6).Select(_ => { using var store = Open(); return store.TopicId; }).ToList();
        Assert.That(opened.Distinct().Count(), Is.EqualTo(1));
    }

    [Test]
    public void A_file_that_is_no_store_is_an_error_that_names_it()
    {
        folder.Write("events.db", new string('x', 5000));
        Assert.That(Assert.Throws<UserException>(() => Open())!.Message, Does.Contain("events.db").And.Contain("not a database"));
        Assert.That(Assert.Throws<UserException>(() => EventStore.Read(folder.Path))!.Message, Does.Contain("events.db").And.Contain("not a database"));
        File.Delete(folder.At("events.db"));
        Assert.That(Assert.Throws<UserException>(() => EventStore.Read(folder.Path))!.ExitCode, Is.EqualTo(2));
        folder.Write("events.db", "");      // it is being made
        Assert.That(Assert.Throws<UserException>(() => EventStore.Read(folder.Path))!.ExitCode, Is.EqualTo(2));
        Assert.That(StoreCounts.Read(folder.Path, "flights", null), Is.EqualTo(StoreCounts.None));
        using (var other = new SqliteConnection($"Data Source={folder.At("events.db")};Pooling=False"))
        {
            other.Open();
            EventStore.Execute(other, "CREATE TABLE parcels (id)");
        }
        Assert.That(Assert.Throws<UserException>(() => EventStore.Read(folder.Path))!.Message, Does.Contain("events.db").And.Contain("no such table"));
    }
}
