using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;

namespace DataQuality;

/// <summary>A piece of HTML.</summary>
readonly record struct Html(string Markup)
{
    /// <summary>The text with its holes filled in. A hole is escaped, unless it is HTML itself: what comes from data can't become
    /// markup, and nobody has to remember to escape it.</summary>
    public static Html Of(Writer text) => new(text.ToString());

    [InterpolatedStringHandler]
    public readonly struct Writer(int literals, int holes)
    {
        readonly StringBuilder text = new(literals + holes * 16);

        public void AppendLiteral(string markup) => text.Append(markup);
        public void AppendFormatted(Html html) => text.Append(html.Markup);
        public void AppendFormatted(IEnumerable<Html> all) { foreach (var html in all) text.Append(html.Markup); }
        public void AppendFormatted(string? data) => text.Append(WebUtility.HtmlEncode(Terminal.Plain(data ?? "")));
        public void AppendFormatted(long number) => text.Append(number.ToString("N0", CultureInfo.InvariantCulture));
        /// <summary>As a coordinate.</summary>
        public void AppendFormatted(double number) => text.Append(number.ToString("0.##", CultureInfo.InvariantCulture));
        public override string ToString() => text.ToString();
    }
}

/// <summary>The charts of the report, as SVG inside the page. Their colours are those of the style sheet (good, warn, bad, none).</summary>
static class Charts
{
    const double Line = 24;     // between two labels

    /// <summary>Raw rows of each table flow into clean, quarantined and duplicate ones, and on to the curated layer; the bars'
    /// heights are proportional to the rows, and a bar is never thinner than can be seen.</summary>
    public static Html Flow(IReadOnlyList<(string Table, Counts Counts, long? Curated)> tables)
    {
        const double Left = 170, Middle = 480, Right = 800, Width = 12, High = 190;
        var all = tables.Aggregate(default(Counts), (sum, t) => sum + t.Counts);
        var scale = High / Math.Max(1, Math.Max(all.Raw, tables.Sum(t => t.Curated ?? 0)));
        double High1(long rows) => rows == 0 ? 0 : Math.Max(2, rows * scale);

        var raw = Stack(tables.Select(t => Parts(t.Counts).Sum(High1)));
        var ends = Stack([tables.Sum(t => High1(t.Counts.Clean)), tables.Sum(t => High1(t.Counts.Quarantined)), tables.Sum(t => High1(t.Counts.Duplicates))]);
        var curated = Stack(tables.Select(t => High1(t.Curated ?? 0)));
        var (marks, filled) = (new List<Html>(), new double[3]);
        for (var t = 0; t < tables.Count; t++)
        {
            var from = raw[t].Y;
            marks.Add(Bar(Left, raw[t], "none", $"{tables[t].Table}", tables[t].Counts.Raw, left: true));
            foreach (var (part, rows) in Parts(tables[t].Counts).Index())
            {
                var to = ends[part].Y + filled[part];
                if (rows > 0) marks.Add(Ribbon(Left + Width, from, High1(rows), Middle, to, High1(rows), Kinds[part]));
                if (part == 0 && tables[t].Curated is { } made) marks.Add(Ribbon(Middle + Width, to, High1(rows), Right, curated[t].Y, High1(made), "good"));
                from += High1(rows);
                filled[part] += High1(rows);
            }
            if (tables[t].Curated is { } count) marks.Add(Bar(Right, curated[t], "good", "curated_" + tables[t].Table, count));
        }
        foreach (var (part, rows) in Parts(all).Index()) marks.Add(Bar(Middle, ends[part], Kinds[part], Names[part], rows));
        var bottom = raw.Concat(ends).Concat(curated).Max(node => Math.Max(node.Y + node.High, node.Y + node.High / 2 + Line / 2)) + 8;
        return Html.Of($"""<svg class="flow" viewBox="0 0 1000 {bottom}" role="img" aria-label="Rows from raw to clean to curated">{marks}</svg>""");

        Html Bar(double x, (double Y, double High) node, string kind, string name, long rows, bool left = false) => Html.Of(
            $"""<rect x="{x}" y="{node.Y}" width="{Width}" height="{node.High}" rx="2" class="{kind}"/><text x="{(left ? x - 10 : x + Width + 10)}" y="{node.Y + node.High / 2 + 4}" class="{(left ? "end" : "start")}">{name} <tspan class="strong">{rows}</tspan></text>""");
    }

    static readonly string[] Kinds = ["good", "bad", "none"], Names = ["clean", "quarantined", "duplicates"];
    static long[] Parts(Counts counts) => [counts.Clean, counts.Quarantined, counts.Duplicates];

    /// <summary>Bars one below the other, with room for their labels.</summary>
    static List<(double Y, double High)> Stack(IEnumerable<double> heights)
    {
        var bars = new List<(double Y, double High)>();
        foreach (var high in heights) bars.Add((bars is [.., var last] ? Math.Max(last.Y + last.High + 10, last.Y + last.High / 2 + Line - high / 2) : Math.Max(6, Line / 2 - high / 2), high));
        return bars;
    }

