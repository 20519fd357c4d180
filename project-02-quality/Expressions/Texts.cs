using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;

namespace DataQuality;

/// <summary>Regular expressions by their pattern. No pattern takes more than linear time: one that repeats only by fixed numbers is
/// compiled, for there is nothing to try again; any other is matched without backtracking, which is several times slower.</summary>
static partial class Patterns
{
    static readonly ConcurrentDictionary<string, Regex> Known = new();

    /// <summary>A <c>$</c> means the end of the text; .NET alone would also let a last newline pass.</summary>
    /// <exception cref="UserException">The pattern is none; exit code 2.</exception>
    public static Regex Of(string pattern) => Known.GetOrAdd(pattern, text =>
    {
        try { return new Regex(StrictEnd(text), (Fixed().IsMatch(text) ? RegexOptions.Compiled : RegexOptions.NonBacktracking) | RegexOptions.CultureInvariant); }
        catch (ArgumentException e) { throw new UserException($"the pattern '{Own(text)}' can't be used: {e.Message[Math.Max(0, e.Message.LastIndexOf("at offset", StringComparison.Ordinal))..].Split(". ", 2)[^1].TrimEnd('.')}", 2); }
        catch (NotSupportedException) { throw new UserException($"the pattern '{Own(text)}' can't be used: a pattern that looks ahead, behind, or back to a group may take very long, and is not run", 2); }
    });

    /// <summary>The pattern as it stands in the rules file: a rule of kind pattern is about the whole text, and says so around it.</summary>
    static string Own(string pattern) => pattern.StartsWith("^(?:", StringComparison.Ordinal) && pattern.EndsWith(")$", StringComparison.Ordinal) ? pattern[4..^2] : pattern;

    /// <summary>Letters, digits, classes and fixed counts, from the beginning to the end of the text.</summary>
    [GeneratedRegex(@"^\^\(\?:([A-Za-z0-9 _-]|\[\^?[A-Za-z0-9 _-]+\]|\{[0-9]{1,3}\})+\)\$\z")]
    private static partial Regex Fixed();

    /// <summary>Writes <c>\z</c> for every <c>$</c> that is neither escaped nor in brackets.</summary>
    static string StrictEnd(string pattern)
    {
        var strict = new StringBuilder();
        var brackets = 0;
        for (var i = 0; i < pattern.Length; i++)
        {
            var c = pattern[i];
            if (c == '\\' && i + 1 < pattern.Length) strict.Append(c).Append(pattern[++i]);
            else if (c == '$' && brackets == 0) strict.Append("\\z");
            else
            {
                strict.Append(c);
                if (c == '[' && (brackets == 0 || pattern[i - 1] == '-'))       // in brackets, only [a-z-[aeiou]] opens others
                {
                    brackets++;
                    if (i + 1 < pattern.Length && pattern[i + 1] == '^') strict.Append(pattern[++i]);
                    if (i + 1 < pattern.Length && pattern[i + 1] == ']') strict.Append(pattern[++i]);       // []a]: the first ] is itself
                }
                else if (c == ']' && brackets > 0) brackets--;
            }
        }
        return strict.ToString();
    }
}

/// <summary>Texts as SQLite sees them.</summary>
static class Texts
{
    /// <summary>By their UTF-8 bytes, which is by code points: UTF-16 would sort a surrogate pair before U+E000 to U+FFFF.</summary>
    public static int Compare(string a, string b)
    {
        var at = a.AsSpan().CommonPrefixLength(b);
        return at == a.Length || at == b.Length ? a.Length - b.Length : Rank(a[at]) - Rank(b[at]);

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
