using System.Diagnostics;
using System.Text;
using Confluent.Kafka;
using SQLitePCL;

namespace KafkaIngest;

/// <summary>The peers: what is left of producing, consuming and storing when nothing is promised.</summary>
static class BenchLoops
{
    /// <summary>Sends key and payload with the settings of <see cref="EventProducer"/>: no headers, no account of what is acknowledged.</summary>
    public sealed class BareProducer(Cluster cluster, Topic topic) : IDisposable
    {
        readonly IProducer<byte[]?, byte[]> producer = new ProducerBuilder<byte[]?, byte[]>(cluster.Properties(EventProducer.Config("murmur2_random"))).SetLogHandler((_, m) => Cluster.Log(m)).Build();

        public void Send(IReadOnlyList<SourceEvent> events)
        {
            long delivered = 0;
            void Count(DeliveryReport<byte[]?, byte[]> report)
            {
                if (!report.Error.IsError) Interlocked.Increment(ref delivered);        // the client's thread and Flush both deliver
            }
            foreach (var e in events)
            {
                var message = new Message<byte[]?, byte[]> { Key = e.Key is null ? null : Encoding.UTF8.GetBytes(e.Key), Value = e.Payload };
                while (true)
                    try
                    {
                        producer.Produce(topic.Name, message, Count);
                        break;
                    }
                    catch (ProduceException<byte[]?, byte[]> full) when (full.Error.Code == ErrorCode.Local_QueueFull) { Thread.Sleep(5); }
            }
            producer.Flush(TimeSpan.FromSeconds(60));
            if (delivered < events.Count) throw new UserException($"The bare loop sent {events.Count:N0} events, {delivered:N0} were acknowledged. {Cluster.LastLog}");
        }

        public void Dispose() => producer.Dispose();
    }

    /// <summary>Reads the records with the settings of <see cref="Member"/> and only counts them.</summary>
    /// <returns>Seconds from the first record to the last.</returns>
    public static double Read(Cluster cluster, Topic topic, IReadOnlyList<long> from, IReadOnlyList<long> to, CancellationToken stop)
    {
        using var consumer = new ConsumerBuilder<byte[]?, byte[]?>(cluster.Properties(Member.Config(new("bench.raw")))).SetLogHandler((_, m) => Cluster.Log(m)).Build();
        consumer.Assign(from.Select((offset, p) => new TopicPartitionOffset(topic.Name, p, offset)));
        var (left, began) = (to.Sum() - from.Sum(), 0L);
        while (left > 0)
        {
            stop.ThrowIfCancellationRequested();
            if (consumer.Consume(100) is null) continue;
            if (began == 0) began = Stopwatch.GetTimestamp();
            left--;
        }
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>Inserts rows into the same schema, with the same durability, through one prepared statement.</summary>
    public sealed class BareInsert : IDisposable
    {
        readonly EventStore store;
        readonly sqlite3_stmt insert;

        public BareInsert(string output, Topic topic)
        {
            store = EventStore.Open(output, topic.Name, topic.Incarnation, topic.Partitions);
            if (raw.sqlite3_prepare_v2(store.Connection.Handle, "INSERT INTO events VALUES (?,?,?,?,?,?,?,?,?,?,?)", out insert) != raw.SQLITE_OK) throw new InvalidOperationException(raw.sqlite3_errmsg(store.Connection.Handle).utf8_to_string());
        }

        /// <param name="batch">Rows a transaction.</param>
        public void Insert(IReadOnlyList<Event> rows, int batch)
        {
            Span<byte> time = stackalloc byte[27];
            for (var first = 0; first < rows.Count; first += batch)
            {
                store.Begin();
                for (var i = first; i < Math.Min(first + batch, rows.Count); i++)
                {
                    var e = rows[i];
                    e.EventTimeUtc.TryFormat(time, out var length, EventTimes.Format(e.EventTimeUtc));
                    raw.sqlite3_bind_text(insert, 1, e.Id);
                    raw.sqlite3_bind_text(insert, 2, e.Type);
                    raw.sqlite3_bind_text(insert, 3, time[..length]);
                    raw.sqlite3_bind_text(insert, 4, e.Key);
                    raw.sqlite3_bind_int(insert, 5, e.SchemaVersion);
                    raw.sqlite3_bind_int64(insert, 6, store.TopicId);
                    raw.sqlite3_bind_int(insert, 7, e.At.Partition);
                    raw.sqlite3_bind_int64(insert, 8, e.At.Offset);
                    raw.sqlite3_bind_int64(insert, 9, e.ProducedAtMs);
                    raw.sqlite3_bind_int64(insert, 10, e.ProducedAtMs);
                    raw.sqlite3_bind_text(insert, 11, e.Payload);
                    if (raw.sqlite3_step(insert) != raw.SQLITE_DONE) throw new InvalidOperationException(raw.sqlite3_errmsg(store.Connection.Handle).utf8_to_string());
                    raw.sqlite3_reset(insert);
                }
                store.Commit();
            }
        }

        public void Dispose()
        {
            insert.Dispose();
            store.Dispose();
        }
    }

    /// <summary>The records as events, in the order in which a consumer gets them. Not measured.</summary>
    public static List<Event> Decoded(Cluster cluster, Topic topic, EventSchemas schemas, IReadOnlyList<long> from, IReadOnlyList<long> to, CancellationToken stop)
    {
        using var consumer = new ConsumerBuilder<byte[]?, byte[]?>(cluster.Properties(Member.Config(new("bench.rows")))).SetLogHandler((_, m) => Cluster.Log(m)).Build();
        consumer.Assign(from.Select((offset, p) => new TopicPartitionOffset(topic.Name, p, offset)));
        var decode = new Decode(schemas, UnknownVersion.Fail, 64 * 1024);
        var rows = new List<Event>();
        while (rows.Count < to.Sum() - from.Sum())
        {
            stop.ThrowIfCancellationRequested();
            if (consumer.Consume(100) is { } record) rows.Add((Event)decode.Run(record));
        }
        return rows;
    }
}
