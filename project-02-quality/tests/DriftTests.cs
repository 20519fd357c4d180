namespace DataQuality.Tests;

[TestFixture, Category("Step2")]
sealed class DriftTests
{
    static readonly TableRules Table = Sample.Orders with { Drift = new() { Added = DriftPolicy.Evolve, Retyped = DriftPolicy.Evolve } };
    static readonly string[] Names = [.. Table.Columns.Select(c => c.Name)];

    [TestCase("pieces", "6 of 10 values are decimal numbers", "Evolve", ColumnType.Real)]
    [TestCase("pieces", "6 of 10 values are other values than a whole number", "Fail", ColumnType.Integer)]
    [TestCase("paid", "6 of 10 values are decimal numbers", "Fail", ColumnType.Date)]
    public void Only_whole_numbers_that_bring_decimals_are_widened(string column, string detail, string policy, ColumnType type)
    {
        var (after, finding) = Evolution.Apply(Table, new("orders", "orders.csv", "retyped", column, DriftPolicy.Evolve, detail, Decimals: detail.EndsWith("decimal numbers", StringComparison.Ordinal)));
        Assert.That((finding.Policy.ToString(), after.Columns.Single(c => c.Name == column).Type), Is.EqualTo((policy, type)));
    }

    [TestCase("colour", true)]
    [TestCase("Colour", false)]
    [TestCase("2nd", false)]
    [TestCase("a b", false)]
    [TestCase("_row", false)]
    [TestCase("", false)]
    public void A_column_is_taken_up_when_its_name_is_an_identifier(string name, bool taken)
    {
        var (after, finding) = Evolution.Apply(Table, Drift.OfHeader(Table, "orders.csv", [.. Names, name]).Single());
        Assert.That((finding.Policy == DriftPolicy.Evolve, after.Columns.Count), Is.EqualTo((taken, Table.Columns.Count + (taken ? 1 : 0))));
        if (taken) Assert.That(Drift.OfHeader(after, "orders.csv", Names), Is.Empty, "a drop may come without it");
    }

    [Test]
    public void A_type_that_a_rule_does_not_fit_is_not_widened()
    {
        var table = Table with { Rules = [new Expression { Id = "pairs", Text = "pieces % 2 = 0" }] };
        var (after, finding) = Evolution.Apply(table, Drift.OfValues(table, table.Columns[3], "orders.csv", 3, 3, 3)!);
        Assert.That(finding.Policy, Is.EqualTo(DriftPolicy.Fail));
        Assert.That(finding.Detail, Does.StartWith("3 of 3 values are decimal numbers; it can't evolve: rule pairs: at "));
        Assert.That(after, Is.SameAs(table));
    }
}

/// <summary>A census types the values of a file: it works from step 3 on.</summary>
[TestFixture, Category("Step3")]
sealed class TypeCensusTests
{
    [TestCase("2,DE,1,4.5,1,,|3,DE,1,0.5,1,,|4,DE,1,7,1,,|5,DE,1,NA,1,,", "pieces: 2 of 3 values are decimal numbers")]
    [TestCase("2,DE,1,4.5,1,,|3,DE,1,many,1,,|4,DE,1,7,1,,", "pieces: 2 of 3 values are other values than a whole number")]
    [TestCase("2,DE,1,4.5,1,,|3,DE,1,7,1,,", "", Description = "half of them is not most")]
    [TestCase("2,DE,1,NA,1,,|3,DE,1,,1,,", "", Description = "no value is of no type")]
    public void A_column_is_retyped_when_most_of_its_values_are_not_of_its_type(string rows, string findings)
    {
        var census = new TypeCensus(Sample.Orders, [.. Sample.Orders.Columns.Select(c => c.Name)]);
        foreach (var (at, row) in rows.Split('|').Index()) census.Add(new(at + 1, row.Split(','), null, null));
        census.Add(new(99, ["x", "x", "x", "x", "x", "x", "x"], null, "no CSV record"));
        Assert.That(string.Join("; ", census.Findings("orders.csv").Select(f => $"{f.Column}: {f.Detail}")), Is.EqualTo(findings));
    }
}
