namespace DataQuality.Tests;

/// <summary>Random rows for <see cref="Tables"/>, and random expressions over them that are typed right. What this project does otherwise
/// than SQLite stays out: whole numbers that overflow, and those above 2^53 beside real ones. Whole columns hold such numbers, so
/// they are compared with each other and with small literals; arithmetic takes their last three digits.</summary>
static class RandomExpressions
{
    static readonly string Long = string.Concat(Enumerable.Repeat("the same letters again ", 20));
    static readonly string[] Wholes = ["0", "1", "-1", "2", "7", "100", "-1000", "9007199254740991", "9223372036854775807", "-9223372036854775808"],
        Reals = ["0.0", "-0.0", "0.5", "-1.5", "2.0", "7.0", "100.25", "1e10", "1e-3", "-1e300"],
        Texts = ["", "a", "A", "ab", "Ab\n", "O'Hare", "\"q\"", "é", "É", "\U0001F600", "\uFFEE", "\uFFEE\U0001F600", "ab ", "1", Long, Long + "a"],
        Dates = ["2013-01-01", "2013-02-28", "1969-12-31", "0001-01-01", "9999-12-31"],
        Instants = ["2013-01-01T00:00:00Z", "2013-03-10T07:00:00Z", "1969-12-31T23:59:59Z"],
        Patterns = ["^[a-z]+$", "a", "^$", "^.$", "^[^a]*$", "^(a|b$)", "[$]|r$", "^(?:[A-Za-z]{2})$", "\\$|^é"];

    /// <summary>A row's values, as they would stand in a file; null for none.</summary>
    public static string?[] Row(Random chance)
    {
        string? Of(string[] values) => chance.Next(5) == 0 ? null : values[chance.Next(values.Length)];
        return [Of(Wholes), Of(Wholes), Of(Reals), Of(Reals), Of(Texts), Of(Texts), Of(["0", "1"]), Of(Dates), Of(Instants)];
    }

    /// <summary>A predicate of at most so many levels.</summary>
    public static string Truth(Random chance, int depth)
    {
        if (depth > 0 && chance.Next(3) > 0)
            return chance.Next(6) switch
            {
                0 => $"({Truth(chance, depth - 1)}) AND ({Truth(chance, depth - 1)})",
                1 => $"({Truth(chance, depth - 1)}) OR ({Truth(chance, depth - 1)})",
                2 => $"NOT {Truth(chance, 0)} AND {Truth(chance, 0)} OR NOT ({Truth(chance, depth - 1)})",
                3 => $"({Truth(chance, depth - 1)}) IS {Not(chance)}NULL",
                4 => $"({Truth(chance, depth - 1)}) {Of(chance, "=", "<>", "<")} ({Truth(chance, depth - 1)})",
                _ => $"({Truth(chance, depth - 1)}) {Not(chance)}BETWEEN {Whole(chance, 0)} AND {Whole(chance, 0)}",
            };
        var (deeper, compare, not) = (Math.Max(0, depth - 1), Of(chance, "=", "<>", "<", "<=", ">", ">=", "==", "!="), Not(chance));
        return chance.Next(18) switch
        {
            0 => $"{Number(chance, depth)} {compare} {Number(chance, depth)}",
            1 => $"{Of(chance, "i", "j")} {compare} {Of(chance, "i", "j", "0", "-1", "0.5", "-1.5", "2.0", "1e300", "-1e300", "9223372036854775807", "-9223372036854775808", "NULL")}",
            2 => $"{Of(chance, "0", "0.5", "1e300", "7")} {compare} {Of(chance, "i", "r")}",
            3 => $"{Number(chance, depth)} {not}BETWEEN {Number(chance, deeper)} AND {Number(chance, deeper)}",
            4 => $"{Of(chance, "i", "j", "r", "b")} {not}BETWEEN {Of(chance, "0", "-1", "0.5", "NULL")} AND {Of(chance, "7", "1e3", "1.5", "NULL")}",
            5 => $"i {not}IN ({Of(chance, "0", "1", "2.0", "-1")}, {Of(chance, "7", "NULL", "0.5", "9223372036854775807", "100")})",
            6 => $"{Real(chance, deeper)} {not}IN (0, {Of(chance, "0.5", "NULL", "-1.5", "7")})",
            7 => $"{Text(chance, depth)} {compare} {Text(chance, depth)}",
            8 => $"{Text(chance, depth)} {not}IN ({Some(chance)}, {Of(chance, "NULL", "''", "'é'")})",
            9 => $"{Text(chance, deeper)} {not}REGEXP '{Of(chance, Patterns)}'",
            10 => $"{Of(chance, "i", "r", "t", "b", "d", "z", Whole(chance, deeper), Text(chance, deeper))} IS {not}NULL",
            11 => $"d {compare} {Of(chance, "d", "'2013-02-28'", "'1970-01-01'", "coalesce(d, '2013-01-01')", "NULL")}",
            12 => $"{Of(chance, "z", "'2013-01-01T00:00:00Z'", "coalesce(z, '2013-03-10T07:00:00Z')")} {compare} z",
            13 => $"d {not}BETWEEN '{Of(chance, Dates)}' AND {Of(chance, "d", "'2013-02-28'", "NULL")}",
            14 => $"{Of(chance, "d", "coalesce(d, '2013-01-01')")} {not}IN ('2013-01-01', {Of(chance, "'2013-02-28'", "NULL")})",
            15 => Of(chance, "b", "TRUE", "FALSE", "NULL", "i", "r", "i = NULL", "NOT r", "length(t)"),
            16 => $"{Text(chance, deeper)} {not}BETWEEN {Text(chance, 0)} AND {Some(chance)}",
            _ => $"{Number(chance, deeper)} {compare} {Number(chance, deeper)} {Of(chance, "=", "<>")} {Of(chance, "b", "TRUE", "NULL", "0")}",
        };
    }

