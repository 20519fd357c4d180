using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DimensionalModel;

/// <summary>The SQLite warehouse. WAL and synchronous=FULL: what was committed survives a kill and a power cut, and readers see the
/// old warehouse until a load is committed. Foreign keys are declared, and checked for all rows of a load before its commit
/// (<see cref="Audit"/>): that costs a fraction of a check at each row.</summary>
sealed class Store : IDisposable
{
    /// <summary>Written into the file's head, "DIMM": how a warehouse of this program is known.</summary>
    public const long ApplicationId = 0x44494D4D;

    public SqliteConnection Connection { get; }

    /// <summary>No connection is used by two threads at once here, so SQLite need not lock one for each call: a million facts are
    /// thirty million calls. It must be said before the first connection is opened.</summary>
    static Store()
    {
        Batteries_V2.Init();
        raw.sqlite3_config(raw.SQLITE_CONFIG_MULTITHREAD);
    }

    public Store(string path)
    {
        Connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            Connection.Open();
            var owner = (long)Scalar("PRAGMA application_id")!;
            if (owner != ApplicationId && (owner != 0 || (long)Scalar("SELECT count(*) FROM sqlite_schema")! > 0)) throw new UserException($"{path} is not a warehouse of this program. Choose another --output.", 2);
            Execute("PRAGMA page_size=16384; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-131072; PRAGMA foreign_keys=OFF; PRAGMA temp_store=MEMORY");
            if (owner == ApplicationId) return;
            Execute($"PRAGMA application_id={ApplicationId}");
        }
        catch (SqliteException e) when (e.SqliteErrorCode is 5 or 8 or 14 or 26)       // busy, read-only, can't open, no database
        {
            Connection.Dispose();
            throw new UserException($"{path}: {e.Message}");
        }
        catch (UserException)
        {
            Connection.Dispose();
            throw;
        }
    }

    public static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(Store).Assembly.GetManifestResourceStream(name) ?? throw new ArgumentException($"There is no {name}."));
        return reader.ReadToEnd();
    }

    /// <summary>Does all of it in one transaction, or nothing.</summary>
    public void InTransaction(Action work)
    {
        Execute("BEGIN IMMEDIATE");
        try
        {
            work();
            Execute("COMMIT");
        }
        catch
        {
            if (raw.sqlite3_get_autocommit(Connection.Handle) == 0) Execute("ROLLBACK");       // on a full disk SQLite has done so by itself
            throw;
        }
    }

    public int Execute(string sql, params ReadOnlySpan<object?> values)
    {
        using var command = Command(sql, values);
        return command.ExecuteNonQuery();
    }

    public object? Scalar(string sql, params ReadOnlySpan<object?> values)
    {
        using var command = Command(sql, values);
        return command.ExecuteScalar() is var found && found is DBNull ? null : found;
    }

    public long Count(string sql, params ReadOnlySpan<object?> values) => Scalar(sql, values) as long? ?? 0;

    public IReadOnlyList<T> Query<T>(string sql, Func<SqliteDataReader, T> row, params ReadOnlySpan<object?> values)
    {
        using var command = Command(sql, values);
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read()) rows.Add(row(reader));
        return rows;
    }

    /// <summary>A statement with <c>?</c> for its values.</summary>
    SqliteCommand Command(string sql, params ReadOnlySpan<object?> values)
    {
        var command = Connection.CreateCommand();
        command.CommandText = values.Length == 0 ? sql : string.Concat(sql.Split('?').Select((part, i) => i == 0 ? part : $"$p{i}{part}"));
        for (var i = 0; i < values.Length; i++) command.Parameters.AddWithValue($"$p{i + 1}", values[i] ?? DBNull.Value);
        return command;
    }

    public void Dispose() => Connection.Dispose();
}
