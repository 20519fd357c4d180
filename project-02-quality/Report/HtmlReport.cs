using System.Text;
using System.Text.Json;

namespace DataQuality;

/// <summary>The report of a store: one HTML file that needs nothing beside it. It is made anew after each run, from what the store
/// holds and nothing else.</summary>
static class HtmlReport
{
    const int MostRuns = 30, MostDrift = 100;

    /// <summary>Writes the report of the store in the output folder.</summary>
    public static void Write(Settings settings)
    {
        using var store = new Store(settings.Database, readOnly: true);
        Write(store, settings);
    }

    /// <summary>Writes <see cref="Settings.ReportFile"/>; whoever has the old one open keeps it whole.</summary>
    public static void Write(Store store, Settings settings)
    {
        Html page = default;
        store.InTransaction(() => page = Page(store, Known(store, settings.RulesFolder)), "BEGIN");
        var temp = settings.ReportFile + ".tmp";
        try
        {
            using (var file = File.Create(temp))
            {
                file.Write(Encoding.UTF8.GetBytes(page.Markup));
                file.Flush(flushToDisk: true);
            }
            File.Move(temp, settings.ReportFile, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { throw new UserException($"{settings.ReportFile} can't be written: {e.Message}"); }
    }

    /// <summary>The rules add their descriptions and the columns' types. The report does without where they are not there any more.</summary>
    static IReadOnlyList<TableRules> Known(Store store, string folder)
    {
        try { return Evolution.Of(store, RuleFiles.Load(folder)); }
        catch (UserException) { return []; }
    }

    static Html Page(Store store, IReadOnlyList<TableRules> rules)
    {
        var runs = History.Runs(store, MostRuns);
        if (runs.Count == 0) return Frame("No run yet", Html.Of($"<header><h1>No run yet</h1><p>There is nothing to report. Make a run: <code>dotnet run</code></p></header>"));
        var last = runs[^1];
        var published = store.Scalar("SELECT max(run_id) FROM quality_runs WHERE status = 'published'") is long id ? runs.FirstOrDefault(r => r.Id == id) ?? History.Runs(store, int.MaxValue).First(r => r.Id == id) : null;
        var results = Results(store);
        return Frame($"{last.Name}: {last.Status}", Html.Of($"""
            {Summary(last, published, runs.FirstOrDefault(r => r.Id == results.RunId) ?? last, results.Rules)}
            <nav><a href="#layers">Layers</a><a href="#rules">Rules</a><a href="#trend">Trend</a><a href="#drift">Schema drift</a><a href="#profile">Profile</a></nav>
            {Layers(store, last, published)}
            {RulesOf(runs, results.RunId, results.Rules, rules)}
            {Trend(store, runs)}
            {Drift(store)}
            {Profile(store, rules)}
            """));
    }

    static Html Frame(string title, Html body) => Html.Of($"""
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
        <style>{new Html(Style.Sheet)}</style></head>
        <body><main>{body}</main></body></html>

        """);

    /// <summary>A run by its drop, or by its number where it is a replay.</summary>
    static string Named(History.Line run) => run.Kind == "replay" ? $"run {run.Id}, a replay" : run.Name;

    /// <param name="judged">The run that the results are of.</param>
    static Html Summary(History.Line run, History.Line? published, History.Line judged, IReadOnlyList<RuleResult> results)
    {
        var what = run.Kind == "replay" ? "The replay" : run.Name;
        var headline = run.Status switch { "published" => $"{what} is published", "held" => $"{what} is held back", "failed" => $"{what} has failed", _ => $"{what} is running, or was killed" };
        var reasons = run.Reasons.Select(reason => Html.Of($"<li>{reason}</li>"));
        var counts = (published ?? run).Counts;
        var asOf = run.AsOf is null ? default : Html.Of($" · as of {Moment(run.AsOf)}");
        var still = run.Status == "published" ? default
            : published is null ? Html.Of($"""<p class="notice">Nothing was ever published: there are no layers yet.</p>""")
            : Html.Of($"""<p class="notice"><b>The layers are still those of {Named(published)}</b> ({(published.Kind == "replay" ? "" : $"run {published.Id}, ")}{Moment(published.StartedUtc)}). {what} changed nothing in them.</p>""");
        (int Rules, string Word)[] others = [(results.Count(Within), "within limit"), (results.Count(r => r.Status == RuleStatus.Warn && !Within(r)), "warn"), (results.Count(r => r.Status == RuleStatus.Fail), "fail")];
        return Html.Of($"""
            <header class="{Kind(run.Status)}">
            <p class="muted">Data quality · run {run.Id} · {Moment(run.StartedUtc)}{asOf}</p>
            <h1>{headline}</h1>
            <ul class="reasons">{reasons}</ul>
            {still}
            </header>
            <div class="tiles">
            {Tile(published is null ? "raw rows, not published" : "raw rows in the layers", counts.Raw, $"as of {Named(published ?? run)}")}{Tile("clean", counts.Clean, Share(counts.Clean, counts.Raw))}{Tile("quarantined", counts.Quarantined, Share(counts.Quarantined, counts.Raw))}{Tile("duplicates", counts.Duplicates, Share(counts.Duplicates, counts.Raw))}
            <div><b>{results.Count(r => r.Status == RuleStatus.Pass)}</b><span>rules pass in {Named(judged)}</span><small>{string.Join(" · ", others.Where(o => o.Rules > 0).Select(o => $"{o.Rules} {o.Word}"))}</small></div>
            </div>
            """);

        static Html Tile(string name, long rows, string note) => Html.Of($"<div><b>{rows}</b><span>{name}</span><small>{note}</small></div>");
    }

    static Html Layers(Store store, History.Line last, History.Line? published)
    {
        if (published is null) return Html.Of($"""<section id="layers"><h2>Layers</h2><p>Nothing is published yet.</p>{Brought(store, last)}</section>""");
        var counts = Counts(store, published.Id);
        var tables = counts.GroupBy(c => c.Table).Select(g => (Table: g.Key, Counts: g.Aggregate(default(Counts), (sum, c) => sum + c.Counts))).OrderByDescending(t => t.Counts.Raw).ToList();
        var flow = tables.Select(t => (t.Table, t.Counts, store.Has("curated_" + t.Table) ? (long?)store.Scalar($"SELECT count(*) FROM {Sql.Name("curated_" + t.Table)}") : null)).ToList();
        var rows = tables.SelectMany(t => counts.Where(c => c.Table == t.Table).Select((c, i) => Row(i == 0 ? t.Table : "", c.Drop, c.Counts)));
        return Html.Of($"""
            <section id="layers"><h2>Layers as of {Named(published)}</h2>
            <p class="muted">Every raw row is in one place: raw = clean + quarantined + duplicates.</p>
            <div class="card">{Charts.Flow(flow)}</div>
            {Table([.. rows, Row("all", "", tables.Aggregate(default(Counts), (sum, t) => sum + t.Counts), "total")])}
            {(last == published ? default : Brought(store, last))}
            </section>
            """);
    }

    /// <summary>What became of the rows of a drop that is not in the layers.</summary>
    static Html Brought(Store store, History.Line run)
    {
        var rows = Counts(store, run.Id).Where(c => c.Drop == run.Name).Select(c => Row(c.Table, c.Drop, c.Counts)).ToList();
        return rows.Count == 0 ? default : Html.Of($"<h3>What {run.Name} brought (not in the layers)</h3>{Table(rows)}");
    }

    static Html Table(IEnumerable<Html> rows) => Html.Of($"""<div class="scroll"><table><thead><tr><th>Table</th><th>Drop</th><th class="n">Raw</th><th class="n">Clean</th><th class="n">Quarantined</th><th class="n">Duplicates</th><th class="n">Clean share</th><th></th></tr></thead><tbody>{rows}</tbody></table></div>""");

    static Html Row(string table, string drop, Counts c, string kind = "") => Html.Of(
        $"""<tr class="{kind}"><th>{table}</th><td>{drop}</td><td class="n">{c.Raw}</td><td class="n">{c.Clean}</td><td class="n">{c.Quarantined}</td><td class="n">{c.Duplicates}</td><td class="n">{Share(c.Clean, c.Raw)}</td><td class="bar">{Charts.Meter(c.Raw == 0 ? 0 : (double)c.Clean / c.Raw, null, "good")}</td></tr>""");

    static Html RulesOf(IReadOnlyList<History.Line> runs, long runId, IReadOnlyList<RuleResult> results, IReadOnlyList<TableRules> rules)
    {
        if (results.Count == 0) return Html.Of($"""<section id="rules"><h2>Rules</h2><p>No rule was judged yet.</p></section>""");
        var run = runs.FirstOrDefault(r => r.Id == runId);
        var which = run == runs[^1] ? default : Html.Of($"""<p class="notice">The last run ended before its rows were judged. These are the rules of run {runId}.</p>""");
        var aside = run?.Status == "held" ? Html.Of($"""<p class="muted">The SQL reads what {Named(run)} built aside (next_…), which is there until the next run.</p>""") : default;
        var sorted = results.OrderByDescending(r => r.Status).ThenByDescending(r => r.Severity).ThenBy(r => r.PassRate).ToList();
        var (shown, good) = (sorted.Where(r => r.Status != RuleStatus.Pass || r.Broken > 0), sorted.Where(r => r.Status == RuleStatus.Pass && r.Broken == 0).ToList());
        return Html.Of($"""
            <section id="rules"><h2>Rules, judged on {(run is null ? "the last run" : run.Kind == "replay" ? $"all drops ({Named(run)})" : run.Name)}</h2>
            {which}{aside}
            {Judged(shown)}
            <details class="more"><summary>{good.Count} rules that no row broke</summary>{Judged(good)}</details>
            </section>
            """);

        Html Judged(IEnumerable<RuleResult> list) => Html.Of($"""<div class="scroll"><table class="rules"><thead><tr><th>Status</th><th>Rule</th><th>Check</th><th>Severity</th><th class="n">Rows</th><th class="n">Broken</th><th class="n">Passed</th><th></th><th class="n">Required</th></tr></thead><tbody>{list.Select(r => Rule(r, rules))}</tbody></table></div>""");
    }

    static Html Rule(RuleResult r, IReadOnlyList<TableRules> rules)
    {
        var about = rules.FirstOrDefault(t => t.Table == r.Table)?.Rules.FirstOrDefault(x => x.Id == r.Rule)?.Description;
        var kind = Kind(r.Status.ToString());
        var figures = r.OfDrop
            ? Html.Of($"""<td class="n"></td><td class="n"></td><td class="n">{(r.Measured is { } figure ? LayerProfile.Figure(figure) : "")}</td><td colspan="2">{r.Expected}</td>""")
            : Html.Of($"""<td class="n">{r.Rows}</td><td class="n">{r.Broken}</td><td class="n">{History.Percent(r.PassRate)}</td><td class="bar">{Charts.Meter(r.PassRate, r.Required, kind)}</td><td class="n">{History.Percent(r.Required)}</td>""");
        var examples = r.Examples.Select(e => Html.Of($"""<tr><td>{e.File}</td><td class="n">{e.Row}</td><td>{e.Column}</td><td>{Short(e.Found, 200)}</td></tr>"""));
        var found = r.Examples.Count == 0 ? default : Html.Of($"""<table class="examples"><thead><tr><th>File</th><th class="n">Row</th><th>Column</th><th>Found</th></tr></thead><tbody>{examples}</tbody></table>""");
        var sql = r.Sql is null ? default : Html.Of($"<p>This lists the rows:</p><pre>{r.Sql}</pre>");
        var more = r.Examples.Count == 0 && r.Sql is null ? default : Html.Of($"""<tr class="under"><td></td><td colspan="8"><details><summary>Examples and SQL</summary><p>Expected: <code>{r.Expected}</code></p>{found}{sql}</details></td></tr>""");
        return Html.Of($"""<tr class="rule"><td>{(Within(r) ? Html.Of($"""<span class="badge doubt">within limit</span>""") : Badge(r.Status.ToString()))}</td><td class="wide"><b>{r.Table}.{r.Rule}</b><small>{about ?? r.Expected}</small></td><td>{r.Check}</td><td>{r.Severity.ToString().ToLowerInvariant()}</td>{figures}</tr>{more}""");
    }

    /// <summary>Rows broke the rule and are in quarantine, and the gate lets the drop pass.</summary>
    static bool Within(RuleResult r) => r.Status == RuleStatus.Warn && r.Severity == Severity.Error;

    static Html Trend(Store store, IReadOnlyList<History.Line> runs)
    {
        var lines = runs.Select(r => Html.Of($"""<tr><td class="n">{r.Id}</td><td>{r.Name}</td><td>{Badge(r.Status)}</td><td>{Moment(r.StartedUtc)}</td><td class="n">{r.Counts.Raw}</td><td class="n">{r.Counts.Clean}</td><td class="n">{r.Counts.Quarantined}</td><td class="n">{r.Counts.Duplicates}</td></tr>"""));
        var drops = runs.Where(r => r.Kind == "drop").ToList();
        var rules = History.Since(store, runs[0].Id).Select(rule => rule.Where(p => !p.IsReplay).ToList()).Where(points => points.Count > 0).OrderByDescending(points => Enum.Parse<RuleStatus>(points[^1].Status, ignoreCase: true)).ThenByDescending(points => points.Any(p => p.Broken > 0)).ToList();
        var still = rules.Where(points => points.All(p => p.Measured is null) && (points.All(p => p.Broken == 0) || points[^1].Status == "pass" && History.Trend(points) == "steady")).ToList();
        return Html.Of($"""
            <section id="trend"><h2>Trend over {(runs.Count == 1 ? "one run" : $"{runs.Count} runs")}</h2>
            <div class="scroll"><table><thead><tr><th class="n">Run</th><th>Drop</th><th>Status</th><th>Started</th><th class="n">Raw</th><th class="n">Clean</th><th class="n">Quarantined</th><th class="n">Duplicates</th></tr></thead><tbody>{lines}</tbody></table></div>
            <p class="muted">A line is a rule's pass rate, or its figure, drop by drop; a replay judges all drops at once and is left out. Dashed: what is required. A dot: a drop that broke the rule, or the last one.</p>
            <div class="sparks">{rules.Except(still).Select(Chart)}</div>
            <details class="more"><summary>{still.Count} rules that pass and change little or nothing</summary><div class="sparks">{still.Select(Chart)}</div></details>
            </section>
            """);

        Html Chart(List<History.Point> points)
        {
            var (last, byRun) = (points[^1], points.ToDictionary(p => p.RunId));
            var figures = points.Any(p => p.Measured is not null);
            var values = drops.Select(r => byRun.TryGetValue(r.Id, out var p) ? figures ? p.Measured : p.PassRate : null).ToList();
            var kinds = drops.Select(r => byRun.TryGetValue(r.Id, out var p) ? Kind(p.Status) : "none").ToList();
            var now = figures ? last.Measured is { } figure ? LayerProfile.Figure(figure) : "no rows" : History.Percent(last.PassRate);
            return Html.Of($"""<div><p><span>{last.Table}.{last.Rule}</span><b>{now}</b></p>{Charts.Sparkline(values, kinds, figures ? null : last.Required, figures ? null : 1)}<small>{(figures ? last.Expected : History.Trend(points))}</small></div>""");
        }
    }

    static Html Drift(Store store)
    {
        var rows = store.Query("SELECT run_id, coalesce(drop_name, kind), table_name, file, column_name, change, policy, detail FROM schema_drift JOIN quality_runs USING (run_id) ORDER BY run_id DESC, table_name, file, column_name LIMIT ?",
            r => Html.Of($"""<tr><td class="n">{r.GetInt64(0)}</td><td>{r.GetString(1)}</td><td>{r.GetString(3)}</td><td><b>{Short(r.GetString(4), 80)}</b></td><td>{r.GetString(5)}</td><td>{Badge(r.GetString(6))}</td><td class="wide">{r.GetString(7)}</td></tr>"""), MostDrift);
        return rows.Count == 0 ? Html.Of($"""<section id="drift"><h2>Schema drift</h2><p>Every file came with the columns and the types that the rules expect.</p></section>""")
            : Html.Of($"""<section id="drift"><h2>Schema drift</h2><div class="scroll"><table><thead><tr><th class="n">Run</th><th>Drop</th><th>File</th><th>Column</th><th>Change</th><th>Policy</th><th>Detail</th></tr></thead><tbody>{rows}</tbody></table></div></section>""");
    }

    static Html Profile(Store store, IReadOnlyList<TableRules> rules)
    {
        var tables = store.Query("SELECT substr(name, 7) FROM sqlite_schema WHERE type = 'table' AND name GLOB 'clean_*' ORDER BY 1", r => r.GetString(0));
        return Html.Of($"""<section id="profile"><h2>Profile of the clean layer</h2>{tables.Select(Of)}</section>""");

        Html Of(string table)
        {
            var step = LayerProfile.Step(store, table);
            var columns = LayerProfile.Of(store, table, rules.FirstOrDefault(t => t.Table == table)?.Columns.ToDictionary(c => c.Name, c => c.Type) ?? [], step);
            var sample = step == 1 ? default : Html.Of($"""<p class="muted">Of a sample: every {step}th row of each file.</p>""");
            return Html.Of($"""<details class="more" open><summary>clean_{table}: {columns.FirstOrDefault()?.Rows ?? 0} rows</summary>{sample}<div class="scroll"><table class="profile"><thead><tr><th>Column</th><th>Type</th><th class="n">Nulls</th><th class="n">Distinct</th><th class="n">Min</th><th class="n">Max</th><th class="n">Mean</th><th>Histogram</th><th>Most frequent</th></tr></thead><tbody>{columns.Select(Column)}</tbody></table></div></details>""");
        }

        static Html Column(ColumnFigures c) => Html.Of(
            $"""<tr><th>{c.Name}</th><td>{c.Type}</td><td class="n">{Share(c.Rows - c.Filled, c.Rows)}</td><td class="n">{c.Distinct}</td><td class="n">{Short(c.Min, 20)}</td><td class="n">{Short(c.Max, 20)}</td><td class="n">{(c.Mean is { } mean ? LayerProfile.Figure(mean) : "")}</td><td>{(c.Bins.Count > 1 ? Charts.Histogram(c.Bins) : default)}</td><td class="wide frequent">{c.Frequent.Select(f => Html.Of($"<span>{Short(f.Value, 24)} <small>{Share(f.Rows, c.Rows)}</small></span> "))}{(c.Filled > 0 && c.Frequent.Count == 0 ? "each once" : "")}</td></tr>""");
    }

    /// <summary>The rules of the last run that judged any.</summary>
    static (long RunId, IReadOnlyList<RuleResult> Rules) Results(Store store)
    {
        var run = store.Scalar("SELECT max(run_id) FROM quality_results") as long? ?? 0;
        return (run, store.Query("SELECT table_name, rule, \"check\", severity, rows, broken, required, measured, expected, status, sql, examples FROM quality_results WHERE run_id = ? ORDER BY table_name, rule", r => new RuleResult(
            r.GetString(0), r.GetString(1), r.GetString(2), Enum.Parse<Severity>(r.GetString(3), ignoreCase: true), r.GetInt64(4), r.GetInt64(5), r.GetDouble(6), r.IsDBNull(7) ? null : r.GetDouble(7), r.GetString(8), Enum.Parse<RuleStatus>(r.GetString(9), ignoreCase: true), r.IsDBNull(10) ? null : r.GetString(10), JsonSerializer.Deserialize<List<Example>>(r.GetString(11), RuleFiles.Json)!), run));
    }

    static IReadOnlyList<(string Table, string Drop, Counts Counts)> Counts(Store store, long run) => store.Query(
        "SELECT table_name, drop_name, c.raw, c.clean, c.quarantined, c.duplicates FROM quality_counts c LEFT JOIN drops d USING (drop_name) WHERE c.run_id = ? ORDER BY table_name, drop_no",
        r => (r.GetString(0), r.GetString(1), new Counts(r.GetInt64(2), r.GetInt64(3), r.GetInt64(4), r.GetInt64(5))), run);

    static Html Badge(string word) => Html.Of($"""<span class="badge {Kind(word)}">{word.ToLowerInvariant()}</span>""");

    /// <summary>The colour of a status or a policy.</summary>
    static string Kind(string word) => word.ToLowerInvariant() switch { "pass" or "published" or "evolve" => "good", "warn" => "doubt", "fail" or "failed" or "held" => "bad", _ => "none" };

    static string Share(long part, long whole) => whole == 0 ? "" : part > 0 && part < whole * 0.0001 ? "< 0.01 %" : History.Percent((double)part / whole);

    /// <summary>An instant as people read it.</summary>
    static string Moment(string iso) => iso.Replace("T", " ", StringComparison.Ordinal).Replace("Z", " UTC", StringComparison.Ordinal);

    static string Short(string text, int most) => text.Length > most ? text[..(most - 1)] + "…" : text;
}
