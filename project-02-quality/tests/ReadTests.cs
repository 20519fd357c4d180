using System.Text;

namespace DataQuality.Tests;

[TestFixture, Category("Step1")]
sealed class ReadTests
{
    [Test]
    public void Rows_come_as_they_stand_and_a_broken_one_says_why()
    {
        using var folder = new TempFolder();
        File.WriteAllBytes(folder.At("t.csv"), [.. "a,b,c\n1,\"x, \"\"y\"\"\",3\n1,2\n1,2,3,4\n1,x\"y,3\n1,"u8, 0xFF, .. ",3\n"u8, .. "\n4,5,6"u8]);
        using var file = new ReadFile(folder.At("t.csv"), ["c", "a", "z"]);
        var rows = file.Rows().ToList();
        Assert.That(rows.Select(r => string.Join('|', r.Fields.Select(f => f ?? "∅"))), Is.EqualTo(new[] { "3|1|∅", "∅|1|∅", "3|1|∅", "3|1|∅", "3|1|∅", "6|4|∅" }));
        Assert.That(rows.Select(r => r.Problem), Is.EqualTo(new[] { null, "expected 3 fields, found 2", "expected 3 fields, found 4", "quotes are not as in RFC 4180", "the row is not UTF-8", null }));
        Assert.That(rows[0].Extra, Is.EqualTo("""{"b":"x, \"y\""}"""));
        Assert.That(rows[1].Extra, Does.Contain("\"_line\":\"1,2\""));
    }

    [TestCase(new byte[] { 0x1F, 0x8B, 8, 0, 0 }, "t.csv is compressed. Unpack it")]
    [TestCase(new byte[] { 0x50, 0x4B, 3, 4, 0 }, "t.csv is compressed. Unpack it")]
    [TestCase(new byte[] { 0x50, 0x41, 0x52, 0x31 }, "t.csv is a Parquet file")]
    [TestCase(new byte[] { (byte)'a', 0, (byte)',', 0, (byte)'b', 0, (byte)'\n', 0 }, "t.csv is no text in UTF-8")]
    public void A_file_that_is_no_CSV_is_told_what_it_is(byte[] bytes, string message)
    {
        using var folder = new TempFolder();
        File.WriteAllBytes(folder.At("t.csv"), bytes);
        Assert.That(Assert.Throws<UserException>(() => ReadFile.RefuseOther(folder.At("t.csv")))!.Message, Does.Contain(message));
    }

    [TestCase("", "t.csv is empty")]
    [TestCase("a,a\n1,2\n", "names the column 'a' 2 times")]
    [TestCase("a,b\n1,\"open\n2,3\n", "a quote is opened and never closed")]
    public void A_file_that_can_not_be_read_says_where(string text, string message)
    {
        using var folder = new TempFolder();
        var path = folder.Write("t.csv", text);
        Assert.That(Assert.Throws<UserException>(() => { using var file = new ReadFile(path, ["a"]); _ = file.Rows().ToList(); })!.Message, Does.Contain(message));
    }

    [Test]
    public void A_folder_of_folders_holds_drops_and_a_folder_of_files_is_one()
    {
        using var folder = new TempFolder();
        folder.Write("in/b/t.csv", "x");
        folder.Write("in/a/t.csv", "x");
        folder.Write("in/a/drop.json", """{ "as_of": "2013-01-08T14:00:00+02:00" }""");
        var drops = Drops.Find(folder.At("in"));
        Assert.That(drops.Select(d => (d.Name, d.Files.Count, d.AsOf)), Is.EqualTo(new[] { ("a", 1, new DateTime(2013, 1, 8, 12, 0, 0, DateTimeKind.Utc)), ("b", 1, (DateTime?)null) }));
        Assert.That(drops[0].Sha256, Is.EqualTo(drops[1].Sha256), "the content alone counts");
        Assert.That(Drops.Find(folder.At("in", "b")).Single().Name, Is.EqualTo("b"));
        Assert.That(Assert.Throws<UserException>(() => Drops.Find(folder.At("nowhere")))!.ExitCode, Is.EqualTo(2));
    }

