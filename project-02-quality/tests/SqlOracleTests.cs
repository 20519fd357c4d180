namespace DataQuality.Tests;

/// <summary>SQLite is the oracle: on random tables its answers are ours, row by row.</summary>
[TestFixture, Category("Step4")]
sealed class SqlOracleTests
{
    [Test]
    public void Our_verdicts_are_SQLites_on_10000_random_tables_and_rules([Range(0, 9)] int part)
    {
        using var table = new Tables();
        for (var seed = part * 1000; seed < (part + 1) * 1000; seed++)
        {
            var chance = new Random(seed);
            Fill(table, chance, chance.Next(1, 13));
            var sql = RandomExpressions.Truth(chance, 4);
            var (ours, theirs) = (table.Ours(sql), table.Theirs(sql));
            if (ours == theirs) continue;
            var row = ours.Zip(theirs).TakeWhile(pair => pair.First == pair.Second).Count();
            Assert.Fail($"seed {seed}, row {row + 1}: ours {ours[row]}, SQLite's {theirs[row]}\n{sql}\n{Values(table, row)}");
        }
    }

    [Test]
    public void Rows_that_share_a_key_are_those_that_GROUP_BY_finds([Range(0, 99)] int seed)
    {
        var chance = new Random(seed);
        using var table = new Tables();
        Fill(table, chance, chance.Next(0, 60));
        foreach (var key in (int[][])[[0], [4], [2], [0, 4], [2, 6, 7], [4, 5]])
        {
            var names = string.Join(", ", key.Select(k => Tables.Columns[k].Name));
            using var command = table.Sqlite.CreateCommand();
            command.CommandText = $"SELECT rowid - (SELECT min(rowid) FROM t) FROM t WHERE ({names}) IN (SELECT {names} FROM t GROUP BY {names} HAVING count(*) > 1) ORDER BY 1";
            using var reader = command.ExecuteReader();
            var expected = new List<long>();
            while (reader.Read()) expected.Add(reader.GetInt64(0));
            var keys = new UniqueKeys(key);
            keys.Add(table.Batch, 0);
            Assert.That(keys.Finish(), Is.EqualTo(expected), $"seed {seed}: {names}");
        }
    }

    [Test]
    public void A_set_of_keys_answers_as_IN_does([Range(0, 99)] int seed)
    {
        var chance = new Random(seed);
        using var table = new Tables();
        Fill(table, chance, chance.Next(1, 20));
        foreach (var (column, other) in new[] { (0, 1), (2, 3), (4, 5), (6, 0), (7, 7) })
        {
            if (!table.Batch.Columns[other].Null.AsSpan(0, table.Batch.Count).Contains((byte)0)) continue;      // without keys NULL is unknown here and FALSE in SQL
            var keys = new KeySet();
            keys.Add(table.Batch.Columns[other], table.Batch.Count);
            var truth = new byte[table.Batch.Count];
            keys.Evaluate(table.Batch, column, truth);
            var (x, y) = (Tables.Columns[column].Name, Tables.Columns[other].Name);
            Assert.That(string.Concat(truth.Select(t => "FUT"[t])), Is.EqualTo(table.Theirs($"{x} IN (SELECT {y} FROM t WHERE {y} IS NOT NULL)")), $"seed {seed}: {x} in {y}");
        }
    }

    static void Fill(Tables table, Random chance, int rows)
    {
        table.Clear();
        for (; rows > 0; rows--) table.Add(RandomExpressions.Row(chance));
    }

    static string Values(Tables table, int row)
    {
        using var command = table.Sqlite.CreateCommand();
        command.CommandText = $"SELECT {string.Join(" || ', ' || ", Tables.Columns.Select(c => $"'{c.Name} = ' || quote({c.Name})"))} FROM t ORDER BY rowid LIMIT 1 OFFSET {row}";
        return (string)command.ExecuteScalar()!;
    }
}
