namespace BatchIngestion.Tests;

[TestFixture, Category("Step2")]
sealed class LandTests
{
    [Test]
    public void A_file_is_kept_byte_for_byte_under_its_hash_and_read_only()
    {
        using var folder = new TempFolder();
        folder.Write("landing/b.csv", "abc");
        var landed = Land.Run(folder.At("landing"), folder.At("raw"), default).Single();
        Assert.That((landed.Name, landed.Sha256, landed.Bytes), Is.EqualTo(("b.csv", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", 3L)));
        Assert.That(landed.RawPath, Is.EqualTo(folder.At("raw", landed.Sha256, "b.csv")));
        Assert.That(File.ReadAllText(landed.RawPath), Is.EqualTo("abc"));
        Assert.That(File.GetAttributes(landed.RawPath).HasFlag(FileAttributes.ReadOnly), Is.True);
    }

    [Test]
    public void A_name_that_is_too_long_is_a_problem_of_that_file_alone()
    {
        using var folder = new TempFolder();
        folder.Write("landing/a.csv", "abc");
        folder.Write($"landing/b{new string('x', 240)}.csv", "abc");
        var landed = Land.Run(folder.At("landing"), folder.At("raw"), default);
        Assert.That((landed[0].Problem, landed[1].Problem), Is.EqualTo(((string?)null, "Its name is longer than 240 bytes.")));
    }

    [Test]
    public void A_changed_file_is_kept_beside_what_it_was()
    {
        using var folder = new TempFolder();
        folder.Write("landing/b.csv", "one");
        var before = Land.Run(folder.At("landing"), folder.At("raw"), default).Single();
        folder.Write("landing/b.csv", "two");
        var after = Land.Run(folder.At("landing"), folder.At("raw"), default).Single();
        Assert.That((File.ReadAllText(before.RawPath), File.ReadAllText(after.RawPath)), Is.EqualTo(("one", "two")));
    }

    [Test]
    public void Files_still_being_written_are_passed_over_and_the_rest_come_in_the_order_of_names()
    {
        using var folder = new TempFolder();
        foreach (var name in new[] { "b.csv", "B.csv", "a.csv", ".hidden.csv", "c.csv.part", "d.csv.tmp" }) folder.Write("landing/" + name, name);
        Assert.That(Land.Run(folder.At("landing"), folder.At("raw"), default).Select(f => f.Name), Is.EqualTo(new[] { "B.csv", "a.csv", "b.csv" }));
    }

    [Test]
    public void What_a_killed_run_was_copying_is_taken_away()
    {
        using var folder = new TempFolder();
        folder.Write("landing/a.csv", "whole");
        folder.Write("raw/.part-a.csv", "who");
        var landed = Land.Run(folder.At("landing"), folder.At("raw"), default).Single();
        Assert.That(File.ReadAllText(landed.RawPath), Is.EqualTo("whole"));
        Assert.That(Directory.GetFiles(folder.At("raw")), Is.Empty);
    }

    [Test]
    public void A_landing_folder_that_is_not_there_is_wrong_usage()
    {
        using var folder = new TempFolder();
        Assert.That(Assert.Throws<UserException>(() => Land.Run(folder.At("no"), folder.At("raw"), default)).ExitCode, Is.EqualTo(2));
    }
}
