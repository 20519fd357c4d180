using System.Globalization;
using System.Text;
using System.Text.Json;

namespace DataQuality;

/// <summary>The report: one HTML file, which needs no network and no script. All that comes from data is escaped.</summary>
static class HtmlReport
{
    const int MostRuns = 20;

    sealed record Run(long Id, string Name, string Status, string? AsOf, string? Reason, Counts Counts);

    /// <summary>Writes the report of the last run, and of the layers as they are published now.</summary>
    public static void Write(Settings settings)
    {
        using var store = new Store(settings.Database);
        var runs = store.Query("SELECT run_id, coalesce(drop_name, kind), status, as_of, reason, raw, clean, quarantined, duplicates FROM quality_runs ORDER BY run_id DESC", r =>
            new Run(r.GetInt64(0), r.GetString(1), r.GetString(2), r.IsDBNull(3) ? null : r.GetString(3), r.IsDBNull(4) ? null : r.GetString(4), new(r.GetInt64(5), r.GetInt64(6), r.GetInt64(7), r.GetInt64(8))));
        if (runs.Count == 0) return;
        var page = new StringBuilder($"<!doctype html><html lang='en'><meta charset='utf-8'><meta name='viewport' content='width=device-width'><title>Data quality: {Html.Text(runs[0].Name)}</title><style>{Store.Resource("report.css")}</style><body>");
        Summary(page, runs);
        if (runs.FirstOrDefault(r => r.Status == "published") is { } published) Flow(page, store, published);
        Rules(page, store, runs[0]);
        Trends(page, store, runs);
        Changes(page, store);
        Profiles(page, store);
        page.Append("</body></html>\n");
        var aside = settings.ReportFile + ".part";
        using (var file = new FileStream(aside, FileMode.Create))
        {
            file.Write(Encoding.UTF8.GetBytes(page.ToString()));
            file.Flush(flushToDisk: true);
        }
        File.Move(aside, settings.ReportFile, overwrite: true);
    }

    static void Summary(StringBuilder page, IReadOnlyList<Run> runs)
    {
        var run = runs[0];
        page.Append($"<h1>Data quality</h1><p class='soft'>Run {run.Id}: {Html.Text(run.Name)}{(run.AsOf is null ? "" : $", as of {Html.Text(run.AsOf)}")}</p>");
        page.Append($"<div class='verdict {run.Status}'><b>{Html.Text(run.Name)} is {run.Status}.</b> {Html.Text(run.Reason ?? "")}</div>");
        if (run.Status != "published") page.Append($"<p>The layers below are those of {(runs.FirstOrDefault(r => r.Status == "published") is { } good ? $"run {good.Id}, {Html.Text(good.Name)}: the last one that was published." : "no run: nothing was published yet.")}</p>");
    }

    static void Flow(StringBuilder page, Store store, Run run)
    {
        string Box(string name, long count, string note) => $"<div><span class='soft'>{name}</span><b>{count:N0}</b><span class='soft'>{note}</span></div>";
        var curated = store.Query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'curated_*'", r => r.GetString(0)).Sum(table => (long)store.Scalar($"SELECT count(*) FROM {Sql.Name(table)}")!);
        page.Append("<section><h2>Layers</h2><div class='flow'>");
        page.Append(Box("raw", run.Counts.Raw, "as it came")).Append("<div class='to'>→</div>").Append(Box("clean", run.Counts.Clean, "typed, one row a thing")).Append(Box("quarantined", run.Counts.Quarantined, "broke a rule")).Append(Box("duplicates", run.Counts.Duplicates, "another row stands for it")).Append("<div class='to'>→</div>").Append(Box("curated", curated, "business columns"));
        page.Append("</div><h3>By table and drop</h3>");
        page.Append(Html.Table("table|drop|#raw|#clean|#quarantined|#duplicates|", store.Query("SELECT table_name, drop_name, raw, clean, quarantined, duplicates FROM quality_counts WHERE run_id = ? ORDER BY 1, 2", r => (IReadOnlyList<string>)
            [Html.Text(r.GetString(0)), Html.Text(r.GetString(1)), $"{r.GetInt64(2):N0}", $"{r.GetInt64(3):N0}", $"{r.GetInt64(4):N0}", $"{r.GetInt64(5):N0}", Charts.Split([("clean", r.GetInt64(3)), ("quarantined", r.GetInt64(4)), ("duplicates", r.GetInt64(5))])], run.Id)));
        page.Append("</section>");
    }

