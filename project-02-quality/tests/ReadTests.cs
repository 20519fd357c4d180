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
}
