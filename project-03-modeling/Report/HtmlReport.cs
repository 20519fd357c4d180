using System.Text;
using Microsoft.Data.Sqlite;

namespace DimensionalModel;

/// <summary>The report of a warehouse: every question with its answer, in one HTML file that needs nothing beside it.</summary>
static class HtmlReport
{
    const int MostRows = 200;

    /// <summary>Writes the file; whoever has the old one open keeps it whole.</summary>
    /// <param name="warehouse">The database's path.</param>
    public static void Write(string warehouse, string htmlFile)
    {
        using var connection = Warehouse.Open(warehouse);
        using var moment = connection.BeginTransaction(deferred: true);      // all answers are of one moment: what a load commits meanwhile is not seen
        var page = Page(connection, Questions.All);
        var temp = htmlFile + ".tmp";
        try
        {
            using (var file = File.Create(temp))
            {
                file.Write(Encoding.UTF8.GetBytes(page.Markup));
                file.Flush(flushToDisk: true);
            }
            File.Move(temp, htmlFile, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Delete(temp);
            throw new UserException($"{htmlFile} can't be written: {e.Message}");
        }
    }

    /// <summary>The whole page.</summary>
    public static Html Page(SqliteConnection connection, IReadOnlyList<Question> questions) => Html.Of($"""
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>What the star answers</title>
        <style>{new Html(Style.Sheet)}</style></head>
        <body><main>
        {Summary(connection)}
        <nav><ol>{questions.Select(q => Html.Of($"""<li><a href="#{q.Name}">{q.Text}</a></li>"""))}</ol></nav>
        {questions.Select(q => Section(connection, q))}
        </main></body></html>

        """);

    static Html Summary(SqliteConnection connection)
    {
        var row = Questions.Answer(connection, """
            SELECT (SELECT coalesce(sum(flights), 0) FROM agg_route_month), (SELECT count(DISTINCT tailnum) FROM dim_aircraft WHERE aircraft_key > 0), (SELECT count(*) FROM dim_aircraft WHERE aircraft_key > 0),
                (SELECT count(DISTINCT sched_date_key) FROM agg_origin_hour), (SELECT count(*) FROM loads), (SELECT max(as_of) FROM loads),
                (SELECT date FROM dim_date WHERE date_key = (SELECT min(sched_date_key) FROM agg_origin_hour)), (SELECT date FROM dim_date WHERE date_key = (SELECT max(sched_date_key) FROM agg_origin_hour))
            """, out _).Single().Select(Questions.Shown).ToArray();
        var span = row[6].Length == 0 ? "Nothing is loaded yet." : $"Flights of {row[6]} to {row[7]}. The source was last asked at {row[5].Replace("T", " ", StringComparison.Ordinal).Replace("Z", " UTC", StringComparison.Ordinal)}.";
        return Html.Of($"""
            <header><h1>What the star answers</h1><p class="muted">{span}</p></header>
            <div class="tiles">{new[] { "flights", "aircraft", "versions of aircraft", "days", "loads" }.Select((name, i) => Html.Of($"<div><b>{row[i]}</b><span>{name}</span></div>"))}</div>
            """);
    }

    static Html Section(SqliteConnection connection, Question question)
    {
        var rows = Questions.Answer(connection, question.Sql, out var columns);
        var what = $"{question.Chart.Value} by {string.Join(", ", question.Chart.Labels)}";
        return Html.Of($"""
            <section id="{question.Name}"><h2>{question.Text}</h2>
            <p class="muted"><code>{question.Name}</code> · Grain: {question.Grain}.</p>
            <div class="card"><p class="muted">{what}</p>{Charts.Of(Questions.Points(question, columns, rows), what)}</div>
            {Table(columns, rows)}
            <details><summary>SQL</summary><pre>{question.Sql.TrimEnd()}</pre></details>
            </section>

            """);
    }

    static Html Table(string[] columns, IReadOnlyList<object?[]> rows)
    {
        var numbers = columns.Select((_, i) => rows.Any(r => r[i] is long or double)).ToArray();
        var head = columns.Select((name, i) => Html.Of($"""<th class="{(numbers[i] ? "n" : "")}">{name}</th>"""));
        var body = rows.Take(MostRows).Select(row => Html.Of($"<tr>{row.Select((cell, i) => Html.Of($"""<td class="{(numbers[i] ? "n" : "")}">{Questions.Shown(cell)}</td>"""))}</tr>"));
        var rest = rows.Count <= MostRows ? default : Html.Of($"""<p class="muted">The first {MostRows} of {(long)rows.Count} rows.</p>""");
        return Html.Of($"""<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{rest}""");
    }
}

/// <summary>How the report looks: on a light screen, a dark one, a small one and on paper.</summary>
static class Style
{
    public const string Sheet = """
        :root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --text: #1b2129; --muted: #5b6673; --line: #e1e5ea; --tint: #eef1f5; --bar: #4a78b5; }
        @media (prefers-color-scheme: dark) { :root { --page: #12161b; --card: #1a2027; --text: #e5e9ee; --muted: #9ba7b4; --line: #2c343d; --tint: #222a33; --bar: #7ba7dd; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
        main { max-width: 980px; margin: 0 auto; padding: 28px 24px 64px; }
        h1 { font-size: 34px; line-height: 1.2; margin: 0; } h2 { font-size: 21px; line-height: 1.3; margin: 52px 0 4px; overflow-wrap: anywhere; }
        p { margin: 6px 0; } .muted { color: var(--muted); } p.muted { font-size: 14px; } code, pre { font: 13px/1.5 ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin-top: 14px; }
        .tiles div, .card, .scroll, nav { background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
        .tiles div { padding: 12px 16px; } .tiles b { display: block; font-size: 25px; line-height: 1.25; font-variant-numeric: tabular-nums; }
        nav { margin-top: 14px; padding: 10px 16px; } nav ol { margin: 0; padding-left: 26px; columns: 2 380px; column-gap: 36px; } nav li { break-inside: avoid; } a { color: var(--bar); }
        .card { padding: 12px 16px 16px; margin: 10px 0; overflow-x: auto; } .scroll { overflow: auto; max-height: 420px; margin: 10px 0; }
        table { border-collapse: collapse; width: 100%; font-size: 14px; } th, td { text-align: left; padding: 5px 12px; border-top: 1px solid var(--line); white-space: nowrap; }
        thead th { position: sticky; top: 0; background: var(--card); border-top: 0; color: var(--muted); font-weight: 500; font-size: 13px; } .n { text-align: right; font-variant-numeric: tabular-nums; }
        summary { cursor: pointer; color: var(--bar); font-size: 14px; } pre { background: var(--tint); border-radius: 6px; padding: 10px 12px; margin: 6px 0; white-space: pre-wrap; overflow-wrap: anywhere; }
        .panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr)); gap: 12px 28px; } figure { margin: 0; } figcaption { font-weight: 600; font-size: 14px; margin-bottom: 4px; }
        svg { display: block; width: 100%; height: auto; margin-top: 6px; } svg rect { fill: var(--bar); } svg text { fill: var(--text); font-size: 13px; font-variant-numeric: tabular-nums; } svg text.muted { fill: var(--muted); font-size: 12px; }
        .end { text-anchor: end; } .middle { text-anchor: middle; } .axis { stroke: var(--muted); fill: none; } .grid { stroke: var(--line); fill: none; } .line { fill: none; stroke: var(--bar); stroke-width: 2; stroke-linejoin: round; }
        @media print { :root { color-scheme: light; --page: #fff; --card: #fff; --text: #000; --muted: #555; --line: #ccc; --tint: #f4f4f4; --bar: #4a78b5; } body { font-size: 12px; } main { max-width: none; padding: 0; } .scroll { overflow: visible; max-height: none; } thead th { position: static; } tr, .card, header { break-inside: avoid; } h2, h2 + p { break-after: avoid; } details { display: none; } * { print-color-adjust: exact; } }
        """;
}
