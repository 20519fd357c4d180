using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace KafkaIngest;

/// <summary>The table <c>lake_ids</c>: the id of every event that the lake has. It is an index, as SQLite's own of <c>events</c> is.</summary>
sealed class LakeIds : IDisposable
{
    readonly sqlite3 db;
    readonly sqlite3_stmt insert;

    public LakeIds(EventStore store)
    {
        db = store.Connection.Handle!;
        Check(raw.sqlite3_prepare_v2(db, "INSERT INTO lake_ids VALUES (?) ON CONFLICT DO NOTHING", out insert), raw.SQLITE_OK);
    }

    /// <summary>Adds their ids, in the caller's transaction.</summary>
    /// <returns>The offsets of those whose id was there already: from a file before, or from an event before it among these.</returns>
    public IReadOnlySet<long> Add(IReadOnlyList<Event> events)
    {
        // step 7: write the same events as Parquet
        var known = new HashSet<long>();
        foreach (var e in events)
        {
            Check(raw.sqlite3_bind_text(insert, 1, e.Id), raw.SQLITE_OK);
            var code = raw.sqlite3_step(insert);
            raw.sqlite3_reset(insert);
            Check(code, raw.SQLITE_DONE);
            if (raw.sqlite3_changes(db) == 0) known.Add(e.At.Offset);
        }
        return known;
        // end of step 7
    }

    static void Check(int code, int good)
    {
        if (code != good) throw new SqliteException($"SQLite: {raw.sqlite3_errstr(code).utf8_to_string()}", code);
    }

    public void Dispose() => insert.Dispose();
}
