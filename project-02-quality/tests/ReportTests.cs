namespace DataQuality.Tests;

[TestFixture, Category("Step8")]
sealed class ReportTests
{
    [Test]
    public void The_report_escapes_what_comes_from_data_and_names_every_rule()
    {
        using var folder = new TempFolder();
        var settings = QualityTests.Orders(folder, "1,<script>alert(1)</script>,1,1,1,,\n2,DE,1,1,1,,");
        var result = Quality.Run(settings, default).Single();
        HtmlReport.Write(settings);
        var page = File.ReadAllText(settings.ReportFile);
        Assert.That(page, Does.Not.Contain("<script"));
        Assert.That(page, Does.Contain("&lt;script&gt;alert(1)&lt;/script&gt;".ToUpperInvariant()).IgnoreCase);
        foreach (var rule in result.Results) Assert.That(page, Does.Contain($"orders.{rule.Rule}"));
        Assert.That(page, Does.Contain("drop-1 is published"));
        Assert.That(page, Does.Not.Contain("http"));
    }

    [Test]
    public void The_report_of_a_held_drop_says_whose_layers_it_shows()
    {
        using var folder = new TempFolder();
        QualityTests.Orders(folder, "1,DE,1,1,1,,");
        var settings = QualityTests.Orders(folder, "2,XX,1,1,1,,", "drop-2");
        Quality.Run(settings, default);
        HtmlReport.Write(settings);
        Assert.That(File.ReadAllText(settings.ReportFile), Does.Contain("drop-2 is held").And.Contain("those of run 1, drop-1: the last one that was published"));
    }

    [TestCase(new[] { 1.0, 1.0, 0.9 }, "worse")]
    [TestCase(new[] { 0.8, 0.9, 1.0 }, "better")]
    [TestCase(new[] { 0.998, 1.0 }, "steady")]
    [TestCase(new[] { 1.0 }, "")]
    public void The_trend_compares_the_last_run_with_the_median_before(double[] rates, string trend) =>
        Assert.That(History.Trend([.. rates.Select((rate, i) => new Point(i, "d", "published", rate, 0, 1, null, "pass"))]), Is.EqualTo(trend));

    [Test]
    public void A_rule_that_is_not_there_is_a_mistake()
    {
        using var folder = new TempFolder();
        using var store = new Store(folder.At("quality.db"));
        Assert.That(Assert.Throws<UserException>(() => History.Print(store, "flights.nothing"))!.ExitCode, Is.EqualTo(2));
    }

    [Test]
    public void Proposed_rules_are_taken_and_their_own_file_keeps_them([Values("flights", "airports", "planes")] string table)
    {
        using var folder = new TempFolder();
        var source = ProjectFolder.At("data", "raw", "drop-1", table + ".csv");
        var lines = new List<string>();
        folder.Write($"rules/{table}.json", Profile.Run(source, lines.Add, default));
        folder.Write($"drops/d/{table}.csv", File.ReadAllText(source));
        var result = Quality.Run(new(folder.At("drops"), folder.At("out"), folder.At("rules")) { CuratedFolder = folder.Path }, default).Single();
        Assert.That(result.Status, Is.EqualTo("published"), result.Reason);
        Assert.That(result.Results.Where(r => r.Broken > 0).Select(r => r.Rule), Is.Empty);
        Assert.That(lines, Has.Count.GreaterThan(RuleFiles.Load(folder.At("rules")).Single().Columns.Count));
    }

    [TestCase("1\n2\n", ColumnType.Integer)]
    [TestCase("1\n2.5\n", ColumnType.Real)]
    [TestCase("true\nfalse\n", ColumnType.Boolean)]
    [TestCase("2013-01-31\nNA\n", ColumnType.Date)]
    [TestCase("2013-01-31T00:00:00Z\n\\N\n", ColumnType.Timestamp)]
    [TestCase("x\n1\n", ColumnType.Text)]
    public void A_profile_takes_the_narrowest_type(string values, ColumnType type)
    {
        using var folder = new TempFolder();
        folder.Write("rules/t.json", Profile.Run(folder.Write("t.csv", "v\n" + values), _ => { }, default));
        Assert.That(RuleFiles.Load(folder.At("rules")).Single().Columns.Single().Type, Is.EqualTo(type));
    }
}
