using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]       // the calls below need no stub that would have to be compiled first

namespace Orchestrator;

/// <summary>The few functions of SQLite that the state store calls, of the library that Microsoft.Data.Sqlite brings. A task's process is started for each
/// attempt, and the layers between cost it a third of its time: three assemblies, and hundreds of methods that are compiled at every start.</summary>
static unsafe partial class Sqlite
{
    const string Library = "e_sqlite3";

    public const int Ok = 0, Busy = 5, Row = 100, Done = 101;
    public const int Integer = 1, Float = 2, Text = 3, Null = 5;
    public const int ReadWrite = 0x2, Create = 0x4, NoMutex = 0x8000;
    /// <summary>Tells SQLite to copy the bytes that it is given.</summary>
    public const nint Transient = -1;

    [LibraryImport(Library, EntryPoint = "sqlite3_open_v2")] public static partial int Open(byte* path, out nint db, int flags, byte* vfs);
    [LibraryImport(Library, EntryPoint = "sqlite3_close_v2")] public static partial int Close(nint db);
    [LibraryImport(Library, EntryPoint = "sqlite3_busy_timeout")] public static partial int BusyTimeout(nint db, int milliseconds);
    [LibraryImport(Library, EntryPoint = "sqlite3_exec")] public static partial int Exec(nint db, byte* script, nint callback, nint argument, nint error);
    [LibraryImport(Library, EntryPoint = "sqlite3_get_autocommit")] public static partial int AutoCommit(nint db);
    [LibraryImport(Library, EntryPoint = "sqlite3_changes")] public static partial int Changes(nint db);
    [LibraryImport(Library, EntryPoint = "sqlite3_errmsg")] public static partial byte* ErrorMessage(nint db);
    [LibraryImport(Library, EntryPoint = "sqlite3_prepare_v2")] public static partial int Prepare(nint db, byte* sql, int bytes, out nint statement, nint tail);
    [LibraryImport(Library, EntryPoint = "sqlite3_finalize")] public static partial int Finalize(nint statement);
    [LibraryImport(Library, EntryPoint = "sqlite3_step")] public static partial int Step(nint statement);
    [LibraryImport(Library, EntryPoint = "sqlite3_reset")] public static partial int Reset(nint statement);
    [LibraryImport(Library, EntryPoint = "sqlite3_bind_parameter_index")] public static partial int ParameterIndex(nint statement, byte* name);
    [LibraryImport(Library, EntryPoint = "sqlite3_bind_null")] public static partial int BindNull(nint statement, int index);
    [LibraryImport(Library, EntryPoint = "sqlite3_bind_int64")] public static partial int BindInt64(nint statement, int index, long value);
    [LibraryImport(Library, EntryPoint = "sqlite3_bind_double")] public static partial int BindDouble(nint statement, int index, double value);
    [LibraryImport(Library, EntryPoint = "sqlite3_bind_text")] public static partial int BindText(nint statement, int index, byte* text, int bytes, nint destructor);
    [LibraryImport(Library, EntryPoint = "sqlite3_column_type")] public static partial int ColumnType(nint statement, int column);
    [LibraryImport(Library, EntryPoint = "sqlite3_column_int64")] public static partial long ColumnInt64(nint statement, int column);
    [LibraryImport(Library, EntryPoint = "sqlite3_column_double")] public static partial double ColumnDouble(nint statement, int column);
    [LibraryImport(Library, EntryPoint = "sqlite3_column_text")] public static partial byte* ColumnText(nint statement, int column);
    [LibraryImport(Library, EntryPoint = "sqlite3_column_bytes")] public static partial int ColumnBytes(nint statement, int column);
}

/// <summary>The row that a query is at. It is gone when the query goes on.</summary>
readonly unsafe struct StoreRow(nint statement)
{
    public bool IsDBNull(int column) => Sqlite.ColumnType(statement, column) == Sqlite.Null;
    public long GetInt64(int column) => Sqlite.ColumnInt64(statement, column);
    public int GetInt32(int column) => checked((int)Sqlite.ColumnInt64(statement, column));
    public double GetDouble(int column) => Sqlite.ColumnDouble(statement, column);

    /// <exception cref="InvalidOperationException">The column is NULL.</exception>
    public string GetString(int column) => Text(column) ?? throw new InvalidOperationException($"Column {column} is NULL.");

    /// <returns>Null for NULL.</returns>
    public string? Text(int column) => Sqlite.ColumnText(statement, column) is var text && text is null ? null : System.Text.Encoding.UTF8.GetString(text, Sqlite.ColumnBytes(statement, column));

    /// <summary>UTC.</summary>
    public DateTime Moment(int column) => MomentText.Read(new(Sqlite.ColumnText(statement, column), Sqlite.ColumnBytes(statement, column)));

    /// <returns>UTC; null for NULL.</returns>
    public DateTime? MomentOrNull(int column) => IsDBNull(column) ? null : Moment(column);
}
