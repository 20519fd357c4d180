namespace DataQuality.Tests;

[TestFixture, Category("Step7")]
sealed class QualityTests
{
    [Test]
    public void A_second_run_knows_the_drops_already()
    {
        using var folder = new TempFolder();
        var settings = Orders(folder, "1,DE,1,1,1,,");
        Assert.That(Quality.Run(settings, default).Single().Status, Is.EqualTo("published"));
        Assert.That(Quality.Run(settings, default).Single().Status, Is.EqualTo("skipped"));
    }

    [Test]
    public void A_drop_that_comes_again_with_other_content_is_refused()
    {
        using var folder = new TempFolder();
        var settings = Orders(folder, "1,DE,1,1,1,,");
        Quality.Run(settings, default);
        Orders(folder, "2,DE,1,1,1,,");
        Assert.That(Assert.Throws<UserException>(() => Quality.Run(settings, default))!.Message, Does.Contain("with other content"));
    }

    [Test]
    public void The_latest_good_version_of_a_key_stays_and_a_broken_one_pushes_nothing_out()
    {
        using var folder = new TempFolder();
        var settings = Orders(folder, "1,DE,1,1,1,,\n2,DE,1,1,1,,\n3,DE,1,1,1,,");
        Orders(folder, "1,FR,2,1,2,,\n2,XX,2,1,2,,", "drop-2");
        Quality.Run(settings, default);
        Assert.That(Rows(settings, "SELECT id || ' ' || country || ' ' || _drop FROM clean_orders ORDER BY id"), Is.EqualTo(new[] { "1 FR drop-2", "2 DE drop-1", "3 DE drop-1" }));
        Assert.That(Rows(settings, "SELECT _drop || ' ' || _row || ' ' || kept_drop FROM duplicates"), Is.EqualTo(new[] { "drop-1 1 drop-2" }));
        Assert.That(Rows(settings, "SELECT rules FROM quarantine"), Is.EqualTo(new[] { """["country_known"]""" }));
        using var store = new Store(settings.Database);
        Assert.That(Inspect.Conservation(store), Is.Null);
    }

    [Test]
    public void Every_rule_that_rows_broke_shows_the_SQL_that_lists_them_also_when_the_drop_is_held()
    {
        using var folder = new TempFolder();
        var settings = Orders(folder, Sample.OrderRows[(Sample.OrderRows.IndexOf('\n', StringComparison.Ordinal) + 1)..], header: Sample.OrderRows.Split('\n')[0], rules: t => t with { PassRate = 0.99 });
        var results = Quality.Run(settings, default).Single();
        Assert.That(results.Status, Is.EqualTo("held"));
        using var store = new Store(settings.Database);
        foreach (var rule in results.Results.Where(r => r.Broken > 0))
            Assert.That(store.Query($"SELECT count(*) FROM ({rule.Sql})", r => r.GetInt64(0)).Single(), Is.EqualTo(rule.Broken), rule.Rule + ": " + rule.Sql);
        Assert.That(store.Has("clean_orders"), Is.False, "nothing was published");
        Assert.That(results.Results.Count(r => r.Broken > 0), Is.GreaterThan(6));
    }

    [Test]
    public void A_drop_behind_a_held_one_waits()
    {
        using var folder = new TempFolder();
        var settings = Orders(folder, "1,XX,1,1,1,,");
        Orders(folder, "2,DE,1,1,1,,", "drop-2");
        Assert.That(Quality.Run(settings, default).Select(r => (r.Name, r.Status)), Is.EqualTo(new[] { ("drop-1", "held"), ("drop-2", "not tried") }));
    }

    [Test]
    public void A_file_that_no_rules_name_fails_its_drop()
    {
        using var folder = new TempFolder();
        var settings = Orders(folder, "1,DE,1,1,1,,");
        folder.Write("drops/drop-1/prices.csv", "a\n1\n");
        var result = Quality.Run(settings, default).Single();
        Assert.That((result.Status, result.Reason), Is.EqualTo(("failed", result.Reason)));
        Assert.That(result.Reason, Does.Contain("no rules name this file"));
    }

    [Test]
    public void Rows_that_share_what_must_be_unique_go_to_quarantine()
    {
        using var folder = new TempFolder();
        var settings = Orders(folder, "1,DE,1,1,1,2024-01-01,\n2,DE,1,1,1,2024-01-01,\n3,DE,1,1,1,,\n4,DE,1,1,1,,", rules: t => t with { PassRate = 0, Rules = [.. t.Rules, new Unique { Id = "once", Columns = ["paid"] }] });
        var result = Quality.Run(settings, default).Single();
        Assert.That(Rows(settings, "SELECT _row || rules FROM quarantine ORDER BY 1"), Is.EqualTo(new[] { """1["once"]""", """2["once"]""" }));
        Assert.That(result.Results.Single(r => r.Rule == "once").Broken, Is.EqualTo(2));
    }

