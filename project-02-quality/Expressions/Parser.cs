using System.Globalization;
using System.Text;

namespace DataQuality;

/// <summary>Reads the part of SQLite's expressions that rules need, by recursive descent: one method for each level of
/// precedence, the weakest first, as SQLite ranks them.</summary>
sealed class Parser
{
    const int MostDepth = 100;
    enum Kind { Word, Name, Number, Text, Sign, End }
    readonly record struct Token(Kind Kind, string Text, int At);

    readonly List<Token> tokens;
    int next, depth;

    Parser(string sql) => tokens = [.. Tokens(sql)];

    /// <exception cref="UserException">The text is no such expression; exit code 2. The message says where and what was expected.</exception>
    public static Syntax Parse(string sql)
    {
        var parser = new Parser(sql);
        var whole = parser.Or();
        return parser.Here.Kind == Kind.End ? whole : throw parser.Expected("an operator or the end");
    }

    Token Here => tokens[next];

    Syntax Or()
    {
        if (++depth > MostDepth) throw new UserException($"the expression is nested deeper than {MostDepth} levels", 2);
        var left = And();
        while (Take("OR") is { } op) left = new Binary(op.At, "OR", left, And());
        depth--;
        return left;
    }

    Syntax And()
    {
        var left = Not();
        while (Take("AND") is { } op) left = new Binary(op.At, "AND", left, Not());
        return left;
    }

    Syntax Not()
    {
        var nots = new Stack<Token>();
        while (Take("NOT") is { } op) nots.Push(op);
        var operand = Equality();
        foreach (var op in nots) operand = new Unary(op.At, "NOT", operand);
        return operand;
    }

    Syntax Equality()
    {
        var left = Relation();
        while (true)
        {
            if (Take("=", "==", "<>", "!=") is { } op)
            {
                left = new Binary(op.At, op.Text is "=" or "==" ? "=" : "<>", left, Relation());
                continue;
            }
            if (Take("IS") is { } @is)
            {
                var not = Take("NOT") is not null;
                Need("NULL");
                left = Negated(not, new IsNull(@is.At, left));
                continue;
            }
            var at = Here.At;
            var negated = Here.Text == "NOT" && tokens[next + 1].Text is "IN" or "BETWEEN" or "REGEXP" && Take("NOT") is not null;
            if (Take("IN") is not null) left = Negated(negated, new In(at, left, List()));
            else if (Take("REGEXP") is not null) left = Negated(negated, new Regexp(at, left, Here.Kind == Kind.Text ? tokens[next++].Text : throw Expected("a pattern in single quotes")));
            else if (Take("BETWEEN") is not null)
            {
                var low = Relation();
                Need("AND");
                left = Negated(negated, new Binary(at, "AND", new Binary(at, ">=", left, low), new Binary(at, "<=", left, Relation())));
            }
            else return left;
        }
    }

    static Syntax Negated(bool negated, Syntax operand) => negated ? new Unary(operand.At, "NOT", operand) : operand;

    Syntax Relation() => Chain(Sum, "<", "<=", ">", ">=");
    Syntax Sum() => Chain(Product, "+", "-");
    Syntax Product() => Chain(Signed, "*", "/", "%");

    Syntax Chain(Func<Syntax> operand, params string[] operators)
    {
        var left = operand();
        while (Take(operators) is { } op) left = new Binary(op.At, op.Text, left, operand());
        return left;
    }

    Syntax Signed()
    {
        if (Take("-") is not { } minus) return Primary();
        if (++depth > MostDepth) throw new UserException($"the expression is nested deeper than {MostDepth} levels", 2);
        var operand = Signed();
        depth--;
        return operand is Literal { Value: long and not 0 and var whole } ? new Literal(minus.At, -whole) : operand is Literal { Value: double real } ? new Literal(minus.At, -real) : new Unary(minus.At, "-", operand);
    }

