using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace BatchIngestion;

/// <summary>A content that is loaded: see <c>source_contents</c> in Sql/schema.sql.</summary>
sealed record Content(string Table, string Sha256, string SourceFile, string MadeBy, long RunId, long Read, long Loaded, long Rejected, long Duplicate, string? LakeSha256);

/// <summary>The SQLite store. WAL and synchronous=FULL: what was committed survives a kill and a power cut.</summary>
sealed class Store : IDisposable
{
    public static readonly IReadOnlySet<string> OwnTables = new HashSet<string> { "ingestion_runs", "ingestion_files", "ingestion_warnings", "source_names", "source_contents", "rejected_rows", "duplicate_rows" };

    /// <summary>Written into the file's head, "BING": how a store is known.</summary>
    public const long ApplicationId = 0x42494E47;

    readonly SqliteConnection connection;
    SqliteTransaction? transaction;

    public SqliteConnection Connection => connection;

    /// <summary>No connection is used by two threads at once here, so SQLite need not lock one for each call: a million rows are
    /// thirty million calls. It must be said before the first connection is opened.</summary>
    static Store()
    {
        SQLitePCL.Batteries_V2.Init();
        SQLitePCL.raw.sqlite3_config(SQLitePCL.raw.SQLITE_CONFIG_MULTITHREAD);
    }

    public Store(string path)
    {
        connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        connection.Open();
        // only a store of this program is worked on: a table of somebody else's would be dropped
        var owner = (long)Scalar("PRAGMA application_id")!;
        if (owner != ApplicationId && (owner != 0 || (long)Scalar("SELECT count(*) FROM sqlite_schema")! > 0)) throw new UserException($"{path} is not a store of this program. Choose another --output.", 2);
        Execute("PRAGMA page_size=16384");          // rows come in the order of the key: larger pages, fewer of them
        Execute("PRAGMA journal_mode=WAL");
        Execute("PRAGMA synchronous=FULL");
        Execute("PRAGMA cache_size=-32768");        // 32 MiB: a larger transaction spills to disk
        Execute($"PRAGMA application_id={ApplicationId}");
        Execute(Resource("schema.sql"));
    }

    /// <summary>An embedded SQL file.</summary>
    public static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(Store).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    public void Begin() => transaction = connection.BeginTransaction(deferred: false);

    public void Commit()
    {
        transaction!.Commit();
        transaction.Dispose();
        transaction = null;
    }

    public void Rollback()
    {
        transaction?.Dispose();
        transaction = null;
    }

    /// <summary>Makes the contract's table. When it exists in another shape, it is emptied and made anew: its files count as not
    /// loaded and are read again from the raw copies.</summary>
    /// <returns>True when a table of another shape was dropped.</returns>
    public bool EnsureTable(Contract contract)
    {
        var other = HasOtherShape(contract);
        if (!other && SqlOf(contract) is not null) return false;
        Begin();
        if (other)
        {
            Execute($"DROP TABLE {SqlText.Quote(contract.Table)}");
            foreach (var content in Contents(contract.Table)) Forget(content);
        }
        Execute(TableSql(contract));
        Commit();
        return other;
    }

    /// <summary>Whether the contract's table is there with other columns, types or key.</summary>
    public bool HasOtherShape(Contract contract) => SqlOf(contract) is { } found && found != TableSql(contract);

    string? SqlOf(Contract contract) => Scalar("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?", contract.Table) as string;

    /// <summary>The table by contract: typed columns, lineage, the key. WITHOUT ROWID: the rows stand in the order of the key,
    /// so the key needs no second tree.</summary>
    public static string TableSql(Contract contract)
    {
        var columns = contract.TableColumns.Select(c => $"{SqlText.Quote(c.Name)} {SqlText.Type(c.Type)}{(c.Required ? " NOT NULL" : "")}");
        return $"CREATE TABLE {SqlText.Quote(contract.Table)} ({string.Join(", ", columns)}, _source_file TEXT NOT NULL, _source_row INTEGER NOT NULL, _run_id INTEGER NOT NULL, "
            + $"PRIMARY KEY ({string.Join(", ", contract.Key.Select(SqlText.Quote))})) STRICT, WITHOUT ROWID";
    }

