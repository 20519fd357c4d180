using System.Text.Json;

namespace KafkaIngest;

/// <summary>What one saw of the order in which a topic's events were read.</summary>
/// <param name="Records">Of each partition.</param>
/// <param name="Home">The partition of each aircraft; -1: it is in more than one.</param>
/// <param name="OutOfOrder">Aircraft of which an event was read after a later one.</param>
/// <param name="LandedFirst">Flights that were read as arrived before they were read as departed.</param>
sealed record OrderSeen(KeyBy Key, string Partitioner, IReadOnlyList<long> Records, IReadOnlyDictionary<string, int> Home, int OutOfOrder, int LandedFirst);

/// <summary>Lab: what a key is for. The same events are sent with a key and without, and read by one reader of all partitions.</summary>
static class OrderLab
{
    /// <param name="most">So many events of the source are sent.</param>
    public static async Task<IReadOnlyList<OrderSeen>> Run(LabRoom room, int most, CancellationToken stop)
    {
        var all = new List<OrderSeen>();
        foreach (var (key, partitioner) in new[] { (KeyBy.Tail, "murmur2_random"), (KeyBy.Tail, "consistent_random"), (KeyBy.None, "murmur2_random") })
        {
            var settings = room.Settings($"order-{all.Count}") with { Key = key, Partitioner = partitioner };
            var topic = await room.Topic(settings);
            var events = FlightEvents.Read(settings.Input, key).Take(most).ToList();
            var numbers = events.ToDictionary(e => e.Id, e => e.Index);
            using (var producer = new EventProducer(room.Cluster, topic, partitioner, 0, null, settings.Clock, stop))
            {
                foreach (var e in events) producer.Send(e);
                producer.Flush(stop);
            }
            all.Add(Look(key, partitioner, topic.Partitions, room.ReadAll(topic, stop).Select(r =>
            {
                var id = LabRoom.Header(r, HeaderNames.EventId)!;
                return (r.Partition.Value, numbers[id], id, Aircraft(r.Message.Value!));
            })));
        }
        return all;
    }

    /// <summary>Goes through records in the order in which they were read.</summary>
    public static OrderSeen Look(KeyBy key, string partitioner, int partitions, IEnumerable<(int Partition, long Number, string Id, string Aircraft)> records)
    {
        var counts = new long[partitions];
        var (home, last, wrong) = (new Dictionary<string, int>(), new Dictionary<string, long>(), new HashSet<string>());
        var (departed, landedFirst) = (new HashSet<string>(), 0);
        foreach (var (partition, number, id, aircraft) in records)
        {
            counts[partition]++;
            home[aircraft] = home.TryGetValue(aircraft, out var known) && known != partition ? -1 : partition;
            if (last.TryGetValue(aircraft, out var before) && number < before) wrong.Add(aircraft);
            last[aircraft] = number;
            var (flight, type) = (id[..id.LastIndexOf('-')], id[(id.LastIndexOf('-') + 1)..]);
            if (type == "departed") departed.Add(flight);
            if (type == "arrived" && !departed.Contains(flight)) landedFirst++;
        }
        return new(key, partitioner, counts, home, wrong.Count, landedFirst);
    }

    /// <summary>As <see cref="KeyBy.Tail"/> has it.</summary>
    static string Aircraft(byte[] payload)
    {
        using var json = JsonDocument.Parse(payload);
        var root = json.RootElement;
        return root.GetProperty("tail_number").GetString() ?? $"{root.GetProperty("carrier").GetString()}{root.GetProperty("flight").GetInt32()}";
    }

    public static void Print(IReadOnlyList<OrderSeen> all)
    {
        Terminal.Table(["key", "partitioner", "records in each\npartition", "in one\npartition", "out of\norder", "landed\nfirst"], all.Select(s => new[]
        {
            s.Key == KeyBy.None ? "none" : "tail", s.Key == KeyBy.None ? "in turn" : s.Partitioner.Split('_')[0], string.Join(' ', s.Records), $"{s.Home.Values.Count(p => p >= 0):N0}", $"{s.OutOfOrder:N0}", $"{s.LandedFirst:N0}",
        }));
        Console.WriteLine("Kafka keeps the order in a partition, not in a topic. A reader of several partitions takes what one has, then what the next has.");
        Console.WriteLine($"With the tail number as key an aircraft's events are in one partition: {all[0].OutOfOrder:N0} of {all[0].Home.Count:N0} aircraft were read out of order.");
        Console.WriteLine($"Without a key they are in all partitions: {all[^1].OutOfOrder:N0} aircraft were read out of order, and {all[^1].LandedFirst:N0} flights landed before they took off.");
        Console.WriteLine($"Which partition a key goes to is the producer's choice. librdkafka's own partitioner takes another than Java's (murmur2) for {all[1].Home.Count(h => h.Value != all[0].Home.GetValueOrDefault(h.Key, -1)):N0} of {all[1].Home.Count:N0} aircraft: where both send to a topic, an aircraft's events would be in two partitions.");
    }
}
