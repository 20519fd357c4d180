using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DimensionalModel;

/// <summary>A prepared statement that is used for millions of rows. A <see cref="SqliteCommand"/> looks each parameter up by its name
/// and allocates for each row; here a row costs its values.</summary>
sealed unsafe partial class Statement : IDisposable
{
    readonly sqlite3 db;
    readonly sqlite3_stmt handle;
    readonly nint statement;

    public Statement(Store store, string sql)
    {
        db = store.Connection.Handle!;
        if (raw.sqlite3_prepare_v2(db, sql, out handle) is not raw.SQLITE_OK and var code) throw Failed(code);
        statement = handle.DangerousGetHandle();
    }

    /// <summary>Binds values to the parameters, 0 the first. They stay bound until others are.</summary>
    public Statement Bind(int at, long value) { sqlite3_bind_int64(statement, at + 1, value); return this; }
    public Statement Bind(int at, long? value) { if (value is { } v) sqlite3_bind_int64(statement, at + 1, v); else sqlite3_bind_null(statement, at + 1); return this; }
    public Statement Bind(int at, double? value) { if (value is { } v) sqlite3_bind_double(statement, at + 1, v); else sqlite3_bind_null(statement, at + 1); return this; }
    public Statement Bind(int at, string? text)
    {
        if (text is null) { sqlite3_bind_null(statement, at + 1); return this; }
        Span<byte> utf8 = text.Length <= 128 ? stackalloc byte[3 * text.Length + 1] : new byte[3 * text.Length + 1];
        var length = Encoding.UTF8.GetBytes(text, utf8);
        fixed (byte* bytes = utf8) sqlite3_bind_text(statement, at + 1, bytes, length, Copied);
        return this;
    }

    /// <summary>Runs a statement that gives no rows.</summary>
    /// <returns>How many rows it has changed.</returns>
    public int Run()
    {
        var code = sqlite3_step(statement);
        sqlite3_reset(statement);
        if (code != raw.SQLITE_DONE) throw Failed(code);
        return raw.sqlite3_changes(db);
    }

    /// <summary>Steps to the next row. After the last one the statement is ready to run again.</summary>
    /// <returns>False when there is no further row.</returns>
    public bool Read()
    {
        var code = sqlite3_step(statement);
        if (code == raw.SQLITE_ROW) return true;
        sqlite3_reset(statement);
        return code == raw.SQLITE_DONE ? false : throw Failed(code);
    }

    /// <summary>Gives up the rows that were not read.</summary>
    public void Reset() => sqlite3_reset(statement);

    public bool IsNull(int at) => sqlite3_column_type(statement, at) == raw.SQLITE_NULL;
    public long Long(int at) => sqlite3_column_int64(statement, at);
    public int Int(int at) => (int)sqlite3_column_int64(statement, at);
    public int? IntOrNull(int at) => IsNull(at) ? null : Int(at);
    public string? Text(int at) => IsNull(at) ? null : raw.sqlite3_column_text(handle, at).utf8_to_string();

    static readonly nint Copied = -1;       // SQLITE_TRANSIENT: SQLite keeps a copy

    SqliteException Failed(int code) => new($"SQLite Error {code}: '{raw.sqlite3_errmsg(db).utf8_to_string()}'.", code, raw.sqlite3_extended_errcode(db));

    public void Dispose() => handle.Dispose();

    // These neither wait nor call back, so the switch to native mode may be left out.
    [LibraryImport("e_sqlite3"), SuppressGCTransition] private static partial int sqlite3_bind_int64(nint statement, int parameter, long value);
    [LibraryImport("e_sqlite3"), SuppressGCTransition] private static partial int sqlite3_bind_double(nint statement, int parameter, double value);
    [LibraryImport("e_sqlite3"), SuppressGCTransition] private static partial int sqlite3_bind_null(nint statement, int parameter);
    [LibraryImport("e_sqlite3"), SuppressGCTransition] private static partial long sqlite3_column_int64(nint statement, int column);
    [LibraryImport("e_sqlite3"), SuppressGCTransition] private static partial int sqlite3_column_type(nint statement, int column);
    [LibraryImport("e_sqlite3")] private static partial int sqlite3_bind_text(nint statement, int parameter, byte* text, int bytes, nint destructor);
    [LibraryImport("e_sqlite3")] private static partial int sqlite3_step(nint statement);
    [LibraryImport("e_sqlite3")] private static partial int sqlite3_reset(nint statement);
}
