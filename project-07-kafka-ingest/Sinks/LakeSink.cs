namespace KafkaIngest;

/// <summary>Writes events to Parquet files. It gathers the records of each partition, and writes a file when all that is held has
/// <see cref="Settings.RollBytes"/>, when a partition's first record was taken <see cref="Settings.RollTime"/> ago, when the hour changes, or when
/// it is asked to. So it has offsets of its own: what is held is not durable, and is read again after a kill.</summary>
/// <param name="store">A connection of its own, for the manifest and the offsets.</param>
sealed class LakeSink(EventStore store, Settings settings) : ISink
{
    /// <summary>What is held of a partition: the records from <c>First</c> to <c>Next</c>, of which <c>Events</c> go into the file.</summary>
    sealed class Held(long first, LakeFile events)
    {
        public long First { get; set; } = first;
        public long Next { get; set; } = first;
        public LakeFile Events { get; } = events;
        public List<DeadLetter> Letters { get; } = [];
        /// <summary>Events of the range that were left out, for the lake has them.</summary>
        public long Duplicates { get; set; }
        /// <summary>Payload bytes.</summary>
        public long Bytes => Events.Bytes + Letters.Sum(l => (long)(l.Payload?.Length ?? 0));
        /// <summary>When the first record came; the clock's timestamp.</summary>
        public long Since { get; set; }
    }

    readonly Dictionary<int, Held> partitions = [];
    readonly LakeIds ids = new(store);
    readonly string lake = Manifest.Folder(settings.Output);

    public string Name => "lake";

    public long Next(int partition) => Offsets.Next(store, Name, partition);

    /// <summary>Each part must begin where the sink stands, held records included: else another has written, or a rewind was missed. What came
    /// twice is held until its file is written.</summary>
    public IReadOnlyList<(int Partition, long Next)> Write(Batch batch)
    {
        // step 7: write the same events as Parquet
        foreach (var part in batch.Parts)
            if (Open(part.Partition).Next != part.Expected) throw new StaleBatch(Name, part.Partition, part.Expected, Open(part.Partition).Next);
        var durable = new List<(int, long)>();
        foreach (var part in batch.Parts)
        {
            var held = Open(part.Partition);
            foreach (var record in part.Records)
            {
                if (record is Event one && held.Events.Count > 0 && held.Events.Hour != LakeFile.HourOf(one)) durable.Add(Roll(part.Partition, held));
                if (held.Next == held.First) held.Since = settings.Clock.GetTimestamp();
                held.Next = record.At.Offset + 1;
                if (record is Event e) held.Events.Add(e);
                else held.Letters.Add((DeadLetter)record);
            }
        }
        while (partitions.Values.Sum(h => h.Bytes) > settings.RollBytes)
        {
            var (partition, largest) = partitions.MaxBy(p => p.Value.Bytes);
            durable.Add(Roll(partition, largest));
        }
        durable.AddRange(Due());
        return durable;
        // end of step 7
    }

    public IReadOnlyList<(int Partition, long Next)> Due() => Roll(held => settings.Clock.GetElapsedTime(held.Since) >= settings.RollTime);

    public IReadOnlyList<(int Partition, long Next)> Flush(IReadOnlyCollection<int> of)
    {
        var durable = new List<(int, long)>();
        foreach (var partition in of)
            if (partitions.TryGetValue(partition, out var held) && held.Next > held.First) durable.Add(Roll(partition, held));
        return durable;
    }

    List<(int, long)> Roll(Func<Held, bool> due)
    {
        if (partitions.Count == 0) return [];
        var durable = new List<(int, long)>();
        foreach (var (partition, held) in partitions)
            if (held.Next > held.First && due(held))
                try { durable.Add(Roll(partition, held)); }
                catch (Exception) when (durable.Count > 0) { break; }      // what is done is told; the next call meets this again
        return durable;
    }

