using Microsoft.Data.Sqlite;

namespace KafkaIngest;

/// <summary>A connection to <c>events.db</c>, for one topic. WAL and <c>synchronous=FULL</c>: what is committed survives a power cut. One thread
/// at a time; each member has its own.</summary>
sealed class EventStore : IDisposable
{
    public SqliteConnection Connection { get; }
    public string Topic { get; }
    /// <summary>The row of <c>topics</c> for this topic in this incarnation.</summary>
    public long TopicId { get; }

    EventStore(SqliteConnection connection, string topic, long topicId) => (Connection, Topic, TopicId) = (connection, topic, topicId);

    /// <summary>The store's file in an output folder.</summary>
    public static string PathIn(string output) => Path.Combine(output, "events.db");

    /// <summary>Opens the store, and makes it where it is not there.</summary>
    /// <param name="output">The output folder.</param>
    /// <param name="topic">The topic's name.</param>
    /// <param name="incarnation">What tells this topic from another of its name: see <see cref="KafkaIngest.Topic.Incarnation"/>.</param>
    /// <param name="partitions">How many partitions the topic has.</param>
    /// <exception cref="UserException">The file is no store; or it has events of this topic spread over another number of partitions.</exception>
    public static EventStore Open(string output, string topic, string incarnation, int partitions)
    {
        Directory.CreateDirectory(output);
        if (!File.Exists(PathIn(output)) && Manifest.Found(output).Any()) throw new UserException($"{Manifest.Folder(output)} has files, and {PathIn(output)}, which knows them, is not there. Bring it back, or choose another --output.", 2);
        var connection = Connect(output, SqliteOpenMode.ReadWriteCreate);
        try
        {
            Execute(connection, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
            Execute(connection, $"BEGIN IMMEDIATE; {SqlFile.Read("events.sql")}; COMMIT");       // who reads meanwhile finds all tables or none
            Execute(connection, "INSERT INTO topics (topic, incarnation, partitions) VALUES ($topic, $incarnation, $partitions) ON CONFLICT DO NOTHING", ("$topic", topic), ("$incarnation", incarnation), ("$partitions", partitions));
            if (Scalar(connection, "SELECT max(partitions) FROM topics WHERE topic = $topic AND partitions <> $partitions", ("$topic", topic), ("$partitions", partitions)) is long other)
            {
                Execute(connection, "DELETE FROM topics WHERE incarnation = $incarnation AND topic_id NOT IN (SELECT topic_id FROM offsets)", ("$incarnation", incarnation));
                throw new UserException($"{PathIn(output)} has events of {topic} from {other} partitions, and the topic has {partitions}. A key would stand in another partition. Choose another --output.", 2);
            }
            return new(connection, topic, (long)Scalar(connection, "SELECT topic_id FROM topics WHERE incarnation = $incarnation", ("$incarnation", incarnation))!);
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw new UserException($"{PathIn(output)}: {e.Message}");
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Opens the store for reading, whatever topics it has.</summary>
    /// <exception cref="UserException">It is not there, or the file is no store.</exception>
    public static SqliteConnection Read(string output) => TryRead(output) ?? throw new UserException($"{PathIn(output)} is not there. Consume first: dotnet run", 2);

    /// <summary>Opens the store for reading; null while there is none, or none of its tables yet.</summary>
    /// <exception cref="UserException">The file is no store.</exception>
    public static SqliteConnection? TryRead(string output)
    {
        if (!File.Exists(PathIn(output))) return null;
        var connection = Connect(output, SqliteOpenMode.ReadWrite);       // a WAL can only be read by who may write its index
        try
        {
            if (Scalar(connection, "SELECT 1 FROM sqlite_schema") is not null)
            {
                Scalar(connection, "SELECT 1 FROM topics");
                return connection;
            }
            connection.Dispose();
            return null;
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw new UserException($"{PathIn(output)}: {e.Message}");
        }
    }

    static SqliteConnection Connect(string output, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = PathIn(output), Mode = mode, Pooling = false, DefaultTimeout = 30 }.ConnectionString);
        try { connection.Open(); }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw new UserException($"{PathIn(output)}: {e.Message}");
        }
        return connection;
    }

    public void Execute(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters) => Execute(Connection, sql, parameters);

    public object? Scalar(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters) => Scalar(Connection, sql, parameters);

    public static int Execute(SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = Command(connection, sql, parameters);
        return command.ExecuteNonQuery();
    }

    /// <returns>Null for no row and for NULL.</returns>
    public static object? Scalar(SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = Command(connection, sql, parameters);
        return command.ExecuteScalar() is { } value and not DBNull ? value : null;
    }

    /// <summary>Each row, read by <paramref name="row"/>.</summary>
    public static List<T> Query<T>(SqliteConnection connection, string sql, Func<SqliteDataReader, T> row, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = Command(connection, sql, parameters);
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read()) rows.Add(row(reader));
        return rows;
    }

    static SqliteCommand Command(SqliteConnection connection, string sql, ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters) command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }

    /// <summary>Begins a transaction that writes: nobody else writes until it ends.</summary>
    public void Begin() => Execute("BEGIN IMMEDIATE");

    public void Commit() => Execute("COMMIT");

    /// <summary>Ends the transaction, if there is one, as if it had not been.</summary>
    public void Rollback()
    {
        if (SQLitePCL.raw.sqlite3_get_autocommit(Connection.Handle) == 0) Execute("ROLLBACK");
    }

    public void Dispose() => Connection.Dispose();
}

/// <summary>The SQL that the program carries.</summary>
static class SqlFile
{
    /// <summary>The text of <c>Sql/NAME</c>.</summary>
    public static string Read(string name)
    {
        using var reader = new StreamReader(typeof(SqlFile).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
