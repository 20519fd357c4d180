namespace DataQuality;

/// <summary>Small inputs, cut from <c>data/</c>, for the checklist and the crash lab.</summary>
static class Sample
{
    /// <summary>The rules of the project, but for those about a whole drop: a cut one has other figures.</summary>
    public static IReadOnlyList<TableRules> Rules() => [.. RuleFiles.Load(ProjectFolder.At("rules")).Select(t => t with { Rules = [.. t.Rules.Where(r => r is not (RowCount or Freshness or Distribution))] })];

    /// <summary>Writes rules where a run finds them.</summary>
    public static void Write(IEnumerable<TableRules> rules, string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var table in rules) File.WriteAllText(Path.Combine(folder, table.Table + ".json"), System.Text.Json.JsonSerializer.Serialize(table, RuleFiles.Json));
    }

    /// <summary>Settings for a run on the folder's own drops and rules.</summary>
    public static Settings In(string folder)
    {
        if (!Directory.Exists(Path.Combine(folder, "rules"))) Write(Rules(), Path.Combine(folder, "rules"));
        return new(Path.Combine(folder, "drops"), Path.Combine(folder, "out"), Path.Combine(folder, "rules"));
    }

    /// <summary>Adds a drop with some rows of the real one.</summary>
    /// <param name="change">Changes the lines, the header among them.</param>
    public static void Add(string folder, string drop, int rows, Func<IEnumerable<string>, IEnumerable<string>>? change = null, string? name = null)
    {
        var to = Directory.CreateDirectory(Path.Combine(folder, "drops", name ?? drop)).FullName;
        foreach (var path in Directory.GetFiles(ProjectFolder.At("data", "raw", drop)))
        {
            var lines = File.ReadLines(path, System.Text.Encoding.Latin1).Take(Path.GetFileName(path) switch { "flights.csv" => rows + 1, "planes.csv" => 200, _ => int.MaxValue });
            if (change is not null && Path.GetFileName(path) == "flights.csv") lines = change(lines);
            File.WriteAllLines(Path.Combine(to, Path.GetFileName(path)), lines, System.Text.Encoding.Latin1);      // byte for byte
        }
    }

    /// <summary>A folder for the crash lab: one drop is published, two wait.</summary>
    /// <returns>The layers' digest after each drop, by the drops that are in.</returns>
    public static Dictionary<string, string> Stages(string folder)
    {
        var settings = In(folder);
        var states = new Dictionary<string, string>();
        var probe = Path.Combine(folder, "..", "states");
        foreach (var drop in new[] { "drop-1", "drop-2", "drop-3" })
        {
            Add(folder, drop, 250);
            if (drop == "drop-1") Quality.Run(settings, default);
            if (!Directory.Exists(probe)) Copy(folder, probe); else Add(probe, drop, 250);
            Quality.Run(In(probe), default);
            HtmlReport.Write(In(probe));
            using var store = Open(probe);
            states[string.Join(", ", store.Query("SELECT drop_name FROM drops ORDER BY drop_no", r => r.GetString(0)))] = Inspect.Digest(store);
        }
        return states;
    }

    public static Store Open(string folder) => new(Path.Combine(folder, "out", "quality.db"));

    public static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    /// <summary>A small table for the proofs of single stages.</summary>
    public static readonly TableRules Orders = System.Text.Json.JsonSerializer.Deserialize<TableRules>("""
        { "table": "orders", "grain": "one order", "files": ["orders*.csv"], "key": ["id"], "null_tokens": ["", "NA"],
          "columns": [
            { "name": "id", "type": "integer", "nulls": "reject" },
            { "name": "country", "type": "text", "nulls": "reject", "trim": true, "case": "upper", "codes": { "UK": "GB" } },
            { "name": "price", "type": "real" },
            { "name": "pieces", "type": "integer", "nulls": "default", "default": "1" },
            { "name": "total", "type": "real", "nulls": "derive", "derive": "price * pieces" },
            { "name": "paid", "type": "date" },
            { "name": "shipped", "type": "date" } ],
          "rules": [
            { "id": "country_known", "check": "set", "column": "country", "values": ["DE", "FR", "GB"] },
            { "id": "price_positive", "check": "range", "column": "price", "min": 0.01 },
            { "id": "shipped_after_paid", "check": "compare", "left": "shipped", "operator": ">=", "right": "paid" },
            { "id": "shipped_is_paid", "check": "expression", "when": "shipped IS NOT NULL", "sql": "paid IS NOT NULL" },
            { "id": "many_pieces", "check": "range", "column": "pieces", "max": 100, "severity": "warn" } ] }
        """, RuleFiles.Json)!;

    /// <summary>Rows for <see cref="Orders"/>, each with what becomes of it in its comment (after the last comma, read as an added column).</summary>
    public const string OrderRows = """
        id,country,price,pieces,total,paid,shipped,why
        1, uk ,2.5,4,NA,2024-01-02,2024-01-03,clean: GB 10.0
        2,DE,3,,,2024-01-02,,clean: one piece 3.0
        3,FR,,2,,NA,,clean: no price so no total
        4,XX,-1,1,1,2024-01-02,2024-01-01,country_known price_positive shipped_after_paid
        5,DE,5,500,1,,2024-01-05,many_pieces shipped_is_paid
        6,DE,much,1,1,,,price_type
        x,,1,1,1,,,country_not_null id_type
        8,FR,1,101,1,,,clean: many_pieces
        9,FR,1,1
        """;
}
