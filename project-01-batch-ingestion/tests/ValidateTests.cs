using System.Text;

namespace BatchIngestion.Tests;

[TestFixture, Category("Step4")]
sealed class ValidateTests
{
    [TestCase("integer", "0", 0L)]
    [TestCase("integer", "-9223372036854775808", long.MinValue)]
    [TestCase("integer", "9223372036854775807", long.MaxValue)]
    [TestCase("real", "1.5", 1.5)]
    [TestCase("real", "-1e-3", -0.001)]
    [TestCase("boolean", "TRUE", 1L)]
    [TestCase("boolean", "0", 0L)]
    [TestCase("date", "1970-01-02", 1L)]
    [TestCase("date", "2024-02-29", 19782L)]
    [TestCase("hhmm", "517", 517L)]
    [TestCase("hhmm", "2400", 2400L)]
    [TestCase("hhmm", "0", 0L)]
    [TestCase("timestamp_utc", "1970-01-01T00:00:01Z", 1_000_000L)]
    [TestCase("timestamp_utc", "1970-01-01T01:00:00+01:00", 0L)]
    [TestCase("timestamp_utc", "1970-01-01 00:00:00.5Z", 500_000L)]
    [TestCase("timestamp_utc", "1969-12-31T23:59:59.999999Z", -1L)]
    [TestCase("timestamp_utc", "2013-03-31T00:00:00Z", 1_364_688_000_000_000L)]
    [TestCase("text", " as it is ", " as it is ")]
    public void A_value_of_the_type_is_taken(string type, string field, object value) => Assert.That(Take(new() { Name = "c", Type = Type(type) }, field), Is.EqualTo((value, (string?)null)));

    [TestCase("integer", "1.0")]
    [TestCase("integer", "9223372036854775808")]
    [TestCase("integer", " 1")]
    [TestCase("integer", "1,000")]
    [TestCase("integer", "0x10")]
    [TestCase("real", "1,5")]
    [TestCase("real", "NaN")]
    [TestCase("real", "Infinity")]
    [TestCase("real", "1e999")]
    [TestCase("real", "warm")]
    [TestCase("boolean", "yes")]
    [TestCase("boolean", "2")]
    [TestCase("date", "2023-02-29")]
    [TestCase("date", "2013-1-1")]
    [TestCase("date", "01.02.2013")]
    [TestCase("hhmm", "1375")]
    [TestCase("hhmm", "2401")]
    [TestCase("hhmm", "-1")]
    [TestCase("hhmm", "5:17")]
    [TestCase("timestamp_utc", "2013-02-01T12:00:00")]
    [TestCase("timestamp_utc", "02/01/2013 12:00:00 PM +00:00"), TestCase("timestamp_utc", "2013/02/01 12:00:00Z"), TestCase("timestamp_utc", "Feb 1 2013 12:00:00Z")]
    [TestCase("timestamp_utc", "2013-02-30T12:00:00Z")]
    [TestCase("timestamp_utc", "2013-02-01T24:00:01Z")]
    [TestCase("timestamp_utc", "2013-02-01")]
    [TestCase("text", "a\0b")]
    public void A_value_of_another_type_is_refused(string type, string field) => Assert.That(Take(new() { Name = "c", Type = Type(type) }, field).Rule, Is.EqualTo("type"));

    [TestCase("0", null)]
    [TestCase("100", null)]
    [TestCase("-1", "range")]
    [TestCase("101", "range")]
    public void A_number_out_of_its_range_is_refused(string field, string? rule)
    {
        Assert.That(Take(new() { Name = "c", Type = ColumnType.Integer, Min = 0, Max = 100 }, field).Rule, Is.EqualTo(rule));
        Assert.That(Take(new() { Name = "c", Type = ColumnType.Real, Min = 0, Max = 100 }, field).Rule, Is.EqualTo(rule));
    }

    [Test]
    public void A_range_is_checked_after_the_factor() => Assert.Multiple(() =>
    {
        var column = new Column { Name = "c", Type = ColumnType.Real, Factor = 2, Max = 10 };
        Assert.That(Take(column, "5"), Is.EqualTo((10.0, (string?)null)));
        Assert.That(Take(column, "5.5").Rule, Is.EqualTo("range"));
    });

    [TestCase("EWR", null)]
    [TestCase("ewr", "allowed")]
    [TestCase("BOS", "allowed")]
    [TestCase("EWR ", "allowed")]
    public void A_text_is_one_of_those_allowed(string field, string? rule) => Assert.That(Take(new() { Name = "c", Type = ColumnType.Text, Allowed = ["EWR", "JFK"] }, field).Rule, Is.EqualTo(rule));

    [TestCase("AB", null)]
    [TestCase("ABC", "pattern")]
    [TestCase("xAB", "pattern")]
    [TestCase("AB\n", "pattern")]
    public void A_pattern_must_fit_the_whole_text(string field, string? rule) => Assert.That(Take(new() { Name = "c", Type = ColumnType.Text, Pattern = "A|AB|[0-9]" }, field).Rule, Is.EqualTo(rule));

