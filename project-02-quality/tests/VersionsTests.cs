namespace DataQuality.Tests;

/// <summary>Which row stands for a key when it comes again, and when its values must be unique.</summary>
[TestFixture, Category("Step7")]
sealed class VersionsTests
{
    static readonly Unique OnceA = new() { Id = "once_a", Columns = ["a"] }, OnceB = new() { Id = "once_b", Columns = ["b"] };

    [Test]
    public void A_state_that_comes_back_as_a_copy_is_the_latest_again()
    {
        using var folder = new TempFolder();
        Assert.That(Clean(folder, [], "1,open,", "1,closed,", "1,open,"), Is.EqualTo("1 open drop-1"));
        Assert.That(Rows(folder, "SELECT _drop || ' ' || kind || ' of ' || kept_drop FROM duplicates ORDER BY 1"), Is.EqualTo("drop-2 version of drop-1, drop-3 copy of drop-1"));
        using var again = new TempFolder();
        Assert.That(Clean(again, [], "1,open,", "1,closed,", "1,open,", "1,closed,\n1,open,x"), Is.EqualTo("1 open drop-4"), "of one drop, the row with the most values");
    }

    [Test]
    public void A_new_version_that_takes_the_value_of_another_row_is_to_blame_and_the_older_rows_stay()
    {
        using var folder = new TempFolder();
        Assert.That(Clean(folder, [OnceA], "1,A,\n2,B,\n3,C,", "1,B,"), Is.EqualTo("1 A drop-1, 2 B drop-1, 3 C drop-1"));
        Assert.That(Rows(folder, "SELECT _drop || ' ' || rules FROM quarantine"), Is.EqualTo("""drop-2 ["once_a"]"""));
    }

    [Test]
    public void A_row_that_is_sent_again_is_not_to_blame_for_what_came_between()
    {
        using var folder = new TempFolder();
        Assert.That(Clean(folder, [OnceA], "1,A,\n2,B,", "1,B,", "1,B,\n2,B,"), Is.EqualTo("1 A drop-1, 2 B drop-1"));
        using var back = new TempFolder();
        Assert.That(Clean(back, [OnceA], "1,A,\n2,B,", "1,C,\n2,A,", "1,A,"), Is.EqualTo("1 C drop-2, 2 A drop-2"), "who comes back to a value that has gone to another");
    }

    [Test]
    public void Rows_of_one_drop_that_share_a_value_are_all_to_blame_and_the_versions_before_come_back()
    {
        using var folder = new TempFolder();
        Assert.That(Clean(folder, [OnceA], "1,A,\n2,B,", "1,X,\n2,X,\n3,X,"), Is.EqualTo("1 A drop-1, 2 B drop-1"));
        using var deep = new TempFolder();
        Assert.That(Clean(deep, [OnceA], "1,A,\n2,B,", "2,A,", "1,B,\n3,B,"), Is.EqualTo("1 A drop-1, 2 B drop-1"), "what comes back is asked again");
    }

    [Test]
    public void Two_rules_look_at_the_same_rows_whatever_their_order([Values] bool turned)
    {
        using var folder = new TempFolder();
        var result = Run(folder, turned ? [OnceB, OnceA] : [OnceA, OnceB], "1,A,X\n2,A,Y\n3,B,Y")[^1];
        Assert.That(Rows(folder, "SELECT _row || rules FROM quarantine ORDER BY 1"), Is.EqualTo("""1["once_a"], 2["once_a","once_b"], 3["once_b"]"""));
        Listed(folder, result);
    }

    [TestCase(Severity.Error)]
    [TestCase(Severity.Warn)]
    public void The_SQL_of_a_unique_rule_lists_the_rows_that_were_counted(Severity severity)
    {
        using var folder = new TempFolder();
        var result = Run(folder, [OnceA with { Severity = severity }, OnceB], "1,A,1\n2,B,2\n3,C,3", "4,A,4\n5,D,5\n6,D,6\n7,B,7\n8,B,7\n9,E,1")[^1];
        Assert.That(result.Results.Single(r => r.Rule == "once_a").Broken, Is.EqualTo(severity == Severity.Error ? 5 : 3));
        Listed(folder, result);
    }

