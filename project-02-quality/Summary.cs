namespace DataQuality;

/// <summary>What a run tells the user.</summary>
static class Summary
{
    const int MostRules = 12;

    /// <returns>The exit code: 1 when a drop was held back or has failed.</returns>
    public static int Print(Settings settings, IReadOnlyList<RunResult> results, TimeSpan took)
    {
        Terminal.Table(["drop", "table", "raw", "clean", "quarantined", "duplicates", "status"], results.SelectMany(r => r.Counts.Count == 0
            ? [[r.Name, "", "", "", "", "", r.Status]]
            : r.Counts.Select((c, i) => (IReadOnlyList<string>)[i == 0 ? r.Name : "", c.Table, $"{c.Counts.Raw:N0}", $"{c.Counts.Clean:N0}", $"{c.Counts.Quarantined:N0}", $"{c.Counts.Duplicates:N0}", i == 0 ? r.Status : ""])));
        var last = results.LastOrDefault(r => r.Status is not ("skipped" or "not tried"));
        var broken = last?.Results.Where(r => r.Status != RuleStatus.Pass).OrderByDescending(r => r.Status).ThenByDescending(r => r.Broken).ToList() ?? [];
        if (broken.Count > 0)
        {
            Console.WriteLine($"Rules that {last!.Name} broke:");
            Terminal.Table(["rule", "broken", "passed", "status", "such as"], broken.Take(MostRules).Select(r => (IReadOnlyList<string>)
                [$"{r.Table}.{r.Rule}", r.OfDrop ? "" : $"{r.Broken:N0} of {r.Rows:N0}", r.OfDrop ? $"{r.Measured:0.##}" : $"{r.PassRate:P2}", Word(r.Status), r.Examples is [var first, ..] ? $"{(last.Name == "replay" ? first.File + " " : "")}row {first.Row}: {Short(first.Found)}" : ""]));
            if (broken.Count > MostRules) Console.WriteLine($"{broken.Count - MostRules} more are in the report, and in: dotnet run -- history");
        }
        foreach (var drift in results.SelectMany(r => r.Drift)) Console.WriteLine(Terminal.Plain($"schema drift: {drift.File}: {ReadFile.Short(drift.Column)} is {drift.Change} ({Word(drift.Policy)}): {drift.Detail}"));
        foreach (var result in results.Where(r => r.Status is "held" or "failed")) Console.WriteLine(Terminal.Plain($"{result.Name} is {result.Status}:") + string.Concat(result.Reasons.Select(why => "\n  " + Terminal.Plain(why))));
        if (results.Any(r => r.Status == "held")) Console.WriteLine("The layers stay as they were. What was built stands beside them as next_…, until the next run.");
        foreach (var empty in results.Where(r => r.Status == "published" && r.Name != "replay" && r.Brought == 0)) Console.WriteLine(Terminal.Plain($"{empty.Name}: 0 rows came."));
        foreach (var run in results.Where(r => r.Status == "published" && (r.Name == "replay" || r.Released + r.Confined > 0)))
            Console.WriteLine(Terminal.Plain($"{run.Name}: {run.Released:N0} rows{(run.Name == "replay" ? "" : " of earlier drops")} left the quarantine, {run.Confined:N0} went there."));
        int Count(string status) => results.Count(r => r.Status == status);
        string Some(string status) => Count(status) is > 0 and var some ? $", {some} {status}" : "";
        Console.WriteLine($"{Count("published")} published, {Count("held")} held back{Some("failed")}{Some("not tried")}, {Count("skipped")} known already, in {took.TotalSeconds:0.0} s.");
        Console.WriteLine($"Store: {Shown(settings.Database)}  Report: {Shown(settings.ReportFile)}");
        return results.Any(r => r.Status is "held" or "failed") ? 1 : 0;
    }

    static string Word<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();

    static string Short(string text) => text.Length > 20 ? text[..19] + "…" : text;

    /// <summary>A path as seen from where the user is, when it lies below.</summary>
    static string Shown(string path) => Path.GetRelativePath(Directory.GetCurrentDirectory(), path) is var near && near.StartsWith("..", StringComparison.Ordinal) ? path : near;
}
