using System.Globalization;

namespace DataQuality;

/// <summary>Small pictures as SVG, drawn in the page's own colours.</summary>
static class Charts
{
    /// <summary>Bars side by side, the highest as high as the picture; each says what it is when pointed at.</summary>
    public static string Histogram(IReadOnlyList<(string Label, long Count)> bars)
    {
        if (bars.Count == 0) return "";
        const int Wide = 9, High = 28;
        var most = Math.Max(1, bars.Max(b => b.Count));
        var rects = bars.Select((bar, i) => $"<rect x='{i * (Wide + 1)}' y='{Text(High - High * bar.Count / (double)most)}' width='{Wide}' height='{Text(High * bar.Count / (double)most)}'><title>{Html.Text(bar.Label)}: {bar.Count:N0}</title></rect>");
        return $"<svg class='bars' width='{bars.Count * (Wide + 1)}' height='{High}' role='img'>{string.Concat(rects)}</svg>";
    }

    /// <summary>A line of shares from 0 to 1; the axis begins a little below the lowest.</summary>
    public static string Line(IReadOnlyList<double> shares)
    {
        const int Wide = 120, High = 24;
        var low = Math.Min(0.9, shares.Count == 0 ? 0 : shares.Min());
        var points = shares.Select((share, i) => $"{Text(4 + (shares.Count == 1 ? 0 : i * (Wide - 8.0) / (shares.Count - 1)))},{Text(High - 4 - (share - low) / (1.0001 - low) * (High - 8))}").ToList();
        var dots = points.Select(p => p.Split(',')).Select((p, i) => $"<circle cx='{p[0]}' cy='{p[1]}' r='2.5'><title>{shares[i] * 100:0.00} %</title></circle>");
        return $"<svg class='line' width='{Wide}' height='{High}' role='img'><polyline points='{string.Join(' ', points)}'/>{string.Concat(dots)}</svg>";
    }

    /// <summary>One bar that is split by counts; each part has the class of its name.</summary>
    public static string Split(IReadOnlyList<(string Name, long Count)> parts)
    {
        var all = Math.Max(1, parts.Sum(p => p.Count));
        var spans = parts.Where(p => p.Count > 0).Select(p => $"<span class='{p.Name}' style='flex:{Text(Math.Max(p.Count / (double)all, 0.004))}' title='{p.Name}: {p.Count:N0}'></span>");
        return $"<div class='split'>{string.Concat(spans)}</div>";
    }

    static string Text(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}

/// <summary>Texts in HTML.</summary>
static class Html
{
    public static string Text(string text) => System.Net.WebUtility.HtmlEncode(text);

    /// <summary>A table; the cells are HTML already.</summary>
    public static string Table(string headers, IEnumerable<IReadOnlyList<string>> rows) =>
        $"<div class='scroll'><table><thead><tr>{string.Concat(headers.Split('|').Select(h => $"<th{(h.StartsWith('#') ? " class='n'" : "")}>{h.TrimStart('#')}</th>"))}</tr></thead><tbody>{string.Concat(rows.Select(row => $"<tr>{string.Concat(row.Select((cell, i) => $"<td{(headers.Split('|')[i].StartsWith('#') ? " class='n'" : "")}>{cell}</td>"))}</tr>"))}</tbody></table></div>";
}
