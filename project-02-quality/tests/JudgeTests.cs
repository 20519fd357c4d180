namespace DataQuality.Tests;

[TestFixture, Category("Step5")]
sealed class JudgeTests
{
    static readonly TableRules Table = new()
    {
        Table = "orders",
        Grain = "one order",
        Files = ["orders.csv"],
        Key = ["id"],
        Columns = [new() { Name = "id", Type = ColumnType.Integer }, new() { Name = "country", Type = ColumnType.Text }],
        Rules = [new References { Id = "country_exists", Column = "country", Table = "countries", To = "code" }, new InRange { Id = "small", Column = "id", Max = System.Text.Json.JsonSerializer.SerializeToElement(9), Severity = Severity.Warn }],
    };

    [Test]
    public void A_copy_has_all_texts_of_an_earlier_row_null_apart_from_empty()
    {
        using var judged = new Judged(Row(1, "1", "DE"), Row(2, "1", "DE"), Row(3, "1", null), Row(4, "1", ""), Row(5, "1D", "E"), Row(6, "1", ""), Row(7, "1", "DE", extra: """{"x":"y"}"""), Row(8, "1", "DE"));
        Assert.That(judged.Rows("SELECT _row || coalesce(' copy of ' || _kept, '') FROM next_checked_orders ORDER BY _seq"), Is.EqualTo("1; 2 copy of 1; 3; 4; 5; 6 copy of 4; 7; 8 copy of 1"));
    }

    [Test]
    public void A_reference_is_asked_of_the_other_tables_values_and_null_passes()
    {
        using var judged = new Judged(Row(1, "1", "DE"), Row(2, "2", "XX"), Row(3, "3", null));
        Assert.That(judged.Rows("SELECT _row || ' ' || _verdict FROM next_checked_orders ORDER BY _seq"), Is.EqualTo("1 clean; 2 quarantined; 3 clean"));
        Assert.That(judged.Rows("SELECT rule || ' ' || column_name || ' ' || expected || ' ' || found FROM next_reasons_orders"), Is.EqualTo("country_exists country a value of countries.code XX"));
    }

    [Test]
    public void The_tally_counts_what_the_runs_drop_broke_and_neither_copies_nor_older_rows()
    {
        using var judged = new Judged(Row(1, "1", "XX", drop: "old"), Row(2, "10", "XX"), Row(3, "10", "XX"), Row(4, "11", "DE"), Row(5, "4", "DE", problem: "broken"), Row(6, "5", "DE"));
        var tally = judged.Tally;
        Assert.That((tally.Judged, tally.Unreadable, tally.Broken("country_exists"), tally.Broken("small"), tally.Broken(Judge.Structure)), Is.EqualTo((3L, 1L, 1L, 2L, 1L)));
        Assert.That(tally.Examples("small").Select(e => (e.File, e.Row, e.Found)), Is.EqualTo(new[] { ("new/orders.csv", 2L, "10"), ("new/orders.csv", 4L, "11") }));
        Assert.That(judged.Rows("SELECT _verdict FROM next_checked_orders ORDER BY _seq"), Is.EqualTo("quarantined; quarantined; copy; clean; quarantined; clean"));
    }

    static Located Row(long row, string? id, string? country, string drop = "new", string? extra = null, string? problem = null) => new(drop == "old" ? 1 : 2, drop, "orders.csv", new(row, [id, country], extra, problem));

    sealed class Judged : IDisposable
    {
        readonly TempFolder folder = new();
        readonly Store store;

        public Tally Tally { get; }

        public Judged(params Located[] rows)
        {
            store = new(folder.At("quality.db"));
            var codes = new Batch([("code", ColumnType.Text)]) { Count = 1 };
            Conform.Put(codes.Columns[0], 0, "DE");
            Tally = new Judge(store, Table, (_, _) =>
            {
                var keys = new KeySet();
                keys.Add(codes.Columns[0], 1);
                return keys;
            }).Run(rows, row => row.Drop == "new", default);
        }

        public string Rows(string sql) => string.Join("; ", store.Query(sql, r => r.GetString(0)));

        public void Dispose()
        {
            store.Dispose();
            folder.Dispose();
        }
    }
}
