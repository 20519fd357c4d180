using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Orchestrator;

/// <summary>The state database: SQLite with a write-ahead log and <c>synchronous=FULL</c>, so that what a transaction has written is there
/// after a crash of the process and after a power failure. One connection; not for two threads at once.</summary>
sealed class StateStore : IDisposable
{
    readonly SqliteConnection connection;
    readonly Dictionary<string, SqliteCommand> prepared = [];

    /// <param name="path">The file, which is made when it is missing; <c>:memory:</c> for a store that is gone when it is closed.</param>
    public StateStore(string path)
    {
        var known = path != ":memory:" && File.Exists(path);
        if (path != ":memory:") Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        Run("PRAGMA busy_timeout = 20000; PRAGMA synchronous = FULL;");
        if (known && Scalar("PRAGMA application_id") is 0x41495246L) return;
        Run("PRAGMA journal_mode = WAL");
        InTransaction(() =>
        {
            if (Scalar("PRAGMA application_id") is 0L && Scalar("SELECT count(*) FROM sqlite_schema") is > 0L) throw new UserException($"{path} is a database, but not a scheduler's. Choose another --output.", 2);
            Run(Schema());
            Run($"PRAGMA application_id = {0x41495246}");
        });
    }

    static string Schema()
    {
        using var reader = new StreamReader(typeof(StateStore).Assembly.GetManifestResourceStream("state.sql")!);
        return reader.ReadToEnd();
    }

    /// <summary>Runs the action in a transaction that takes the write lock first, so that what it reads can't change until it has written.</summary>
    public void InTransaction(Action action)
    {
        Execute("BEGIN IMMEDIATE");
        try
        {
            action();
            Failpoint.Hit("before-commit");
            Execute("COMMIT");
        }
        catch
        {
            if (SQLitePCL.raw.sqlite3_get_autocommit(connection.Handle) == 0) Execute("ROLLBACK");
            throw;
        }
    }

    /// <summary>Runs one statement; its parameters are <c>$1</c>, <c>$2</c> …</summary>
    /// <returns>The rows changed.</returns>
    public int Execute(string sql, params ReadOnlySpan<object?> values) => Command(sql, values).ExecuteNonQuery();

    /// <returns>The first column of the first row: a long, double or string; null when it is NULL or there is no row.</returns>
    public object? Scalar(string sql, params ReadOnlySpan<object?> values) => Command(sql, values).ExecuteScalar() is { } value and not DBNull ? value : null;

    public List<T> Query<T>(string sql, Func<SqliteDataReader, T> map, params ReadOnlySpan<object?> values)
    {
        using var reader = Command(sql, values).ExecuteReader();
        var rows = new List<T>();
        while (reader.Read()) rows.Add(map(reader));
        return rows;
    }

    /// <summary>Runs a script of many statements.</summary>
    public void Run(string script)
    {
        using var command = connection.CreateCommand();
        command.CommandText = script;
        command.ExecuteNonQuery();
    }

    SqliteCommand Command(string sql, ReadOnlySpan<object?> values)
    {
        if (!prepared.TryGetValue(sql, out var command))
        {
            command = connection.CreateCommand();
            command.CommandText = sql;
            for (var i = 1; i <= values.Length; i++) command.Parameters.Add(new SqliteParameter($"${i}", null));
            prepared[sql] = command;
        }
        for (var i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i] switch { null => DBNull.Value, DateTime moment => Text(moment), var value => value };
        return command;
    }

    /// <summary>A UTC moment as the store keeps it, to the millisecond.</summary>
    public static string Text(DateTime moment) => moment.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public static DateTime Moment(string text) => DateTime.ParseExact(text, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);

    public void Dispose()
    {
        foreach (var command in prepared.Values) command.Dispose();
        connection.Dispose();
    }
}

static class Columns
{
    public static string? Text(this SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
    public static DateTime Moment(this SqliteDataReader row, int column) => StateStore.Moment(row.GetString(column));
    public static DateTime? MomentOrNull(this SqliteDataReader row, int column) => row.IsDBNull(column) ? null : StateStore.Moment(row.GetString(column));
}
