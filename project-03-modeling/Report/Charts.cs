using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;

namespace DimensionalModel;

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
        public void AppendFormatted(string? data) => text.Append(WebUtility.HtmlEncode(string.Join('\n', (data ?? "").Split('\n').Select(Terminal.Plain))));
        public void AppendFormatted(long number) => text.Append(number.ToString("N0", CultureInfo.InvariantCulture));
        /// <summary>As a coordinate.</summary>
        public void AppendFormatted(double number) => text.Append(number.ToString("0.##", CultureInfo.InvariantCulture));
        public override string ToString() => text.ToString();
    }
}

/// <summary>The charts of the report, as SVG inside the page: a line over days, columns where the labels are short, else bars.</summary>
static class Charts
{
    const int MostPanels = 12, MostBars = 40;

    /// <summary>The chart that fits the points.</summary>
    /// <param name="what">Is said to who does not see it.</param>
    public static Html Of(IReadOnlyList<Point> points, string what)
    {
        if (points.Count == 0) return Html.Of($"<p>No rows.</p>");
        if (points[0].Label.Count > 1) return Panels(points, what);
        if (points.Count > 2 && points.All(p => DateOnly.TryParseExact(p.Label[0], "yyyy-MM-dd", out _))) return Line(points, what);
        return points.Max(p => Width(p.Label[0])) * points.Count < 640 ? Columns(points, what) : Horizontal(points, 760, what);
    }

    /// <summary>Bars in a panel for each first part of the labels, all of one scale. There are no panels where there would be one, or
    /// one for each bar, nor where the rows of a first part do not stand together, for their order would be lost.</summary>
    static Html Panels(IReadOnlyList<Point> points, string what)
    {
        var groups = points.GroupBy(p => p.Label[0]).ToList();
        if (groups.Count == 1 || groups.Count == points.Count || !groups.SelectMany(g => g).SequenceEqual(points)) return Horizontal([.. points.Select(p => p with { Label = [string.Join(" ", p.Label)] })], 760, what);
        var shown = groups.TakeLast(MostPanels).ToList();
        var all = shown.SelectMany(g => g).ToList();
        var panels = shown.Select(g => Html.Of($"""<figure><figcaption>{g.Key}</figcaption>{Horizontal([.. g.Select(p => p with { Label = [string.Join(' ', p.Label.Skip(1))] })], 360, $"{what}: {g.Key}", all)}</figure>"""));
        return Html.Of($"""<div class="panels">{panels}</div>{Rest(shown.Count, groups.Count, "groups")}""");
    }

    static Html Rest(int shown, int all, string what) => shown == all ? default : Html.Of($"""<p class="muted">The last {shown} of {all} {what}.</p>""");

    /// <summary>Bars one below the other. Negative ones go to the left of zero.</summary>
    /// <param name="scale">The points whose figures must fit; the ones shown by default.</param>
    static Html Horizontal(IReadOnlyList<Point> points, double wide, string what, IReadOnlyList<Point>? scale = null)
    {
        const double Row = 22;
        var shown = points.TakeLast(MostBars).ToList();
        scale ??= shown;
        var left = scale.Max(p => Width(p.Label[^1])) + 10;
        var (low, high) = Range(scale);
        var figures = scale.Max(p => Width(p.Shown)) + 8;
        var start = left + (low < 0 ? figures : 0);
        var step = (wide - start - figures) / (high - low);
        var zero = start - low * step;
        var bars = shown.Select((p, i) =>
        {
            var (y, value) = (i * Row, p.Value ?? 0);
            var end = zero + value * step;
            return Html.Of($"""<text x="{left - 8}" y="{y + 15}" class="end">{p.Label[^1]}</text><rect x="{Math.Min(zero, end)}" y="{y + 3}" width="{Math.Abs(end - zero)}" height="{Row - 6}" rx="2"><title>{p.Label[^1]}: {p.Shown}</title></rect><text x="{(value < 0 ? end - 5 : end + 5)}" y="{y + 15}" class="{(value < 0 ? "end" : "start")}">{p.Shown}</text>""");
        });
        return Html.Of($"""<svg style="max-width:{wide}px;min-width:{Math.Min(wide, 560) - 80}px" viewBox="0 0 {wide} {shown.Count * Row}" role="img" aria-label="{what}">{bars}<path class="axis" d="M{zero} 0V{shown.Count * Row}"/></svg>{Rest(shown.Count, points.Count, "rows")}""");
    }