    /// <summary>The content that a name has now; null for a name that never came.</summary>
    public string? ShaOf(string table, string name) => Scalar("SELECT sha256 FROM source_names WHERE table_name = ? AND name = ?", table, name) as string;

    public IReadOnlyList<string> NamesOf(string table, string sha256) => Query("SELECT name FROM source_names WHERE table_name = ? AND sha256 = ?", r => r.GetString(0), table, sha256);

    public IReadOnlyList<(string Name, string Sha256)> Names(string table) => Query("SELECT name, sha256 FROM source_names WHERE table_name = ? ORDER BY name", r => (r.GetString(0), r.GetString(1)), table);

    public IReadOnlyList<Content> Contents(string table) => Query("SELECT * FROM source_contents WHERE table_name = ? ORDER BY source_file", ContentOf, table);

    public Content? Find(string table, string sha256) => Query("SELECT * FROM source_contents WHERE table_name = ? AND sha256 = ?", ContentOf, table, sha256).FirstOrDefault();

    static Content ContentOf(SqliteDataReader r) =>
        new(r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetInt64(4), r.GetInt64(5), r.GetInt64(6), r.GetInt64(7), r.GetInt64(8), r.IsDBNull(9) ? null : r.GetString(9));

    /// <summary>Writes down a content that was loaded. The table's CHECK holds read = loaded + rejected + duplicates.</summary>
    public void Add(Content c) => Execute("INSERT INTO source_contents VALUES (?,?,?,?,?,?,?,?,?,?)", c.Table, c.Sha256, c.SourceFile, c.MadeBy, c.RunId, c.Read, c.Loaded, c.Rejected, c.Duplicate, c.LakeSha256);

    public void SetName(string table, string name, string sha256) => Execute("INSERT INTO source_names (name, table_name, sha256) VALUES (?,?,?) ON CONFLICT DO UPDATE SET table_name = excluded.table_name, sha256 = excluded.sha256", name, table, sha256);

    /// <summary>Takes a content's rows out of the store.</summary>
    public void Unload(Content content)
    {
        // step 6: load each file in one transaction
        Execute($"DELETE FROM {SqlText.Quote(content.Table)} WHERE _source_file = ?", content.SourceFile);
        Forget(content);
        // end of step 6
    }

    void Forget(Content content)
    {
        Execute("DELETE FROM duplicate_rows WHERE table_name = ? AND file = ?", content.Table, content.SourceFile);
        Execute("DELETE FROM rejected_rows WHERE file = ?", content.SourceFile);
        Execute("DELETE FROM ingestion_warnings WHERE file = ?", content.SourceFile);
        Execute("DELETE FROM source_contents WHERE table_name = ? AND sha256 = ?", content.Table, content.Sha256);
    }

    /// <summary>Gives a content another of its names. Moves its rows, its waiting rows, the rejects of its run and its warnings to
    /// that name, after taking away the rejects that stand there (of a file that failed, which leaves no warnings), and empties
    /// <c>lake_sha256</c>, for the Parquet file names its source.</summary>
    public void Relabel(Content content, string name)
    {
        // step 7: make the store depend on which files are there, not on when each came
        Execute($"UPDATE {SqlText.Quote(content.Table)} SET _source_file = ? WHERE _source_file = ?", name, content.SourceFile);
        Execute("UPDATE duplicate_rows SET file = ? WHERE table_name = ? AND file = ?", name, content.Table, content.SourceFile);
        Execute("DELETE FROM rejected_rows WHERE file = ?", name);
        Execute("UPDATE rejected_rows SET file = ? WHERE file = ? AND run_id = ?", name, content.SourceFile, content.RunId);
        Execute("UPDATE ingestion_warnings SET file = ? WHERE file = ?", name, content.SourceFile);
        Execute("UPDATE source_contents SET source_file = ?, lake_sha256 = NULL WHERE table_name = ? AND sha256 = ?", name, content.Table, content.Sha256);
        // end of step 7
    }