    /// <summary>Makes durable what is held of a partition. Where the lake has some of its events already, these are left out and the rest is written
    /// again: that is rare, and to ask for each id first would cost every file.</summary>
    (int Partition, long Next) Roll(int partition, Held held)
    {
        // step 7: write the same events as Parquet
        while (TryRoll(partition, held) is { Count: > 0 } known)
        {
            held.Events.LeaveOut(known);
            held.Duplicates += known.Count;
        }
        held.Events.Clear();
        held.Letters.Clear();
        (held.First, held.Duplicates) = (held.Next, 0);
        return (partition, held.Next);
        // end of step 7
    }

    /// <summary>The file is written aside and flushed (failpoint lake-staged). Then, in one transaction: the fence (<see cref="Offsets.Advance"/>), the
    /// ids, the dead letters (SQLite's sink may read under other settings, or not at all) and the manifest's row; and when these are accepted,
    /// still inside, the file gets its name (failpoint lake-renamed): dt=…/hour=…/TOPIC.TOPIC_ID-PARTITION-FIRST-LAST.parquet. Before the fence it
    /// must not: a zombie would put its file over the owner's. Failpoints lake-before-commit, lake-committed. A kill between name and commit leaves
    /// a file that the manifest does not know: <see cref="Manifest.Sweep"/>. A range without events has a row and no file.</summary>
    /// <returns>The offsets of the events that the lake has already; if there are any, nothing was made durable.</returns>
    IReadOnlySet<long> TryRoll(int partition, Held held)
    {
        // step 7: write the same events as Parquet
        var path = held.Events.Count == 0 ? null : $"dt={held.Events.Hour:yyyy-MM-dd}/hour={held.Events.Hour:HH}/{store.Topic}.{store.TopicId}-{partition}-{held.First:D20}-{held.Next - 1:D20}.parquet";
        try
        {
            var (aside, bytes) = path is null ? ("", 0) : held.Events.Finish();
            Failpoint.Hit("lake-staged");
            store.Begin();
            Offsets.Advance(store, Name, partition, held.First, held.Next, new(held.Events.Count, held.Duplicates, held.Letters.Count));
            if (ids.Add(held.Events.Rows) is { Count: > 0 } known)
            {
                store.Rollback();
                return known;
            }
            foreach (var letter in held.Letters) DeadLetters.Keep(store, letter, settings.Clock.GetUtcNow().ToUnixTimeMilliseconds());
            store.Execute("INSERT INTO lake_files VALUES ($topic, $partition, $first, $next, $path, $events, $bytes)", ("$topic", store.TopicId), ("$partition", partition), ("$first", held.First), ("$next", held.Next), ("$path", path), ("$events", held.Events.Count), ("$bytes", bytes));
            if (path is not null)
            {
                var named = Path.Combine(lake, path);
                Directory.CreateDirectory(Path.GetDirectoryName(named)!);
                File.Move(aside, named, overwrite: true);
                for (var folder = Path.GetDirectoryName(named)!; folder.Length >= lake.Length; folder = Path.GetDirectoryName(folder)!) WholeFile.FlushFolder(folder);
            }
            Failpoint.Hit("lake-renamed");
            Failpoint.Hit("lake-before-commit");
            store.Commit();
        }
        catch
        {
            store.Rollback();
            held.Events.Discard();
            throw;
        }
        Failpoint.Hit("lake-committed");
        return new HashSet<long>();
        // end of step 7
    }

    Held Open(int partition)
    {
        if (partitions.TryGetValue(partition, out var held)) return held;
        return partitions[partition] = new(Next(partition), new(Path.Combine(lake, ".staged"), partition));
    }

    public void Abandon(IReadOnlyCollection<int> of)
    {
        foreach (var partition in of)
            if (partitions.Remove(partition, out var held)) held.Events.Discard();
    }

    public void Dispose()
    {
        Abandon([.. partitions.Keys]);
        ids.Dispose();
        store.Dispose();
    }
}
