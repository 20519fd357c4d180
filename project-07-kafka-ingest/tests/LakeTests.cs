using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace KafkaIngest.Tests;

/// <summary>The same events as Parquet.</summary>
[TestFixture, Category("Step7")]
sealed class LakeTests : IDisposable
{
    static readonly Topic Topic = new("flights", "made-1", 4);

    readonly TempFolder folder = new();
    readonly HandClock clock = new();

    public void Dispose() => folder.Dispose();

    EventStore Open(string incarnation = "made-1") => EventStore.Open(folder.Path, "flights", incarnation, 4);

    LakeSink Sink(long rollBytes = long.MaxValue, string incarnation = "made-1") => new(Open(incarnation), new() { Input = "", Output = folder.Path, RollBytes = rollBytes, RollTime = TimeSpan.FromSeconds(30), Clock = clock });

    /// <summary>Events of one partition, as in <see cref="Scene.Events"/>.</summary>
    static List<Event> Some(int count, int partition = 0, int skip = 0, long offset = 0) => [.. Scene.Events(count + skip).Skip(skip).Select((e, i) => Scene.Received(e, partition, offset + i))];

    static Batch Batch(long expected, params IEnumerable<Received> records) => Scene.Batch(records.First().At.Partition, expected, records);

    async Task<List<LakeRow>> Rows()
    {
        using var store = Open();
        Assert.That(Manifest.Problem(store.Connection, folder.Path), Is.Null);
        var rows = new List<LakeRow>();
        await foreach (var row in Manifest.Rows(store.Connection, folder.Path)) rows.Add(row);
        return rows;
    }

    /// <summary>The manifest: partition, range, events of each file.</summary>
    List<string> Files()
    {
        using var store = Open();
        return EventStore.Query(store.Connection, "SELECT partition || ' ' || first_offset || '-' || next_offset || ' ' || events || CASE WHEN path IS NULL THEN ' none' ELSE '' END FROM lake_files ORDER BY topic_id, partition, first_offset", r => r.GetString(0));
    }

    string Account(string incarnation = "made-1")
    {
        using var store = Open(incarnation);
        return string.Join(", ", EventStore.Query(store.Connection, "SELECT partition || ': ' || stored || ' ' || duplicates || ' ' || dead_lettered FROM offsets WHERE sink = 'lake' AND topic_id = $topic ORDER BY partition", r => r.GetString(0), ("$topic", store.TopicId)));
    }

    [Test]
    public async Task What_is_held_is_not_durable_and_a_flush_makes_it()
    {
        using var sink = Sink();
        Assert.That(sink.Write(Batch(0, Some(10))), Is.Empty);
        Assert.That(sink.Write(Batch(10, Some(5, skip: 10, offset: 10))), Is.Empty);
        Assert.That((sink.Next(0), Files().Count), Is.EqualTo((0L, 0)));
        Assert.That(sink.Flush([1, 2]), Is.Empty);
        Assert.That(sink.Flush([0, 1]), Is.EqualTo(new[] { (0, 15L) }));
        Assert.That((sink.Next(0), Account()), Is.EqualTo((15L, "0: 15 0 0")));
        Assert.That(sink.Flush([0]), Is.Empty, "nothing is held");
        Assert.That((await Rows()).Select(r => (r.EventId, r.Offset)), Is.EqualTo(Some(15).Select(e => (Encoding.ASCII.GetString(e.Id), e.At.Offset))));
    }

    [Test]
    public void It_rolls_by_bytes_the_largest_partition_first()
    {
        using var sink = Sink(rollBytes: 4000);     // an event has about 200
        sink.Write(Batch(0, Some(3, 0)));
        Assert.That(sink.Write(Batch(0, Some(14, 1, skip: 20))), Is.Empty);
        Assert.That(sink.Write(Batch(0, Some(5, 2, skip: 40))), Is.EqualTo(new[] { (1, 14L) }));
        Assert.That(Files(), Is.EqualTo(new[] { "1 0-14 14" }));
    }

