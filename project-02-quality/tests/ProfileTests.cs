using System.Text;
using System.Text.Json;

namespace DataQuality.Tests;

/// <summary>A profile says what is in a file, and the rules that it proposes hold for the file itself.</summary>
[TestFixture]
sealed class ProfileTests
{
    [TestCase("1,-2,+3,0", "integer")]
    [TestCase("9223372036854775807,-9223372036854775808", "integer")]
    [TestCase("9223372036854775808,1", "text", Description = "a number would lose digits")]
    [TestCase("1,2.5,1e3", "real")]
    [TestCase("1,2.5,1e999", "text")]
    [TestCase("007,008", "text", Description = "codes")]
    [TestCase("0,0.5", "real")]
    [TestCase("1,0,1", "integer", Description = "the narrowest type comes first")]
    [TestCase("true,FALSE,1", "boolean")]
    [TestCase("2024-02-29,2023-01-01", "date")]
    [TestCase("2023-02-29", "text", Description = "no such day")]
    [TestCase("2024-01-01T00:00:00Z,2024-01-01T01:00:00+02:00", "timestamp")]
    [TestCase("2024-01-01T00:00:00", "text", Description = "no zone, no instant")]
    [TestCase("517,2359,0", "integer", Description = "its name does not say that it is a time")]
    [TestCase("a,1", "text")]
    [TestCase("NA,,null,N/A", "text", Description = "no values")]
    public void The_type_is_the_narrowest_that_takes_every_value(string values, string type) => Assert.That(Profiled("v", values.Split(',')).Columns[0].Type.ToString().ToLowerInvariant(), Is.EqualTo(type));

    [TestCase("dep_time", "517,2359", ColumnType.Hhmm)]
    [TestCase("dep_time", "517,2360", ColumnType.Integer)]
    [TestCase("start_hhmm", "0517", ColumnType.Hhmm)]
    public void A_time_of_day_has_a_name_that_says_so(string name, string values, ColumnType type) => Assert.That(Profiled(name, values.Split(',')).Columns[0].Type, Is.EqualTo(type));

    [Test]
    public void The_figures_are_those_of_the_values_without_nulls()
    {
        var column = Seen("n", "3", "NA", "1", "3", "", "5");
        Assert.Multiple(() =>
        {
            Assert.That((column.Nulls, column.Filled, column.Distinct, column.Min, column.Max, column.Mean), Is.EqualTo((2L, 4L, 3L, "1", "5", 3.0)));
            Assert.That(column.NullTokens, Is.EqualTo(new[] { "", "NA" }));
            Assert.That(column.Frequent, Is.EqualTo(new[] { ("3", 2L), ("1", 1L), ("5", 1L) }));
            Assert.That(Seen("t", "2024-01-01T00:30:00Z", "2024-01-01T01:00:00+02:00").Min, Is.EqualTo("2023-12-31T23:00:00Z"), "instants are compared, not texts");
            Assert.That(Seen("t", "é", "𝄞𝄞").Longest, Is.EqualTo(2), "code points");
        });
    }

    [Test]
    public void Distinct_values_are_counted_up_to_a_bound()
    {
        var column = new ColumnCensus("n");
        for (var i = 0; i <= ColumnCensus.MostDistinct; i++) column.Add($"{i}");
        Assert.That((column.Distinct, column.TooMany, column.Filled), Is.EqualTo((100_000L, true, 100_001L)));
    }

    [TestCase("AB CD", "[A-Z]{2}")]
    [TestCase("AB C1 22", "[A-Z0-9]{2}")]
    [TestCase("A-1 B-2", "[A-Z]-[0-9]")]
    [TestCase("x.1 y.2", @"[a-z]\.[0-9]")]
    [TestCase("AB ABC", null)]
    [TestCase("A-1 A/1", null)]
    [TestCase("A-1 AB1", null)]
    public void A_shape_is_what_all_values_share(string values, string? pattern)
    {
        var shape = new Shape();
        foreach (var value in values.Split(' ')) shape.Take(value);
        Assert.That(shape.Pattern, Is.EqualTo(pattern));
    }

    [TestCase("id,name\n1,aa\n2,aa\n", "id")]
    [TestCase("long_id,id\nx-1,1\nx-2,2\n", "id", Description = "the narrower of two")]
    [TestCase("a,b,c\n1,1,x\n1,2,x\n2,1,x\n", "a,b")]
    [TestCase("a,b\n1,\n2,x\n", "a")]
    [TestCase("b,a\n,1\n2,1\n", "b,a", Description = "none: all columns")]
    [TestCase("r,s\n1.5,x\n2.5,x\n", "r,s", Description = "reals are no key")]
    [TestCase("a,b\n1,x\n1,x\n2,x\n", "a", Description = "a copy does not count")]
    public void The_key_is_the_narrowest_that_tells_all_rows_apart(string csv, string key) => Assert.That(string.Join(',', Rules(csv, out _).Key), Is.EqualTo(key));

    [Test]
    public void A_key_of_two_columns_is_found_behind_the_sample_too()
    {
        var columns = new[] { new ColumnCensus("a"), new ColumnCensus("b"), new ColumnCensus("c") };
        var search = new KeySearch(columns, 200_000);
        for (var i = 0; i < 150_000; i++) search.Add([columns[0].Add($"{i % 120_000}"), columns[1].Add($"{i / 120_000}"), columns[2].Add("x")]);
        Assert.That(search.Find().Select(c => c.Name), Is.EqualTo(new[] { "a", "b" }));
    }