    Syntax Primary()
    {
        var token = Here;
        next++;
        switch (token.Kind)
        {
            case Kind.Number:
                if (long.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var whole)) return new Literal(token.At, whole);
                if (double.TryParse(token.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real)) return new Literal(token.At, real);
                break;
            case Kind.Text: return new Literal(token.At, token.Text);
            case Kind.Name when Here.Text == "(" && Here.Kind == Kind.Sign: return new Call(token.At, token.Text.ToLowerInvariant(), Arguments());
            case Kind.Name: return new Name(token.At, token.Text);
            case Kind.Word when token.Text == "NULL": return new Literal(token.At, null);
            case Kind.Word when token.Text is "TRUE" or "FALSE": return new Literal(token.At, token.Text == "TRUE" ? 1L : 0L);
            case Kind.Sign when token.Text == "(":
                var inner = Or();
                Need(")");
                return inner;
        }
        next--;
        throw Expected("a column, a value, a function or '('");
    }

    List<Syntax> Arguments()
    {
        Need("(");
        List<Syntax> arguments = [Or()];
        while (Take(",") is not null) arguments.Add(Or());
        Need(")");
        return arguments;
    }

    List<Literal> List()
    {
        var at = Here.At;
        return Arguments().ConvertAll(v => v as Literal ?? throw new UserException($"at {at}: IN takes a list of values in parentheses", 2));
    }

    Token? Take(params ReadOnlySpan<string> texts)
    {
        if (Here.Kind is not (Kind.Word or Kind.Sign)) return null;
        foreach (var text in texts) if (Here.Text == text) return tokens[next++];
        return null;
    }

    void Need(string text)
    {
        if (Take(text) is null) throw Expected($"'{text}'");
    }

    UserException Expected(string what) => new($"at {Here.At}: expected {what}, found {(Here.Kind == Kind.End ? "the end" : $"'{Here.Text}'")}", 2);

    static readonly HashSet<string> Words = ["OR", "AND", "NOT", "IS", "IN", "BETWEEN", "REGEXP", "NULL", "TRUE", "FALSE"];

    static IEnumerable<Token> Tokens(string sql)
    {
        for (var i = 0; i < sql.Length;)
        {
            var (c, at) = (sql[i], i);
            if (char.IsWhiteSpace(c)) { i++; continue; }
            if (char.IsAsciiLetter(c) || c == '_')
            {
                while (i < sql.Length && (char.IsAsciiLetterOrDigit(sql[i]) || sql[i] == '_')) i++;
                var word = sql[at..i];
                yield return Words.Contains(word.ToUpperInvariant()) ? new(Kind.Word, word.ToUpperInvariant(), at + 1) : new(Kind.Name, word, at + 1);
            }
            else if (char.IsAsciiDigit(c) || (c == '.' && i + 1 < sql.Length && char.IsAsciiDigit(sql[i + 1])))
            {
                while (i < sql.Length && (char.IsAsciiLetterOrDigit(sql[i]) || sql[i] == '.' || (sql[i] is '+' or '-' && sql[i - 1] is 'e' or 'E'))) i++;
                yield return new(Kind.Number, sql[at..i], at + 1);
            }
            else if (c is '\'' or '"')
            {
                var text = new StringBuilder();
                for (i++; ; i++)
                {
                    if (i >= sql.Length) throw new UserException($"at {at + 1}: {(c == '"' ? "a quoted name" : "a text")} is opened and never closed", 2);
                    if (sql[i] == c && (i + 1 >= sql.Length || sql[i + 1] != c)) break;
                    if (sql[i] == c) i++;
                    text.Append(sql[i]);
                }
                i++;
                yield return new(c == '"' ? Kind.Name : Kind.Text, text.ToString(), at + 1);
            }
            else
            {
                var two = i + 1 < sql.Length ? sql.Substring(i, 2) : "";
                var sign = two is "<=" or ">=" or "<>" or "!=" or "==" ? two : "=<>+-*/%(),".Contains(c) ? c.ToString() : throw new UserException($"at {at + 1}: '{c}' has no place in an expression", 2);
                i += sign.Length;
                yield return new(Kind.Sign, sign, at + 1);
            }
        }
        yield return new(Kind.End, "", sql.Length + 1);
    }
}
