using System.Text;
using System.Text.RegularExpressions;

namespace DataQuality;

/// <summary>The shape that all values of a column share: the same length, and at each place a letter, a digit, or always the same
/// sign. AB-123 and XY-987 have the shape <c>[A-Z]{2}-[0-9]{3}</c>.</summary>
sealed class Shape
{
    const int Longest = 40;
    /// <summary>For each place the class of what stood there: the inside of a regular expression's brackets, or one sign.</summary>
    string[]? places;
    bool broken;

    /// <summary>A regular expression, or null when there is no such shape.</summary>
    public string? Pattern => broken || places is null ? null : Written(places);

    public void Take(string text)
    {
        if (broken) return;
        if (text.Length > Longest) { broken = true; return; }
        places ??= [.. text.Select(Class)];
        broken = places.Length != text.Length;
        for (var i = 0; i < text.Length && !broken; i++)
        {
            var here = Class(text[i]);
            if (places[i] != here && (places[i] = Both(places[i], here)).Length == 0) broken = true;
        }
    }

    static string Class(char c) => c switch { >= 'A' and <= 'Z' => "A-Z", >= 'a' and <= 'z' => "a-z", >= '0' and <= '9' => "0-9", _ => c.ToString() };

    /// <summary>The class of both; empty when one is a sign. Letters and digits are wide enough a class, signs would be guessing.</summary>
    static string Both(string a, string b) => a.Length == 1 || b.Length == 1 ? "" : string.Concat(new[] { "A-Z", "a-z", "0-9" }.Where(c => a.Contains(c, StringComparison.Ordinal) || b.Contains(c, StringComparison.Ordinal)));

    static string Written(string[] places)
    {
        var pattern = new StringBuilder();
        for (int from = 0, to; from < places.Length; from = to)
        {
            for (to = from + 1; to < places.Length && places[to] == places[from];) to++;
            pattern.Append(places[from].Length == 1 ? Regex.Escape(places[from]) : $"[{places[from]}]");
            if (to - from > 1) pattern.Append('{').Append(to - from).Append('}');
        }
        return pattern.ToString();
    }
}
