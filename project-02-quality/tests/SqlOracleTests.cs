using System.Globalization;

namespace DataQuality.Tests;

/// <summary>SQLite is the oracle: on random tables and random rules its verdicts are ours, row by row.</summary>
[TestFixture, Category("Step4")]
sealed class SqlOracleTests
{
    static readonly string?[] Numbers = [null, "0", "1", "-1", "2", "7", "100", "9007199254740991"], Reals = [null, "0.0", "-0.0", "0.5", "-1.5", "2.0", "1e10", "1e-3"],
        SomeTexts = [null, "", "a", "A", "ab", "O'Hare", "é", "😀", "\uFFEE", "ab ", "a longer text of many letters", "1"], Booleans = [null, "0", "1"],
        Dates = [null, "2013-01-01", "2013-02-28", "1969-12-31", "9999-12-31"], Instants = [null, "2013-01-01T00:00:00Z", "2013-03-10T07:00:00Z", "1969-12-31T23:59:59Z"];

    [Test]
    public void Our_verdicts_are_SQLites_on_10000_random_tables_and_rules([Range(0, 9)] int part)
    {
        using var table = new Tables();
        for (var seed = part * 1000; seed < (part + 1) * 1000; seed++)
        {
            var chance = new Random(seed);
            if (seed % 4 == 0)      // a new table now and then, many rules on each
            {
                table.Clear();
                for (var rows = chance.Next(1, 13); rows > 0; rows--)
                    table.Add(Any(Numbers), Any(Numbers), Any(Reals), Any(Reals), Any(SomeTexts), Any(SomeTexts), Any(Booleans), Any(Dates), Any(Instants));
                string? Any(string?[] values) => values[chance.Next(values.Length)];
            }
            var sql = Rule(chance, 3);
            Assert.That(table.Ours(sql), Is.EqualTo(table.Theirs(sql)), $"seed {seed}: {sql}");
        }
    }

    [Test]
    public void Rows_that_share_a_key_are_those_that_GROUP_BY_finds([Range(0, 199)] int seed)
    {
        var chance = new Random(seed);
        using var table = new Tables();
        for (var rows = chance.Next(0, 60); rows > 0; rows--) table.Add(Any(Numbers), Any(Numbers), Any(Reals), null, Any(SomeTexts), null, Any(Booleans), Any(Dates));
        string? Any(string?[] values) => values[chance.Next(values.Length)];
        foreach (var key in (int[][])[[0], [4], [2], [0, 4], [2, 6, 7]])
        {
            var names = key.Select(k => Tables.Columns[k].Name).ToList();
            using var command = table.Sqlite.CreateCommand();
            command.CommandText = $"SELECT rowid - (SELECT min(rowid) FROM t) FROM t WHERE ({string.Join(", ", names)}) IN (SELECT {string.Join(", ", names)} FROM t GROUP BY {string.Join(", ", names)} HAVING count(*) > 1) ORDER BY 1";
            using var reader = command.ExecuteReader();
            var expected = new List<long>();
            while (reader.Read()) expected.Add(reader.GetInt64(0));
            var keys = new UniqueKeys(key);
            keys.Add(table.Batch, 0);
            Assert.That(keys.Finish(), Is.EqualTo(expected), string.Join(", ", names));
        }
    }

    [Test]
    public void A_set_of_keys_answers_as_IN_does([Range(0, 99)] int seed)
    {
        var chance = new Random(seed);
        using var table = new Tables();
        for (var rows = chance.Next(0, 20); rows > 0; rows--) table.Add(Any(Numbers), Any(Numbers), Any(Reals), Any(Reals), Any(SomeTexts), Any(SomeTexts));
        string? Any(string?[] values) => values[chance.Next(values.Length)];
        foreach (var (column, other) in new[] { (0, 1), (2, 3), (4, 5) })
        {
            var keys = new KeySet();
            keys.Add(table.Batch.Columns[other], table.Batch.Count);
            var truth = new byte[Batch.Capacity];
            keys.Evaluate(table.Batch, column, truth);
            var (x, y) = (Tables.Columns[column].Name, Tables.Columns[other].Name);
            Assert.That(string.Concat(truth.Take(table.Batch.Count).Select(t => "FUT"[t])), Is.EqualTo(table.Theirs($"{x} IN (SELECT {y} FROM t WHERE {y} IS NOT NULL)")));
        }
    }

