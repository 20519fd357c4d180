namespace DimensionalModel;

/// <summary>Dimensions of type 1: a change overwrites, and the past looks as if it had always been so. The latest snapshot is right,
/// in whatever order snapshots come.</summary>
static class TypeOne
{
    public static Audited Airports(Store store, KeyMap keys, string path, string asOf)
    {
        using var file = new ReadCsv(path, "faa", "name", "lat", "lon", "altitude_ft", "tzone");
        return Merge(store, keys, "airport", "faa", ["name", "lat", "lon", "altitude_ft", "tzone"], asOf, file, () => [file.Required(1), file.Real(2), file.Real(3), file.Int(4), file.Text(5) ?? "unknown"]);
    }

    public static Audited Airlines(Store store, KeyMap keys, string path, string asOf)
    {
        using var file = new ReadCsv(path, "carrier", "name");
        return Merge(store, keys, "airline", "carrier", ["name"], asOf, file, () => [file.Required(1)]);
    }

    /// <summary>Adds members that a fact names and no snapshot had: only their natural key is known. A snapshot completes them in place.</summary>
    public static void Infer(Store store, string dimension, IEnumerable<(string Natural, int Key)> members)
    {
        // step 4: load the facts
        foreach (var (natural, key) in members)
            store.Execute(dimension == "airport" ? "INSERT INTO dim_airport VALUES (?, ?, 'unknown', NULL, NULL, NULL, 'unknown', 1, '')" : "INSERT INTO dim_airline VALUES (?, ?, 'unknown', 1, '')", key, natural);
        // end of step 4
    }

    /// <summary>Inserts what is new and overwrites what is older than <paramref name="asOf"/>.</summary>
    /// <param name="attributes">Reads the attributes of the file's current row.</param>
    static Audited Merge(Store store, KeyMap keys, string dimension, string natural, string[] columns, string asOf, ReadCsv file, Func<object?[]> attributes)
    {
        // step 2: give each natural key one surrogate key, for ever
        var table = "dim_" + dimension;
        var audit = new Audited(table);
        while (file.Read())
        {
            audit.Read++;
            var name = file.Required(0);
            var values = attributes();
            var same = string.Join(" AND ", columns.Select(c => $"{c} IS ?"));
            var (known, equal) = store.Query($"SELECT as_of, {same} AND is_inferred = 0 FROM {table} WHERE {natural} = ?", r => (r.GetString(0), r.GetInt64(1) == 1), [.. values, name]).FirstOrDefault();
            if (known == asOf) throw file.Wrong($"each {natural} once", $"'{name}' again");
            if (string.CompareOrdinal(known, asOf) > 0) { audit.Stale++; continue; }
            if (known is null) audit.Inserted++; else if (equal) audit.Unchanged++; else audit.Changed++;
            store.Execute($"INSERT INTO {table} ({dimension}_key, {natural}, {string.Join(", ", columns)}, is_inferred, as_of) VALUES (?, ?, {string.Join(", ", columns.Select(_ => "?"))}, 0, ?) ON CONFLICT ({natural}) DO UPDATE SET {string.Join(", ", columns.Select(c => $"{c} = excluded.{c}"))}, is_inferred = 0, as_of = excluded.as_of", [keys.Of(dimension, name), name, .. values, asOf]);
        }
        return audit;
        // end of step 2
    }
}