    static void Rules(StringBuilder page, Store store, Run run)
    {
        var rules = store.Query("""
            SELECT table_name, rule, "check", severity, rows, broken, pass_rate, required, measured, expected, status, sql, examples FROM quality_results
            WHERE run_id = ? ORDER BY status = 'fail' DESC, status = 'warn' DESC, broken DESC, table_name, rule
            """, r => (IReadOnlyList<string>)
            [
                $"<b>{Html.Text(r.GetString(0))}.{Html.Text(r.GetString(1))}</b><br><span class='soft'>{Html.Text(r.GetString(2))}, {r.GetString(3)}</span>",
                $"<span class='tag {r.GetString(10)}'>{r.GetString(10)}</span>",
                r.IsDBNull(8) ? $"{r.GetInt64(5):N0} of {r.GetInt64(4):N0}" : "",
                r.IsDBNull(8) ? Percent(r.GetDouble(6)) : r.GetDouble(8).ToString("0.####", CultureInfo.InvariantCulture),
                r.IsDBNull(8) ? Percent(r.GetDouble(7)) : "",
                $"<code>{Html.Text(r.GetString(9))}</code>{(r.IsDBNull(11) ? "" : $"<details><summary>rows</summary>{Examples(r.GetString(12))}<code>{Html.Text(r.GetString(11))}</code></details>")}",
            ], run.Id);
        const string Headers = "rule|status|#broken|#passed, or figure|#required|expected";
        var (broken, passed) = (rules.Where(r => !r[1].Contains("tag pass", StringComparison.Ordinal)).ToList(), rules.Where(r => r[1].Contains("tag pass", StringComparison.Ordinal)).ToList());
        page.Append($"<section><h2>Rules of {Html.Text(run.Name)}</h2><p class='soft'>A row breaks a rule when the rule is FALSE for it; what is unknown (NULL) passes.</p>");
        page.Append(broken.Count == 0 ? "<p>All rules pass.</p>" : Html.Table(Headers, broken)).Append($"<details><summary>{passed.Count} rules pass</summary>{Html.Table(Headers, passed)}</details></section>");
    }

    static string Examples(string json) => string.Concat(JsonSerializer.Deserialize<List<Example>>(json, RuleFiles.Json)!.Select(e => $"<p>{Html.Text(e.File)} row {e.Row:N0}{(e.Column.Length > 0 ? " " + Html.Text(e.Column) : "")}: {Html.Text(e.Found.Length > 200 ? e.Found[..200] + "…" : e.Found)}</p>"));

    static void Trends(StringBuilder page, Store store, IReadOnlyList<Run> runs)
    {
        page.Append("<section><h2>History</h2>");
        page.Append(Html.Table("#run|drop|status|#raw|#clean|#quarantined|#duplicates", runs.Take(MostRuns).Select(r => (IReadOnlyList<string>)[$"{r.Id}", Html.Text(r.Name), $"<span class='{r.Status}'>{r.Status}</span>", $"{r.Counts.Raw:N0}", $"{r.Counts.Clean:N0}", $"{r.Counts.Quarantined:N0}", $"{r.Counts.Duplicates:N0}"])));
        page.Append("<h3>Pass rates of the rules that rows broke, the oldest run left</h3>");
        var broken = store.Query("SELECT table_name, rule FROM quality_results GROUP BY 1, 2 HAVING sum(broken) > 0 ORDER BY 1, 2", r => (Table: r.GetString(0), Rule: r.GetString(1)));
        page.Append(Html.Table("rule|trend||#last", broken.Select(b =>
        {
            var points = History.Of(store, b.Table, b.Rule).TakeLast(MostRuns).ToList();
            return (IReadOnlyList<string>)[$"{Html.Text(b.Table)}.{Html.Text(b.Rule)}", Charts.Line([.. points.Select(p => p.PassRate)]), History.Trend(points), Percent(points[^1].PassRate)];
        }))).Append("</section>");
    }

    static void Changes(StringBuilder page, Store store)
    {
        var drift = store.Query("SELECT coalesce(q.drop_name, q.kind), d.file, d.change, d.column_name, d.policy, d.detail FROM schema_drift d JOIN quality_runs q USING (run_id) ORDER BY run_id DESC LIMIT 50", r => (IReadOnlyList<string>)[.. Enumerable.Range(0, 6).Select(i => Html.Text(r.GetString(i)))]);
        page.Append("<section><h2>Schema drift</h2>").Append(drift.Count == 0 ? "<p>No file differed from what the rules expect.</p>" : Html.Table("drop|file|change|column|policy|detail", drift)).Append("</section>");
    }

    static void Profiles(StringBuilder page, Store store)
    {
        foreach (var table in store.Query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'clean_*' ORDER BY name", r => r.GetString(0)))
            page.Append($"<section><h2>Profile of {Html.Text(table)}</h2>").Append(Html.Table("column|type|#null|#distinct|smallest|largest|#mean|values", ColumnProfile.Of(store, table).Select(c => (IReadOnlyList<string>)
                [Html.Text(c.Column), c.Type, c.Rows == 0 ? "" : Percent((double)c.Nulls / c.Rows), $"{c.Distinct:N0}", Html.Text(Short(c.Min)), Html.Text(Short(c.Max)), c.Mean?.ToString("0.##", CultureInfo.InvariantCulture) ?? "", Charts.Histogram(c.Bars)]))).Append("</section>");
    }

    static string Short(string text) => text.Length > 24 ? text[..23] + "…" : text;

    static string Percent(double share) => (share * 100).ToString("0.00", CultureInfo.InvariantCulture) + " %";
}
