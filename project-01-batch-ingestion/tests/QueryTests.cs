using Microsoft.Data.Sqlite;

namespace BatchIngestion.Tests;

/// <summary>A query answers, or says in a line what is wrong.</summary>
[TestFixture]
sealed class QueryTests
{
    [TestCase("", "no SELECT")]
    [TestCase("-- nothing", "no SELECT")]
    [TestCase("SELECT :x", "The SQL is wrong")]
    [TestCase("SELECT missing", "no such column")]
    [TestCase("SELECT zeroblob(2000000000)", "too big")]
    [TestCase("DELETE FROM t", "Only reading")]
    [TestCase("SELECT 1; SELECT 2", "One statement")]
    public void What_can_not_be_answered_is_told(string sql, string message) => Assert.Multiple(() =>
    {
        using var folder = Made(Store.ApplicationId);
        foreach (var format in new[] { "table", "csv", "json" })
            Assert.That(Assert.Throws<UserException>(() => Query.Run(folder.At("warehouse.db"), sql, format, 10, default))!.Message, Does.Contain(message), format);
    });

    [TestCase("table"), TestCase("csv"), TestCase("json")]
    public void Every_kind_of_value_is_written(string format)
    {
        using var folder = Made(Store.ApplicationId);
        Assert.DoesNotThrow(() => Query.Run(folder.At("warehouse.db"), "SELECT '-', NULL, x'00ff', 9007199254740993, 1.5, 9e999, char(27)", format, 10, default));
    }

    [Test]
    public void A_database_of_somebody_else_is_not_taken_for_a_store()
    {
        using var folder = Made(7);
        Assert.That(Assert.Throws<UserException>(() => Query.Open(folder.At("warehouse.db")))!.Message, Does.Contain("not a store"));
    }

    [Test]
    public void A_file_that_is_no_database_is_told()
    {
        using var folder = new TempFolder();
        folder.Write("warehouse.db", new string('x', 5000));
        Assert.That(Assert.Throws<UserException>(() => Query.Open(folder.At("warehouse.db")))!.Message, Does.Contain("can't be read"));
    }

    static TempFolder Made(long applicationId)
    {
        var folder = new TempFolder();
        using var db = new SqliteConnection($"Data Source={folder.At("warehouse.db")};Pooling=False");
        db.Open();
        using var command = db.CreateCommand();
        command.CommandText = $"PRAGMA application_id={applicationId}; CREATE TABLE t (x)";
        command.ExecuteNonQuery();
        return folder;
    }
}
