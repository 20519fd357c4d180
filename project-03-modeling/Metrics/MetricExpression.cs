using System.Text.RegularExpressions;

namespace DimensionalModel;

/// <summary>Reads the expression of a metric: arithmetic over <c>sum</c>, <c>min</c> and <c>max</c> of measures, numbers, parentheses and
/// <c>nullif(a, b)</c>. What else SQL has is refused, so that nothing of a metric's file is SQL but this.</summary>
sealed partial class MetricExpression
{
    /// <summary>What may be done with a part's value.</summary>
    enum Kind { Constant, Linear, Other }

    readonly List<string> tokens = [];
    int at;

    /// <summary>The calls, each a function and a measure.</summary>
    public List<(string Function, string Measure)> Calls { get; } = [];
    /// <summary>It is a sum of sums, with constant factors: what may be summed again.</summary>
    public bool IsLinear { get; }

    /// <exception cref="FormatException">It is not such an expression; the message says where.</exception>
    public MetricExpression(string text)
    {
        for (var i = 0; i < text.Length;)
        {
            var match = Token().Match(text, i);
            if (!match.Success) throw new FormatException($"'{text[i]}' has no place in it");
            if (!string.IsNullOrWhiteSpace(match.Value)) tokens.Add(match.Value);
            i += match.Length;
        }
        IsLinear = Sum() == Kind.Linear;
        if (at < tokens.Count) throw new FormatException($"'{tokens[at]}' is not expected");
        if (Calls.Count == 0) throw new FormatException("it has no sum, min or max of a measure");
    }

    Kind Sum()
    {
        var kind = Product();
        while (Next("+") || Next("-")) kind = Product() == kind ? kind : Kind.Other;        // a sum plus a constant is no sum any more
        return kind;
    }

    Kind Product()
    {
        var kind = Part();
        while (true)
        {
            var divides = Next("/");
            if (!divides && !Next("*")) return kind;
            var right = Part();
            kind = (kind, right) switch
            {
                (Kind.Constant, Kind.Constant) => Kind.Constant,
                (Kind.Linear, Kind.Constant) => Kind.Linear,
                (Kind.Constant, Kind.Linear) when !divides => Kind.Linear,
                _ => Kind.Other,
            };
        }
    }

    Kind Part()
    {
        if (Next("-")) return Part();
        if (Next("("))
        {
            var inner = Sum();
            Expect(")");
            return inner;
        }
        var word = at < tokens.Count ? tokens[at++] : throw new FormatException("it ends too early");
        if (char.IsAsciiDigit(word[0])) return Kind.Constant;
        Expect("(");
        if (word == "nullif")
        {
            Sum();
            Expect(",");
            Sum();
            Expect(")");
            return Kind.Other;
        }
        if (word is not ("sum" or "min" or "max")) throw new FormatException($"'{word}' is not sum, min, max or nullif");
        var measure = at < tokens.Count && char.IsAsciiLetterLower(tokens[at][0]) ? tokens[at++] : throw new FormatException($"{word} is of a measure");
        Expect(")");
        Calls.Add((word, measure));
        return word == "sum" ? Kind.Linear : Kind.Other;
    }

    bool Next(string token)
    {
        if (at >= tokens.Count || tokens[at] != token) return false;
        at++;
        return true;
    }

    void Expect(string token)
    {
        if (!Next(token)) throw new FormatException($"expected '{token}'{(at < tokens.Count ? $" before '{tokens[at]}'" : " at its end")}");
    }

    [GeneratedRegex(@"\G(?:\s+|\d+(?:\.\d+)?|[a-z_][a-z0-9_]*|[-+*/(),])")] private static partial Regex Token();
}
