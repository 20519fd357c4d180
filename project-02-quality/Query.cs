using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DataQuality;

/// <summary>Answers one SELECT, really read-only.</summary>
static class Query
{
    const int MostRows = 200;

    /// <exception cref="OperationCanceledException">The query was stopped.</exception>
    public static int Run(string database, string sql, CancellationToken stop)
    {
        if (!File.Exists(database)) throw new UserException($"There is no store at {database}. Make one: dotnet run", 2);
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = database, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        connection.Open();
        Store.Functions(connection);
        // a read-only connection can still write to other files, through ATTACH and VACUUM INTO
        delegate_authorizer deny = (_, action, _, _, _, _) => action is raw.SQLITE_ATTACH or raw.SQLITE_DETACH ? raw.SQLITE_DENY : raw.SQLITE_OK;
        raw.sqlite3_set_authorizer(connection.Handle, deny, null);
        using var interrupt = stop.Register(() => raw.sqlite3_interrupt(connection.Handle));
        try
        {
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            using var reader = command.ExecuteReader();
            if (reader.FieldCount == 0) throw new UserException("There is no SELECT. Example: dotnet run -- query \"SELECT * FROM quality_runs\"", 2);
            var rows = new List<IReadOnlyList<string>>();
            while (reader.Read() && rows.Count < MostRows) rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? "" : reader.GetValue(i) is byte[] bytes ? $"x'{Convert.ToHexStringLower(bytes)}'" : Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture)!)]);
            Terminal.Table([.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)], rows);
            if (rows.Count == MostRows && reader.Read()) Console.WriteLine($"The first {MostRows} rows. Say LIMIT and OFFSET for others.");
            GC.KeepAlive(deny);
            return 0;
        }
        catch (SqliteException) when (stop.IsCancellationRequested) { throw new OperationCanceledException(stop); }
        catch (SqliteException e) { throw new UserException($"The query was not answered: {Store.Said(e)}.{(e.SqliteErrorCode == 8 ? " A query can't change the store." : e.Message.Contains("no such table", StringComparison.Ordinal) ? " The tables: dotnet run -- query \"SELECT name FROM sqlite_schema\"" : "")}", 2); }
    }
}