    [Test]
    public void A_figure_that_leaves_what_earlier_drops_had_holds_the_drop()
    {
        using var folder = new TempFolder();
        Settings? settings = null;
        foreach (var (drop, price) in new[] { ("a", 10), ("b", 12), ("c", 11), ("d", 30) })
            settings = Orders(folder, $"1{price},DE,{price},1,1,,\n2{price},DE,{price},2,1,,", drop, rules: t => t with { Rules = [new Distribution { Id = "mean", Column = "price", Figure = Figure.Mean, MaxShift = 5 }, new Distribution { Id = "median", Column = "pieces", Figure = Figure.Quantile, Quantile = 0.5, Min = 1.5, Max = 1.5 }] });
        var results = Quality.Run(settings!, default);
        Assert.That(results.Select(r => r.Status), Is.EqualTo(new[] { "published", "published", "published", "held" }));
        Assert.That(results[^1].Reason, Is.EqualTo("orders.mean: 30, expected 6 to 16 (11 ± 5, the median of 3 drops before)"));
    }

    [Test]
    public void What_must_not_be_missing_holds_the_drop()
    {
        using var folder = new TempFolder();
        var settings = Orders(folder, "1,DE,1,1,1,", header: "id,country,price,pieces,total,paid");
        Assert.That(Quality.Run(settings, default).Single().Reason, Is.EqualTo("orders: column shipped is missing (the header does not name it: every value is null)"));
    }

    [Test]
    public void A_table_that_no_drop_has_brought_yet_is_empty_and_its_rows_may_come_later()
    {
        using var folder = new TempFolder();
        var settings = Orders(folder, "1,DE,1,1,1,,");
        Sample.Write([Sample.Orders with { PassRate = 0.5 }, Sample.Orders with { Table = "returns", Files = ["returns.csv"] }], settings.RulesFolder);
        Assert.That(Quality.Run(settings, default).Single().Status, Is.EqualTo("published"));
        Assert.That(Rows(settings, "SELECT count(*) || '' FROM clean_returns"), Is.EqualTo(new[] { "0" }));
        folder.Write("drops/drop-2/returns.csv", "id,country,price,pieces,total,paid,shipped\n1,DE,1,1,1,,\n");
        Assert.That(Quality.Run(settings, default)[^1].Status, Is.EqualTo("published"));
        Assert.That(Rows(settings, "SELECT count(*) || '' FROM clean_returns"), Is.EqualTo(new[] { "1" }));
    }

    [Test]
    public void A_column_that_was_widened_is_still_referred_to_by_its_number()
    {
        using var folder = new TempFolder();
        folder.Write("drops/drop-1/orders.csv", "id,country,price,pieces,total,paid,shipped\n1.0,DE,1,1,1,,\n2.5,DE,1,1,1,,\n");
        folder.Write("drops/drop-1/returns.csv", "id,of\n1,1\n2,2\n");
        var returns = new TableRules { Table = "returns", Grain = "one return", Files = ["returns.csv"], Key = ["id"], PassRate = 0, Columns = [new() { Name = "id", Type = ColumnType.Integer }, new() { Name = "of", Type = ColumnType.Integer }], Rules = [new References { Id = "of_order", Column = "of", Table = "orders", To = "id" }] };
        Sample.Write([Sample.Orders with { Drift = new() { Retyped = DriftPolicy.Evolve } }, returns], folder.At("rules"));
        var settings = new Settings(folder.At("drops"), folder.At("out"), folder.At("rules"));
        var result = Quality.Run(settings, default).Single();
        Assert.That(result.Status, Is.EqualTo("published"), result.Reason);
        Assert.That(Rows(settings, "SELECT id || '' FROM clean_returns"), Is.EqualTo(new[] { "1" }));
        folder.Write("drops/drop-2/returns.csv", "id,of\n3,1\n4,3\n");
        Quality.Run(settings, default);
        Assert.That(Rows(settings, "SELECT id || '' FROM clean_returns ORDER BY 1"), Is.EqualTo(new[] { "1", "3" }));
    }

    [Test]
    public void A_file_that_two_rules_files_name_is_refused()
    {
        using var folder = new TempFolder();
        var settings = Orders(folder, "1,DE,1,1,1,,");
        Sample.Write([Sample.Orders with { Table = "others", Files = ["*.csv"] }], settings.RulesFolder);
        Assert.That(Assert.Throws<UserException>(() => Quality.Run(settings, default)), Has.Message.EqualTo("drop-1/orders.csv: both orders.json and others.json name this file. A file carries one table.").And.Property("ExitCode").EqualTo(2));
    }