    /// <summary>A random predicate that is typed right.</summary>
    static string Rule(Random chance, int depth)
    {
        string Of(params string[] forms) => forms[chance.Next(forms.Length)];
        string Not() => Of("", "NOT ");
        if (depth > 0 && chance.Next(3) > 0)
            return chance.Next(5) switch
            {
                0 => $"({Rule(chance, depth - 1)}) AND ({Rule(chance, depth - 1)})",
                1 => $"({Rule(chance, depth - 1)}) OR ({Rule(chance, depth - 1)})",
                2 => $"NOT ({Rule(chance, depth - 1)})",
                3 => $"({Rule(chance, depth - 1)}) IS {Not()}NULL",
                _ => $"({Rule(chance, depth - 1)}) {Of("=", "<>")} ({Rule(chance, depth - 1)})",
            };
        var compare = Of("=", "<>", "<", "<=", ">", ">=", "==", "!=");
        return chance.Next(12) switch
        {
            0 => $"{Number(chance, depth)} {compare} {Number(chance, depth)}",
            1 => $"{Number(chance, depth)} {Not()}BETWEEN {Number(chance, 0)} AND {Number(chance, 0)}",
            2 => $"{Of("i", "j")} {Not()}IN ({Of("0", "1", "2.0", "-1")}, {Of("7", "NULL", "0.5")})",
            3 => $"{Of("r", "s")} {Not()}IN (0, {Of("0.5", "NULL", "-1.5")})",
            4 => $"{Text(chance)} {compare} {Text(chance)}",
            5 => $"{Of("t", "u")} {Not()}IN ({Some(chance)}, {Of("NULL", "''", "'é'")})",
            6 => $"{Of("t", "u", "lower(t)")} {Not()}REGEXP '{Of("^[a-z]+$", "a", "^$", "^.$", "^[^a]*$")}'",
            7 => $"{Of("i", "r", "t", "b", "d", "z")} IS {Not()}NULL",
            8 => $"d {compare} {Of("d", "'2013-02-28'", "'1970-01-01'")}",
            9 => $"z {compare} {Of("z", "'2013-01-01T00:00:00Z'")}",
            10 => Of("b", "TRUE", "FALSE", "NULL", "i", "r", "i = NULL"),
            _ => $"{Text(chance)} {Not()}BETWEEN {Text(chance)} AND {Some(chance)}",
        };
    }

    static string Number(Random chance, int depth)
    {
        if (depth > 0 && chance.Next(2) == 0)
        {
            var op = "+-*/"[chance.Next(4)];
            return chance.Next(4) switch
            {
                0 => $"abs({Number(chance, depth - 1)})",
                1 => $"coalesce({Number(chance, depth - 1)}, {Number(chance, 0)})",
                2 => $"(- {Number(chance, depth - 1)})",
                // large whole numbers stay out of arithmetic: where SQLite goes over to reals, a result is NULL here
                _ => $"({Small(chance)} {op} {Small(chance)})",
            };
        }
        return chance.Next(4) == 0 ? $"length({Text(chance)})" : Small(chance);
    }

    static string Small(Random chance) => new[] { "(i % 1000)", "(j % 1000)", "r", "s", "b", "3", "0", "-2", "0.5", "1e3" }[chance.Next(10)];

    static string Text(Random chance) => chance.Next(6) switch { 0 => "upper(t)", 1 => "lower(u)", 2 => Some(chance), 3 => "coalesce(t, u)", 4 => "u", _ => "t" };

    static string Some(Random chance) => Sql.Literal(SomeTexts[chance.Next(1, SomeTexts.Length)]!).ToString(CultureInfo.InvariantCulture);
}
