using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DataQuality;

/// <summary>The SQLite store. WAL and synchronous=FULL: what was committed survives a kill and a power cut, and readers see the
/// old layers until the new ones are committed.</summary>
sealed class Store : IDisposable
{
    /// <summary>Written into the file's head, "DQLT": how a store is known.</summary>
    const long ApplicationId = 0x44514C54;

    public SqliteConnection Connection { get; }

    /// <param name="readOnly">For who only looks: the file is not touched.</param>
    /// <exception cref="UserException">The file can't be opened, or is no store of this program (exit code 2).</exception>
    public Store(string path, bool readOnly = false)
    {
        Connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, Mode = readOnly ? SqliteOpenMode.ReadOnly : SqliteOpenMode.ReadWriteCreate }.ToString());
        try
        {
            Connection.Open();
            var owner = (long)Scalar("PRAGMA application_id")!;
            if (owner != ApplicationId && (owner != 0 || (long)Scalar("SELECT count(*) FROM sqlite_schema")! > 0)) throw new UserException($"{path} is not a store of this program. Choose another --output.", 2);
            if (!readOnly)
            {
                Execute($"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536; PRAGMA application_id={ApplicationId}");
                Execute(Resource("schema.sql"));
            }
            if (Shape(Connection) != Expected) throw new UserException($"{path} has other tables than this version of the program makes. Choose another --output, and take the drops in again.", 2);
        }
        catch (SqliteException e) when (e.SqliteErrorCode is 5 or 8 or 14 or 26)       // busy, read-only, can't open, no database
        {
            Connection.Dispose();
            throw Told(path, e);
        }
        catch (UserException)
        {
            Connection.Dispose();
            throw;
        }
        Functions(Connection);
    }

    /// <summary>The account's tables with their columns, as text.</summary>
    static string Shape(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT group_concat(m.name || '.' || c.name ORDER BY m.name, cid) FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name IN ('quality_runs', 'quality_results', 'quality_counts', 'schema_drift', 'drops', 'evolved_columns', 'quarantine', 'duplicates')";
        return command.ExecuteScalar() as string ?? "";
    }

    static readonly string Expected = Made();

    static string Made()
    {
        using var connection = new SqliteConnection("Data Source=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = Resource("schema.sql");
        command.ExecuteNonQuery();
        return Shape(connection);
    }

    /// <summary>The functions that rules and curated SQL may call beside SQLite's own: <c>x REGEXP 'pattern'</c>,
    /// <c>local_time(utc, zone)</c>, <c>next_local_time(after_utc, hhmm, zone)</c>. All give NULL for NULL.</summary>
    public static void Functions(SqliteConnection connection)
    {
        connection.CreateFunction("regexp", (string? pattern, string? text) => pattern is null || text is null ? (bool?)null : Patterns.Of(pattern).IsMatch(text), isDeterministic: true);
        connection.CreateFunction("local_time", (string? utc, string? zone) => LocalTime.Of(utc, zone), isDeterministic: true);
        connection.CreateFunction("next_local_time", (string? after, long? hhmm, string? zone) => LocalTime.Next(after, hhmm, zone), isDeterministic: true);
    }

    public static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(Store).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    /// <summary>Does all of it in one transaction, or nothing.</summary>
    /// <param name="begin"><c>BEGIN</c> when it only reads: all of it then sees one moment of the store, whatever another run publishes.</param>
    public void InTransaction(Action work, string begin = "BEGIN IMMEDIATE")
    {
        Execute(begin);
        try
        {
            work();
            Execute("COMMIT");
        }
        catch
        {
            try { if (raw.sqlite3_get_autocommit(Connection.Handle) == 0) Execute("ROLLBACK"); }      // a full disk has rolled back by itself
            catch (SqliteException) { }         // the first error is the one to tell; the transaction ends with the connection
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

    public IReadOnlyList<T> Query<T>(string sql, Func<SqliteDataReader, T> row, params ReadOnlySpan<object?> values)
    {
        using var command = Command(sql, values);
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read()) rows.Add(row(reader));
        return rows;
    }

    /// <summary>A statement with <c>?</c> for its values; without values a <c>?</c> is left as it is.</summary>
    public SqliteCommand Command(string sql, params ReadOnlySpan<object?> values)
    {
        var command = Connection.CreateCommand();
        command.CommandText = values.Length == 0 ? sql : string.Concat(sql.Split('?').Select((part, i) => i == 0 ? part : $"$p{i}{part}"));
        for (var i = 0; i < values.Length; i++) command.Parameters.AddWithValue($"$p{i + 1}", values[i] ?? DBNull.Value);
        return command;
    }

    /// <summary>Whether the text is one statement that gives rows and writes nothing.</summary>
    public bool IsOneSelect(string sql)
    {
        var code = raw.sqlite3_prepare_v2(Connection.Handle, sql, out var statement, out var tail);
        using (statement)
        {
            if (code != raw.SQLITE_OK) throw new SqliteException($"SQLite: {raw.sqlite3_errmsg(Connection.Handle).utf8_to_string()}", code);
            if (statement.IsInvalid || raw.sqlite3_column_count(statement) == 0 || raw.sqlite3_stmt_readonly(statement) == 0) return false;
        }
        code = raw.sqlite3_prepare_v2(Connection.Handle, tail, out var second);
        using (second) return code == raw.SQLITE_OK && second.IsInvalid;
    }

    public bool Has(string table) => Scalar("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", table) is not null;

    /// <summary>What SQLite says of a store that it can't work on, and what to do.</summary>
    public static UserException Told(string path, SqliteException e) => new($"{path}: {Said(e)}. " + e.SqliteErrorCode switch
    {
        5 => "Another program holds it: close that one and run again.",
        8 => "It may not be written: look at the permissions of the file and its folder, or choose another --output.",
        10 => "The disk does not answer as it should: look at it, and run again.",
        13 => "Make room on the disk, and run again.",
        14 => "Look at the permissions of its folder, or choose another --output.",
        _ => "It is damaged or no SQLite database: move it away, and run again; the drops build a new one.",        // 11, 26
    });

    /// <summary>SQLite's own words, without the number and the quotes around them.</summary>
    public static string Said(SqliteException e) => e.Message.Split('\'', 2) is [_, var words] ? words.TrimEnd('.', '\'') : e.Message;

    public void Dispose() => Connection.Dispose();
}

/// <summary>Inserts rows through one prepared statement. A <see cref="SqliteCommand"/> looks each parameter up by its name and
/// allocates for each row; a row here costs its values.</summary>
sealed class Inserter : IDisposable
{
    readonly sqlite3 db;
    readonly sqlite3_stmt statement;

    public Inserter(Store store, string table, int columns)
    {
        db = store.Connection.Handle!;
        Check(raw.sqlite3_prepare_v2(db, $"INSERT INTO {Sql.Name(table)} VALUES ({string.Join(',', Enumerable.Repeat('?', columns))})", out statement));
    }

    /// <summary>Binds the value of a column, 0 the first.</summary>
    public void Bind(int column, string? text) { if (text is null) Null(column); else Check(raw.sqlite3_bind_text(statement, column + 1, text)); }
    public void Bind(int column, long value) => Check(raw.sqlite3_bind_int64(statement, column + 1, value));
    public void Bind(int column, double value) => Check(raw.sqlite3_bind_double(statement, column + 1, value));
    public void Null(int column) => Check(raw.sqlite3_bind_null(statement, column + 1));

    public void Insert()
    {
        var code = raw.sqlite3_step(statement);
        raw.sqlite3_reset(statement);
        if (code != raw.SQLITE_DONE) Check(code);
    }

    void Check(int code)
    {
        if (code != raw.SQLITE_OK) throw new SqliteException($"SQLite: {raw.sqlite3_errmsg(db).utf8_to_string()}", code);
    }

    public void Dispose() => statement.Dispose();
}

/// <summary>How typed values are written as text.</summary>
static class IsoText
{
    const string InstantFormat = "yyyy-MM-ddTHH:mm:ssZ";
    static readonly int Epoch = DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;

    /// <summary>Days since 1970-01-01 as YYYY-MM-DD, and back; null where the text is no date.</summary>
    public static string Date(long days) => DateOnly.FromDayNumber((int)days + Epoch).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    public static long? Date(string text) => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? date.DayNumber - Epoch : null;

    /// <summary>Seconds since 1970 as YYYY-MM-DDThh:mm:ssZ, and back from any offset; null where the text is no instant in whole
    /// seconds with Z or an offset.</summary>
    public static string Timestamp(long seconds) => DateTime.UnixEpoch.AddSeconds(seconds).ToString(InstantFormat, CultureInfo.InvariantCulture);
    public static long? Timestamp(string text) =>
        text.Length >= 20 && DateTimeOffset.TryParseExact(text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var at) ? at.ToUnixTimeSeconds() : null;

    /// <summary>When something was, as people write it: UTC where no offset is named, whatever zone the machine is in; null where the text is
    /// no instant.</summary>
    public static DateTime? Instant(string? text) => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at.UtcDateTime : null;

    static readonly string[] Formats = ["yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-dd HH:mm:ssK"];
}
