using Microsoft.Data.Sqlite;

namespace KafkaIngest;

/// <summary>What a sink holds, in one form for both.</summary>
/// <param name="Ids">The event ids.</param>
/// <param name="Doubled">Ids that stand there twice.</param>
/// <param name="Digest">Of id, type, event time, schema version and payload of every event: the same on every broker, in every order. Not of the
/// key: it says how an event was sent, and one that was sent under two has the one that came first.</param>
sealed record Contents(HashSet<string> Ids, IReadOnlyList<string> Doubled, string Digest)
{
    public static Contents OfSqlite(SqliteConnection db)
    {
        var (ids, digest) = (new HashSet<string>(), new Digest());
        using var command = db.CreateCommand();
        command.CommandText = "SELECT event_id, event_type, event_time, schema_version, payload FROM events";
        using var row = command.ExecuteReader();
        while (row.Read())
        {
            ids.Add(row.GetString(0));
            digest.Add(row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt64(3), row.GetString(4));
        }
        return new(ids, [], digest.ToString());
    }

    public static async Task<Contents> OfLake(SqliteConnection db, string output)
    {
        var (ids, doubled, digest) = (new HashSet<string>(), new List<string>(), new Digest());
        await foreach (var row in Manifest.Rows(db, output))
        {
            if (!ids.Add(row.EventId)) doubled.Add(row.EventId);
            digest.Add(row.EventId, row.EventType, EventTimes.Text(row.EventTimeUtc), (long)row.SchemaVersion, row.Payload);
        }
        return new(ids, doubled, digest.ToString());
    }
}