    static Html Ribbon(double x1, double y1, double high1, double x2, double y2, double high2, string kind)
    {
        var half = (x1 + x2) / 2;
        return Html.Of($"""<path class="ribbon {kind}" d="M{x1} {y1}C{half} {y1} {half} {y2} {x2} {y2}V{y2 + high2}C{half} {y2 + high2} {half} {y1 + high1} {x1} {y1 + high1}Z"/>""");
    }

    /// <summary>A line over the runs, with a dot for each run that is not good and for the last one.</summary>
    /// <param name="values">Of each run; null where it has none.</param>
    /// <param name="kinds">The dots' colours.</param>
    /// <param name="bound">Is drawn as a dashed line.</param>
    public static Html Sparkline(IReadOnlyList<double?> values, IReadOnlyList<string> kinds, double? bound, double? top)
    {
        const double Wide = 200, High = 34, Edge = 5;
        var (low, high) = (values.Append(bound).Min()!.Value, values.Append(top).Max()!.Value);
        if (high - low < 1e-9) (low, high) = top is null ? (low - 1, high + 1) : (low - 0.01, high);
        double X(int run) => values.Count == 1 ? Wide / 2 : Edge + (Wide - 2 * Edge) * run / (values.Count - 1);
        double Y(double value) => High - Edge - (High - 2 * Edge) * (value - low) / (high - low);
        var known = Enumerable.Range(0, values.Count).Where(i => values[i] is not null).ToList();
        var dashed = bound is { } b ? Html.Of($"""<path class="bound" d="M0 {Y(b)}H{Wide}"/>""") : default;
        var line = known.Select((i, at) => Html.Of($"{new Html(at == 0 ? "M" : "L")}{X(i)} {Y(values[i]!.Value)}"));
        var dots = known.Where(i => kinds[i] != "good" || i == known[^1]).Select(i => Html.Of($"""<circle cx="{X(i)}" cy="{Y(values[i]!.Value)}" r="3" class="{kinds[i]}"/>"""));
        return Html.Of($"""<svg class="spark" viewBox="0 0 200 34" role="img" aria-label="over {known.Count} runs">{dashed}<path class="line" d="{line}"/>{dots}</svg>""");
    }

    /// <summary>Rows by value, from the smallest at the left to the largest.</summary>
    public static Html Histogram(IReadOnlyList<long> bins)
    {
        const double Wide = 132, High = 30;
        var (most, step) = (Math.Max(1, bins.Max()), Wide / bins.Count);
        var bars = bins.Select((rows, i) => (i, High: rows == 0 ? 0 : Math.Max(1.5, High * rows / most))).Select(bar => Html.Of($"""<rect x="{bar.i * step}" y="{High - bar.High}" width="{step - 1.5}" height="{bar.High}"/>"""));
        return Html.Of($"""<svg class="histogram" viewBox="0 0 132 30" role="img" aria-label="histogram of {bins.Count} bins">{bars}</svg>""");
    }

    /// <summary>A share as a bar, with a mark where it should be.</summary>
    public static Html Meter(double share, double? required, string kind)
    {
        var mark = required is { } at ? Html.Of($"""<rect class="mark" x="{Math.Min(98.5, at * 100)}" y="0" width="1.5" height="10"/>""") : default;
        return Html.Of($"""<svg class="meter" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="track" y="2" width="100" height="6"/><rect class="{kind}" y="2" width="{share * 100}" height="6"/>{mark}</svg>""");
    }
}

