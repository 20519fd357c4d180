using Microsoft.Data.Sqlite;

namespace Orchestrator;

/// <summary>The SQLite warehouse that the pipeline writes. WAL: readers see the last commit and wait for nobody. synchronous=FULL: what was
/// committed survives a power cut, for the scheduler's "success" must not outlive the data. Several threads and processes may have it
/// open; a writer waits for the one before it.</summary>
sealed class Warehouse : IDisposable
{
    /// <summary>Written into the file's head, "ORCW": how a warehouse of this program is known.</summary>
    const long ApplicationId = 0x4F524357;

    /// <summary>The tables with their keys, in the order of the pipeline.</summary>
    static readonly (string Name, string Key)[] Tables = [("flight", "day, origin, carrier, flight, time_hour"), ("daily_carrier", "day, carrier, origin"), ("quality_alert", "day"), ("published_day", "day")];

    readonly SqliteConnection connection;
    SqliteCommand? command;

    /// <summary>Opens the warehouse in an output folder, and makes it when it is not there.</summary>
    public Warehouse(string output) : this(PathIn(output), SqliteOpenMode.ReadWriteCreate)
    {
        try
        {
            var (owner, tables) = Query("SELECT application_id, (SELECT count(*) FROM sqlite_schema) FROM pragma_application_id").Select(r => ((long)r[0]!, (long)r[1]!)).Single();
            if (owner != ApplicationId && (owner != 0 || tables > 0)) throw new UserException($"{PathIn(output)} is not a warehouse of this program. Choose another --output.", 2);
            Execute("PRAGMA journal_mode = WAL");
            Execute("PRAGMA synchronous = FULL");
            if (owner == ApplicationId) return;
            using var transaction = Begin();
            Execute(Sql("pipeline.sql"));
            Execute($"PRAGMA application_id = {ApplicationId}");
            transaction.Commit();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    Warehouse(string path, SqliteOpenMode mode)
    {
        if (mode == SqliteOpenMode.ReadWriteCreate) Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        else if (!File.Exists(path)) throw new UserException($"There is no warehouse at {path} yet.");
        // the client asks a busy database again until DefaultTimeout; SQLite's own wait, set below, is the same and looks more often
        connection = new(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false, DefaultTimeout = 60 }.ToString());
        connection.Open();
        Execute("PRAGMA busy_timeout = 60000");
    }

    public static string PathIn(string output) => Path.Combine(output, "warehouse.db");

    /// <summary>The text of an embedded file of <c>Sql/</c>.</summary>
    public static string Sql(string name)
    {
        using var reader = new StreamReader(typeof(Warehouse).Assembly.GetManifestResourceStream(name) ?? throw new ArgumentException($"There is no {name}."));
        return reader.ReadToEnd();
    }

    /// <summary>Begins to write, at once and not at the first change: two that read first and write then would fail. Disposed without a
    /// commit it rolls back.</summary>
    public SqliteTransaction Begin()
    {
        Forget();
        return connection.BeginTransaction(deferred: false);
    }

    /// <summary>Runs a statement; <c>$1</c>, <c>$2</c> … stand for the values. The same statement again is not compiled again.</summary>
    /// <returns>The number of rows that it changed.</returns>
    public int Execute(string sql, params ReadOnlySpan<object?> values) => Command(sql, values).ExecuteNonQuery();

    /// <summary>The rows of a query; null for NULL.</summary>
    public IEnumerable<object?[]> Query(string sql, params ReadOnlySpan<object?> values)
    {
        var query = Command(sql, values);
        command = null;     // it is the reader's until all rows are read
        return Rows(query);
    }

    static IEnumerable<object?[]> Rows(SqliteCommand query)
    {
        using var owned = query;
        using var reader = query.ExecuteReader();
        while (reader.Read())
        {
            var row = new object?[reader.FieldCount];
            for (var i = 0; i < row.Length; i++) row[i] = reader.IsDBNull(i) ? null : reader.GetValue(i);
            yield return row;
        }
    }

    SqliteCommand Command(string sql, ReadOnlySpan<object?> values)
    {
        if (command?.CommandText != sql)
        {
            Forget();
            command = connection.CreateCommand();
            command.CommandText = sql;
            for (var i = 0; i < values.Length; i++) command.Parameters.Add(new SqliteParameter { ParameterName = $"${i + 1}" });
        }
        for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i] ?? DBNull.Value;
        return command;
    }

    void Forget()
    {
        command?.Dispose();
        command = null;
    }

    public void Dispose()
    {
        Forget();
        connection.Dispose();
    }

    /// <summary>The number of rows of each table, in the order of the pipeline.</summary>
    /// <param name="path">The database file; it is only read.</param>
    public static IReadOnlyList<(string Table, long Rows)> Counts(string path)
    {
        using var warehouse = new Warehouse(path, SqliteOpenMode.ReadOnly);
        return [.. Tables.Select(t => (t.Name, (long)warehouse.Query($"SELECT count(*) FROM {t.Name}").Single()[0]!))];
    }

    /// <summary>A digest of all rows of all tables: two warehouses with the same rows have the same, however they came to be.</summary>
    /// <param name="path">The database file; it is only read.</param>
    public static string Digest(string path)
    {
        using var warehouse = new Warehouse(path, SqliteOpenMode.ReadOnly);
        using var snapshot = warehouse.connection.BeginTransaction(deferred: true);     // all tables as of one commit
        var digest = new Digest();
        foreach (var (table, _) in Tables)
            foreach (var row in warehouse.Query($"SELECT * FROM {table}")) digest.Add([table, .. row]);
        return digest.ToString();
    }

    /// <summary>The first row in which two warehouses differ, in words; null when they hold the same rows.</summary>
    public static string? Difference(string pathA, string pathB)
    {
        using var a = new Warehouse(pathA, SqliteOpenMode.ReadOnly);
        using var b = new Warehouse(pathB, SqliteOpenMode.ReadOnly);
        foreach (var (table, key) in Tables)
        {
            using var left = a.Query($"SELECT * FROM {table} ORDER BY {key}").GetEnumerator();
            using var right = b.Query($"SELECT * FROM {table} ORDER BY {key}").GetEnumerator();
            for (var row = 1; ; row++)
            {
                var (first, second) = (left.MoveNext() ? Show(left.Current) : null, right.MoveNext() ? Show(right.Current) : null);
                if (first != second) return $"{table}, row {row:N0} by {key}: {first ?? "no such row"} in {pathA}, {second ?? "no such row"} in {pathB}";
                if (first is null) break;
            }
        }
        return null;
    }

    static string Show(object?[] row) => $"({string.Join(", ", row.Select(value => value switch { null => "null", string text => $"'{text}'", _ => $"{value}" }))})";
}
