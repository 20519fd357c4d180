namespace DataQuality.Tests;

/// <summary>Rules change: what is there is judged again, and the gate looks at all of it.</summary>
[TestFixture, Category("Step8")]
sealed class ReplayTests
{
    [Test]
    public void There_is_nothing_to_replay_before_a_drop_is_published([Values] bool held)
    {
        using var folder = new TempFolder();
        var settings = QualityTests.Orders(folder, "1,XX,1,1,1,,");
        if (held) Assert.That(Quality.Run(settings, default).Single().Status, Is.EqualTo("held"));
        Assert.That(Assert.Throws<UserException>(() => Quality.Replay(settings, default)), Has.Message.Contain("nothing to replay").And.Property("ExitCode").EqualTo(2));
        Assert.That(Directory.Exists(settings.Output), Is.EqualTo(held));
    }

    [Test]
    public void A_column_that_comes_new_is_taken_up_and_older_rows_keep_what_they_had_of_it()
    {
        using var folder = new TempFolder();
        var settings = QualityTests.Orders(folder, "1,DE,1,1,1,,,red", header: "id,country,price,pieces,total,paid,shipped,colour");
        Quality.Run(settings, default);
        QualityTests.Orders(folder, "2,DE,1,1.5,1,,,blue", "drop-2", header: "id,country,price,pieces,total,paid,shipped,colour", rules: t => t with { Drift = new() { Added = DriftPolicy.Evolve, Retyped = DriftPolicy.Evolve } });
        Quality.Replay(settings, default);
        var result = Quality.Run(settings, default)[^1];
        Assert.That(result.Status, Is.EqualTo("published"), result.Reason);
        Assert.That(QualityTests.Rows(settings, "SELECT id || ' ' || colour || ' ' || typeof(pieces) FROM clean_orders ORDER BY id"), Is.EqualTo(new[] { "1 red real", "2 blue real" }));
        Assert.That(result.Drift.Select(d => (d.Change, d.Policy)), Is.EqualTo(new[] { ("added", DriftPolicy.Evolve), ("retyped", DriftPolicy.Evolve) }));
        Assert.That(Quality.Replay(settings, default).Status, Is.EqualTo("published"), "the layers remember it");
    }

    [Test]
    public void A_drop_is_judged_by_the_rules_that_judged_the_layers()
    {
        using var folder = new TempFolder();
        QualityTests.Orders(folder, "1,DE,1,1,1,,\n2,FR,1,1,1,,");
        Quality.Run(QualityTests.Orders(folder, "3,DE,1,1,1,,", "drop-2"), default);
        static TableRules NoFrance(TableRules t) => t with { PassRate = 0.5, Rules = [new InSet { Id = "country_known", Column = "country", Values = [System.Text.Json.JsonSerializer.SerializeToElement("DE")] }] };
        var settings = QualityTests.Orders(folder, "4,DE,1,1,1,,", "drop-3", rules: NoFrance);
        Assert.That(Assert.Throws<UserException>(() => Quality.Run(settings, default)), Has.Message.EqualTo("The rules have changed since drop-2 was published. Judge what is there first: dotnet run -- replay-quarantine").And.Property("ExitCode").EqualTo(2));
        Assert.That(Quality.Replay(settings, default), Has.Property("Confined").EqualTo(1).And.Property("Status").EqualTo("published"));
        Assert.That(Quality.Run(settings, default)[^1].Status, Is.EqualTo("published"));
    }

    [Test]
    public void A_replay_with_rules_that_would_empty_the_layers_is_held()
    {
        using var folder = new TempFolder();
        Quality.Run(QualityTests.Orders(folder, "1,DE,1,1,1,,\n2,FR,1,1,1,,"), default);
        var settings = QualityTests.Orders(folder, "1,DE,1,1,1,,\n2,FR,1,1,1,,", rules: t => t with { Rules = [new HasLength { Id = "long", Column = "country", Min = 5 }] });
        Assert.That(Quality.Replay(settings, default).Status, Is.EqualTo("held"));
        Assert.That(QualityTests.Rows(settings, "SELECT count(*) || '' FROM clean_orders"), Is.EqualTo(new[] { "2" }));
    }

    [Test]
    public void Rules_that_do_not_name_a_table_of_the_store_are_refused()
    {
        using var folder = new TempFolder();
        var settings = QualityTests.Orders(folder, "1,DE,1,1,1,,\n1,DE,1,1,1,,\n2,XX,1,1,1,,");
        Quality.Run(settings, default);
        Sample.Write([Sample.Orders with { Table = "returns", Files = ["returns.csv"] }], folder.At("others"));
        folder.Write("more/drop-2/returns.csv", "id,country,price,pieces,total,paid,shipped\n1,DE,1,1,1,,\n");
        foreach (var work in new Action<Settings>[] { s => Quality.Run(s, default), s => Quality.Replay(s, default) })
            Assert.That(Assert.Throws<UserException>(() => work(settings with { Input = folder.At("more"), RulesFolder = folder.At("others") })), Has.Message.Contain("holds the table orders").And.Property("ExitCode").EqualTo(2));
        using var store = new Store(settings.Database);
        Assert.That(Inspect.Conservation(store), Is.Null);
    }

    [Test]
    public void What_the_rules_say_by_now_goes_before_what_a_drop_has_added()
    {
        using var folder = new TempFolder();
        static TableRules Evolve(TableRules t) => t with { PassRate = 0.5, Rules = [], Drift = new() { Added = DriftPolicy.Evolve, Retyped = DriftPolicy.Evolve } };
        Quality.Run(QualityTests.Orders(folder, "1,DE,1,1.5,1,,,7", header: "id,country,price,pieces,total,paid,shipped,boxes", rules: Evolve), default);
        var settings = QualityTests.Orders(folder, "2,DE,1,1,1,,", "drop-2", rules: Evolve);
        Assert.That(Quality.Run(settings, default)[^1], Has.Property("Status").EqualTo("published").And.Property("Drift").Empty, "it may be missing");
        QualityTests.Orders(folder, "2,DE,1,1,1,,", "drop-2", rules: t => Evolve(t) with { Columns = [.. t.Columns, new() { Name = "boxes", Type = ColumnType.Integer }] });
        Quality.Replay(settings, default);
        Assert.That(QualityTests.Rows(settings, "SELECT typeof(boxes) || ' ' || typeof(pieces) FROM clean_orders ORDER BY id"), Is.EqualTo(new[] { "integer real", "null real" }));
        QualityTests.Orders(folder, "2,DE,1,1,1,,", "drop-2", rules: t => Evolve(t) with { Rules = [new Expression { Id = "pairs", Text = "pieces % 2 = 0" }] });
        Assert.That(Quality.Replay(settings, default).Reason, Does.Match("^orders, rule pairs: at .* pieces is real"));
    }
}