    /// <summary>Bars side by side, with their labels below.</summary>
    static Html Columns(IReadOnlyList<Point> points, string what)
    {
        const double High = 190, Top = 20;
        var place = Math.Max(points.Max(p => Math.Max(Width(p.Label[0]), Width(p.Shown))) + 12, 44);
        var (low, high) = Range(points);
        double Y(double value) => Top + High * (high - value) / (high - low);
        var bars = points.Select((p, i) =>
        {
            var (middle, value) = ((i + 0.5) * place, p.Value ?? 0);
            var bar = Math.Min(48, place * 0.7);
            return Html.Of($"""<rect x="{middle - bar / 2}" y="{Math.Min(Y(value), Y(0))}" width="{bar}" height="{Math.Abs(Y(value) - Y(0))}" rx="2"><title>{p.Label[0]}: {p.Shown}</title></rect><text x="{middle}" y="{(value < 0 ? Y(value) + 15 : Y(value) - 5)}" class="middle">{p.Shown}</text><text x="{middle}" y="{Top + High + (low < 0 ? 36 : 18)}" class="middle muted">{p.Label[0]}</text>""");
        });
        var wide = points.Count * place;
        return Html.Of($"""<svg style="max-width:{wide}px;min-width:{Math.Min(wide, 520)}px" viewBox="0 0 {wide} {Top + High + (low < 0 ? 42 : 24)}" role="img" aria-label="{what}">{bars}<path class="axis" d="M0 {Y(0)}H{wide}"/></svg>""");
    }

    /// <summary>A line over days, which are as far apart as they are in time.</summary>
    static Html Line(IReadOnlyList<Point> points, string what)
    {
        const double Wide = 820, High = 210, Left = 74, Right = 46, Top = 12;
        var days = points.Select(p => DateOnly.ParseExact(p.Label[0], "yyyy-MM-dd", CultureInfo.InvariantCulture).DayNumber).ToList();
        var (low, high) = Range(points);
        var step = Nice((high - low) / 4);
        double X(int day) => Left + (Wide - Left - Right) * (day - days[0]) / Math.Max(1, days[^1] - days[0]);
        double Y(double value) => Top + High * (high - value) / (high - low);
        var lines = Enumerable.Range((int)Math.Ceiling(low / step), (int)(Math.Floor(high / step) - Math.Ceiling(low / step)) + 1).Select(i => i * step)
            .Select(at => Html.Of($"""<path class="grid" d="M{Left} {Y(at)}H{Wide - Right}"/><text x="{Left - 8}" y="{Y(at) + 4}" class="end muted">{at.ToString("#,0.##", CultureInfo.InvariantCulture)}</text>"""));
        var dates = Enumerable.Range(0, 6).Select(i => days[0] + (days[^1] - days[0]) * i / 5).Distinct()
            .Select(day => Html.Of($"""<text x="{X(day)}" y="{Top + High + 20}" class="middle muted">{DateOnly.FromDayNumber(day).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}</text>"""));
        var path = points.Select((p, i) => (p.Value, Day: days[i])).Where(p => p.Value is not null).Select((p, at) => Html.Of($"{new Html(at == 0 ? "M" : "L")}{X(p.Day)} {Y(p.Value!.Value)}"));
        return Html.Of($"""<svg style="max-width:{Wide}px;min-width:560px" viewBox="0 0 {Wide} {Top + High + 28}" role="img" aria-label="{what}">{lines}{dates}<path class="line" d="{path}"/></svg>""");
    }

    /// <summary>From the least figure to the greatest, and zero: a bar that does not begin at zero lies.</summary>
    static (double Low, double High) Range(IReadOnlyList<Point> points)
    {
        var (low, high) = (Math.Min(0, points.Min(p => p.Value ?? 0)), Math.Max(0, points.Max(p => p.Value ?? 0)));
        return high > low ? (low, high) : (0, 1);
    }

    /// <summary>How wide a text of the charts is, at most: nobody knows the reader's font.</summary>
    static double Width(string text) => text.Sum(letter => char.IsAsciiLetterUpper(letter) ? 10.5 : 7.4);

    /// <summary>The next of 1, 2, 5, 10, 20, 50 and so on.</summary>
    static double Nice(double step)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(step)));
        return (step / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 } * power;
    }
}
