using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace BatchIngestion;

/// <summary>Inserts batches through one prepared statement, bound by native calls. A <see cref="SqliteCommand"/> looks each
/// parameter up by name and allocates for each row; here a row costs its values (README, design notes).</summary>
sealed unsafe partial class BulkInsert : IDisposable
{
    readonly nint db;
    readonly sqlite3_stmt handle;
    readonly nint statement;
    readonly ColumnType[] types;
    readonly byte[] scratch;        // one slot of 32 bytes a column for timestamps and dates, read by SQLite in place
    readonly byte[] sourceFile;
    readonly long runId;

    /// <summary>Rows that SQLite took, counted by SQLite.</summary>
    public long Inserted { get; private set; }

    public BulkInsert(SqliteConnection connection, Contract contract, string sourceFile, long runId)
    {
        types = [.. contract.TableColumns.Select(c => c.Type)];
        this.runId = runId;
        this.sourceFile = Pinned(System.Text.Encoding.UTF8.GetBytes(sourceFile));
        scratch = GC.AllocateArray<byte>(32 * types.Length, pinned: true);
        db = connection.Handle!.DangerousGetHandle();
        var sql = $"INSERT INTO {SqlText.Quote(contract.Table)} VALUES ({string.Join(',', Enumerable.Repeat('?', types.Length + 3))}) ON CONFLICT DO NOTHING";
        var code = raw.sqlite3_prepare_v2(connection.Handle, sql, out handle);
        if (code != raw.SQLITE_OK) throw Failed(code);
        statement = handle.DangerousGetHandle();
        Check(sqlite3_bind_text(statement, types.Length + 1, this.sourceFile, this.sourceFile.Length, 0));
        Check(sqlite3_bind_int64(statement, types.Length + 3, runId));
    }

    /// <summary>Inserts the batch's rows. A row whose key is taken is marked as a duplicate and left out.</summary>
    public void Insert(Batch batch)
    {
        // step 6: load each file in one transaction
        for (var at = 0; at < batch.Count; at++)
        {
            for (var i = 0; i < types.Length; i++) Bind(batch.Columns[i], types[i], i, at);
            Check(sqlite3_bind_int64(statement, types.Length + 2, batch.SourceRow[at]));
            var code = sqlite3_step(statement);
            if (code != raw.SQLITE_DONE) throw Failed(code);
            if (sqlite3_changes(db) == 1) Inserted++;
            else batch.Duplicate[at] = true;
            sqlite3_reset(statement);
        }
        // end of step 6
    }

    void Bind(ColumnData column, ColumnType type, int index, int at)
    {
        var parameter = index + 1;
        if (column.IsNull[at])
        {
            sqlite3_bind_null(statement, parameter);
            return;
        }
        switch (column)
        {
            case LongData longs when type is ColumnType.TimestampUtc or ColumnType.Date:
                var slot = scratch.AsSpan(index * 32, 32);
                var length = type == ColumnType.Date ? SqlText.Write(longs.Values[at] * 86_400_000_000, slot) - 10 : SqlText.Write(longs.Values[at], slot);
                fixed (byte* text = slot) sqlite3_bind_text(statement, parameter, text, length, 0);
                break;
            case LongData longs:
                sqlite3_bind_int64(statement, parameter, longs.Values[at]);
                break;
            case RealData reals:
                sqlite3_bind_double(statement, parameter, reals.Values[at]);
                break;
            default:
                var value = ((TextData)column).Values[at];
                fixed (byte* text = value.Utf8) sqlite3_bind_text(statement, parameter, text is null ? Empty : text, value.Utf8.Length, value.Pinned ? 0 : Copy);
                break;
        }
    }

    static readonly nint Copy = -1;      // SQLITE_TRANSIENT; 0 is SQLITE_STATIC: the bytes stay where they are
    static readonly byte* Empty = (byte*)NativeMemory.AllocZeroed(1);

    static byte[] Pinned(byte[] bytes)
    {
        var pinned = GC.AllocateUninitializedArray<byte>(bytes.Length, pinned: true);
        bytes.CopyTo(pinned, 0);
        return pinned;
    }

    void Check(int code)
    {
        if (code != raw.SQLITE_OK) throw Failed(code);
    }

    SqliteException Failed(int code) => new($"SQLite: {raw.sqlite3_errstr(code).utf8_to_string()}", code);

    public void Dispose() => handle.Dispose();

    // Binding neither waits nor calls back, so the switch to native mode may be left out: a third of the time of an insert.
    [LibraryImport("e_sqlite3"), SuppressGCTransition] private static partial int sqlite3_bind_int64(nint statement, int parameter, long value);
    [LibraryImport("e_sqlite3"), SuppressGCTransition] private static partial int sqlite3_bind_double(nint statement, int parameter, double value);
    [LibraryImport("e_sqlite3"), SuppressGCTransition] private static partial int sqlite3_bind_null(nint statement, int parameter);
    [LibraryImport("e_sqlite3"), SuppressGCTransition] private static partial int sqlite3_bind_text(nint statement, int parameter, byte* text, int bytes, nint destructor);
    [LibraryImport("e_sqlite3"), SuppressGCTransition] private static partial int sqlite3_changes(nint db);
    [LibraryImport("e_sqlite3")] private static partial int sqlite3_bind_text(nint statement, int parameter, byte[] text, int bytes, nint destructor);
    [LibraryImport("e_sqlite3")] private static partial int sqlite3_step(nint statement);
    [LibraryImport("e_sqlite3")] private static partial int sqlite3_reset(nint statement);
}
