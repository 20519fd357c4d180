using System.Globalization;

namespace DataQuality;

/// <summary>Reads the part of SQLite's expressions that rules need, by recursive descent: one method for each level of
/// precedence, the weakest first, as SQLite ranks them (sqlite.org/lang_expr.html, "Operators").</summary>
sealed class Parser
{
    /// <summary>The nesting that is taken, so that no rule overflows the stack. A chain (a AND b AND c) is as deep as it is long.</summary>
    const int MostDepth = 300, MostBrackets = 100;

    readonly List<Token> tokens;
    int next, brackets;

    Parser(string sql) => tokens = Token.Of(sql);

    /// <exception cref="UserException">The text is no such expression; exit code 2. The message says where and what was expected.</exception>
    public static Syntax Parse(string sql)
    {
        var parser = new Parser(sql);
        var whole = parser.Or();
        return parser.Here.Kind == TokenKind.End ? whole : throw parser.Expected("an operator or the end");
    }

    Token Here => tokens[next];

    Syntax Or() => Chain(And, "OR");
    Syntax And() => Chain(Not, "AND");

    Syntax Not()
    {
        if (Take("NOT") is not { } not) return Equality();
        return Deeper(() => new Unary(not.At, "NOT", Not()));
    }

    /// <summary><c>= == &lt;&gt; != IS IN BETWEEN REGEXP</c>: all of one rank, from left to right.</summary>
    Syntax Equality()
    {
        var left = Relation();
        while (true)
        {
            if (Take("=", "==", "<>", "!=") is { } op)
            {
                left = Checked(new Binary(op.At, op.Text is "=" or "==" ? "=" : "<>", left, Relation()));
                continue;
            }
            if (Take("IS") is { } @is)
            {
                var isNot = Take("NOT") is not null;
                Need("NULL");
                left = Negated(isNot, new IsNull(@is.At, left));
                continue;
            }
            var at = Here.At;
            var not = Here is { Kind: TokenKind.Word, Text: "NOT" } && Take("NOT") is not null;
            if (Take("IN") is not null) left = Negated(not, new In(at, left, List()));
            else if (Take("REGEXP") is not null) left = Negated(not, new Regexp(at, left, Pattern()));
            else if (Take("BETWEEN") is not null)
            {
                var low = Relation();
                Need("AND");
                left = Negated(not, new Between(at, left, low, Relation()));
            }
            else return not ? throw Expected("IN, BETWEEN or REGEXP") : left;
        }
    }

    Syntax Negated(bool not, Syntax operand) => Checked(not ? new Unary(operand.At, "NOT", Checked(operand)) : operand);

    Syntax Relation() => Chain(Sum, "<", "<=", ">", ">=");
    Syntax Sum() => Chain(Product, "+", "-");
    Syntax Product() => Chain(Signed, "*", "/", "%");

    Syntax Chain(Func<Syntax> operand, params string[] operators)
    {
        var left = operand();
        while (Take(operators) is { } op) left = Checked(new Binary(op.At, op.Text, left, operand()));
        return left;
    }

    Syntax Signed()
    {
        if (Take("-") is not { } minus) return Primary();
        if (Here is { Kind: TokenKind.Number, Text: "9223372036854775808" } && Take(Here.Text) is null) return new Literal(tokens[next++].At, long.MinValue);
        return Deeper(() => Signed() switch
        {
            Literal { Value: long whole } when whole != long.MinValue => new Literal(minus.At, -whole),
            Literal { Value: double real } => new Literal(minus.At, -real),
            var operand => new Unary(minus.At, "-", operand),
        });
    }

    Syntax Primary()
    {
        var token = tokens[next++];
        switch (token.Kind)
        {
            case TokenKind.Number when long.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var whole): return new Literal(token.At, whole);
            case TokenKind.Number when double.TryParse(token.Text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var real): return new Literal(token.At, real);
            case TokenKind.Text: return new Literal(token.At, token.Text);
            case TokenKind.Name when Here is { Kind: TokenKind.Sign, Text: "(" }: return Checked(new Call(token.At, token.Text.ToLowerInvariant(), Arguments()));
            case TokenKind.Name: return new Name(token.At, token.Text);
            case TokenKind.Word when token.Text == "NULL": return new Literal(token.At, null);
            case TokenKind.Word when token.Text is "TRUE" or "FALSE": return new Literal(token.At, token.Text == "TRUE" ? 1L : 0L);
            case TokenKind.Sign when token.Text == "(":
                var inner = Deeper(Or);
                Need(")");
                return inner;
        }
        next--;
        throw Expected("a column, a value, a function or '('");
    }

    List<Syntax> Arguments()
    {
        Need("(");
        List<Syntax> arguments = [Deeper(Or)];
        while (Take(",") is not null) arguments.Add(Deeper(Or));
        Need(")");
        return arguments;
    }

    List<Literal> List() => Arguments().ConvertAll(v => v as Literal ?? throw new UserException($"at {v.At}: expected a value, for IN takes a list of them", 2));

    string Pattern() => Here.Kind == TokenKind.Text ? tokens[next++].Text : throw Expected("a pattern in single quotes");

    Token? Take(params ReadOnlySpan<string> texts)
    {
        if (Here.Kind is not (TokenKind.Word or TokenKind.Sign)) return null;
        foreach (var text in texts) if (Here.Text == text) return tokens[next++];
        return null;
    }

    void Need(string text)
    {
        if (Take(text) is null) throw Expected($"'{text}'");
    }

    Syntax Deeper(Func<Syntax> read)
    {
        if (++brackets > MostBrackets) throw TooDeep(MostBrackets);
        var inner = Checked(read());
        brackets--;
        return inner;
    }

    Syntax Checked(Syntax syntax) => syntax.Depth <= MostDepth ? syntax : throw TooDeep(MostDepth);

    UserException TooDeep(int most) => new($"at {Here.At}: the expression is nested deeper than {most} levels", 2);

    UserException Expected(string what) => new($"at {Here.At}: expected {what}, found {(Here.Kind == TokenKind.End ? "the end" : $"'{Here.Text}'")}", 2);
}