    public void Reject(long runId, string file, Rejected r) => Execute("INSERT OR REPLACE INTO rejected_rows VALUES (?,?,?,?,?,?,?,?,?)", runId, file, r.Row, r.ByteOffset, r.Why.Column, r.Why.Rule, r.Why.Expected, r.Why.Found, r.Raw);

    /// <summary>Forgets what was rejected under a name, but for the rejects of the content that is loaded under it.</summary>
    /// <param name="name">The name that arrived, or the smallest name of its content.</param>
    public void ForgetRejects(string name) => Execute("DELETE FROM rejected_rows WHERE file = ? AND run_id NOT IN (SELECT run_id FROM source_contents WHERE source_file = rejected_rows.file)", name);

    /// <summary>Puts a row aside whose key is taken.</summary>
    public void AddDuplicate(Contract contract, string file, long row, object?[] values, long runId)
    {
        var key = contract.Key.Select(k => values[contract.TableColumns.ToList().FindIndex(c => c.Name == k)]);
        Execute("INSERT INTO duplicate_rows VALUES (?,?,?,?,?,?)", contract.Table, JsonSerializer.Serialize(key), file, row, JsonSerializer.Serialize(values), runId);
    }

    /// <summary>The rows of one file in the order of the file, batch by batch. Each batch is valid until the next.</summary>
    public IEnumerable<Batch> Rows(Contract contract, string sourceFile)
    {
        var columns = contract.TableColumns;
        using var command = Command($"SELECT {string.Join(", ", columns.Select(c => SqlText.Quote(c.Name)))}, _source_row FROM {SqlText.Quote(contract.Table)} WHERE _source_file = ? ORDER BY _source_row", sourceFile);
        using var reader = command.ExecuteReader();
        var batch = new Batch(contract);
        while (reader.Read())
        {
            var at = batch.Count++;
            for (var i = 0; i < columns.Count; i++)
            {
                if (batch.Columns[i].IsNull[at] = reader.IsDBNull(i)) continue;
                switch (batch.Columns[i])
                {
                    case TextData text:
                        text.Values[at] = Text.Of(reader.GetString(i));
                        batch.Bytes += text.Values[at].Utf8.Length;
                        break;
                    case RealData real: real.Values[at] = reader.GetDouble(i); break;
                    case LongData data:
                        data.Values[at] = columns[i].Type switch { ColumnType.Date => SqlText.ParseDate(reader.GetString(i)), ColumnType.TimestampUtc => SqlText.ParseTimestamp(reader.GetString(i)), _ => reader.GetInt64(i) };
                        break;
                }
            }
            batch.SourceRow[at] = reader.GetInt64(columns.Count);
            if (batch.Count < Batch.Capacity && batch.Bytes < Batch.MostBytes) continue;
            yield return batch;
            batch.Clear();
        }
        if (batch.Count > 0) yield return batch;
    }

    public int Execute(string sql, params ReadOnlySpan<object?> values)
    {
        using var command = Command(sql, values);
        return command.ExecuteNonQuery();
    }

    public object? Scalar(string sql, params ReadOnlySpan<object?> values)
    {
        using var command = Command(sql, values);
        return command.ExecuteScalar();
    }

    public IReadOnlyList<T> Query<T>(string sql, Func<SqliteDataReader, T> row, params ReadOnlySpan<object?> values)
    {
        using var command = Command(sql, values);
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read()) rows.Add(row(reader));
        return rows;
    }

    /// <summary>A command whose <c>?</c> are the values in order.</summary>
    SqliteCommand Command(string sql, params ReadOnlySpan<object?> values)
    {
        var command = connection.CreateCommand();
        command.Transaction = transaction;
        var parts = sql.Split('?');
        if (values.Length > 0) sql = string.Concat(parts.Select((part, i) => i == 0 ? part : $"$p{i}{part}"));
        command.CommandText = sql;
        for (var i = 0; i < values.Length; i++) command.Parameters.AddWithValue($"$p{i + 1}", values[i] ?? DBNull.Value);
        return command;
    }

    public void Dispose()
    {
        Rollback();
        connection.Dispose();
    }
}
