using Microsoft.Data.Sqlite;

namespace KafkaIngest;

/// <summary>What a recount has found.</summary>
/// <param name="InTopic">How many records the topic has taken in this incarnation: the sum of its ends, what retention has dropped since included.</param>
/// <param name="Sqlite">What became of them in SQLite.</param>
/// <param name="Lake">What became of them in the lake; null where the lake has read nothing.</param>
/// <param name="Stored">Event ids in SQLite, of every incarnation.</param>
/// <param name="Problems">What is wrong, a line each; empty when nothing is.</param>
/// <param name="Digest">Of the stored events: the same on every broker.</param>
/// <param name="Source">How many events the source has; null: not compared.</param>
sealed record Findings(long InTopic, Counts Sqlite, Counts? Lake, long Stored, IReadOnlyList<string> Problems, string Digest, long? Source = null);

/// <summary>Recounts source, topic, SQLite and lake, and names every event that is missing or doubled.</summary>
static class Verify
{
    /// <summary>So many ids are named of each kind.</summary>
    const int MostNamed = 10;

    /// <param name="source">The events that should be there; null: not compared.</param>
    /// <param name="ends">Where the topic's partitions begin and end now; null: neither they nor the accounts are compared.</param>
    public static async Task<Findings> Run(Settings settings, Topic topic, IReadOnlyList<SourceEvent>? source, IReadOnlyList<(long Begin, long End)>? ends)
    {
        // step 8: recount everything, and name what is wrong
        using var db = EventStore.Read(settings.Output);
        var problems = new List<string>();
        var (stored, _, digest) = Contents.OfSqlite(db);
        if (source is not null)
        {
            Name(problems, "missing in SQLite", source.Select(e => e.Id).Where(id => !stored.Contains(id)));
            var expected = source.Select(e => e.Id).ToHashSet();
            Name(problems, "in SQLite and not in the source", stored.Where(id => !expected.Contains(id)));
        }
        var (sqlite, lake) = (Of(db, topic, "sqlite", ends, problems), Of(db, topic, "lake", ends, problems));
        if (Manifest.Problem(db, settings.Output) is { } wrong) problems.Add($"lake: {wrong}");
        else if (lake is not null) await CompareLake(db, settings.Output, stored, digest, problems);
        return new(ends?.Sum(e => e.End) ?? 0, sqlite ?? default, lake, stored.Count, problems, digest, source?.Count);
        // end of step 8
    }

    /// <summary>The sink's account: of each partition it must stand at the topic's end, and what it has taken must add up to what it has read.</summary>
    /// <returns>Null where the sink has read nothing of this incarnation.</returns>
    static Counts? Of(SqliteConnection db, Topic topic, string sink, IReadOnlyList<(long Begin, long End)>? ends, List<string> problems)
    {
        // step 8: recount everything, and name what is wrong
        var rows = EventStore.Query(db, "SELECT partition, next, stored, duplicates, dead_lettered, first FROM offsets JOIN topics USING (topic_id) WHERE sink = $sink AND incarnation = $incarnation",
            r => (Partition: r.GetInt32(0), Next: r.GetInt64(1), Counts: new Counts(r.GetInt64(2), r.GetInt64(3), r.GetInt64(4)), First: r.GetInt64(5)), ("$sink", sink), ("$incarnation", topic.Incarnation));
        if (rows.Count == 0)
        {
            if (sink == "sqlite" && ends?.Any(e => e.End > 0) == true) problems.Add($"sqlite: has read nothing of the topic, which has {ends.Sum(e => e.End):N0} records");
            return null;
        }
        for (var p = 0; p < (ends?.Count ?? 0); p++)
        {
            var (next, first, counts) = rows.Where(r => r.Partition == p).Select(r => (r.Next, r.First, r.Counts)).SingleOrDefault();
            if (next != ends![p].End) problems.Add($"{sink}, partition {p}: stands at {next:N0}, the topic ends at {ends[p].End:N0}");
            else if (counts.Sum != next - first) problems.Add($"{sink}, partition {p}: {counts.Stored:N0} stored + {counts.Duplicates:N0} duplicates + {counts.DeadLettered:N0} dead letters are not {next - first:N0} records");
        }
        return rows.Aggregate(default(Counts), (sum, row) => sum + row.Counts);
        // end of step 8
    }

    static async Task CompareLake(SqliteConnection db, string output, HashSet<string> stored, string digest, List<string> problems)
    {
        // step 8: recount everything, and name what is wrong
        var (seen, doubled, found) = await Contents.OfLake(db, output);
        var before = problems.Count;
        Name(problems, "missing in the lake", stored.Where(id => !seen.Contains(id)));
        Name(problems, "doubled in the lake", doubled);
        Name(problems, "in the lake and not in SQLite", seen.Where(id => !stored.Contains(id)));
        if (problems.Count == before && found != digest) problems.Add($"lake: same ids, other contents: digest {found}, SQLite {digest}");
        // end of step 8
    }

    static void Name(List<string> problems, string what, IEnumerable<string> ids)
    {
        var all = ids.Order(StringComparer.Ordinal).ToList();
        if (all.Count > 0) problems.Add($"{all.Count:N0} {what}: {string.Join(", ", all.Take(MostNamed))}{(all.Count > MostNamed ? ", …" : "")}");
    }
}
