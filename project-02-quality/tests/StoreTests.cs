using Microsoft.Data.Sqlite;

namespace DataQuality.Tests;

[TestFixture]
sealed class StoreTests
{
    [Test]
    public void A_full_disk_is_told_as_such_and_leaves_what_was()
    {
        using var folder = new TempFolder();
        using var store = new Store(folder.At("quality.db"));
        store.Execute("CREATE TABLE t (x); INSERT INTO t VALUES (1); PRAGMA cache_size = 5");
        store.Execute($"PRAGMA max_page_count = {(long)store.Scalar("PRAGMA page_count")! + 5}");
        var error = Assert.Throws<SqliteException>(() => store.InTransaction(() => { for (var i = 0; i < 100; i++) store.Execute("INSERT INTO t VALUES (randomblob(4000))"); }))!;
        Assert.That(error.SqliteErrorCode, Is.EqualTo(13), error.Message);
        Assert.That(store.Scalar("SELECT count(*) FROM t"), Is.EqualTo(1));
        store.InTransaction(() => store.Execute("INSERT INTO t VALUES (2)"));
    }

    [Test]
    public void Who_only_looks_changes_nothing()
    {
        using var folder = new TempFolder();
        using (new Store(folder.At("quality.db"))) { }
        using var store = new Store(folder.At("quality.db"), readOnly: true);
        Assert.That(Assert.Throws<SqliteException>(() => store.Execute("DELETE FROM drops"))!.SqliteErrorCode, Is.EqualTo(8));
        Assert.Throws<UserException>(() => _ = new Store(folder.At("none.db"), readOnly: true));
        Assert.That(File.Exists(folder.At("none.db")), Is.False);
    }

    [TestCase("ALTER TABLE drops DROP COLUMN sha256")]
    [TestCase("ALTER TABLE quality_runs ADD COLUMN host TEXT")]
    public void A_store_with_other_tables_is_told_as_such(string change)
    {
        using var folder = new TempFolder();
        using (var store = new Store(folder.At("quality.db"))) store.Execute(change);
        foreach (var readOnly in new[] { false, true })
            Assert.That(Assert.Throws<UserException>(() => _ = new Store(folder.At("quality.db"), readOnly)), Has.Message.Contain("other tables than this version").And.Property("ExitCode").EqualTo(2));
    }

    [Test]
    public void A_query_that_takes_long_can_be_stopped()
    {
        using var folder = new TempFolder();
        using (new Store(folder.At("quality.db"))) { }
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        Assert.Throws<OperationCanceledException>(() => Query.Run(folder.At("quality.db"), "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n", stop.Token));
    }

    [Category("Step7")]
    [TestCase("SELECT id FROM clean_orders -- that is all\n;\n", null)]
    [TestCase("WITH a AS (SELECT 1 AS x) SELECT x FROM a", null)]
    [TestCase("SELECT 1 AS x; DELETE FROM raw_orders", "expected one SELECT and nothing else")]
    [TestCase("DELETE FROM drops RETURNING drop_name", "expected one SELECT and nothing else")]
    [TestCase("", "expected one SELECT and nothing else")]
    [TestCase("PRAGMA user_version", "syntax error")]
    [TestCase("SELECT no_such FROM clean_orders", "no such column")]
    [TestCase("SELECT x'00' || zeroblob(2000000000) AS x", "too big")]
    public void Business_columns_are_one_SELECT(string sql, string? message)
    {
        using var folder = new TempFolder();
        var settings = QualityTests.Orders(folder, "1,DE,1,1,1,,") with { CuratedFolder = folder.At("curated") };
        folder.Write("curated/orders.sql", sql);
        if (message is null) Assert.That(Quality.Run(settings, default).Single().Status, Is.EqualTo("published"));
        else Assert.That(Assert.Throws<UserException>(() => Quality.Run(settings, default)), Has.Message.StartsWith(folder.At("curated", "orders.sql")).And.Message.Contain(message).And.Property("ExitCode").EqualTo(2));
        folder.Write("curated/other.sql", "SELECT 1 AS x");
        Assert.That(Assert.Throws<UserException>(() => Quality.Run(settings, default)), Has.Message.Contain("no rules describe a table 'other'").And.Property("ExitCode").EqualTo(2));
    }
}
