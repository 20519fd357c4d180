using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace KafkaIngest;

/// <summary>Inserts events through one prepared statement, bound by native calls. A <see cref="SqliteCommand"/> looks each parameter up by
/// name and allocates for each row; here a row costs its values.</summary>
sealed unsafe partial class EventInsert : IDisposable
{
    readonly nint db;
    readonly sqlite3_stmt handle;
    readonly nint statement;
    readonly byte[] time = GC.AllocateArray<byte>(27, pinned: true);        // read by SQLite in place
    readonly Dictionary<string, byte[]> types = [];

    public EventInsert(EventStore store)
    {
        db = store.Connection.Handle!.DangerousGetHandle();
        var code = raw.sqlite3_prepare_v2(store.Connection.Handle, "INSERT INTO events VALUES (?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (event_id) DO NOTHING", out handle);
        if (code != raw.SQLITE_OK) throw Failed(code);
        statement = handle.DangerousGetHandle();
        Check(sqlite3_bind_int64(statement, 6, store.TopicId));
    }

    /// <returns>Whether it was inserted; false: its id is there.</returns>
    public bool Insert(Event e, long nowMs)
    {
        if (!types.TryGetValue(e.Type, out var type))
        {
            type = Encoding.UTF8.GetBytes(e.Type);
            if (types.Count < 1000) types[e.Type] = type;
        }
        e.EventTimeUtc.TryFormat(time, out var timeLength, EventTimes.Format(e.EventTimeUtc), null);
        fixed (byte* i = e.Id, t = type, w = time, k = e.Key, p = e.Payload)
        {
            sqlite3_bind_text(statement, 1, i, e.Id.Length, Static);
            sqlite3_bind_text(statement, 2, t, type.Length, Static);
            sqlite3_bind_text(statement, 3, w, timeLength, Static);
            if (e.Key is null) sqlite3_bind_null(statement, 4);
            else sqlite3_bind_text(statement, 4, k is null ? Empty : k, e.Key.Length, Static);
            sqlite3_bind_int64(statement, 5, e.SchemaVersion);
            sqlite3_bind_int64(statement, 7, e.At.Partition);
            sqlite3_bind_int64(statement, 8, e.At.Offset);
            sqlite3_bind_int64(statement, 9, e.ProducedAtMs);
            sqlite3_bind_int64(statement, 10, nowMs);
            sqlite3_bind_text(statement, 11, p, e.Payload.Length, Static);
            var code = sqlite3_step(statement);
            sqlite3_reset(statement);
            if (code != raw.SQLITE_DONE) throw Failed(code);
            return sqlite3_changes(db) == 1;
        }
    }

    const nint Static = 0;      // SQLITE_STATIC: the bytes stay where they are until the statement is reset
    static readonly byte* Empty = (byte*)NativeMemory.AllocZeroed(1);

    static void Check(int code)
    {
        if (code != raw.SQLITE_OK) throw Failed(code);
    }

    static SqliteException Failed(int code) => new($"SQLite: {raw.sqlite3_errstr(code).utf8_to_string()}", code);

    public void Dispose() => handle.Dispose();

    // Binding neither waits nor calls back, so the switch to native mode may be left out: a third of the time of an insert.
    [LibraryImport("e_sqlite3"), SuppressGCTransition] private static partial int sqlite3_bind_int64(nint statement, int parameter, long value);
    [LibraryImport("e_sqlite3"), SuppressGCTransition] private static partial int sqlite3_bind_null(nint statement, int parameter);
    [LibraryImport("e_sqlite3"), SuppressGCTransition] private static partial int sqlite3_bind_text(nint statement, int parameter, byte* text, int bytes, nint destructor);
    [LibraryImport("e_sqlite3"), SuppressGCTransition] private static partial int sqlite3_changes(nint db);
    [LibraryImport("e_sqlite3")] private static partial int sqlite3_step(nint statement);
    [LibraryImport("e_sqlite3")] private static partial int sqlite3_reset(nint statement);
}
