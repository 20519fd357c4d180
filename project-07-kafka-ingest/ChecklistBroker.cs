using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;

namespace KafkaIngest;

// The items about producer, consumer and sinks.
sealed partial class Checklist
{
    static string IdOf(ConsumeResult<byte[]?, byte[]?> record) => record.Message.Headers.TryGetLastBytes(HeaderNames.EventId, out var id) ? Encoding.ASCII.GetString(id) : "";

    async Task<string> ProducerResumes(string scratch)
    {
        // a batch goes when it is full, so of what is sent much is not acknowledged; the last thousand events come slowly, ten a second
        using var scene = await Scene.Open(scratch, cluster => cluster with { Config = new Dictionary<string, string> { ["linger.ms"] = "60000", ["batch.num.messages"] = "200" } });
        using var offsets = new TopicOffsets(scene.Cluster, scene.Topic);
        offsets.All();      // connected
        const int early = 2000;
        List<SourceEvent> events = [.. Scene.Events(3000).Select(e => e.Index < early ? e : e with { EventTimeUtc = e.EventTimeUtc.AddSeconds((e.Index - early) * 200) })];
        using (var killed = new CancellationTokenSource())
        {
            var state = new Producing.State();
            var first = Task.Factory.StartNew(() => Produce(scene.Cluster, scene.Topic, events, scene.Settings with { Speed = 2000 }, null, state, killed.Token), TaskCreationOptions.LongRunning);      // a second of it
            var checkpoint = Path.Combine(scratch, "producer.json");
            long written() => File.Exists(checkpoint) ? JsonSerializer.Deserialize<Checkpoint>(File.ReadAllText(checkpoint))!.Next : 0;
            string asKilled;
            try
            {
                bool sent;
                var watch = Stopwatch.StartNew();
                do
                {
                    sent = (state.AtUtc >= events[early - 1].EventTimeUtc && written() > 0) || watch.Elapsed > TimeSpan.FromSeconds(10) || first.IsCompleted;
                    await Task.Delay(5);
                    var (next, there) = (written(), offsets.All().Sum(w => w.End));
                    CheckFailed.Unless(next <= there, $"the checkpoint says that {next:N0} events are acknowledged, and {there:N0} are there");
                }
                while (!sent);
                if (first.IsFaulted) await first;
                CheckFailed.Unless(written() > 0, "events are acknowledged, and where to go on is not written down");
                asKilled = File.ReadAllText(checkpoint);
            }
            finally
            {
                killed.Cancel();
                await Task.WhenAny(first);
            }
            await first;
            File.WriteAllText(checkpoint, asKilled);        // what a kill at that moment leaves
        }
        var before = scene.ReadTopic().Count;
        var again = new Producing.State();
        Produce(scene.Cluster, scene.Topic, events, scene.Settings, null, again, default);
        var ids = scene.ReadTopic().Select(IdOf).ToList();
        var missing = events.Select(e => e.Id).Except(ids).Count();
        CheckFailed.Unless(missing == 0, $"{missing:N0} of 3,000 events never came");
        CheckFailed.Unless(again.First > 0 && ids.Count < 3000 + before, $"it began at event {again.First} again: {ids.Count:N0} records for 3,000 events");
        return "3,000 events, all there, and none before the checkpoint sent again";
    }

    async Task<string> OrderedByKey(string scratch)
    {
        using var scene = await Scene.Open(scratch);
        var events = Scene.Events(4000);
        Produce(scene.Cluster, scene.Topic, events, scene.Settings, null, new(), default);
        var index = events.ToDictionary(e => e.Id, e => e.Index);
        var byKey = scene.ReadTopic().GroupBy(r => events[(int)index[IdOf(r)]].Key).ToList();
        foreach (var key in byKey)
        {
            var partitions = key.Select(r => r.Partition.Value).Distinct().Count();
            CheckFailed.Unless(partitions == 1, $"the events of {key.Key} are in {partitions} partitions");
            CheckFailed.Unless(key.Zip(key.Skip(1)).All(p => index[IdOf(p.First)] < index[IdOf(p.Second)]), $"the events of {key.Key} are out of order");
        }
        return $"4,000 events of {byKey.Count} keys in {byKey.SelectMany(k => k).Select(r => r.Partition).Distinct().Count()} partitions, each key in one and in order";
    }

    async Task<string> HeldBack(string scratch)
    {
        using var scene = await Scene.Open(scratch);
        var events = Scene.Events(6000, padding: 300);
        using var offsets = new TopicOffsets(scene.Cluster, scene.Topic, scene.ByHand.Group);
        using var pace = NewPace(scene.Topic.Partitions, offsets.Committed);
        var state = new Producing.State();
        var producing = Task.Factory.StartNew(() => Produce(scene.Cluster, scene.Topic, events, scene.Settings, pace, state, default), TaskCreationOptions.LongRunning);
        long sent = 0;
        for (var (last, still) = (-1L, 0); !producing.IsCompleted && (sent == 0 || still < 10); last = sent)      // until nothing has moved for half a second
        {
            await Task.Delay(50);
            sent = state.Acknowledged;
            still = sent == last ? still + 1 : 0;
        }
        if (producing.IsFaulted) await producing;
        CheckFailed.Unless(!producing.IsCompleted, $"all {sent:N0} events were sent, and nobody has read one");
        using var reader = new ConsumerBuilder<byte[]?, byte[]?>(scene.Cluster.Properties(new ConsumerConfig { GroupId = scene.ByHand.Group, EnableAutoCommit = false })).Build();
        for (var i = 0; !producing.IsCompleted && i < 200; i++)
        {
            reader.Commit(offsets.All().Select((w, p) => new TopicPartitionOffset(scene.Topic.Name, p, w.End)));      // as if all had been stored
            await Task.WhenAny(producing, Task.Delay(50));
        }
        CheckFailed.Unless(producing.IsCompleted, $"everything is committed, and it is still held back after {state.Acknowledged:N0} events");
        await producing;
        return $"held back while nobody read, at less than {MostUncommitted / 1024} KiB a partition; then all 6,000 sent";
    }

