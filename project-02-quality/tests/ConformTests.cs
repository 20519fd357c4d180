namespace DataQuality.Tests;

[TestFixture, Category("Step3")]
sealed class ConformTests
{
    [TestCase(ColumnType.Integer, "-12", true)]
    [TestCase(ColumnType.Integer, "1.0", false)]
    [TestCase(ColumnType.Integer, "9223372036854775808", false)]
    [TestCase(ColumnType.Integer, " 1", false)]
    [TestCase(ColumnType.Real, "1e-3", true)]
    [TestCase(ColumnType.Real, "NaN", false)]
    [TestCase(ColumnType.Real, "1e999", false)]
    [TestCase(ColumnType.Real, "1,5", false)]
    [TestCase(ColumnType.Boolean, "TRUE", true)]
    [TestCase(ColumnType.Boolean, "yes", false)]
    [TestCase(ColumnType.Date, "2012-02-29", true)]
    [TestCase(ColumnType.Date, "2013-02-29", false)]
    [TestCase(ColumnType.Hhmm, "2400", true)]
    [TestCase(ColumnType.Hhmm, "1375", false)]
    [TestCase(ColumnType.Hhmm, "-1", false)]
    [TestCase(ColumnType.Timestamp, "2013-01-01T10:00:00Z", true)]
    [TestCase(ColumnType.Timestamp, "2013-01-01 10:00:00+02:00", true)]
    [TestCase(ColumnType.Timestamp, "2013-01-01T10:00:00", false)]
    [TestCase(ColumnType.Timestamp, "2013-01-01T10:00:00.5Z", false)]
    [TestCase(ColumnType.Text, "", true)]
    public void A_text_is_of_a_type_or_not(ColumnType type, string text, bool fits) => Assert.That(Conform.TryType(text, type, out _, out _), Is.EqualTo(fits));

    [Test]
    public void Codes_are_looked_up_after_trimming_and_case()
    {
        var column = Sample.Orders.Columns[1];
        Assert.That(new[] { " uk", "UK ", "de", "NA", "  " }.Select(text => new Conform(Sample.Orders).Normalize(column, text)), Is.EqualTo(new[] { "GB", "GB", "DE", null, null }));
    }

    [TestCase("2013-03-10T06:59:00Z", "America/New_York", "2013-03-10T01:59:00")]
    [TestCase("2013-03-10T07:00:00Z", "America/New_York", "2013-03-10T03:00:00")]
    [TestCase("2013-01-01T00:00:00Z", "Asia/Kolkata", "2013-01-01T05:30:00")]
    [TestCase("2013-01-01T00:00:00Z", "Nowhere/City", null)]
    public void UTC_becomes_what_the_clocks_show(string utc, string zone, string? local) => Assert.That(LocalTime.Of(utc, zone), Is.EqualTo(local));

    [TestCase("2013-03-10T05:00:00Z", 230, "America/New_York", "2013-03-11T06:30:00Z", Description = "the clocks jump over it that day")]
    [TestCase("2013-11-03T05:00:00Z", 130, "America/New_York", "2013-11-03T05:30:00Z", Description = "the first of two")]
    [TestCase("2013-11-03T05:45:00Z", 130, "America/New_York", "2013-11-03T06:30:00Z", Description = "the second of two")]
    [TestCase("2013-01-02T04:00:00Z", 10, "America/New_York", "2013-01-02T05:10:00Z", Description = "past midnight")]
    [TestCase("2013-01-01T23:00:00Z", 2400, "America/New_York", "2013-01-02T05:00:00Z", Description = "the end of the day")]
    public void A_local_time_is_the_first_instant_that_shows_it(string after, int hhmm, string zone, string utc) => Assert.That(LocalTime.Next(after, hhmm, zone), Is.EqualTo(utc));

    [Test]
    public void A_cell_of_the_wrong_type_and_a_row_that_is_not_judged_are_not_filled()
    {
        var conform = new Conform(Sample.Orders);
        var batch = new Batch([.. Sample.Orders.Columns.Select(c => (c.Name, c.Type))]) { Count = 4 };
        var reasons = new List<Reason>[] { [], [], [], [] };
        string[] rows = ["1,DE,2,,,,", "2,DE,2,many,,,", "3,DE,2,3,much,,", "4,,2,,,,"];
        foreach (var (at, row) in rows.Index()) conform.Row(batch, at, new(at + 1, row.Split(','), null, null), reasons[at]);
        conform.Nulls(batch, at => at != 3, at => reasons[at]);
        var (pieces, total) = (batch["pieces"], batch["total"]);
        Assert.That(Enumerable.Range(0, 4).Select(at => (pieces.Null[at] == 1 ? (long?)null : pieces.Longs[at], total.Null[at] == 1 ? (double?)null : total.Reals[at])), Is.EqualTo(new (long?, double?)[] { (1, 2), (null, null), (3, null), (null, null) }));
        Assert.That(reasons.Select(r => string.Join(' ', r.Select(x => x.Rule))), Is.EqualTo(new[] { "", "pieces_type", "total_type", "" }), "the last one, without a country, is not judged");
    }
}
