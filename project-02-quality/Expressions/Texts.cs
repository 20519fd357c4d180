using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace DataQuality;

/// <summary>Regular expressions by their pattern. Without backtracking: no pattern takes more than linear time.</summary>
static class Patterns
{
    static readonly ConcurrentDictionary<string, Regex> Known = new();

    /// <summary>A final <c>$</c> means the end of the text; .NET alone would also let a last newline pass.</summary>
    /// <exception cref="UserException">The pattern is none; exit code 2.</exception>
    public static Regex Of(string pattern) => Known.GetOrAdd(pattern, text =>
    {
        try { return new Regex(text.EndsWith('$') && !text.EndsWith("\\$", StringComparison.Ordinal) ? text[..^1] + "\\z" : text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant); }
        catch (Exception e) when (e is ArgumentException or NotSupportedException) { throw new UserException($"the pattern '{text}' can't be used: {e.Message}", 2); }
    });
}

/// <summary>Texts as SQLite sees them.</summary>
static class Texts
{
    /// <summary>By their UTF-8 bytes, which is by code points: UTF-16 would sort a surrogate pair before U+E000 to U+FFFF.</summary>
    public static int Compare(string a, string b)
    {
        var length = Math.Min(a.Length, b.Length);
        for (var i = 0; i < length; i++)
            if (a[i] != b[i]) return Rank(a[i]) - Rank(b[i]);
        return a.Length - b.Length;

        static int Rank(char c) => char.IsSurrogate(c) ? c + 0x2000 : c >= '\uE000' ? c - 0x800 : c;
    }

    /// <summary>In code points.</summary>
    public static long Length(string text)
    {
        long pairs = 0;
        foreach (var c in text) if (char.IsLowSurrogate(c)) pairs++;
        return text.Length - pairs;
    }

    /// <summary>SQLite folds the letters of ASCII alone.</summary>
    public static string Lower(string text) => string.Create(text.Length, text, (to, from) => { for (var i = 0; i < to.Length; i++) to[i] = char.IsAsciiLetterUpper(from[i]) ? (char)(from[i] | 0x20) : from[i]; });
    public static string Upper(string text) => string.Create(text.Length, text, (to, from) => { for (var i = 0; i < to.Length; i++) to[i] = char.IsAsciiLetterLower(from[i]) ? (char)(from[i] & ~0x20) : from[i]; });
}
