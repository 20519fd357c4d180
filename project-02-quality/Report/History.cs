using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace DataQuality;

/// <summary>What the runs said, one after the other: for the verb <c>history</c> and for the report.</summary>
static class History
{
    /// <summary>So many runs are shown of each rule.</summary>
    const int Shown = 10;
    /// <summary>A change of the pass rate below a tenth of a percentage point is no trend.</summary>
    const double Steady = 0.001;

    /// <summary>A run; see <c>quality_runs</c>.</summary>
    /// <param name="Name">The drop's name, or replay.</param>
    public sealed record Line(long Id, string Kind, string Name, string Status, string? AsOf, string StartedUtc, IReadOnlyList<string> Reasons, Counts Counts);

    /// <summary>One rule in one run; see <c>quality_results</c>.</summary>
    /// <param name="Run">The drop's name, or replay.</param>
    /// <param name="Status">pass, warn, fail.</param>
    public sealed record Point(long RunId, string Run, string RunStatus, string Table, string Rule, string Check, string Severity, long Rows, long Broken, double PassRate, double Required, double? Measured, string Expected, string Status)
    {
        /// <summary>A replay judges all drops at once: its pass rate is no later one of a drop, and is left out of trends.</summary>
        public bool IsReplay { get; init; }
    }

    /// <summary>The last runs, oldest first.</summary>
    public static IReadOnlyList<Line> Runs(Store store, int most) => store.Query("""
        SELECT run_id, kind, coalesce(drop_name, kind), status, as_of, started_utc, reasons, raw, clean, quarantined, duplicates
        FROM (SELECT * FROM quality_runs ORDER BY run_id DESC LIMIT ?) ORDER BY run_id
        """, r => new Line(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), Text(r, 4), r.GetString(5), r.IsDBNull(6) ? [] : JsonSerializer.Deserialize<List<string>>(r.GetString(6))!, new(r.GetInt64(7), r.GetInt64(8), r.GetInt64(9), r.GetInt64(10))), most);

    /// <summary>What one rule said in all runs that judged it, oldest first.</summary>
    public static IReadOnlyList<Point> Of(Store store, string table, string rule)
    {
        // step 8: let mended rows out, and look back
        return Points(store, "table_name = ? AND rule = ?", table, rule);
        // end of step 8
    }

    /// <summary>What every rule said since a run, by table and rule, oldest first.</summary>
    public static ILookup<(string Table, string Rule), Point> Since(Store store, long firstRun) => Points(store, "run_id >= ?", firstRun).ToLookup(p => (p.Table, p.Rule));

    static IReadOnlyList<Point> Points(Store store, string condition, params ReadOnlySpan<object?> values) => store.Query($"""
        SELECT run_id, coalesce(q.drop_name, q.kind), q.status, table_name, rule, "check", severity, rows, broken, pass_rate, required, measured, expected, r.status, q.kind
        FROM quality_results r JOIN quality_runs q USING (run_id) WHERE {condition} ORDER BY run_id, table_name, rule
        """, r => new Point(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetString(6), r.GetInt64(7), r.GetInt64(8), r.GetDouble(9), r.GetDouble(10), r.IsDBNull(11) ? null : r.GetDouble(11), r.GetString(12), r.GetString(13)) { IsReplay = r.GetString(14) == "replay" }, values);

    /// <summary>Prints the runs and the rules over them; or one rule's runs.</summary>
    /// <param name="rule">TABLE.RULE; null for all.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="UserException">No run has judged this rule; exit code 2.</exception>
    public static int Print(Store store, string? rule)
    {
        var rules = store.Query("SELECT table_name, rule FROM quality_results GROUP BY 1, 2 ORDER BY max(broken) > 0 DESC, 1, 2", r => (Table: r.GetString(0), Rule: r.GetString(1)));
        if (rule is null) return All(store, rules);
        foreach (var known in rules.Where(r => $"{r.Table}.{r.Rule}" == rule)) return One(Of(store, known.Table, known.Rule));
        var near = rules.MinBy(r => Math.Min(Distance(rule, $"{r.Table}.{r.Rule}"), Distance(rule, r.Rule)));
        throw new UserException(rules.Count == 0 ? "No run has judged a rule yet. Make one: dotnet run" : $"No run has judged a rule '{rule}'. Did you mean '{near.Table}.{near.Rule}'?", 2);
    }

    static int All(Store store, IReadOnlyList<(string Table, string Rule)> rules)
    {
        var runs = Runs(store, Shown);
        Terminal.Table(["run", "kind", "drop", "status", "raw", "clean", "quarantined", "duplicates"], runs.Select(r => (IReadOnlyList<string>)
            [$"{r.Id}", r.Kind, r.Kind == "drop" ? r.Name : "", r.Status, Whole(r.Counts.Raw), Whole(r.Counts.Clean), Whole(r.Counts.Quarantined), Whole(r.Counts.Duplicates)]));
        if (runs is [{ Id: > 1 and var first }, ..]) Console.WriteLine($"The last {runs.Count} runs; {first - 1} came before.");
        Terminal.Table(["rule", "severity", "required", "runs", "", "trend", "passed, oldest first"], rules.Select(r => Of(store, r.Table, r.Rule)).Select(all => (All: all, Last: all.TakeLast(Shown).ToList())).Select(r => (IReadOnlyList<string>)
            [$"{r.Last[^1].Table}.{r.Last[^1].Rule}", r.Last[^1].Severity, Percent(r.Last[^1].Required), $"{r.All.Count}", Sparkline(Drops(r.Last)), Trend(Drops(r.Last)), string.Concat(r.Last.Select(p => Percent(p.PassRate).PadLeft(9))).Trim()]));
        Console.WriteLine("█ no row broke the rule; ▁ as many as the gate allows, or more. Trend: the last drop against the median of those before; replays are left out.");
        return 0;
    }

    static int One(IReadOnlyList<Point> points)
    {
        Terminal.Table(["run", "drop", "run was", "rows", "broken", "passed", "required", "measured", "expected", "status"], points.Select(p => (IReadOnlyList<string>)
            [$"{p.RunId}", p.Run, p.RunStatus, Whole(p.Rows), Whole(p.Broken), Percent(p.PassRate), Percent(p.Required), p.Measured is { } figure ? figure.ToString("0.####", CultureInfo.InvariantCulture) : "", p.Expected, p.Status]));
        Console.WriteLine($"{Sparkline(Drops(points))} {Trend(Drops(points))}");
        return 0;
    }

    static List<Point> Drops(IEnumerable<Point> points) => [.. points.Where(p => !p.IsReplay)];

    /// <summary>One word: the last pass rate against the median of those before. <c>better</c> or <c>worse</c>; <c>steady</c> where they differ by less
    /// than <see cref="Steady"/>; <c>new</c> when there are none before.</summary>
    /// <param name="points">Oldest first, without replays.</param>
    public static string Trend(IReadOnlyList<Point> points)
    {
        // step 8: let mended rows out, and look back
        if (points.Count < 2) return "new";
        // the median: one bad drop in the past does not make every later one look better
        var before = points.SkipLast(1).Select(p => p.PassRate).Order().ToList();
        var change = points[^1].PassRate - (before[(before.Count - 1) / 2] + before[before.Count / 2]) / 2;
        return Math.Abs(change) < Steady ? "steady" : change > 0 ? "better" : "worse";
        // end of step 8
    }

    /// <summary>A bar a run. Its height is how much is left of what the gate allows: 99 % of rows passed where 98 % must is half of it.</summary>
    public static string Sparkline(IEnumerable<Point> points) => string.Concat(points.Select(p =>
        "▁▂▃▄▅▆▇█"[p.PassRate >= 1 ? 7 : p.Required >= 1 ? 0 : (int)(6.999 * Math.Max(0, (p.PassRate - p.Required) / (1 - p.Required)))]));

    /// <summary>Never 100 % when a row broke the rule.</summary>
    public static string Percent(double share) => (share is < 1 and > 0.9999 ? 0.9999 : share).ToString("0.## %", CultureInfo.InvariantCulture);

    static string Whole(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    static string? Text(SqliteDataReader row, int at) => row.IsDBNull(at) ? null : row.GetString(at);

    /// <summary>Levenshtein distance: how many letters to change, add or take out.</summary>
    static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }
        return row[^1];
    }
}
