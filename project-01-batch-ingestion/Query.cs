using System.Globalization;
using System.Text.Json;
using CsvHelper;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace BatchIngestion;

/// <summary>Answers SQL on a store that it can't change: the file is opened read-only, and an authorizer refuses every action
/// but reading, because a read-only connection could still write elsewhere by ATTACH and VACUUM INTO.</summary>
static class Query
{
    static readonly HashSet<string> ReadingPragmas = new(StringComparer.OrdinalIgnoreCase) { "table_info", "table_xinfo", "table_list", "index_list", "index_info", "foreign_key_list", "integrity_check" };

    /// <summary>Opens a store for reading only.</summary>
    /// <exception cref="UserException">There is none.</exception>
    public static SqliteConnection Open(string warehouse)
    {
        if (!File.Exists(warehouse)) throw new UserException($"There is no store at {warehouse}. Make it first: dotnet run");
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = warehouse, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        try
        {
            connection.Open();
            using var owner = connection.CreateCommand();
            owner.CommandText = "PRAGMA application_id";
            if ((long)owner.ExecuteScalar()! != Store.ApplicationId) throw new UserException($"{warehouse} is not a store of this program.", 2);
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw new UserException($"{warehouse} can't be read: {e.Message}");
        }
        raw.sqlite3_set_authorizer(connection.Handle, Authorize, null);
        return connection;
    }

    // the callback is kept in a field: SQLite holds a pointer to it
    static readonly strdelegate_authorizer Authorize = (_, action, first, second, _, _) => action switch
    {
        raw.SQLITE_SELECT or raw.SQLITE_READ or raw.SQLITE_RECURSIVE => raw.SQLITE_OK,
        raw.SQLITE_FUNCTION => string.Equals(second, "load_extension", StringComparison.OrdinalIgnoreCase) ? raw.SQLITE_DENY : raw.SQLITE_OK,
        raw.SQLITE_PRAGMA => ReadingPragmas.Contains(first) ? raw.SQLITE_OK : raw.SQLITE_DENY,
        _ => raw.SQLITE_DENY,
    };

    /// <summary>Runs one statement and writes its rows to stdout as a table, as CSV or as JSON.</summary>
    public static void Run(string warehouse, string sql, string format, int limit, CancellationToken stop)
    {
        if (limit < 1) throw new UserException($"--limit is a number from 1, found {limit}.", 2);
        using var connection = Open(warehouse);
        using var interrupt = stop.Register(() => raw.sqlite3_interrupt(connection.Handle));
        try
        {
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            using var reader = command.ExecuteReader();
            if (reader.FieldCount == 0) throw new UserException("There is no SELECT in this SQL.", 2);
            var names = Enumerable.Range(0, reader.FieldCount).Select(reader.GetName).ToList();
            switch (format)
            {
                case "csv": Csv(reader, names); break;
                case "json": AsJson(reader, names); break;
                default: AsTable(reader, names, limit); break;
            }
            if (reader.NextResult()) throw new UserException("One statement at a time: there is a second one after the first ';'.", 2);
        }
        catch (SqliteException) when (stop.IsCancellationRequested) { throw new OperationCanceledException(stop); }
        catch (SqliteException e) when (e.SqliteErrorCode is raw.SQLITE_AUTH or raw.SQLITE_READONLY) { throw new UserException("Only reading is allowed here: SELECT, WITH, VALUES.", 2); }
        catch (InvalidOperationException e) when (e is not ObjectDisposedException) { throw new UserException($"The SQL is wrong: {e.Message}", 2); }
        catch (SqliteException e) when (e.SqliteErrorCode == raw.SQLITE_ERROR) { throw new UserException($"The SQL is wrong: {e.Message.Split("'", 2).Last().TrimEnd('.', '\'')}.", 2); }
        catch (SqliteException e) { throw new UserException($"{warehouse}: {e.Message}"); }
    }

    static void AsTable(SqliteDataReader reader, List<string> names, int limit)
    {
        var rows = new List<IReadOnlyList<string>>();
        while (rows.Count <= limit && reader.Read()) rows.Add([.. Enumerable.Range(0, names.Count).Select(i => Text(reader.GetValue(i)))]);
        Terminal.Table(names, rows.Take(limit));
        if (rows.Count > limit) Console.WriteLine($"… and more. --limit shows more than {limit:N0} rows, --format csv all of them.");
    }

    static void Csv(SqliteDataReader reader, List<string> names)
    {
        // a text that a spreadsheet would run as a formula is escaped; a number is left as it is
        using var csv = CsvWriter.Create(Console.Out, new CsvWriterOptions { Injection = CsvInjection.Escape }, leaveOpen: true);
        csv.WriteRecord([.. names]);
        while (reader.Read())
        {
            for (var i = 0; i < names.Count; i++)
                switch (reader.GetValue(i))
                {
                    case long whole: csv.WriteField(whole); break;
                    case double real: csv.WriteField(real); break;
                    case var other: csv.WriteField(Text(other)); break;
                }
            csv.EndRecord();
        }
    }

    static void AsJson(SqliteDataReader reader, List<string> names)
    {
        using var stream = Console.OpenStandardOutput();
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = false, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartArray();
        while (reader.Read())
        {
            json.WriteStartObject();
            for (var i = 0; i < names.Count; i++)
            {
                json.WritePropertyName(names[i]);
                JsonSerializer.Serialize(json, reader.GetValue(i) is var value && value is DBNull or double and (double.NaN or double.PositiveInfinity or double.NegativeInfinity) ? null : value);
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.Flush();
        stream.WriteByte((byte)'\n');
    }

    static string Text(object value) => value is DBNull ? "" : value is byte[] bytes ? Convert.ToHexString(bytes) : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
}
