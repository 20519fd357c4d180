using System.Globalization;

namespace DataQuality;

/// <summary>The layers that a run builds aside (<c>next_…</c>), and the swap that publishes them.</summary>
sealed class Layers(Store store, IReadOnlyList<TableRules> tables)
{
    static readonly string[] Kinds = ["checked", "clean", "curated"];

    /// <summary>Takes away what an earlier run has left aside: one that was killed, or held back.</summary>
    public static void Sweep(Store store)
    {
        foreach (var name in store.Query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'next\\_%' ESCAPE '\\'", r => r.GetString(0)))
            store.Execute($"DROP TABLE {Sql.Name(name)}");
    }

    /// <summary>Makes room for the rows of all tables that are not clean.</summary>
    public void Begin()
    {
        foreach (var shared in new[] { "quarantine", "duplicates" }) store.Execute($"CREATE TABLE next_{shared} AS SELECT * FROM {shared} WHERE 0");
    }

    /// <summary>Splits the judged rows of a table by their verdict: clean rows, quarantine, duplicates. <c>next_clean_T</c> has the typed
    /// columns, then <c>_drop, _file, _row</c>, which are its primary key. In <c>quarantine</c> each rule stands once, by name, and the
    /// warnings of a quarantined row are among them; <c>duplicates</c> has copies and versions (<c>Sql/schema.sql</c>).</summary>
    public void Split(TableRules table, RawLayer raw)
    {
        // step 6: take out the duplicates
        var (name, columns) = (table.Table, table.Columns.Select(c => Sql.Name(c.Name)).ToList());
        var typed = string.Concat(table.Columns.Select(c => $"{Sql.Name(c.Name)} {Sql.Type(c.Type)}, "));
        store.Execute($"CREATE TABLE next_clean_{name} ({typed}_drop TEXT NOT NULL, _file TEXT NOT NULL, _row INTEGER NOT NULL, PRIMARY KEY (_drop, _file, _row)) WITHOUT ROWID");
        store.Execute($"INSERT INTO next_clean_{name} SELECT {string.Join(", ", columns)}, _drop, _file, _row FROM next_checked_{name} WHERE _verdict = 'clean'");
        store.Execute($"INSERT INTO next_duplicates SELECT '{name}', d._drop, d._file, d._row, d._verdict, k._drop, k._file, k._row FROM next_checked_{name} d JOIN next_checked_{name} k ON k._seq = d._kept WHERE d._verdict IN ('copy', 'version')");
        if (store.Scalar($"SELECT d._row FROM next_checked_{name} d JOIN next_checked_{name} k ON k._seq = d._kept WHERE d._verdict = 'version' AND k._verdict <> 'clean' OR d._verdict = 'copy' AND k._verdict = 'copy' LIMIT 1") is long astray)
            throw new InvalidOperationException($"{name}: row {astray} is the duplicate of a row that does not stand for it");
        var sources = new[] { raw.Name, raw.Next }.Where(store.Has).Select(source => $"SELECT _drop, _file, _row, {RawText(raw, source)} AS raw FROM {source}").ToList();
        if (sources.Count == 0) return;         // no drop has brought this table yet
        store.Execute($"""
            INSERT INTO next_quarantine
            SELECT '{name}', c._drop, c._file, c._row,
                   (SELECT json_group_array(rule) FROM (SELECT DISTINCT rule FROM next_reasons_{name} r WHERE r._seq = c._seq ORDER BY rule)),
                   (SELECT json_group_array(json_object('rule', rule, 'severity', severity, 'column', column_name, 'expected', expected, 'found', found)) FROM (SELECT * FROM next_reasons_{name} r WHERE r._seq = c._seq ORDER BY rule)),
                   s.raw
            FROM next_checked_{name} c JOIN ({string.Join(" UNION ALL ", sources)}) s USING (_drop, _file, _row)
            WHERE c._verdict = 'quarantined'
            """);
        // end of step 6
    }

    /// <summary>The row as it came, as one JSON object.</summary>
    string RawText(RawLayer raw, string source) =>
        $"json_patch(json_object({string.Join(", ", raw.Columns(source).Select(c => $"'{c}', {Sql.Name(c)}"))}), coalesce(_extra, '{{}}'))";

    /// <summary>Each file of a folder of business columns must name a table.</summary>
    /// <exception cref="UserException">There is no such folder, or a file that names no table; exit code 2.</exception>
    public static void CheckCurated(string folder, IReadOnlyList<TableRules> tables)
    {
        if (!Directory.Exists(folder)) throw new UserException($"There is no folder of business columns at {folder}.", 2);
        if (Directory.GetFiles(folder, "*.sql").FirstOrDefault(f => tables.All(t => t.Table != Path.GetFileNameWithoutExtension(f))) is { } other)
            throw new UserException($"{other}: no rules describe a table '{Path.GetFileNameWithoutExtension(other)}'. Expected {string.Join(" or ", tables.Select(t => t.Table + ".sql"))}.", 2);
    }

    /// <summary>Builds the business columns. The statement in <c>curated/T.sql</c> reads <c>clean_…</c>; here these names stand for
    /// the layers that are being built.</summary>
    /// <exception cref="UserException">A file is not one SELECT that can be answered; exit code 2.</exception>
    public void Curate(string folder)
    {
        var built = tables.Where(t => store.Has("next_clean_" + t.Table)).ToList();
        foreach (var table in built) store.Execute($"CREATE TEMP VIEW clean_{table.Table} AS SELECT * FROM main.next_clean_{table.Table}");
        foreach (var table in built)
        {
            var file = Path.Combine(folder, table.Table + ".sql");
            if (!File.Exists(file)) continue;
            try
            {
                var select = File.ReadAllText(file);
                if (!store.IsOneSelect(select)) throw new UserException($"{file}: expected one SELECT and nothing else.", 2);
                store.Execute($"CREATE TABLE main.next_curated_{table.Table} AS {select}");
            }
            catch (Microsoft.Data.Sqlite.SqliteException e) when (e.SqliteErrorCode is not (7 or 9 or 10 or 11 or 13)) { throw new UserException($"{file}: {Store.Said(e)}. Expected one SELECT on the clean layers (clean_T).", 2); }     // memory, interrupt, I/O, corrupt, full: not the file's fault
        }
        foreach (var table in built) store.Execute($"DROP VIEW temp.clean_{table.Table}");
    }

    /// <summary>Counts the rows of a table by drop, in raw, clean, quarantine and duplicates, each for itself.</summary>
    public IReadOnlyList<(string Drop, Counts Counts)> Count(TableRules table, RawLayer raw)
    {
        var name = table.Table;
        var sources = new[] { raw.Name, raw.Next }.Where(store.Has).Select(source => $"SELECT _drop, 0 FROM {source} UNION ALL");
        return store.Query($"""
            SELECT _drop, sum(layer = 0), sum(layer = 1), sum(layer = 2), sum(layer = 3) FROM (
              SELECT '' AS _drop, 0 AS layer WHERE FALSE UNION ALL
              {string.Join(' ', sources)}
              SELECT _drop, 1 FROM next_clean_{name}
              UNION ALL SELECT _drop, 2 FROM next_quarantine WHERE table_name = '{name}'
              UNION ALL SELECT _drop, 3 FROM next_duplicates WHERE table_name = '{name}')
            GROUP BY _drop ORDER BY _drop
            """, r => (r.GetString(0), new Counts(r.GetInt64(1), r.GetInt64(2), r.GetInt64(3), r.GetInt64(4))));
    }

    /// <summary>In the transaction that publishes: the new layers take the names of the old ones, of every table and kind that was built. The
    /// staged raw rows are added to their layers (<see cref="RawLayer.Publish"/>, given), <c>next_reasons_T</c> goes, and the rows of quarantine
    /// and duplicates are exchanged.</summary>
    public void Swap()
    {
        // step 7: hold back what is not good enough, publish the rest at once
        foreach (var table in tables)
        {
            new RawLayer(store, table.Table).Publish();
            store.Execute($"DROP TABLE IF EXISTS next_reasons_{table.Table}");
            foreach (var kind in Kinds)
            {
                if (!store.Has($"next_{kind}_{table.Table}")) continue;
                store.Execute($"DROP TABLE IF EXISTS {kind}_{table.Table}");
                store.Execute($"ALTER TABLE next_{kind}_{table.Table} RENAME TO {kind}_{table.Table}");
            }
        }
        var ours = string.Join(", ", tables.Select(t => Sql.Literal(t.Table)));
        foreach (var shared in new[] { "quarantine", "duplicates" })
            store.Execute($"DELETE FROM {shared} WHERE table_name IN ({ours}); INSERT INTO {shared} SELECT * FROM next_{shared}; DROP TABLE next_{shared}");
        // end of step 7
    }

    /// <summary>Rows of a layer as batches, in the order of the table.</summary>
    /// <param name="where">An SQL condition.</param>
    public static IEnumerable<Batch> Batches(Store store, string layer, IReadOnlyList<Column> columns, string where = "TRUE")
    {
        var batch = new Batch([.. columns.Select(c => (c.Name, c.Type))]);
        using var command = store.Command($"SELECT {string.Join(", ", columns.Select(c => Sql.Name(c.Name)))} FROM {layer} WHERE {where}");
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            var at = batch.Count++;
            for (var i = 0; i < columns.Count; i++) Conform.Put(batch.Columns[i], at, reader.IsDBNull(i) ? null : Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture));
            if (batch.Count < Batch.Capacity) continue;
            yield return batch;
            foreach (var column in batch.Columns) column.Pool.Trim();
            batch.Count = 0;
        }
        if (batch.Count > 0) yield return batch;
    }
}