    static string Number(Random chance, int depth) => chance.Next(2) == 0 ? Whole(chance, depth) : Real(chance, depth);

    static string Whole(Random chance, int depth)
    {
        if (depth > 0 && chance.Next(2) == 0)
            return chance.Next(5) switch
            {
                0 => $"abs({Whole(chance, depth - 1)})",
                1 => $"coalesce({Whole(chance, depth - 1)}, {Whole(chance, depth - 1)})",
                2 => $"(- {Whole(chance, depth - 1)})",
                3 => $"({Whole(chance, 0)} {Of(chance, "*", "/", "%")} {Whole(chance, 0)} {Of(chance, "+", "-")} {Whole(chance, 0)})",
                _ => $"({Whole(chance, depth - 1)} {Of(chance, "+", "-", "/", "%")} {Whole(chance, depth - 1)})",
            };
        return Of(chance, "(i % 1000)", "(j % 1000)", "b", "3", "0", "-2", "100", "NULL", $"length({Text(chance, Math.Max(0, depth - 1))})", "(t = u)");
    }

    static string Real(Random chance, int depth)
    {
        if (depth > 0 && chance.Next(2) == 0)
            return chance.Next(4) switch
            {
                0 => $"abs({Real(chance, depth - 1)})",
                1 => $"coalesce({Real(chance, depth - 1)}, {Real(chance, depth - 1)})",
                2 => $"(-{Real(chance, 0)} {Of(chance, "*", "/")} {Number(chance, 0)} {Of(chance, "+", "-")} {Real(chance, 0)})",
                _ => $"({Real(chance, depth - 1)} {Of(chance, "+", "-", "*", "/")} {Number(chance, depth - 1)})",
            };
        return Of(chance, "r", "s", "r", "s", "0.5", "1e3", "(- 0.0)", "2.0");
    }

    static string Text(Random chance, int depth) => depth > 0 && chance.Next(2) == 0
        ? Of(chance, $"lower({Text(chance, depth - 1)})", $"upper({Text(chance, depth - 1)})", $"coalesce({Text(chance, depth - 1)}, {Text(chance, depth - 1)})")
        : Of(chance, "t", "u", "t", "u", Some(chance));

    static string Some(Random chance) => Sql.Literal(Of(chance, Texts));
    static string Not(Random chance) => Of(chance, "", "NOT ");
    static string Of(Random chance, params string[] forms) => forms[chance.Next(forms.Length)];
}
