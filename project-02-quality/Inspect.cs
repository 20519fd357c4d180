namespace DataQuality;

/// <summary>Looks at a store from outside, for the checklist and the crash lab: by its own queries, not by the pipeline's code.</summary>
static class Inspect
{
    /// <summary>The tables of all layers, quarantine and duplicates, by name.</summary>
    public static IReadOnlyList<string> LayerNames(Store store) => store.Query(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND (name GLOB 'raw_*' OR name GLOB 'clean_*' OR name GLOB 'curated_*' OR name GLOB 'checked_*' OR name IN ('quarantine', 'duplicates')) ORDER BY name", r => r.GetString(0));

    /// <summary>One digest of all layers.</summary>
    public static string Digest(Store store)
    {
        var all = new Digest();
        foreach (var layer in LayerNames(store)) all.Add(layer, Digest(store, $"SELECT * FROM {layer}"));
        return all.ToString();
    }

    public static string Digest(Store store, string sql)
    {
        var digest = new Digest();
        foreach (var row in store.Query(sql, r => { var values = new object?[r.FieldCount]; r.GetValues(values!); return values; })) digest.Add(row);
        return digest.ToString();
    }

    /// <summary>One digest of what is written down about the published drops, run numbers and times apart.</summary>
    public static string Account(Store store) => Digest(store, """
        SELECT q.drop_name, r.table_name, r.rule, r.rows, r.broken, r.measured, r.status FROM quality_results r JOIN quality_runs q USING (run_id) WHERE q.status = 'published'
        UNION ALL SELECT drop_name, sha256, NULL, drop_no, NULL, NULL, NULL FROM drops
        """);

    /// <summary>What is wrong with the law of conservation, for each table that has raw rows; null when it holds: as many raw rows as clean,
    /// quarantined and duplicate ones, none of them in two places, and what a duplicate leads to stands for it.</summary>
    public static string? Conservation(Store store) =>
        RawLayer.Tables(store).Select(table => Conservation(store, table)).FirstOrDefault(wrong => wrong is not null);

    static string? Conservation(Store store, string table)
    {
        var places = $"SELECT _drop, _file, _row, 'clean' FROM clean_{table} UNION ALL SELECT _drop, _file, _row, 'quarantine' FROM quarantine WHERE table_name = '{table}' UNION ALL SELECT _drop, _file, _row, kind FROM duplicates WHERE table_name = '{table}'";
        return store.Query($"""
            WITH places(_drop, _file, _row, place) AS ({places})
            SELECT r._drop || '/' || r._file || ' row ' || r._row || ' is in ' || count(p.place) || ' places' FROM raw_{table} r LEFT JOIN places p USING (_drop, _file, _row) GROUP BY r._drop, r._file, r._row HAVING count(p.place) <> 1
            UNION ALL
            SELECT p._drop || '/' || p._file || ' row ' || p._row || ' never came' FROM places p LEFT JOIN raw_{table} r USING (_drop, _file, _row) WHERE r._drop IS NULL
            UNION ALL
            SELECT d._drop || '/' || d._file || ' row ' || d._row || ' is a ' || kind || ' of a row that is ' || coalesce(place, 'nowhere')
            FROM duplicates d LEFT JOIN places p ON (p._drop, p._file, p._row) = (kept_drop, kept_file, kept_row)
            WHERE table_name = '{table}' AND place IS NOT 'clean' AND (kind = 'version' OR place IS NULL OR place = 'copy')
            LIMIT 1
            """, r => r.GetString(0)).FirstOrDefault();
    }
}
