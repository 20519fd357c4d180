namespace DataQuality.Tests;

[TestFixture, Category("Step6")]
sealed class LayersTests
{
    static readonly TableRules Table = new()
    {
        Table = "orders",
        Grain = "one order",
        Files = ["orders.csv"],
        Key = ["id"],
        Columns = [new() { Name = "id", Type = ColumnType.Integer }, new() { Name = "a", Type = ColumnType.Text }],
        Rules = [new Unique { Id = "once", Columns = ["a"] }],
    };

    [Test]
    public void Judged_rows_are_split_into_clean_quarantine_and_duplicates()
    {
        using var folder = new TempFolder();
        using var store = Checked(folder, [(1, 1, 1, "A", null, "clean"), (2, 1, 1, "A", 1, "copy"), (3, 1, 1, "B", 1, "version"), (4, 2, 4, null, null, "quarantined")]);
        store.Execute("INSERT INTO next_reasons_orders VALUES (4, 'z', 'error', 'a', 'a value', 'none'), (4, 'once', 'error', NULL, 'no other', 'another'), (4, 'z', 'error', 'id', 'a number', 'x')");
        var layers = new Layers(store, [Table]);
        layers.Begin();
        layers.Split(Table, new RawLayer(store, "orders"));
        Assert.That(Rows(store, "SELECT id || ' ' || a || ' ' || _drop || ' ' || _row FROM next_clean_orders"), Is.EqualTo("1 A drop-1 1"));
        Assert.That(Rows(store, "SELECT _row || ' ' || kind || ' of ' || kept_row FROM next_duplicates ORDER BY 1"), Is.EqualTo("2 copy of 1; 3 version of 1"));
        Assert.That(Rows(store, "SELECT table_name || ' ' || _drop || ' ' || rules || ' ' || json_array_length(reasons) || ' ' || raw FROM next_quarantine"), Is.EqualTo("""orders drop-2 ["once","z"] 3 {"id":"4","a":null,"more":"x"}"""));
        Assert.That(layers.Count(Table, new RawLayer(store, "orders")).Select(c => (c.Drop, c.Counts)), Is.EqualTo(new[] { ("drop-1", new Counts(3, 1, 0, 2)), ("drop-2", new Counts(1, 0, 1, 0)) }));
    }

    [Test]
    public void Survivors_of_the_latest_drop_that_share_a_value_go_and_their_versions_come_back()
    {
        using var folder = new TempFolder();
        using var store = Checked(folder, [(1, 1, 1, "A", 3, "version"), (2, 1, 2, "B", null, "clean"), (3, 2, 1, "B", null, "clean"), (4, 2, 4, null, null, "clean"), (5, 2, 5, null, null, "clean"), (6, 2, 6, "B", null, "quarantined")]);
        var (audit, judge, tally) = (new Audit(store, Table, "drop-2", null), new Judge(store, Table with { Table = "else" }, (_, _) => new KeySet()), new Tally());
        Assert.That(audit.Uniqueness(judge, tally), Is.True);
        Assert.That(Rows(store, "SELECT _seq || ' ' || _verdict || coalesce(' ' || _kept, '') FROM next_checked_orders ORDER BY 1"), Is.EqualTo("1 clean; 2 clean; 3 quarantined; 4 clean; 5 clean; 6 quarantined"));
        Assert.That(Rows(store, "SELECT _seq || ' ' || rule FROM next_reasons_else"), Is.EqualTo("3 once"));
        Assert.That(audit.Uniqueness(judge, tally), Is.False);
        Assert.That(tally.Broken("once"), Is.EqualTo(1));
    }

    /// <summary>A store in which rows are judged: number, drop, key, value, the row that it is a duplicate of, verdict.</summary>
    static Store Checked(TempFolder folder, (long Seq, int Drop, long Id, string? A, long? Kept, string Verdict)[] rows)
    {
        var store = new Store(folder.At("quality.db"));
        _ = new Judge(store, Table, (_, _) => new KeySet());
        new RawLayer(store, "orders").Begin(["id", "a"]);
        foreach (var (seq, drop, id, a, kept, verdict) in rows)
        {
            store.Execute("INSERT INTO next_checked_orders VALUES (?, ?, ?, 'orders.csv', ?, ?, ?, 1, 1, ?, ?)", seq, drop, $"drop-{drop}", seq, id, a, kept, verdict);
            store.Execute("INSERT INTO next_raw_orders VALUES (?, 'orders.csv', ?, ?, ?, ?, NULL)", $"drop-{drop}", seq, $"{id}", a, """{"more":"x"}""");
        }
        return store;
    }

    static string Rows(Store store, string sql) => string.Join("; ", store.Query(sql, r => r.GetString(0)));
}
