using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace DataQuality;

/// <summary>What is seen of one column of a file, value by value, in bounded memory.</summary>
sealed class ColumnCensus(string name)
{
    /// <summary>So many values are told apart, each by a hash of 64 bits and its first letters: at most some 20 MB a column.</summary>
    public const int MostDistinct = 100_000;
    /// <summary>So many letters are kept of a value.</summary>
    public const int MostLetters = 60;
    static readonly string[] NullTexts = ["", "NA", "N/A", "NULL", "null"];

    readonly Dictionary<ulong, (string Text, long Rows)> values = [];
    /// <summary>The types that every value so far is of, the narrowest first. Text is what remains.</summary>
    readonly List<Fit> fits = [.. Types(name).Select(type => new Fit(type))];
    string? first, last;

    public string Name => name;
    public long Nulls { get; private set; }
    public long Filled { get; private set; }
    /// <summary>Characters of all values together.</summary>
    public long Letters { get; private set; }
    /// <summary>The texts that mean "no value" and were found.</summary>
    public SortedSet<string> NullTokens { get; } = new(StringComparer.Ordinal);
    /// <summary>Whether a value has white space at its ends; it is then profiled, and should be cleaned, without.</summary>
    public bool Trim { get; private set; }
    /// <summary>Of texts, in code points.</summary>
    public int Shortest { get; private set; } = int.MaxValue;
    public int Longest { get; private set; }
    public Shape Shape { get; } = new();

    public ColumnType Type => Filled > 0 && fits.Count > 0 ? fits[0].Type : ColumnType.Text;
    public long Distinct => values.Count;
    /// <summary>There are more than <see cref="MostDistinct"/> values. Those that came later are not counted.</summary>
    public bool TooMany { get; private set; }
    public IReadOnlyList<(string Value, long Rows)> Frequent => [.. values.Values.OrderByDescending(v => v.Rows).ThenBy(v => v.Text, StringComparer.Ordinal).Take(3)];
    /// <summary>All values in order, when they are few and short enough to be kept whole.</summary>
    public IReadOnlyList<string> Values => [.. values.Values.Select(v => v.Text).Order(StringComparer.Ordinal)];

    /// <summary>The smallest and the largest value, as it would stand in a file; empty without values.</summary>
    public string Min => Filled == 0 ? "" : fits.Count > 0 ? fits[0].Min : first!;
    public string Max => Filled == 0 ? "" : fits.Count > 0 ? fits[0].Max : last!;
    /// <summary>Of integers and reals.</summary>
    public double? Mean => Type is ColumnType.Integer or ColumnType.Real ? fits[0].Mean : null;

    /// <summary>Takes up a row's cell.</summary>
    /// <returns>A hash of the value.</returns>
    public ulong Add(string cell)
    {
        var text = cell.Trim();
        Trim |= text.Length != cell.Length;
        var hash = XxHash3.HashToUInt64(MemoryMarshal.AsBytes(text.AsSpan()));
        if (NullTexts.Contains(text))
        {
            Nulls++;
            NullTokens.Add(text);
            return hash;
        }
        Filled++;
        Letters += text.Length;
        for (var i = fits.Count - 1; i >= 0; i--) if (!fits[i].Take(text)) fits.RemoveAt(i);
        if (first is null || string.CompareOrdinal(text, first) < 0) first = Head(text);
        if (last is null || string.CompareOrdinal(text, last) > 0) last = Head(text);
        var length = text.Length;
        foreach (var c in text) if (char.IsLowSurrogate(c)) length--;       // a code point beyond U+FFFF is two of .NET's characters
        (Shortest, Longest) = (Math.Min(Shortest, length), Math.Max(Longest, length));
        Shape.Take(text);
        if (values.Count >= MostDistinct && !values.ContainsKey(hash)) { TooMany = true; return hash; }
        ref var value = ref CollectionsMarshal.GetValueRefOrAddDefault(values, hash, out var known);
        value = known ? (value.Text, value.Rows + 1) : (Head(text), 1);
        return hash;
    }

    static string Head(string text) => text.Length > MostLetters ? text[..MostLetters] : text;

    /// <summary>A number that only looks like a time of day is not one: its name must say so too.</summary>
    static ColumnType[] Types(string name) =>
        [.. name.EndsWith("_time", StringComparison.Ordinal) || name.EndsWith("hhmm", StringComparison.Ordinal) ? [ColumnType.Hhmm] : Array.Empty<ColumnType>(), ColumnType.Integer, ColumnType.Real, ColumnType.Boolean, ColumnType.Date, ColumnType.Timestamp];
}
