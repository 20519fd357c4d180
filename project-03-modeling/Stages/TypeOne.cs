namespace DimensionalModel;

/// <summary>Dimensions of type 1: a change overwrites, and the past looks as if it had always been so. The latest snapshot is right,
/// in whatever order snapshots come.</summary>
static class TypeOne
{
    public static Audited Airports(Store store, KeyMap keys, string path, string asOf)
    {
        using var file = new ReadCsv(path, "faa", "name", "lat", "lon", "altitude_ft", "tzone");
        return Merge(store, keys, "airport", "faa", ["name", "lat", "lon", "altitude_ft", "tzone"], asOf, file, (s, at) => s.Bind(at, file.Required(1)).Bind(at + 1, file.Real(2)).Bind(at + 2, file.Real(3)).Bind(at + 3, (long?)file.Int(4)).Bind(at + 4, file.Text(5) ?? "unknown"));
    }

    public static Audited Airlines(Store store, KeyMap keys, string path, string asOf)
    {
        using var file = new ReadCsv(path, "carrier", "name");
        return Merge(store, keys, "airline", "carrier", ["name"], asOf, file, (s, at) => s.Bind(at, file.Required(1)));
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
    /// <param name="attributes">Binds the attributes of the file's current row, from a parameter on.</param>
    static Audited Merge(Store store, KeyMap keys, string dimension, string natural, string[] columns, string asOf, ReadCsv file, Action<Statement, int> attributes)
    {
        // step 2: give each natural key one surrogate key, for ever
        var table = "dim_" + dimension;
        var audit = new Audited(table);
        using var find = new Statement(store, $"SELECT as_of, {string.Join(" AND ", columns.Select((c, i) => $"{c} IS ?{i + 3}"))} AND is_inferred = 0 FROM {table} WHERE {natural} = ?2");
        using var write = new Statement(store, $"INSERT INTO {table} ({dimension}_key, {natural}, {string.Join(", ", columns)}, as_of, is_inferred) VALUES ({string.Join(", ", columns.Select((_, i) => $"?{i + 3}").Prepend("?1, ?2"))}, ?{columns.Length + 3}, 0) ON CONFLICT ({natural}) DO UPDATE SET {string.Join(", ", columns.Select(c => $"{c} = excluded.{c}"))}, is_inferred = 0, as_of = excluded.as_of");
        while (file.Read())
        {
            audit.Read++;
            var name = file.Natural(0);
            Bind(find);
            var (known, same) = find.Read() ? (find.Text(0), find.Long(1) == 1) : default;
            find.Reset();
            if (known == asOf) throw file.Wrong($"each {natural} once", $"'{name}' again");
            if (string.CompareOrdinal(known, asOf) > 0) { audit.Stale++; continue; }
            if (known is null) audit.Inserted++; else if (same) audit.Unchanged++; else audit.Changed++;
            Bind(write).Bind(0, keys.Of(dimension, name)).Bind(columns.Length + 2, asOf).Run();

            Statement Bind(Statement s)
            {
                s.Bind(1, name);
                attributes(s, 2);
                return s;
            }
        }
        return audit;
        // end of step 2
    }
}
