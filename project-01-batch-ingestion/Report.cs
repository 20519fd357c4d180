namespace BatchIngestion;

/// <summary>What a run tells the user.</summary>
static class Report
{
    const int MostWarnings = 20;

    public static void Summary(Settings settings, RunResult result, TimeSpan took)
    {
        Terminal.Table(["file", "table", "read", "loaded", "rejected", "duplicate", "status"],
            result.Files.Select(f => (IReadOnlyList<string>)[f.Name, f.Table ?? "", $"{f.Read:N0}", $"{f.Loaded:N0}", $"{f.Rejected:N0}", $"{f.Duplicate:N0}", f.Status]));
        foreach (var file in result.Files.Where(f => f.Reason is not null && f.Reason != "nothing new")) Console.WriteLine(Terminal.Plain($"{file.Name}: {file.Reason}"));
        using var store = new Store(settings.Warehouse);
        var warnings = store.Query("SELECT file, \"column\", rule, rows, example FROM ingestion_warnings ORDER BY 1, 2, 3", r => $"warning: {r.GetString(0)}: {r.GetString(1)}: {r.GetString(2)} ({r.GetInt64(3):N0} rows, such as {r.GetString(4)})");
        foreach (var warning in warnings.Take(MostWarnings)) Console.WriteLine(Terminal.Plain(warning));
        if (warnings.Count > MostWarnings) Console.WriteLine($"{warnings.Count - MostWarnings:N0} more warnings. See: dotnet run -- query \"SELECT * FROM ingestion_warnings\"");
        Console.WriteLine($"Run {result.RunId}: {result.Files.Sum(f => f.Loaded):N0} rows loaded in {took.TotalSeconds:0.0} s.");
        Console.WriteLine($"Store: {Shown(settings.Warehouse)}  Lake: {Shown(settings.LakeFolder)}  Raw: {Shown(settings.Raw)}");
    }

    public static int Status(string warehouse)
    {
        Show(warehouse, "SELECT run_id AS run, started_utc AS started, status, files, rows_loaded AS loaded FROM (SELECT * FROM ingestion_runs ORDER BY run_id DESC LIMIT 10) ORDER BY run_id");
        Show(warehouse, "SELECT n.name AS file, n.table_name AS 'table', substr(n.sha256, 1, 12) AS sha256, c.rows_read AS read, c.rows_loaded AS loaded, c.rows_rejected AS rejected, c.rows_duplicate AS duplicate, c.run_id AS run FROM source_names n JOIN source_contents c USING (table_name, sha256) ORDER BY 2, 1");
        return 0;
    }

    public static int Rejects(string warehouse)
    {
        Show(warehouse, "SELECT file, \"column\", rule, count(*) AS rows, min(row) AS first_row, expected, found FROM rejected_rows GROUP BY file, \"column\", rule ORDER BY rows DESC, file, \"column\"");
        return 0;
    }

    static void Show(string warehouse, string sql) => Query.Run(warehouse, sql, "table", 1000, default);

    /// <summary>A path as seen from where the user is, when it lies below.</summary>
    static string Shown(string path) => Path.GetRelativePath(Directory.GetCurrentDirectory(), path) is var near && near.StartsWith("..", StringComparison.Ordinal) ? path : near;
}
