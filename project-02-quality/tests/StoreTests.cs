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
}
