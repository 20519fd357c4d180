using System.Text;

namespace DataQuality;

enum TokenKind { Word, Name, Number, Text, Sign, End }

/// <summary>A piece of an expression. Keywords are in upper case; names and texts are without their quotes.</summary>
/// <param name="At">Where it begins; 1 is the first character.</param>
readonly record struct Token(TokenKind Kind, string Text, int At)
{
    static readonly HashSet<string> Words = ["OR", "AND", "NOT", "IS", "IN", "BETWEEN", "REGEXP", "NULL", "TRUE", "FALSE"];

    /// <summary>The pieces in order; the last is <see cref="TokenKind.End"/>.</summary>
    /// <exception cref="UserException">A character has no place, or a quote is not closed; exit code 2.</exception>
    public static List<Token> Of(string sql)
    {
        var tokens = new List<Token>();
        var i = 0;
        while (i < sql.Length)
        {
            var (c, at) = (sql[i], i);
            if (c is ' ' or '\t' or '\r' or '\n' or '\f') i++;
            else if (char.IsAsciiLetter(c) || c == '_')
            {
                while (i < sql.Length && (char.IsAsciiLetterOrDigit(sql[i]) || sql[i] == '_')) i++;
                tokens.Add(Word(sql[at..i], at + 1));
            }
            else if (char.IsAsciiDigit(c) || (c == '.' && i + 1 < sql.Length && char.IsAsciiDigit(sql[i + 1])))
            {
                // letters and points are taken too, so that 1x or 1.2.3 is one wrong number and not two right pieces
                while (i < sql.Length && (char.IsAsciiLetterOrDigit(sql[i]) || sql[i] is '.' or '_' || (sql[i] is '+' or '-' && sql[i - 1] is 'e' or 'E'))) i++;
                tokens.Add(new(TokenKind.Number, sql[at..i], at + 1));
            }
            else if (c is '\'' or '"') tokens.Add(Quoted(sql, ref i));
            else
            {
                var sign = Sign(sql.AsSpan(i)) ?? throw new UserException($"at {at + 1}: '{c}' has no place in an expression", 2);
                i += sign.Length;
                tokens.Add(new(TokenKind.Sign, sign, at + 1));
            }
        }
        tokens.Add(new(TokenKind.End, "", sql.Length + 1));
        return tokens;
    }

    static Token Word(string text, int at)
    {
        if (Words.Contains(text.ToUpperInvariant())) return new(TokenKind.Word, text.ToUpperInvariant(), at);
        var quoted = Sql.Name(text.ToLowerInvariant());
        if (quoted[0] == '"') throw new UserException($"at {at}: {text} is a word of SQL that has no place in a rule; a column of that name is written \"{text}\"", 2);
        return new(TokenKind.Name, text, at);
    }

    /// <summary>A text in single quotes or a name in double ones; a doubled quote stands for one.</summary>
    static Token Quoted(string sql, ref int i)
    {
        var (quote, at, text) = (sql[i], i + 1, new StringBuilder());
        for (i++; ; i++)
        {
            if (i >= sql.Length) throw new UserException($"at {at}: {(quote == '"' ? "a quoted name" : "a text")} is opened and never closed", 2);
            if (sql[i] == '\0') throw new UserException($"at {i + 1}: a NUL character has no place in an expression", 2);
            if (sql[i] == quote && (++i >= sql.Length || sql[i] != quote)) break;
            text.Append(sql[i]);
        }
        return new(quote == '"' ? TokenKind.Name : TokenKind.Text, text.ToString(), at);
    }

    /// <summary><c>--</c> begins a comment in SQL: it is no sign here, so <c>1 --1</c> can't mean one thing here and another there.</summary>
    static string? Sign(ReadOnlySpan<char> sql)
    {
        foreach (var two in (ReadOnlySpan<string>)["<=", ">=", "<>", "!=", "=="]) if (sql.StartsWith(two, StringComparison.Ordinal)) return two;
        if (sql.StartsWith("--", StringComparison.Ordinal) || sql.StartsWith("/*", StringComparison.Ordinal)) return null;
        return "=<>+-*/%(),".Contains(sql[0], StringComparison.Ordinal) ? sql[0].ToString() : null;
    }
}
