using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DimensionalModel;

/// <summary>Opens the warehouse for reading alone, and answers a SELECT.</summary>
static class Warehouse
{
    const int MostRows = 200;

    /// <summary>Opens it so that nothing can be written: a read-only connection could still write to other files, through ATTACH and
    /// VACUUM INTO, so both are denied.</summary>
    /// <exception cref="UserException">There is none; exit code 2.</exception>
    public static SqliteConnection Open(string database)
    {
        if (!File.Exists(database)) throw new UserException($"There is no warehouse in {Path.GetDirectoryName(database)}. Make one: dotnet run", 2);
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = database, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        try
        {
            connection.Open();
            using var probe = connection.CreateCommand();
            probe.CommandText = "PRAGMA application_id";
            if ((long)probe.ExecuteScalar()! != Store.ApplicationId) throw new UserException($"{database} is not a warehouse of this program.", 2);
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw new UserException($"{database} can't be read: {Said(e)}", 2);
        }
        raw.sqlite3_set_authorizer(connection.Handle, Deny, null);
        return connection;
    }

    /// <summary>What SQLite says, without its numbers.</summary>
    public static string Said(SqliteException e) => e.Message.Split('\'', 2) is [_, var text] ? text.TrimEnd('.', '\'') + "." : e.Message;

    // kept in a field: SQLite holds a pointer to it
    static readonly strdelegate_authorizer Deny = (_, action, _, _, _, _) => action is raw.SQLITE_ATTACH or raw.SQLITE_DETACH ? raw.SQLITE_DENY : raw.SQLITE_OK;

    /// <summary>Prints the rows of a SELECT.</summary>
    /// <returns>The exit code.</returns>
    public static int Query(SqliteConnection connection, string sql, CancellationToken stop)
    {
        using var interrupt = stop.Register(() => raw.sqlite3_interrupt(connection.Handle));
        try
        {
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            using var reader = command.ExecuteReader();
            if (reader.FieldCount == 0) throw new UserException("There is no SELECT in this SQL.", 2);
            var rows = new List<IReadOnlyList<string>>();
            while (rows.Count < MostRows && reader.Read()) rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? "" : reader.GetValue(i) is byte[] bytes ? $"x'{Convert.ToHexString(bytes)}'" : Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture)!)]);
            Terminal.Table([.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)], rows);
            if (rows.Count == MostRows && reader.Read()) Console.WriteLine($"The first {MostRows} rows. Say LIMIT and OFFSET for others.");
            return 0;
        }
        catch (SqliteException) when (stop.IsCancellationRequested) { throw new OperationCanceledException(stop); }
        catch (SqliteException e) { throw new UserException($"The query was not answered: {Said(e)}", 2); }
    }
}
