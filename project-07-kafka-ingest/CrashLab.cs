using System.Collections.Concurrent;

namespace KafkaIngest;

/// <summary>The crash lab of this project: a day's events are produced and consumed by one process, and it is killed, producer and consumers at
/// once. The broker is another process and lives on. Partitions are dealt out by hand, for a group takes up to 45 s to notice a killed
/// member.</summary>
static class CrashLab
{
    /// <summary>Where a run is killed. The producer: after an event is handed over, after a checkpoint, when all is acknowledged and the last
    /// checkpoint is not written. SQLite: with rows and without offsets, before and after the commit. The lake: with a file aside, with a file in
    /// its place and no manifest row, after the commit.</summary>
    public static readonly IReadOnlyList<string> Failpoints =
    [
        "sent", "sent:700", "checkpoint-written", "checkpoint-written:3", "flushed",
        "rows-inserted", "rows-inserted:3", "before-commit", "before-commit:3", "committed", "committed:3",
        "lake-staged", "lake-staged:3", "lake-renamed", "lake-renamed:3", "lake-before-commit", "lake-before-commit:3", "lake-committed", "lake-committed:3",
    ];

    /// <summary>The brokers by folder. That of a run which nobody kills ends with this process.</summary>
    static readonly ConcurrentDictionary<string, BrokerProcess> Brokers = [];

    public static CrashPlan Plan(string scratch) => new(Failpoints, Prepare, Arguments, Compare);

    /// <summary>The flights of 4 March, and a broker.</summary>
    static Task Prepare(string folder)
    {
        Directory.CreateDirectory(Path.Combine(folder, "data"));
        File.Copy(ProjectFolder.At("data", "airports.csv"), Path.Combine(folder, "data", "airports.csv"));
        File.WriteAllLines(Path.Combine(folder, "data", "flights.csv"), File.ReadLines(ProjectFolder.At("data", "flights.csv")).Where((line, i) => i == 0 || line.StartsWith("2013,3,4,", StringComparison.Ordinal)));
        Brokers[folder] = BrokerProcess.Start(Path.Combine(folder, "out"));
        return Task.CompletedTask;
    }

    static string[] Arguments(string folder) => ["run", "--input", Path.Combine(folder, "data"), "--output", Path.Combine(folder, "out"), "--speed", "120000", "--assign", "--members", "1", "--batch-events", "300", "--roll-seconds", "0.2"];

    static async Task<(long, long, string?)> Compare(string undisturbed, string folder)
    {
        using var broker = Brokers.TryRemove(folder, out var its) ? its : null;
        var (expected, found) = (await Ids(undisturbed), await Ids(folder));
        long lost = 0, doubled = 0;
        for (var i = 0; i < 2; i++)
        {
            lost += expected[i].Except(found[i]).Count();
            doubled += found[i].Count - found[i].Distinct().Count() + found[i].Except(expected[i]).Count();
        }
        return (lost, doubled, null);       // what else may be wrong the second run has found itself: it recounts
    }

    /// <summary>The ids in SQLite, and those in the lake.</summary>
    static async Task<List<string>[]> Ids(string folder)
    {
        var output = Path.Combine(folder, "out");
        using var db = EventStore.Read(output);
        var lake = new List<string>();
        await foreach (var row in Manifest.Rows(db, output)) lake.Add(row.EventId);
        return [EventStore.Query(db, "SELECT event_id FROM events", r => r.GetString(0)), lake];
    }
}
