namespace DataQuality;

/// <summary>What one rule said of one run's rows.</summary>
/// <param name="Run">The drop's name, or replay.</param>
/// <param name="PassRate">0 to 1.</param>
/// <param name="Measured">The figure of a rule about a whole drop.</param>
sealed record Point(long RunId, string Run, string RunStatus, double PassRate, long Broken, long Rows, double? Measured, string Status);

/// <summary>The pass rates of the rules over the runs.</summary>
static class History
{
    const int MostRuns = 10;

    /// <summary>The results of a rule, the oldest run first.</summary>
    public static IReadOnlyList<Point> Of(Store store, string table, string rule)
    {
        // step 8: let mended rows out, and look back
        return store.Query("""
            SELECT q.run_id, coalesce(q.drop_name, q.kind), q.status, r.pass_rate, r.broken, r.rows, r.measured, r.status
            FROM quality_results r JOIN quality_runs q USING (run_id) WHERE r.table_name = ? AND r.rule = ? ORDER BY q.run_id
            """, r => new Point(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetDouble(3), r.GetInt64(4), r.GetInt64(5), r.IsDBNull(6) ? null : r.GetDouble(6), r.GetString(7)), table, rule);
        // end of step 8
    }

    /// <summary>The last pass rate against the median of those before it: better or worse by half a percent, or steady.</summary>
    public static string Trend(IReadOnlyList<Point> points)
    {
        // step 8: let mended rows out, and look back
        if (points.Count < 2) return "";
        var before = points.SkipLast(1).Select(p => p.PassRate).Order().ToList();
        var median = (before[(before.Count - 1) / 2] + before[before.Count / 2]) / 2;
        return (points[^1].PassRate - median) switch { > 0.005 => "better", < -0.005 => "worse", _ => "steady" };
        // end of step 8
    }

    /// <summary>One letter a run, from ▁ (half of the rows pass, or fewer) to █ (all do).</summary>
    public static string Sparkline(IEnumerable<Point> points) => string.Concat(points.Select(p => "▁▂▃▄▅▆▇█"[(int)Math.Clamp((p.PassRate - 0.5) * 14, 0, 7)]));

    /// <summary>Prints the runs and each rule's line; with a rule (TABLE.RULE), its runs one by one.</summary>
    public static int Print(Store store, string? rule)
    {
        // step 8: let mended rows out, and look back
        var rules = store.Query("SELECT table_name, rule, max(severity), sum(broken) FROM quality_results GROUP BY table_name, rule ORDER BY sum(broken) > 0 DESC, table_name, rule", r => (Table: r.GetString(0), Rule: r.GetString(1), Severity: r.GetString(2)));
        if (rule is not null)
        {
            if (!rules.Any(r => $"{r.Table}.{r.Rule}" == rule)) throw new UserException($"There is no rule '{rule}' in the history. Its name is TABLE.RULE, such as {(rules.Count > 0 ? $"{rules[0].Table}.{rules[0].Rule}" : "flights.dest_exists")}.", 2);
            Terminal.Table(["run", "drop", "run status", "rows", "broken", "passed", "measured", "status"], Of(store, rule.Split('.')[0], rule.Split('.')[1]).Select(p => (IReadOnlyList<string>)
                [$"{p.RunId}", p.Run, p.RunStatus, $"{p.Rows:N0}", $"{p.Broken:N0}", $"{p.PassRate:P2}", p.Measured is { } figure ? $"{figure:0.####}" : "", p.Status]));
            return 0;
        }
        Terminal.Table(["run", "drop", "status", "raw", "clean", "quarantined", "duplicates"], store.Query("SELECT run_id, coalesce(drop_name, kind), status, raw, clean, quarantined, duplicates FROM quality_runs ORDER BY run_id", r => (IReadOnlyList<string>)
            [$"{r.GetInt64(0)}", r.GetString(1), r.GetString(2), $"{r.GetInt64(3):N0}", $"{r.GetInt64(4):N0}", $"{r.GetInt64(5):N0}", $"{r.GetInt64(6):N0}"]));
        Terminal.Table(["rule", "severity", "passed, the oldest run first", "", "trend"], rules.Select(r =>
        {
            var points = Of(store, r.Table, r.Rule).TakeLast(MostRuns).ToList();
            return (IReadOnlyList<string>)[$"{r.Table}.{r.Rule}", r.Severity, string.Join(' ', points.Select(p => $"{Math.Floor(p.PassRate * 1000) / 10:0.0}")), Sparkline(points), Trend(points)];
        }));
        return 0;
        // end of step 8
    }
}
