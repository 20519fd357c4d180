using System.Runtime.InteropServices;
using System.Text;

namespace Orchestrator;

/// <summary>The state database: SQLite with a write-ahead log and <c>synchronous=FULL</c>, so that what a transaction has written is there
/// after a crash of the process and after a power failure. One connection; not for two threads at once.</summary>
sealed unsafe class StateStore : IDisposable
{
    const long Mark = 0x4F524301;       // the application id, in the file's header: "ORC" and the version of the schema
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <param name="Places">SQLite numbers parameters as they come in the text: where $1, $2 … are.</param>
    sealed record Prepared(nint Statement, int[] Places);

    readonly Dictionary<string, Prepared> prepared = [];
    readonly string path;
    nint db;
    byte[] text = new byte[1024];

    /// <param name="path">The file, which is made when it is missing; <c>:memory:</c> for a store that is gone when it is closed.</param>
    /// <exception cref="UserException">The file is a database of something else, of another version, or none.</exception>
    public StateStore(string path)
    {
        this.path = path;
        var known = path != ":memory:" && File.Exists(path);
        if (path != ":memory:") Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        int code;
        fixed (byte* name = Utf8(path)) code = Sqlite.Open(name, out db, Sqlite.ReadWrite | Sqlite.Create | Sqlite.NoMutex, null);
        try
        {
            Check(code);
            Check(Sqlite.BusyTimeout(db, (int)Patience.TotalMilliseconds));
            Run("PRAGMA synchronous = FULL");
            if (known && Scalar("PRAGMA application_id") is Mark) return;
            Prepare();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    void Prepare()
    {
        // SQLite does not wait when two processes switch a new file to its log at once: one of them is told that it is busy
        for (var until = DateTime.UtcNow + Patience; ; Thread.Sleep(5))
            try { Run("PRAGMA journal_mode = WAL"); break; }
            catch (Microsoft.Data.Sqlite.SqliteException e) when (e.SqliteErrorCode == Sqlite.Busy && DateTime.UtcNow < until) { }
        InTransaction(() =>
        {
            var found = (long)Scalar("PRAGMA application_id")!;
            if (found != Mark && found >> 8 == Mark >> 8) throw new UserException($"{path} was written by another version of this program. Choose another --output.", 2);
            if (found != Mark && (found != 0 || Scalar("SELECT count(*) FROM sqlite_schema") is > 0L)) throw new UserException($"{path} is a database, but not a scheduler's. Choose another --output.", 2);
            using var reader = new StreamReader(typeof(StateStore).Assembly.GetManifestResourceStream("state.sql")!);
            Run(reader.ReadToEnd());
            Run($"PRAGMA application_id = {Mark}");
        });
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
            if (Sqlite.AutoCommit(db) == 0) Execute("ROLLBACK");
            throw;
        }
    }

    /// <summary>Runs one statement; its parameters are <c>$1</c>, <c>$2</c> …</summary>
    /// <returns>The rows changed.</returns>
    public int Execute(string sql, params ReadOnlySpan<object?> values)
    {
        var statement = Bind(sql, values);
        try
        {
            while (Step(statement)) { }
            return Sqlite.Changes(db);
        }
        finally { _ = Sqlite.Reset(statement); }
    }

    /// <returns>The first column of the first row: a long, double or string; null when it is NULL or there is no row.</returns>
    public object? Scalar(string sql, params ReadOnlySpan<object?> values)
    {
        var statement = Bind(sql, values);
        try
        {
            if (!Step(statement)) return null;
            object? value = Sqlite.ColumnType(statement, 0) switch { Sqlite.Null => null, Sqlite.Integer => Sqlite.ColumnInt64(statement, 0), Sqlite.Float => Sqlite.ColumnDouble(statement, 0), _ => new StoreRow(statement).Text(0) };
            while (Step(statement)) { }     // a statement that changes something is done when it has no more rows
            return value;
        }
        finally { _ = Sqlite.Reset(statement); }
    }

    /// <param name="map">Reads a row. It must not ask the store for the same statement.</param>
    public List<T> Query<T>(string sql, Func<StoreRow, T> map, params ReadOnlySpan<object?> values)
    {
        var statement = Bind(sql, values);
        try
        {
            var rows = new List<T>();
            while (Step(statement)) rows.Add(map(new(statement)));
            return rows;
        }
        finally { _ = Sqlite.Reset(statement); }
    }

    /// <summary>Reads rows until there are no more, or <paramref name="more"/> says that it has enough. It must not change anything in the store.</summary>
    public void Read(string sql, Func<StoreRow, bool> more, params ReadOnlySpan<object?> values)
    {
        var statement = Bind(sql, values);
        try
        {
            while (Step(statement) && more(new(statement))) { }
        }
        finally { _ = Sqlite.Reset(statement); }
    }

    /// <summary>Runs a script of many statements.</summary>
    public void Run(string script)
    {
        fixed (byte* bytes = Utf8(script)) Check(Sqlite.Exec(db, bytes, 0, 0, 0));
    }

    nint Bind(string sql, ReadOnlySpan<object?> values)
    {
        if (!prepared.TryGetValue(sql, out var entry))
        {
            nint made;
            fixed (byte* bytes = Utf8(sql)) Check(Sqlite.Prepare(db, bytes, -1, out made, 0));
            prepared[sql] = entry = new(made, new int[values.Length]);
            for (var i = 0; i < values.Length; i++)
                fixed (byte* name = Utf8($"${i + 1}"))
                    entry.Places[i] = Sqlite.ParameterIndex(made, name) is > 0 and var place ? place : throw new ArgumentException($"There is no ${i + 1} in: {sql}");
        }
        var (statement, places) = (entry.Statement, entry.Places);
        for (var i = 0; i < values.Length; i++)
            Check(values[i] switch
            {
                null => Sqlite.BindNull(statement, places[i]),
                string value => Bind(statement, places[i], value),
                DateTime moment => Bind(statement, places[i], moment),
                int number => Sqlite.BindInt64(statement, places[i], number),
                long number => Sqlite.BindInt64(statement, places[i], number),
                bool flag => Sqlite.BindInt64(statement, places[i], flag ? 1 : 0),
                double number => Sqlite.BindDouble(statement, places[i], number),
                var other => throw new ArgumentException($"{other.GetType().Name} has no place in the store."),
            });
        return statement;
    }

    int Bind(nint statement, int index, string value)
    {
        if (text.Length < value.Length * 3) text = new byte[value.Length * 3];
        var length = Encoding.UTF8.GetBytes(value, text);
        fixed (byte* bytes = text) return Sqlite.BindText(statement, index, bytes, length, Sqlite.Transient);
    }

    static int Bind(nint statement, int index, DateTime moment)
    {
        var bytes = stackalloc byte[MomentText.Length];
        MomentText.Write(moment, new(bytes, MomentText.Length));
        return Sqlite.BindText(statement, index, bytes, MomentText.Length, Sqlite.Transient);
    }

    bool Step(nint statement)
    {
        var code = Sqlite.Step(statement);
        if (code == Sqlite.Row) return true;
        if (code != Sqlite.Done) Check(code);
        return false;
    }

    void Check(int code)
    {
        if (code == Sqlite.Ok) return;
        var message = Marshal.PtrToStringUTF8((nint)Sqlite.ErrorMessage(db));
        // what the machine or the user is to blame for: read-only, input or output, damaged, full, can't open, no database
        if ((code & 0xff) is 8 or 10 or 11 or 13 or 14 or 26) throw new UserException($"{path}: {message}.");
        throw new Microsoft.Data.Sqlite.SqliteException($"SQLite error {code}: {message}.", code);
    }

    static byte[] Utf8(string value) => Encoding.UTF8.GetBytes(value + "\0");

    /// <summary>A UTC moment as the store keeps it, to the millisecond.</summary>
    public static string Text(DateTime moment)
    {
        Span<byte> bytes = stackalloc byte[MomentText.Length];
        MomentText.Write(moment, bytes);
        return Encoding.ASCII.GetString(bytes);
    }

    public static DateTime Moment(string text) => MomentText.Read(Encoding.ASCII.GetBytes(text));

    public void Dispose()
    {
        foreach (var one in prepared.Values) _ = Sqlite.Finalize(one.Statement);
        prepared.Clear();
        if (db != 0) _ = Sqlite.Close(db);
        db = 0;
    }
}