/// <summary>How the report looks: on a light screen, a dark one, a small one and on paper.</summary>
static class Style
{
    public const string Sheet = """
        :root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --text: #1b2129; --muted: #5b6673; --line: #e1e5ea; --good: #1a7f4b; --doubt: #9a6200; --bad: #b8322a; --none: #6b7785; --tint: #eef1f5; --bar: #4a78b5; }
        @media (prefers-color-scheme: dark) { :root { --page: #12161b; --card: #1a2027; --text: #e5e9ee; --muted: #9ba7b4; --line: #2c343d; --good: #4cc38a; --doubt: #e3b04b; --bad: #f47c71; --none: #8793a0; --tint: #222a33; --bar: #7ba7dd; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
        main { max-width: 1180px; margin: 0 auto; padding: 28px 24px 64px; }
        h1 { font-size: 34px; line-height: 1.2; margin: 4px 0 0; overflow-wrap: anywhere; } h2 { font-size: 21px; margin: 44px 0 10px; } h3 { font-size: 16px; margin: 24px 0 8px; }
        p { margin: 6px 0; } .muted, small { color: var(--muted); } small { font-size: 13px; } code, pre { font: 13px/1.5 ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; }
        header { background: var(--card); border: 1px solid var(--line); border-left: 6px solid var(--none); border-radius: 8px; padding: 20px 24px; }
        header.good { border-left-color: var(--good); } header.bad { border-left-color: var(--bad); } header.good h1 { color: var(--good); } header.bad h1 { color: var(--bad); }
        .reasons { font-size: 18px; margin: 12px 0 0; padding-left: 22px; overflow-wrap: anywhere; } .reasons:empty { display: none; }
        .notice { background: var(--tint); border-radius: 6px; padding: 10px 14px; margin-top: 14px; }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: 12px; margin-top: 12px; }
        .tiles div, .card, .sparks div, .scroll { background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
        .tiles div { padding: 12px 16px; } .tiles b { display: block; font-size: 25px; font-variant-numeric: tabular-nums; line-height: 1.25; } .tiles small { display: block; min-height: 19px; }
        nav { display: flex; flex-wrap: wrap; gap: 6px 20px; margin-top: 18px; } a { color: var(--bar); }
        .card { padding: 14px; margin: 10px 0; overflow-x: auto; } .scroll { overflow-x: auto; margin: 10px 0; }
        table { border-collapse: collapse; width: 100%; font-size: 14px; } th, td { text-align: left; vertical-align: top; padding: 7px 12px; border-top: 1px solid var(--line); white-space: nowrap; }
        thead th { border-top: 0; color: var(--muted); font-weight: 500; font-size: 13px; } tbody th { font-weight: 600; } .n { text-align: right; font-variant-numeric: tabular-nums; }
        td.wide { white-space: normal; overflow-wrap: anywhere; min-width: 240px; width: 40%; } td.wide > small { display: block; } .rule > td[colspan] { white-space: normal; overflow-wrap: anywhere; min-width: 180px; } td.bar { width: 130px; padding-top: 13px; } .total td { font-weight: 600; }
        .badge { display: inline-block; min-width: 54px; text-align: center; border-radius: 10px; padding: 0 9px; font-size: 12.5px; font-weight: 600; color: var(--card); background: var(--none); }
        .badge.good { background: var(--good); } .badge.doubt { background: var(--doubt); } .badge.bad { background: var(--bad); }
        summary { cursor: pointer; color: var(--bar); font-size: 14px; } .more > summary { color: var(--text); font-weight: 600; margin: 14px 0 8px; font-size: 15px; } .under > td { border-top: 0; padding-top: 0; white-space: normal; } .rule > td { padding-bottom: 4px; }
        pre { background: var(--tint); border-radius: 6px; padding: 10px 12px; margin: 6px 0; white-space: pre-wrap; overflow-wrap: anywhere; } .examples { width: auto; margin: 6px 0; font-size: 13px; } .examples td, .examples th { padding: 3px 18px 3px 0; white-space: normal; overflow-wrap: anywhere; }
        .sparks { display: grid; grid-template-columns: repeat(auto-fill, minmax(268px, 1fr)); gap: 12px; margin: 10px 0; } .sparks div { padding: 10px 14px; }
        .sparks p { display: flex; justify-content: space-between; gap: 10px; margin: 0 0 4px; font-size: 13px; } .sparks span { overflow-wrap: anywhere; } .sparks b { white-space: nowrap; }
        .profile { font-size: 13px; } .profile small { font-size: 12px; } .profile td, .profile th { vertical-align: middle; padding: 6px 8px; } .profile td.frequent { min-width: 240px; width: 30%; } .frequent span { display: inline-block; margin-right: 10px; }
        svg { display: block; } rect.good, circle.good, path.good { fill: var(--good); } rect.doubt, circle.doubt { fill: var(--doubt); } rect.bad, circle.bad, path.bad { fill: var(--bad); } rect.none, circle.none, path.none { fill: var(--none); }
        .flow { width: 100%; min-width: 640px; height: auto; } .flow text { fill: var(--text); font-size: 14px; paint-order: stroke; stroke: var(--card); stroke-width: 4px; stroke-linejoin: round; } .flow .end { text-anchor: end; } .flow .strong { font-weight: 600; } .ribbon { opacity: .22; }
        .spark { width: 100%; height: 40px; } .spark .line { fill: none; stroke: var(--bar); stroke-width: 1.5; } .bound { stroke: var(--muted); stroke-dasharray: 3 4; }
        .histogram { width: 132px; height: 30px; } .histogram rect { fill: var(--bar); } .meter { width: 110px; height: 10px; } .meter .track { fill: var(--tint); } .meter .mark { fill: var(--text); }
        @media print { body { background: #fff; font-size: 12px; } main { max-width: none; padding: 0; } nav { display: none; } .scroll { overflow: visible; } tr, .card, .sparks div, header { break-inside: avoid; } .under { break-before: avoid; } h2, h3, summary { break-after: avoid; } * { print-color-adjust: exact; } details::details-content { content-visibility: visible; block-size: auto; } }
        """;
}