    [Test]
    public void It_rolls_by_time_counted_from_a_partitions_first_record()
    {
        using var sink = Sink();
        sink.Write(Batch(0, Some(3, 0)));
        clock.Advance(20);
        sink.Write(Batch(0, Some(3, 1, skip: 10)));
        sink.Write(Batch(3, Some(3, 0, skip: 20, offset: 3)));
        clock.Advance(9.9);
        Assert.That(sink.Due(), Is.Empty);
        clock.Advance(0.1);
        Assert.That(sink.Due(), Is.EqualTo(new[] { (0, 6L) }));
        clock.Advance(19.9);
        Assert.That(sink.Write(Batch(6, Some(3, 0, skip: 30, offset: 6))), Is.Empty);
        clock.Advance(0.1);
        Assert.That(sink.Due(), Is.EqualTo(new[] { (1, 3L) }));
        Assert.That(Files(), Is.EqualTo(new[] { "0 0-6 6", "1 0-3 3" }));
    }

    [Test]
    public void It_rolls_when_the_hour_changes_in_which_events_were_sent()
    {
        var hour = new DateTimeOffset(2026, 11, 25, 9, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
        using var sink = Sink();
        Assert.That(sink.Write(Batch(0, Some(6).Select((e, i) => e with { ProducedAtMs = hour - 1 + i / 3 }))), Is.EqualTo(new[] { (0, 3L) }));
        sink.Flush([0]);
        using var store = Open();
        Assert.That(Manifest.Files(store.Connection, folder.Path).Select(f => Path.GetRelativePath(folder.At("lake"), f)), Is.EqualTo(new[] { $"dt=2026-11-25/hour=08/flights.{store.TopicId}-0-{0:D20}-{2:D20}.parquet", $"dt=2026-11-25/hour=09/flights.{store.TopicId}-0-{3:D20}-{5:D20}.parquet" }));
    }

    [Test]
    public async Task What_is_abandoned_is_read_again_from_where_the_sink_stands()
    {
        using var sink = Sink();
        sink.Write(Batch(0, Some(10)));
        sink.Flush([0]);
        sink.Write(Batch(10, Some(10, skip: 10, offset: 10)));
        sink.Write(Batch(0, Some(4, 1, skip: 50)));
        sink.Abandon([0, 3]);
        Assert.Throws<StaleBatch>(() => sink.Write(Batch(20, Some(5, skip: 20, offset: 20))));
        sink.Write(Batch(10, Some(12, skip: 10, offset: 10)));
        Assert.That(sink.Flush([0, 1]), Is.EquivalentTo(new[] { (0, 22L), (1, 4L) }));
        Assert.That(Account(), Is.EqualTo("0: 22 0 0, 1: 4 0 0"));
        Assert.That((await Rows()).Select(r => r.EventId), Is.Unique.And.Exactly(26).Items);
    }

    [Test]
    public async Task What_came_before_is_left_out_also_after_a_restart_in_another_partition_and_in_another_incarnation()
    {
        using (var sink = Sink())
        {
            sink.Write(Batch(0, Some(10).Concat(Some(4, skip: 6, offset: 10))));
            sink.Write(Batch(0, Some(4, 1, skip: 8)));
            sink.Flush([0, 1]);
        }
        using (var sink = Sink()) { sink.Write(Batch(14, Some(5, skip: 8, offset: 14))); sink.Flush([0]); }
        Assert.That(Account(), Is.EqualTo("0: 11 8 0, 1: 2 2 0"));
        using (var sink = Sink(incarnation: "made-2"))
        {
            sink.Write(Batch(0, Some(5, skip: 11)));
            sink.Write(Batch(0, Some(3, 1)));
            sink.Flush([0, 1]);
        }
        Assert.That(Account("made-2"), Is.EqualTo("0: 3 2 0, 1: 0 3 0"));
        Assert.That((await Rows()).Select(r => r.EventId), Is.EquivalentTo(Some(16).Select(e => Encoding.ASCII.GetString(e.Id))));
        Assert.That(Files(), Has.One.EqualTo("1 0-3 0 none"));
    }

    [Test]
    public async Task Of_two_members_that_hold_the_same_events_one_has_them()
    {
        using var one = Sink();
        using var other = Sink();
        one.Write(Batch(0, Some(10)));
        other.Write(Batch(0, Some(10, 1, skip: 5)));
        one.Flush([0]);
        other.Flush([1]);
        Assert.That(Account(), Is.EqualTo("0: 10 0 0, 1: 5 5 0"));
        Assert.That(Directory.GetFiles(folder.At("lake", ".staged")), Is.Empty);
        Assert.That((await Rows()).Select(r => r.EventId), Is.Unique.And.Exactly(15).Items);
    }

    [Test]
    public async Task A_disk_that_fails_after_duplicates_were_left_out_costs_no_count()
    {
        var hour = new DateTimeOffset(2026, 11, 25, 9, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
        using var sink = Sink();
        sink.Write(Batch(0, Some(5)));
        sink.Flush([0]);
        sink.Write(Batch(5, Some(10, offset: 5).Select(e => e with { ProducedAtMs = hour })));
        var blocked = folder.Write("lake/dt=2026-11-25/hour=09", "a file where a folder should be");
        Assert.Throws<IOException>(() => sink.Flush([0]));
        File.Delete(blocked);
        Assert.That(sink.Flush([0]), Is.EqualTo(new[] { (0, 15L) }));
        Assert.That((Account(), (await Rows()).Count), Is.EqualTo(("0: 10 5 0", 10)));
    }

    [Test]
    public async Task A_row_group_that_is_full_is_written_at_once_and_goes_when_its_events_are_abandoned()
    {
        string[] Aside() => Directory.Exists(folder.At("lake", ".staged")) ? Directory.GetFiles(folder.At("lake", ".staged")) : [];
        using (var sink = Sink())
        {
            sink.Write(Batch(0, Some(LakeFile.RowGroup - 1)));
            Assert.That(Aside(), Is.Empty);
            sink.Write(Batch(LakeFile.RowGroup - 1, Some(2, offset: LakeFile.RowGroup - 1, skip: LakeFile.RowGroup - 1)));
            Assert.That(Aside(), Has.Length.EqualTo(1));
            sink.Abandon([0]);
            Assert.That(Aside(), Is.Empty);
            sink.Write(Batch(0, Some(LakeFile.RowGroup)));
            Assert.That(Aside(), Has.Length.EqualTo(1));
        }
        Assert.That(Aside(), Is.Empty);
        using (var sink = Sink())
        {
            sink.Write(Batch(0, Some(2 * LakeFile.RowGroup + 1)));
            sink.Flush([0]);
            sink.Write(Batch(2 * LakeFile.RowGroup + 1, Some(2 * LakeFile.RowGroup, skip: LakeFile.RowGroup + 7, offset: 2 * LakeFile.RowGroup + 1)));
            sink.Flush([0]);
        }
        Assert.That((Account(), Aside().Length), Is.EqualTo(($"0: {3 * LakeFile.RowGroup + 7} {LakeFile.RowGroup - 6} 0", 0)));
        Assert.That((await Rows()).Select(r => r.EventId), Is.EquivalentTo(Some(3 * LakeFile.RowGroup + 7).Select(e => Encoding.ASCII.GetString(e.Id))));
    }

    [Test]
    public async Task A_disk_that_fails_while_it_gathers_is_told_when_it_rolls()
    {
        using var sink = Sink();
        Directory.CreateDirectory(folder.At("lake"));
        var blocked = folder.Write("lake/.staged", "a file where a folder should be");
        sink.Write(Batch(0, Some(LakeFile.RowGroup + 5)));
        Assert.Throws<IOException>(() => sink.Flush([0]));
        Assert.Throws<IOException>(() => sink.Flush([0]));
        File.Delete(blocked);
        Assert.That(sink.Flush([0]), Is.EqualTo(new[] { (0, LakeFile.RowGroup + 5L) }));
        Assert.That((Account(), (await Rows()).Count), Is.EqualTo(($"0: {LakeFile.RowGroup + 5} 0 0", LakeFile.RowGroup + 5)));
    }

    [Test]
    public async Task A_file_that_a_killed_process_left_under_the_same_name_is_replaced()
    {
        using (var sink = Sink()) { sink.Write(Batch(0, Some(5))); sink.Flush([0]); }
        var named = folder.At("lake", Manifest.Found(folder.Path).Single());
        using (var store = Open())
        {
            store.Execute("DELETE FROM lake_files");
            store.Execute("DELETE FROM lake_ids");
            store.Execute("DELETE FROM offsets");
        }
        File.WriteAllText(named, "half a file");
        using (var sink = Sink()) { sink.Write(Batch(0, Some(5))); sink.Flush([0]); }
        Assert.That((Account(), (await Rows()).Count), Is.EqualTo(("0: 5 0 0", 5)));
    }

    [Test]
    public void Of_a_range_that_is_all_duplicates_no_file_is_there()
    {
        using var sink = Sink();
        sink.Write(Batch(0, Some(5)));
        sink.Flush([0]);
        sink.Write(Batch(5, Some(5, offset: 5)));
        sink.Flush([0]);
        Assert.That((Account(), Manifest.Found(folder.Path).Count()), Is.EqualTo(("0: 5 5 0", 1)));
    }

    [Test]
    public void A_dead_letter_starts_the_clock_of_its_partition_too()
    {
        DeadLetter letter(long offset) => new(new(0, offset), null, null, Reasons.NoId, "", [], null);
        using var sink = Sink();
        sink.Write(Batch(0, letter(0)));
        clock.Advance(20);
        sink.Write(Batch(1, letter(1)));
        clock.Advance(10);
        Assert.That(sink.Due(), Is.EqualTo(new[] { (0, 2L) }));
    }

    [Test]
    public async Task A_dead_letter_that_is_sent_again_when_it_is_right_is_taken()
    {
        using var sink = Sink();
        var events = Some(3);
        sink.Write(Batch(0, events[0], new DeadLetter(new(0, 1), events[1].Id, null, Reasons.TooLarge, "", [], events[1].Payload), events[2]));
        sink.Write(Batch(3, Some(3, offset: 3)));
        sink.Flush([0]);
        Assert.That(Account(), Is.EqualTo("0: 3 2 1"));
        Assert.That((await Rows()).Select(r => r.Offset), Is.EqualTo(new[] { 0, 2, 4 }));
    }

    [Test]
    public void Dead_letters_are_kept_although_SQLites_sink_has_not_read_them()
    {
        DeadLetter letter(long offset) => new(new(0, offset), "e1"u8.ToArray(), null, Reasons.TooLarge, "", [], new byte[100]);
        using var sink = Sink(rollBytes: 250);
        sink.Write(Batch(0, letter(0), letter(1)));
        using var store = Open();
        Assert.That(store.Scalar("SELECT count(*) FROM dead_letters"), Is.Zero, "held");
        Assert.That(sink.Write(Batch(2, letter(2))), Is.EqualTo(new[] { (0, 3L) }), "their bytes count");
        Assert.That(store.Scalar("SELECT count(*) || ' ' || sum(length(payload)) FROM dead_letters"), Is.EqualTo("3 300"));
        using (var sqlite = new SqliteSink(Open(), clock)) sqlite.Write(Batch(0, letter(0), letter(1), letter(2)));
        Assert.That(store.Scalar("SELECT count(*) FROM dead_letters"), Is.EqualTo(3));
    }

    [Test]
    public void What_is_durable_is_told_although_another_partition_fails()
    {
        using var sink = Sink();
        var hour = new DateTimeOffset(2026, 11, 25, 9, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
        sink.Write(Batch(0, Some(3, 0)));
        sink.Write(Batch(0, Some(3, 1, skip: 10).Select(e => e with { ProducedAtMs = hour })));
        var blocked = folder.Write("lake/dt=2026-11-25/hour=09", "a file where a folder should be");
        clock.Advance(30);
        Assert.That(sink.Due(), Is.EqualTo(new[] { (0, 3L) }));
        Assert.Throws<IOException>(() => sink.Due());
        File.Delete(blocked);
        Assert.That(sink.Due(), Is.EqualTo(new[] { (1, 3L) }));
    }

    [Test]
    public void A_lake_without_its_store_is_left_alone()
    {
        using (var sink = Sink()) { sink.Write(Batch(0, Some(3))); sink.Flush([0]); }
        foreach (var file in Directory.GetFiles(folder.Path, "events.db*")) File.Delete(file);
        Assert.That(Assert.Throws<UserException>(() => LakeLock.Take(folder.Path, Topic))!.Message, Does.Contain("is not there"));
        Assert.That(Manifest.Found(folder.Path).Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task Dead_letters_are_counted_and_a_range_without_events_has_no_file()
    {
        DeadLetter letter(long offset) => new(new(0, offset), null, null, Reasons.NoId, "", [], null);
        using var sink = Sink();
        sink.Write(Batch(0, letter(0), letter(1)));
        Assert.That(sink.Flush([0]), Is.EqualTo(new[] { (0, 2L) }));
        sink.Write(Batch(2, letter(2), Some(1, offset: 3)[0], letter(4)));
        sink.Flush([0]);
        Assert.That(Files(), Is.EqualTo(new[] { "0 0-2 0 none", "0 2-5 1" }));
        Assert.That((Account(), (await Rows()).Count), Is.EqualTo(("0: 1 0 4", 1)));
    }

    [Test]
    public async Task A_zombies_file_is_refused_and_its_owners_stays_as_it_is()
    {
        using var zombie = Sink();
        using var owner = Sink();
        zombie.Write(Batch(0, Some(10).Select(e => e with { Type = "zombie" })));
        owner.Write(Batch(0, Some(10)));
        owner.Flush([0]);
        using var store = Open();
        var before = File.ReadAllBytes(Manifest.Files(store.Connection, folder.Path).Single());
        Assert.That(Assert.Throws<StaleBatch>(() => zombie.Flush([0]))!.Partition, Is.Zero);
        Assert.That(File.ReadAllBytes(Manifest.Files(store.Connection, folder.Path).Single()), Is.EqualTo(before));
        Assert.That(Directory.EnumerateFiles(folder.At("lake"), "*", SearchOption.AllDirectories).Count(), Is.EqualTo(1), "nothing is left aside");
        Assert.That((await Rows()).Select(r => r.EventType), Is.All.EqualTo("departed").And.Exactly(10).Items);
        zombie.Abandon([0]);
        zombie.Write(Batch(10, Some(3, skip: 10, offset: 10)));
        Assert.That(zombie.Flush([0]), Is.EqualTo(new[] { (0, 13L) }), "it is the owner now");
    }

    [Test]
    public void Of_a_batch_that_is_refused_nothing_is_held()
    {
        using var sink = Sink();
        Assert.Throws<StaleBatch>(() => sink.Write(Both(Some(3, 0), Some(3, 1, skip: 10, offset: 5), 5)));
        Assert.That(sink.Flush([0, 1]), Is.Empty);
        Assert.That(sink.Write(Both(Some(3, 0), Some(3, 1, skip: 10), 0)), Is.Empty);
        Assert.That(sink.Flush([0, 1]), Has.Count.EqualTo(2));

        static Batch Both(List<Event> first, List<Event> second, long expected)
        {
            var batch = new Batch();
            foreach (var e in first) batch.Add(e, e.Payload.Length, 0);
            foreach (var e in second) batch.Add(e, e.Payload.Length, expected);
            return batch;
        }
    }

    [Test]
    public async Task Two_members_write_two_partitions_at_once()
    {
        await Task.WhenAll(Enumerable.Range(0, 2).Select(p => Task.Factory.StartNew(() =>
        {
            using var sink = Sink(rollBytes: 5000);
            for (var i = 0; i < 8; i++) sink.Write(Batch(i * 20, Some(20, p, skip: p * 1000 + i * 20, offset: i * 20)));
            sink.Flush([p]);
        }, TaskCreationOptions.LongRunning)));
        Assert.That(Account(), Is.EqualTo("0: 160 0 0, 1: 160 0 0"));
        Assert.That((await Rows()).Select(r => r.EventId), Is.Unique.And.Exactly(320).Items);
    }

    [Test]
    public async Task All_values_come_back_and_the_digest_is_that_of_SQLite()
    {
        var e = Some(1)[0];
        List<Event> events =
        [
            e, e with { Id = "no-key"u8.ToArray(), Key = null }, e with { Id = "empty-key"u8.ToArray(), Key = [] }, e with { Id = "other"u8.ToArray(), Key = Encoding.UTF8.GetBytes("Zürich ✈ 東京"), Type = "gelandet ✈", Payload = Encoding.UTF8.GetBytes("""{"note":"𝄞 ü ✈"}""") },
            e with { Id = "bytes"u8.ToArray(), Key = [0xff, 0x41, 0xc3] }, e with { Id = "zero"u8.ToArray(), Key = [0x41, 0x00, 0x42] },
            .. new[] { 0, 1, 9, 10, 1_234_567, 9_999_999 }.Select(ticks => e with { Id = Encoding.ASCII.GetBytes($"ticks-{ticks}"), EventTimeUtc = e.EventTimeUtc.AddTicks(ticks) }),
            e with { Id = "old"u8.ToArray(), EventTimeUtc = new(1, 1, 1, 0, 0, 0, DateTimeKind.Utc), ProducedAtMs = 0, SchemaVersion = int.MaxValue },
            e with { Id = "late"u8.ToArray(), EventTimeUtc = new(9999, 12, 31, 23, 59, 59, DateTimeKind.Utc), ProducedAtMs = 253_402_300_799_999 },
        ];
        events = [.. events.Select((one, i) => one with { At = new(0, i) })];
        using (var sink = Sink()) { sink.Write(Batch(0, events)); sink.Flush([0]); }
        using (var sink = new SqliteSink(Open(), clock)) sink.Write(Batch(0, events));
        var rows = (await Rows()).ToDictionary(r => r.EventId);
        foreach (var one in events)
        {
            var row = rows[Encoding.ASCII.GetString(one.Id)];
            Assert.That((row.EventType, row.Key, row.SchemaVersion, row.Partition, row.Offset, row.Payload), Is.EqualTo((one.Type, one.Key is null ? null : Encoding.UTF8.GetString(one.Key), one.SchemaVersion, 0, one.At.Offset, Encoding.UTF8.GetString(one.Payload))), row.EventId);
            Assert.That((row.EventTimeUtc, row.ProducedAtUtc), Is.EqualTo((one.EventTimeUtc.AddTicks(-(one.EventTimeUtc.Ticks % 10)), DateTime.UnixEpoch.AddMilliseconds(one.ProducedAtMs))), row.EventId);
        }
        using var store = Open();
        Assert.That((await Contents.OfLake(store.Connection, folder.Path)).Digest, Is.EqualTo(Contents.OfSqlite(store.Connection).Digest));
    }

    [Test]
    public void What_a_killed_process_left_is_removed_by_who_has_the_lake_alone()
    {
        using (var sink = Sink()) { sink.Write(Batch(0, Some(3))); sink.Flush([0]); }
        string[] orphans = [folder.Write("lake/.staged/7-dead", "x"), folder.Write("lake/dt=2026-11-25/hour=08/flights.1-0-00000000000000000003-00000000000000000004.parquet", "x")];
        var others = folder.Write("lake/README.md", "not ours");
        using (LakeLock.Take(folder.Path, Topic))
        {
            Assert.That(orphans.Where(File.Exists), Is.Empty);
            folder.Write("lake/.staged/8-at-work", "x");
            using (LakeLock.Take(folder.Path, Topic)) Assert.That(File.Exists(folder.At("lake", ".staged", "8-at-work")), Is.True, "the first is at work");
        }
        using (LakeLock.Take(folder.Path, Topic)) Assert.That(File.Exists(folder.At("lake", ".staged", "8-at-work")), Is.False);
        Assert.That(File.Exists(others), Is.True);
        using var store = Open();
        folder.Write("lake/.staged/x", "x");
        var foreign = folder.Write("lake/customers/part-1.parquet", "x");
        Assert.That((Manifest.Sweep(store.Connection, folder.Path), Manifest.Sweep(store.Connection, folder.Path)), Is.EqualTo((new[] { Path.Combine(".staged", "x") }, Array.Empty<string>())));
        Assert.That(File.Exists(foreign), Is.True);
        Assert.That((Manifest.Problem(store.Connection, folder.Path), Manifest.Files(store.Connection, folder.Path).Count), Is.EqualTo(((string?)null, 1)));
        File.AppendAllText(Manifest.Files(store.Connection, folder.Path)[0], "x");
        Assert.That(Manifest.Problem(store.Connection, folder.Path), Does.Match(@"flights\..*\.parquet has [\d,]+ bytes, expected"));
        File.Delete(Manifest.Files(store.Connection, folder.Path)[0]);
        Assert.That(Manifest.Problem(store.Connection, folder.Path), Does.EndWith(".parquet is missing"));
    }

    [Test]
    public async Task A_disk_that_fails_for_a_while_costs_nothing()
    {
        using var scene = await Scene.Open(folder.Path);
        scene.SendRaw(Scene.Events(2000).Select(e => Scene.Message(e)));
        var settings = scene.Settings with { RollBytes = 20_000, BatchEvents = 300 };
        var blocked = folder.Write($"lake/dt={DateTime.UtcNow:yyyy-MM-dd}", "a file where a folder should be");
        var sink = new LakeSink(scene.Store(), settings);
        await using var working = scene.Start(sink, scene.ByHand, settings);
        await working.Until(s => s.Retries > 0, TimeSpan.FromSeconds(50));
        File.Delete(blocked);
        await working.Until(s => Enumerable.Range(0, 4).Sum(s.ReadTo) == 2000, TimeSpan.FromSeconds(50));
        await working.Stop();
        using var store = scene.Store();
        var lake = await Contents.OfLake(store.Connection, folder.Path);
        Assert.That((lake.Ids.Count, lake.Doubled.Count, Manifest.Problem(store.Connection, folder.Path)), Is.EqualTo((2000, 0, (string?)null)));
    }

    [Test]
    public async Task DuckDB_reads_the_same_rows()
    {
        if (Environment.GetEnvironmentVariable("PYTHON") is not { Length: > 0 } python) { Assert.Ignore("PYTHON names no interpreter with duckdb"); return; }
        var events = Some(40).Select((e, i) => e with { Key = (i % 3) switch { 0 => null, 1 => [], _ => Encoding.UTF8.GetBytes("Zürich ✈") }, EventTimeUtc = e.EventTimeUtc.AddTicks(i * 1_000_010) });
        using (var sink = Sink(rollBytes: 3000)) { sink.Write(Batch(0, events)); sink.Flush([0]); sink.Write(Batch(40, Some(40, skip: 40, offset: 40))); sink.Flush([0]); }
        using var store = Open();
        var program = """
            import duckdb, json, sys
            db = duckdb.connect()
            db.sql("SET TimeZone = 'UTC'")
            for row in db.sql("SELECT event_id, event_type, strftime(event_time, '%Y-%m-%d %H:%M:%S.%f'), key, schema_version, partition, \"offset\", strftime(produced_at, '%Y-%m-%d %H:%M:%S.%f'), payload FROM read_parquet(" + str(sys.argv[1:]) + ") ORDER BY \"offset\"").fetchall(): print(json.dumps(row))
            """;
        var start = new ProcessStartInfo(python, ["-c", program, .. Manifest.Files(store.Connection, folder.Path)]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var lines = (await process.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines, Has.Length.EqualTo(80), await error);
        var found = lines.Select(line => string.Join('|', JsonDocument.Parse(line).RootElement.EnumerateArray().Select(v => v.ValueKind == JsonValueKind.Null ? "null" : v.ToString())));
        Assert.That(found, Is.EqualTo((await Rows()).Select(r => $"{r.EventId}|{r.EventType}|{r.EventTimeUtc:yyyy-MM-dd HH:mm:ss.ffffff}|{r.Key ?? "null"}|{r.SchemaVersion}|{r.Partition}|{r.Offset}|{r.ProducedAtUtc:yyyy-MM-dd HH:mm:ss.ffffff}|{r.Payload}")));
    }
}