    [TestCase("a\n1\n\n3\n", "1||3")]
    [TestCase("a\r\n1\r\n\r\n3", "1||3")]
    [TestCase("a\n\n", "")]
    [TestCase("a\n1\n\n", "1|", Description = "the last one is a row too")]
    public void A_blank_line_in_a_file_of_one_column_is_a_row(string text, string rows)
    {
        using var folder = new TempFolder();
        using var file = new ReadFile(folder.Write("t.csv", text), ["a"]);
        Assert.That(string.Join('|', file.Rows().Select(r => r.Problem ?? r.Fields[0])), Is.EqualTo(rows));
    }

    [Test]
    public void A_blank_line_between_rows_of_more_columns_is_none()
    {
        using var folder = new TempFolder();
        using var file = new ReadFile(folder.Write("t.csv", "a,b\n1,2\n\n3,4\n\n"), ["a"]);
        Assert.That(file.Rows().Select(r => (r.Row, r.Fields[0], r.Problem)), Is.EqualTo(new[] { (1L, "1", (string?)null), (2L, "3", null) }));
    }

    [TestCase("a;b;c\n1;2,5;3\n2;2,5;3\n", "a;b;c")]
    [TestCase("sep=;\na;b\n", "sep=;")]
    [TestCase("a|b,c\n1|2,3\n", "a|b,c")]
    [TestCase("\uFEFFa,b\n1,2\n", "a,b", Description = "a byte order mark is no part of a name")]
    public void Fields_end_at_commas_and_nothing_is_guessed(string text, string header)
    {
        using var folder = new TempFolder();
        using var file = new ReadFile(folder.Write("t.csv", text), []);
        Assert.That(string.Join(',', file.Header), Is.EqualTo(header));
    }

    [Test]
    public void Drops_come_in_the_order_of_their_numbers()
    {
        using var folder = new TempFolder();
        foreach (var name in new[] { "drop-10", "drop-2", "drop-1", "drop-02", "2024-1-30", "2024-1-4", "a" }) folder.Write($"in/{name}/t.csv", "x");
        Assert.That(Drops.Find(folder.At("in")).Select(d => d.Name), Is.EqualTo(new[] { "2024-1-4", "2024-1-30", "a", "drop-1", "drop-02", "drop-2", "drop-10" }));
    }

    [Test]
    public void Files_beside_folders_are_refused()
    {
        using var folder = new TempFolder();
        folder.Write("in/a/t.csv", "x");
        folder.Write("in/t.csv", "x");
        Assert.That(Assert.Throws<UserException>(() => Drops.Find(folder.At("in"))), Has.Message.Contain("both files (t.csv) and folders (a)").And.Property("ExitCode").EqualTo(2));
    }

    [TestCase("2013-01-08T14:00:00", 14)]
    [TestCase("2013-01-08T14:00:00+02:00", 12)]
    [TestCase("2013-01-08T14:00:00Z", 14)]
    public void A_drop_that_names_no_zone_means_UTC(string asOf, int hour)
    {
        using var folder = new TempFolder();
        folder.Write("a/t.csv", "x");
        folder.Write("a/drop.json", $$"""{ "as_of": "{{asOf}}" }""");
        Assert.That(Drops.Find(folder.At("a")).Single().AsOf, Is.EqualTo(new DateTime(2013, 1, 8, hour, 0, 0, DateTimeKind.Utc)));
    }

    [TestCase("t.csv", "x", "u.csv", "x", Description = "another name")]
    [TestCase("t.csv", "x", "t.csv", "y", Description = "another content")]
    [TestCase("t.csv", "xy", "t.csvx", "y", Description = "the border between both")]
    public void A_drop_is_known_by_the_names_and_contents_of_its_files(string name, string text, string otherName, string otherText)
    {
        using var folder = new TempFolder();
        folder.Write($"in/a/{name}", text);
        folder.Write($"in/b/{otherName}", otherText);
        Assert.That(Drops.Find(folder.At("in")).Select(d => d.Sha256).Distinct().Count(), Is.EqualTo(2));
    }

    [Test]
    public void Staged_rows_have_the_columns_that_came_before_too()
    {
        using var folder = new TempFolder();
        using var store = new Store(folder.At("quality.db"));
        store.Execute("CREATE TABLE raw_t (_drop TEXT, _file TEXT, _row INTEGER, b TEXT, a TEXT, _extra TEXT, _problem TEXT)");
        Assert.That(new RawLayer(store, "t").Begin(["a", "c"]), Is.EqualTo(new[] { "b", "a", "c" }));
        Assert.That(new RawLayer(store, "t").Columns("next_raw_t"), Is.EqualTo(new[] { "b", "a", "c" }));
    }
}
