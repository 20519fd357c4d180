namespace Orchestrator.Tests;

[TestFixture]
sealed class StoreTests
{
    [Test]
    public void What_is_written_is_read_back()
    {
        using var store = new StateStore(":memory:");
        store.Run("CREATE TABLE x (a, b, c, d)");
        var moment = new DateTime(2013, 3, 10, 7, 30, 0, 123, DateTimeKind.Utc);
        store.Execute("INSERT INTO x (d, c, b, a) VALUES ($4, $3, $2, $1)", 7L, "ü€", moment, null);
        Assert.That(store.Query("SELECT a, b, c, d FROM x", r => (r.GetInt64(0), r.GetString(1), r.Moment(2), r.Text(3))), Is.EqualTo(new[] { (7L, "ü€", moment, (string?)null) }));
        Assert.That(store.Scalar("SELECT c FROM x"), Is.EqualTo("2013-03-10T07:30:00.123Z"));
    }

    [Test]
    public void What_fails_in_a_transaction_has_not_happened()
    {
        using var store = new StateStore(":memory:");
        Assert.That(() => store.InTransaction(() => { store.Execute("INSERT INTO pool VALUES ('a', 1, '')"); throw new InvalidOperationException("no"); }), Throws.InvalidOperationException);
        Assert.That(store.Scalar("SELECT count(*) FROM pool"), Is.Zero);
        store.InTransaction(() => store.Execute("INSERT INTO pool VALUES ('a', 1, '')"));
        Assert.That(store.Scalar("SELECT count(*) FROM pool"), Is.EqualTo(1));
    }

    [Test]
    public void A_file_that_is_no_state_database_is_refused_and_left_as_it_is()
    {
        using var folder = new TempFolder();
        var text = folder.Write("text.db", "this is not a database, and long enough to be looked at as one: " + new string('x', 5000));
        Assert.That(() => new StateStore(text), Throws.TypeOf<UserException>().With.Message.Contains("not a database"));
        using (var other = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={folder.At("other.db")};Pooling=False"))
        {
            other.Open();
            using var command = other.CreateCommand();
            command.CommandText = "CREATE TABLE mine (a)";
            command.ExecuteNonQuery();
        }
        Assert.That(() => new StateStore(folder.At("other.db")), Throws.TypeOf<UserException>().With.Message.Contains("not a scheduler's"));
    }

    [Test]
    public void The_database_of_another_version_is_refused()
    {
        using var folder = new TempFolder();
        using (var store = new StateStore(folder.At("state.db"))) store.Run($"PRAGMA application_id = {0x4F524302}");
        Assert.That(() => new StateStore(folder.At("state.db")), Throws.TypeOf<UserException>().With.Message.Contains("another version"));
    }
}
