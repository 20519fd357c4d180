using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace DataQuality;

/// <summary>Regular expressions by their pattern. No pattern takes more than linear time: one that repeats only by fixed numbers is
/// compiled, for there is nothing to try again; any other is matched without backtracking, which is several times slower.</summary>
static partial class Patterns
{
    static readonly ConcurrentDictionary<string, Regex> Known = new();

    /// <summary>A final <c>$</c> means the end of the text; .NET alone would also let a last newline pass.</summary>
    /// <exception cref="UserException">The pattern is none; exit code 2.</exception>
    public static Regex Of(string pattern) => Known.GetOrAdd(pattern, text =>
    {
        var whole = text.EndsWith('$') && !text.EndsWith("\\$", StringComparison.Ordinal) ? text[..^1] + "\\z" : text;
        try { return new Regex(whole, (Fixed().IsMatch(text) ? RegexOptions.Compiled : RegexOptions.NonBacktracking) | RegexOptions.CultureInvariant); }
        catch (Exception e) when (e is ArgumentException or NotSupportedException) { throw new UserException($"the pattern '{text}' can't be used: {e.Message}", 2); }
    });

    /// <summary>Letters, digits, classes and fixed counts, from the beginning to the end of the text.</summary>
    [GeneratedRegex(@"^\^\(\?:([A-Za-z0-9 _-]|\[\^?[A-Za-z0-9 _-]+\]|\{[0-9]{1,3}\})+\)\$\z")] private static partial Regex Fixed();
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