    static EventStore Store(string scratch) => EventStore.Open(scratch, "flights", "checked", 4);

    Task<string> OneTransaction(string scratch)
    {
        var events = Scene.Events(100).Select((e, i) => Scene.Received(e, 1, i)).ToList();
        using var store = Store(scratch);
        using var sink = NewSqlite(Store(scratch));
        store.Execute("CREATE TRIGGER fails BEFORE UPDATE ON offsets BEGIN SELECT RAISE(ABORT, 'no offsets today'); END");
        try { sink.Write(Scene.Batch(1, 0, events)); }
        catch (Microsoft.Data.Sqlite.SqliteException) { }
        var (rows, next) = ((long)store.Scalar("SELECT count(*) FROM events")!, sink.Next(1));
        CheckFailed.Unless(rows == 0 && next == 0, $"the offsets could not be written, and {rows} rows are there, next offset {next}");
        store.Execute("DROP TRIGGER fails");
        sink.Write(Scene.Batch(1, 0, events));
        (rows, next) = ((long)store.Scalar("SELECT count(*) FROM events")!, sink.Next(1));
        CheckFailed.Unless(rows == 100 && next == 100, $"{rows} rows, next offset {next}, expected 100 and 100");
        return Task.FromResult("offsets refused: 0 rows, next offset 0; then 100 rows, next offset 100");
    }

    Task<string> ZombieRefused(string scratch)
    {
        var events = Scene.Events(300).Select((e, i) => Scene.Received(e, 2, i)).ToList();
        using var zombie = NewSqlite(Store(scratch));
        using var owner = NewSqlite(Store(scratch));
        using var store = Store(scratch);
        zombie.Write(Scene.Batch(2, 0, events.Take(100)));
        owner.Write(Scene.Batch(2, owner.Next(2), events.Skip(100).Take(100)));         // the partition is another's now
        var refused = 0;
        // what it had read before, what overlaps, and what would leave a gap
        foreach (var (expected, records) in new[] { (100L, events[100..150]), (150, events[150..250]), (250, events[250..]) })
            try { zombie.Write(Scene.Batch(2, expected, records)); }
            catch (StaleBatch) { refused++; }
        var (rows, next) = ((long)store.Scalar("SELECT count(*) FROM events")!, owner.Next(2));
        CheckFailed.Unless(refused == 3 && rows == 200 && next == 200, $"{refused} of 3 batches refused, {rows} rows and next offset {next}, expected 200 and 200");
        return Task.FromResult("3 batches of a zombie refused, 200 rows of its owner untouched");
    }

    Task<string> StoredOnce(string scratch)
    {
        var events = Scene.Events(500);
        using var store = Store(scratch);
        using var sink = NewSqlite(Store(scratch));
        sink.Write(Scene.Batch(0, 0, events.Select((e, i) => Scene.Received(e, 0, i))));
        sink.Write(Scene.Batch(0, 500, events.Skip(300).Select((e, i) => Scene.Received(e, 0, 500 + i))));      // sent again by a producer that was killed
        var (rows, counted) = ((long)store.Scalar("SELECT count(*) FROM events")!, (long)store.Scalar("SELECT sum(duplicates) FROM offsets")!);
        CheckFailed.Unless(rows == 500 && counted == 200, $"{rows} rows and {counted} duplicates counted, expected 500 and 200");
        return Task.FromResult("700 records, 500 rows, 200 duplicates counted");
    }

    async Task<string> SinkIsTheTruth(string scratch)
    {
        using var scene = await Scene.Open(scratch);
        var events = Scene.Events(2000);
        scene.SendRaw(events.Take(1000).Select(e => Scene.Message(e)));
        await scene.Consume(NewSqlite(scene.Store()));
        using (var liar = new ConsumerBuilder<byte[]?, byte[]?>(scene.Cluster.Properties(new ConsumerConfig { GroupId = scene.ByHand.Group, EnableAutoCommit = false })).Build())
            liar.Commit(Enumerable.Range(0, scene.Topic.Partitions).Select(p => new TopicPartitionOffset(scene.Topic.Name, p, p % 2 == 0 ? 0 : 400)));
        scene.SendRaw(events.Skip(1000).Select(e => Scene.Message(e)));
        await scene.Consume(NewSqlite(scene.Store()));
        using var store = scene.Store();
        var (rows, twice) = ((long)store.Scalar("SELECT count(*) FROM events")!, (long)store.Scalar("SELECT sum(duplicates) FROM offsets")!);
        CheckFailed.Unless(rows == 2000 && twice == 0, $"{2000 - rows} events missing, {twice} read again");
        return "wrong offsets in Kafka, 0 of 2,000 events missing, 0 read again";
    }
}