    [Test]
    public void Who_stops_a_run_knows_what_was_published()
    {
        using var folder = new TempFolder();
        var settings = Orders(folder, "1,DE,1,1,1,,");
        Orders(folder, "2,DE,1,1,1,,", "drop-2");
        using var stop = new CancellationTokenSource();
        var results = new List<RunResult>();
        Assert.Throws<OperationCanceledException>(() => Quality.Run(settings, stop.Token, result => { results.Add(result); stop.Cancel(); }));
        Assert.That(results.Select(r => (r.Name, r.Status)), Is.EqualTo(new[] { ("drop-1", "published") }));
        Assert.That(Rows(settings, "SELECT drop_name || ' ' || status || coalesce(reasons, '') FROM quality_runs ORDER BY 1"), Is.EqualTo(new[] { "drop-1 published", """drop-2 failed["interrupted"]""" }));
    }

    [Test]
    public void The_checked_layer_has_the_number_of_each_drop()
    {
        using var folder = new TempFolder();
        Orders(folder, "1,DE,1,1,1,,");
        var settings = Orders(folder, "2,DE,1,1,1,,", "drop-2");
        Quality.Run(settings, default);
        Assert.That(Rows(settings, "SELECT _drop || ' ' || _drop_no FROM checked_orders ORDER BY 1"), Is.EqualTo(new[] { "drop-1 1", "drop-2 2" }));
    }

    [Test]
    public void A_key_that_the_header_does_not_name_is_asked_after()
    {
        using var folder = new TempFolder();
        var settings = Orders(folder, "1,DE,1,1,1,,", header: "ID,country,price,pieces,total,paid,shipped");
        Assert.That(Quality.Run(settings, default).Single().Drift.Single(d => d.Change == "missing").Detail, Does.EndWith("It names 'ID': names must be the same letter for letter"));
        Orders(folder, "2,DE,1,1,1,,", header: "7,DE,1,2,3,a,b");
        Assert.That(Quality.Run(settings, default).Single().Drift.Single(d => d.Column == "id").Detail, Does.EndWith("is the first line a header?"));
    }

    [Test]
    public void A_file_that_is_packed_fails_its_drop_with_what_to_do()
    {
        using var folder = new TempFolder();
        var settings = Orders(folder, "1,DE,1,1,1,,");
        File.WriteAllBytes(folder.At("drops", "drop-1", "orders.csv.gz"), [0x1F, 0x8B, 8]);
        Assert.That(Quality.Run(settings, default).Single().Reason, Does.Contain("orders.csv.gz is compressed. Unpack it"));
    }

    [TestCase("", "There is no SELECT")]
    [TestCase("-- nothing", "There is no SELECT")]
    [TestCase("DELETE FROM drops", "A query can't change the store")]
    [TestCase("SELECT * FROM nowhere", "no such table: nowhere. The tables: ")]
    public void A_query_that_has_no_answer_says_why(string sql, string message)
    {
        using var folder = new TempFolder();
        using (new Store(folder.At("quality.db"))) { }
        var refused = Assert.Throws<UserException>(() => Query.Run(folder.At("quality.db"), sql, default))!;
        Assert.That((refused.ExitCode, refused.Message), Is.EqualTo((2, refused.Message)));
        Assert.That(refused.Message, Does.Contain(message));
    }

    [Test]
    public void A_store_of_somebody_else_is_not_touched()
    {
        using var folder = new TempFolder();
        var settings = Orders(folder, "1,DE,1,1,1,,");
        Directory.CreateDirectory(settings.Output);
        using (var other = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={settings.Database};Pooling=false"))
        {
            other.Open();
            using var command = other.CreateCommand();
            command.CommandText = "CREATE TABLE clean_orders (x)";
            command.ExecuteNonQuery();
        }
        Assert.That(Assert.Throws<UserException>(() => Quality.Run(settings, default))!.ExitCode, Is.EqualTo(2));
    }

    /// <summary>Adds a drop of the small table.</summary>
    internal static Settings Orders(TempFolder folder, string rows, string drop = "drop-1", string header = "id,country,price,pieces,total,paid,shipped", Func<TableRules, TableRules>? rules = null)
    {
        folder.Write($"drops/{drop}/orders.csv", header + "\n" + rows + "\n");
        Sample.Write([(rules ?? (t => t with { PassRate = 0.5 }))(Sample.Orders)], folder.At("rules"));
        return new(folder.At("drops"), folder.At("out"), folder.At("rules"));
    }

    internal static IReadOnlyList<string> Rows(Settings settings, string sql)
    {
        using var store = new Store(settings.Database);
        return store.Query(sql, r => r.GetString(0));
    }
}
