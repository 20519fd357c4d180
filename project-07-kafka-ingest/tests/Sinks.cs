namespace KafkaIngest.Tests;

/// <summary>Sinks that are broken in ways one meets.</summary>
static class Sinks
{
    /// <summary>A sink before which somebody changes events.</summary>
    public sealed class Altered(ISink sink, Func<Event, Event> change) : ISink
    {
        public string Name => sink.Name;
        public long Next(int partition) => sink.Next(partition);
        public IReadOnlyList<(int Partition, long Next)> Write(Batch batch)
        {
            var altered = new Batch();
            foreach (var part in batch.Parts)
                foreach (var record in part.Records) altered.Add(record is Event e ? change(e) : record, 0, part.Expected);
            return sink.Write(altered);
        }
        public IReadOnlyList<(int Partition, long Next)> Due() => sink.Due();
        public IReadOnlyList<(int Partition, long Next)> Flush(IReadOnlyCollection<int> partitions) => sink.Flush(partitions);
        public void Abandon(IReadOnlyCollection<int> partitions) => sink.Abandon(partitions);
        public void Dispose() => sink.Dispose();
    }

    /// <summary>Writes each row at once and the offset after them, whoever wrote before.</summary>
    public sealed class Unfenced(EventStore store) : ISink
    {
        readonly EventInsert events = new(store);
        readonly List<Batch> held = [];

        /// <summary>Whether it says where it stands; else every member begins at 0.</summary>
        public bool Remembers { get; init; } = true;
        /// <summary>So many batches are held in memory and told to be durable.</summary>
        public int Holds { get; init; }

        public string Name => "sqlite";
        public long Next(int partition) => Remembers ? Offsets.Next(store, Name, partition) : 0;

        public IReadOnlyList<(int Partition, long Next)> Write(Batch batch)
        {
            held.Add(batch);
            foreach (var part in held.Count > Holds ? held.SelectMany(b => b.Parts) : [])
                foreach (var e in part.Records.OfType<Event>())
                    if (!events.Insert(e, 0)) store.Execute("UPDATE offsets SET duplicates = duplicates + 1 WHERE partition = $p", ("$p", part.Partition));
            if (held.Count > Holds) held.Clear();
            foreach (var part in batch.Parts)
            {
                store.Execute("INSERT INTO offsets (sink, topic_id, partition, next) VALUES ($sink, $topic, $partition, 0) ON CONFLICT DO NOTHING", ("$sink", Name), ("$topic", store.TopicId), ("$partition", part.Partition));
                store.Execute("UPDATE offsets SET next = $next, stored = stored + $stored WHERE sink = $sink AND topic_id = $topic AND partition = $partition", ("$next", part.Next), ("$stored", part.Records.Count), ("$sink", Name), ("$topic", store.TopicId), ("$partition", part.Partition));
            }
            return [.. batch.Parts.Select(p => (p.Partition, p.Next))];
        }

        public IReadOnlyList<(int Partition, long Next)> Due() => [];
        public IReadOnlyList<(int Partition, long Next)> Flush(IReadOnlyCollection<int> partitions) => [];
        public void Abandon(IReadOnlyCollection<int> partitions) { }

        public void Dispose()
        {
            events.Dispose();
            store.Dispose();
        }
    }
}