    [Test]
    public void The_proposed_rules_are_accepted_and_the_file_keeps_them()
    {
        var csv = new StringBuilder("id,code,country,price,amount,ok,day,at,dep_time,note,in,Odd Name\n");
        for (var i = 1; i <= 120; i++)
            csv.Append($"{i},{(char)('A' + i % 26)}-{i:000}, {new[] { "DE", "FR", "NA" }[i % 3]},{i / 8.0 - 3:R},{long.MinValue + i},{(i % 2 == 0 ? "true" : "0")},2024-01-{1 + i % 28:00},2024-01-01T00:00:{i % 60:00}+01:00,{i % 24 * 100},\"it's \"\"{new string('é', i % 40)}\"\"\",{(i % 7 == 0 ? "null" : "1e-7")},x\n");
        csv.Append("120,").Append(csv.ToString().Split('\n')[120][4..]).Append('\n');                // a copy
        var rules = Rules(csv.ToString(), out var notes, "order_lines-2024.csv", Keeps);
        Assert.Multiple(() =>
        {
            Assert.That((rules.Table, rules.Files[0], rules.Key[0]), Is.EqualTo(("order_lines", "order_lines*.csv", "id")));
            Assert.That(rules.NullTokens, Is.EqualTo(new[] { "", "NA", "null" }));
            Assert.That(rules.Columns.Single(c => c.Name == "country"), Has.Property("Trim").True.And.Property("Nulls").EqualTo(NullPolicy.Keep));
            Assert.That(rules.Rules.OfType<InSet>().Single().Values.Select(v => v.GetString()), Is.EqualTo(new[] { "DE", "FR" }));
            Assert.That(rules.Rules.OfType<MatchesPattern>().Single().Pattern, Is.EqualTo("[A-Z]-[0-9]{3}"));
            Assert.That(rules.Rules.OfType<InRange>().Select(r => r.Column), Is.EqualTo(new[] { "price", "amount", "in" }), "the key grows");
            Assert.That(rules.Rules.OfType<RowCount>().Single(), Has.Property("Min").EqualTo(60).And.Property("Max").EqualTo(240));
            Assert.That(notes, Has.Some.Contain("'Odd Name' is left out").And.Some.Contain("1 rows are copies"));
        });
    }

    [Test]
    public void The_rules_proposed_for_the_data_of_the_project_are_kept_by_it([Values("airports", "flights", "planes")] string table) =>
        Rules(File.ReadAllText(ProjectFolder.At("data", "raw", "drop-1", table + ".csv")), out _, table + ".csv", Keeps);

    [TestCase("", "is empty")]
    [TestCase("a,b\n", "no rows")]
    [TestCase("A,B\n1,2\n", "found A, B")]
    public void What_can_not_be_profiled_is_told(string csv, string message) => Assert.That(Assert.Throws<UserException>(() => Rules(csv, out _))!.Message, Does.Contain(message));

    [Test]
    public void A_file_that_is_not_there_is_told() => Assert.That(Assert.Throws<UserException>(() => Profile.Run("nowhere.csv", _ => { }, default))!.ExitCode, Is.EqualTo(2));

    [Test]
    public void The_table_of_the_profile_goes_line_by_line_to_the_notes()
    {
        Rules("id,a\n1,x\n2,\n", out var notes);
        Assert.That(notes, Is.EqualTo(new[] { "column  type     nulls  distinct  min  max  mean  most frequent", "id      integer      0         2    1    2   1.5  1 (1), 2 (1)", "a       text         1         1    x    x        x (1)" }));
    }

    static ColumnCensus Seen(string name, params string[] values)
    {
        var column = new ColumnCensus(name);
        foreach (var value in values) column.Add(value);
        return column;
    }

    static TableRules Profiled(string name, string[] values) => Rules($"{name},other\n{string.Concat(values.Select(v => v + ",x\n"))}", out _);

    /// <summary>Writes the file and the rules that are proposed for it, and loads them as a run does.</summary>
    static TableRules Rules(string csv, out List<string> notes, string name = "things.csv", Action<TempFolder>? then = null)
    {
        using var folder = new TempFolder();
        var said = notes = [];
        var json = Profile.Run(folder.Write("drops/drop-1/" + name, csv), said.Add, default);
        folder.Write("rules/proposed.json", json);
        var rules = RuleFiles.Load(folder.At("rules")).Single();
        then?.Invoke(folder);
        return rules;
    }

    /// <summary>A run with the proposed rules publishes the file, and no row breaks one.</summary>
    static void Keeps(TempFolder folder)
    {
        var result = Quality.Run(new Settings(folder.At("drops"), folder.At("out"), folder.At("rules")) { CuratedFolder = Directory.CreateDirectory(folder.At("none")).FullName }, default).Single();
        Assert.That(result.Status, Is.EqualTo("published"), result.Reason);
        Assert.That(result.Results.Where(r => r.Broken > 0 || r.Status != RuleStatus.Pass).Select(r => r.Rule), Is.Empty);
        Assert.That(result.Counts.Single().Counts.Quarantined, Is.Zero);
    }
}