    [Test]
    public void Whatever_comes_what_must_be_unique_is_and_nothing_hangs_on_the_order_of_the_rules([Range(1, 8)] int seed)
    {
        var chance = new Random(seed);
        var drops = Enumerable.Range(0, 4).Select(_ => string.Join('\n', Enumerable.Range(0, 7).Select(_ => $"{chance.Next(1, 6)},{"ABCDE"[chance.Next(5)]},{"XYZ"[chance.Next(3)]}"))).ToArray();
        using var one = new TempFolder();
        using var two = new TempFolder();
        Run(one, [OnceA, OnceB], drops);
        Run(two, [OnceB, OnceA], drops);
        foreach (var column in new[] { "a", "b" }) Assert.That(Rows(one, $"SELECT {column} FROM clean_things GROUP BY 1 HAVING count(*) > 1"), Is.Empty);
        Assert.That(Rows(one, "SELECT id || '' FROM clean_things GROUP BY id HAVING count(*) > 1"), Is.Empty);
        foreach (var layer in new[] { "clean_things", "quarantine", "duplicates" })
        {
            using var first = Sample.Open(one.Path);
            using var second = Sample.Open(two.Path);
            Assert.That(Inspect.Digest(first, $"SELECT * FROM {layer}"), Is.EqualTo(Inspect.Digest(second, $"SELECT * FROM {layer}")), layer);
        }
        // a row that is not clean, and whose key is not, has a reason: it was blamed, or copies one that was
        Assert.That(Rows(one, "SELECT _row || '' FROM raw_things r WHERE id NOT IN (SELECT id FROM clean_things) AND (_drop, _file, _row) NOT IN (SELECT _drop, _file, _row FROM quarantine) AND (_drop, _file, _row) NOT IN (SELECT _drop, _file, _row FROM duplicates WHERE kind = 'copy')"), Is.Empty);
    }

    static void Listed(TempFolder folder, RunResult result)
    {
        Assert.That(result.Results.Count(r => r.Broken > 0), Is.EqualTo(2));
        foreach (var rule in result.Results.Where(r => r.Broken > 0)) Assert.That(Rows(folder, $"SELECT count(*) || '' FROM ({rule.Sql})"), Is.EqualTo($"{rule.Broken}"), rule.Sql);
    }

    /// <summary>Takes in the drops, the rows of each as given, and gives the clean rows.</summary>
    static string Clean(TempFolder folder, Rule[] rules, params string[] drops)
    {
        Assert.That(Run(folder, rules, drops).Select(r => r.Status), Is.All.EqualTo("published"));
        return Rows(folder, "SELECT id || ' ' || a || ' ' || _drop FROM clean_things ORDER BY id");
    }

    static IReadOnlyList<RunResult> Run(TempFolder folder, Rule[] rules, params string[] drops)
    {
        Sample.Write([new() { Table = "things", Grain = "one thing", Files = ["things.csv"], Key = ["id"], PassRate = 0, Columns = [new() { Name = "id", Type = ColumnType.Integer }, new() { Name = "a", Type = ColumnType.Text }, new() { Name = "b", Type = ColumnType.Text }], Rules = rules }], folder.At("rules"));
        foreach (var (at, rows) in drops.Index()) folder.Write($"drops/drop-{at + 1}/things.csv", $"id,a,b\n{rows}\n");
        var results = Quality.Run(new(folder.At("drops"), folder.At("out"), folder.At("rules")), default);
        using var store = Sample.Open(folder.Path);
        Assert.That(Inspect.Conservation(store), Is.Null);
        return results;
    }

    static string Rows(TempFolder folder, string sql)
    {
        using var store = Sample.Open(folder.Path);
        return string.Join(", ", store.Query(sql, r => r.GetString(0)));
    }
}
