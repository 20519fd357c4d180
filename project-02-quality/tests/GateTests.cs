using System.Globalization;

namespace DataQuality.Tests;

/// <summary>What the gate can't judge, it does not let through.</summary>
[TestFixture, Category("Step7")]
sealed class GateTests
{
    const string Nobody = "not judged: neither --as-of nor drop.json says from when", NoDate = "not judged: no good row has a paid";

    [TestCase("1,DE,1,1,1,2024-01-02,", "2024-01-03T00:00:00Z", "published", "at most 48 hours old on 2024-01-03 00:00")]
    [TestCase("1,DE,1,1,1,2024-01-02,", "2024-01-05T00:00:00Z", "held", "at most 48 hours old on 2024-01-05 00:00")]
    [TestCase("1,DE,1,1,1,2024-01-02,", "2024-01-01T00:00:00Z", "held", "0 to 48 hours old on 2024-01-01 00:00", Description = "later than now")]
    [TestCase("1,DE,1,1,1,2024-01-02,", null, "held", Nobody)]
    [TestCase("1,DE,1,1,1,,", "2024-01-03T00:00:00Z", "held", NoDate)]
    [TestCase("1,XX,1,1,1,2024-01-02,", "2024-01-03T00:00:00Z", "held", NoDate, Description = "quarantined")]
    [TestCase("1,DE,1,1,1,2024-01-02,\n2,XX,1,1,1,2031-01-02,\n2,XX,1,1,1,2031-01-02,", "2024-01-03T00:00:00Z", "published", "at most 48 hours old on 2024-01-03 00:00", Description = "a year mistyped in a bad row, and in a copy of it")]
    public void Freshness_is_measured_from_as_of_and_never_from_the_clock(string rows, string? asOf, string status, string expected)
    {
        using var folder = new TempFolder();
        var result = Quality.Run(Fresh(folder, rows, Severity.Error) with { AsOf = At(asOf) }, default).Single();
        Assert.That((result.Status, result.Results.Single(r => r.Rule == "fresh").Expected), Is.EqualTo((status, expected)));
        if (status == "held") Assert.That(result.Reason, Does.Contain(expected));
        if (status == "held") Assert.That(Quality.Run(Fresh(folder, rows, Severity.Warn) with { AsOf = At(asOf) }, default).Single().Results.Single(r => r.Rule == "fresh").Status, Is.EqualTo(RuleStatus.Warn));
    }

    [Test]
    public void Rows_that_are_sent_again_are_fresh_too()
    {
        using var folder = new TempFolder();
        Quality.Run(Fresh(folder, "1,DE,1,1,1,2024-01-02,", Severity.Error) with { AsOf = At("2024-01-03T00:00:00Z") }, default);
        QualityTests.Orders(folder, "1,DE,1,1,1,2024-01-02,", "drop-2", rules: _ => RuleFiles.Read(folder.At("rules", "orders.json")));
        Assert.That(Quality.Run(Fresh(folder, "1,DE,1,1,1,2024-01-02,", Severity.Error) with { AsOf = At("2024-01-04T12:00:00Z") }, default)[^1].Reason, Is.EqualTo("orders.fresh: 60, expected at most 48 hours old on 2024-01-04 12:00"));
    }

    [TestCase(Figure.Mean, Severity.Error, "held")]
    [TestCase(Figure.Quantile, Severity.Error, "held")]
    [TestCase(Figure.Mean, Severity.Warn, "published")]
    public void A_figure_without_a_value_is_not_judged_and_does_not_pass(Figure figure, Severity severity, string status)
    {
        using var folder = new TempFolder();
        var settings = QualityTests.Orders(folder, "1,DE,,1,,,", rules: t => t with { Rules = [new Distribution { Id = "price", Column = "price", Figure = figure, Quantile = 0.5, MaxShift = 5, Severity = severity }] });
        var result = Quality.Run(settings, default).Single();
        Assert.That((result.Status, result.Results.Single(r => r.Rule == "price").Expected), Is.EqualTo((status, "not judged: no clean row of the drop has a price")));
    }

    [Test]
    public void A_figure_without_drops_before_it_says_so()
    {
        using var folder = new TempFolder();
        var settings = QualityTests.Orders(folder, "1,DE,7,1,,,", rules: t => t with { Rules = [new Distribution { Id = "price", Column = "price", Figure = Figure.Mean, Max = 9, MaxShift = 5 }] });
        Assert.That(Quality.Run(settings, default).Single().Results.Single(r => r.Rule == "price").Expected, Is.EqualTo("at most 9 (no history yet)"));
    }

    [Test]
    public void A_drop_that_moves_rows_of_earlier_ones_says_how_many()
    {
        using var folder = new TempFolder();
        QualityTests.Orders(folder, "1,DE,1,1,1,2024-01-01,\n2,DE,1,1,1,2024-01-01,\n3,DE,1,1,1,,", rules: Once);
        var settings = QualityTests.Orders(folder, "1,DE,1,1,1,2024-01-02,\n4,DE,1,1,1,,", "drop-2", rules: Once);
        var result = Quality.Run(settings, default)[^1];
        Assert.That((result.Status, result.Released, result.Confined), Is.EqualTo(("published", 2, 0)), "row 1 is a version now, and row 2 is alone with its date");

        static TableRules Once(TableRules t) => t with { PassRate = 0, Rules = [new Unique { Id = "once", Columns = ["paid"] }] };
    }

    static Settings Fresh(TempFolder folder, string rows, Severity severity) =>
        QualityTests.Orders(folder, rows, rules: t => t with { PassRate = 0, Rules = [t.Rules[0], new Freshness { Id = "fresh", Column = "paid", MaxAgeHours = 48, Severity = severity }] });

    static DateTime? At(string? instant) => instant is null ? null : DateTime.Parse(instant, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal);
}
