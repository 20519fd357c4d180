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
            probe.CommandText = "SELECT count(*) FROM loads";
            probe.ExecuteScalar();
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw new UserException($"{database} is no warehouse of this program: {e.Message}", 2);
        }
        raw.sqlite3_set_authorizer(connection.Handle, Deny, null);
        return connection;
    }

    // kept in a field: SQLite holds a pointer to it
    static readonly strdelegate_authorizer Deny = (_, action, _, _, _, _) => action is raw.SQLITE_ATTACH or raw.SQLITE_DETACH ? raw.SQLITE_DENY : raw.SQLITE_OK;

    /// <summary>Prints the rows of a SELECT.</summary>
    /// <returns>The exit code.</returns>
    public static int Query(SqliteConnection connection, string sql)
    {
        try
        {
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            using var reader = command.ExecuteReader();
            var rows = new List<IReadOnlyList<string>>();
            while (rows.Count < MostRows && reader.Read()) rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? "" : Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture)!)]);
            Terminal.Table([.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)], rows);
            if (rows.Count == MostRows && reader.Read()) Console.WriteLine($"The first {MostRows} rows. Say LIMIT and OFFSET for others.");
            return 0;
        }
        catch (SqliteException e) { throw new UserException(e.Message.Replace("SQLite Error ", "The query was not answered: ", StringComparison.Ordinal), 2); }
    }
}