    [Test]
    public void Trimming_and_case_come_before_the_checks() =>
        Assert.That(Take(new() { Name = "c", Type = ColumnType.Text, Trim = true, Case = TextCase.Upper, Allowed = ["EWR"] }, " ewr\t"), Is.EqualTo(("EWR", (string?)null)));

    [TestCase("  ")]
    [TestCase(" NA ")]
    public void Trimming_comes_before_the_null_tokens(string field) => Assert.Multiple(() =>
    {
        Assert.That(Take(new() { Name = "c", Type = ColumnType.Text, Trim = true }, field, "", "NA").Value, Is.Null);
        Assert.That(Take(new() { Name = "c", Type = ColumnType.Text, Trim = true, Required = true }, field, "", "NA").Rule, Is.EqualTo("required"));
    });

    [Test]
    public void A_factor_that_makes_a_number_too_large_is_refused() => Assert.That(Take(new() { Name = "c", Type = ColumnType.Real, Factor = 10 }, "1e308").Rule, Is.EqualTo("type"));

    [Test]
    public void A_batch_of_long_rows_ends_early()
    {
        var contract = Rows.Contract("a");
        using var reader = RowReader.Open(new MemoryStream(Encoding.UTF8.GetBytes("a\n" + string.Concat(Enumerable.Range(0, 30).Select(i => $"{i}{new string('x', 100_000)}\n")))), "t.csv", contract);
        var batch = new Batch(contract);
        var validator = new Validator(contract, new Dictionary<(string, string, string), ZoneTable>());
        var counts = new List<int>();
        while (validator.Fill(batch, reader)) counts.Add(batch.Count);
        Assert.That((counts.Count, counts.Sum()), Is.EqualTo((3, 30)));
    }

    [TestCase("", true)]
    [TestCase("NA", true)]
    [TestCase("na", false)]
    [TestCase("NAN", false)]
    public void Null_tokens_are_matched_as_they_are_written(string field, bool isNull) =>
        Assert.That(Take(new() { Name = "c", Type = ColumnType.Text }, field, "", "NA").Value is null, Is.EqualTo(isNull));

    [Test]
    public void The_tokens_of_a_column_stand_in_for_those_of_the_table() => Assert.Multiple(() =>
    {
        var column = new Column { Name = "c", Type = ColumnType.Text, NullTokens = ["-"] };
        Assert.That(Take(column, "NA", "NA").Value, Is.EqualTo("NA"));
        Assert.That(Take(column, "-", "NA").Value, Is.Null);
    });

    [Test]
    public void A_required_column_takes_no_null() => Assert.That(Take(new() { Name = "c", Type = ColumnType.Integer, Required = true }, "NA", "NA").Rule, Is.EqualTo("required"));

    [TestCase("a,b\n1,2,3\n", "ragged")]
    [TestCase("a,b\n1\n", "ragged")]
    [TestCase("a,b\n1\"2,3\n", "quoting")]
    [TestCase("a,b\n\"1\"2,3\n", "quoting")]
    public void A_broken_CSV_row_is_rejected_and_the_next_is_taken(string csv, string rule)
    {
        var contract = Rows.Contract("a", "b");
        using var reader = RowReader.Open(new MemoryStream(Encoding.UTF8.GetBytes(csv + "8,9\n")), "t.csv", contract);
        var batch = new Batch(contract);
        Assert.That(new Validator(contract, new Dictionary<(string, string, string), ZoneTable>()).Fill(batch, reader), Is.True);
        Assert.That(batch.Rejected.Single().Why.Rule, Is.EqualTo(rule));
        Assert.That(batch.Rejected.Single().ByteOffset, Is.EqualTo(4));
        Assert.That((batch.Count, batch.SourceRow[0], ((TextData)batch.Columns[0]).Values[0].Value), Is.EqualTo((1, 2L, "8")));
    }

    [Test]
    public void A_field_that_is_not_UTF_8_is_rejected_with_its_column()
    {
        var contract = Rows.Contract("a", "b");
        using var reader = RowReader.Open(new MemoryStream([.. "a,b\n1,"u8, 0xC3, .. "\n8,9\n"u8]), "t.csv", contract);
        var batch = new Batch(contract);
        new Validator(contract, new Dictionary<(string, string, string), ZoneTable>()).Fill(batch, reader);
        Assert.That((batch.Rejected.Single().Why.Column, batch.Rejected.Single().Why.Rule, batch.Rejected.Single().Why.Found, batch.Count), Is.EqualTo(("b", "utf8", "\\xC3", 1)));
    }

    static ColumnType Type(string name) => Enum.Parse<ColumnType>(name.Replace("_", "", StringComparison.Ordinal), ignoreCase: true);

    static (object? Value, string? Rule) Take(Column column, string field, params string[] nullTokens)
    {
        var data = ColumnData.For(column.Type);
        var why = new Cell(column, nullTokens).Take(true, Encoding.UTF8.GetBytes(field), data, 0);
        object? value = why is not null || data.IsNull[0] ? null : data switch { TextData text => text.Values[0].Value, RealData real => real.Values[0], _ => ((LongData)data).Values[0] };
        return (value, why?.Rule);
    }
}
