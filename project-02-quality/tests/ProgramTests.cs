using System.Diagnostics;

namespace DataQuality.Tests;

/// <summary>What the user of the verbs sees: the program as a process.</summary>
[TestFixture, Category("Step8")]
sealed class ProgramTests
{
    [Test]
    public async Task What_was_published_before_a_drop_is_refused_is_told()
    {
        using var folder = new TempFolder();
        var settings = QualityTests.Orders(folder, "1,DE,1,1,1,,");
        QualityTests.Orders(folder, "2,DE,1,1,1,,", "drop-3");
        Quality.Run(settings, default);
        QualityTests.Orders(folder, "", "drop-2");
        File.WriteAllText(folder.At("drops", "drop-2", "orders.csv"), "id,country,price,pieces,total,paid,shipped\n");
        QualityTests.Orders(folder, "3,DE,1,1,1,,", "drop-3");
        var (code, printed, error) = await Run(folder);
        Assert.That((code, error.Trim()), Is.EqualTo((1, "The drop drop-3 is in the layers with other content. Expected a new name for a correction, such as drop-3-corrected.")));
        Assert.That(printed, Does.Contain("drop-2: 0 rows came.").And.Contain("1 published, 0 held back, 1 known already"));
        Assert.That(File.ReadAllText(settings.ReportFile), Does.Contain("<h1>drop-2 is published</h1>"));
    }

    [Test]
    public async Task Drops_behind_one_that_is_held_or_has_failed_are_not_tried()
    {
        using var folder = new TempFolder();
        QualityTests.Orders(folder, "1,XX,1,1,1,,");
        QualityTests.Orders(folder, "1,DE,1,1,1,,", "drop-2");
        var (code, printed, _) = await Run(folder);
        Assert.That(code, Is.EqualTo(1));
        Assert.That(printed, Does.Contain("0 published, 1 held back, 1 not tried, 0 known already").And.Match("drop-2 +not tried"));
        folder.Write("drops/drop-1/else.csv", "a\n1\n");
        Assert.That((await Run(folder)).Printed, Does.Contain("drop-1 is failed:").And.Contain("0 published, 0 held back, 1 failed, 1 not tried, 0 known already"));
    }

    [TestCase("--input", "There is no folder at")]
    [TestCase("--rules", "There is no folder of rules at")]
    [TestCase("--curated", "There is no folder of business columns at")]
    public async Task A_folder_that_is_not_there_is_told_before_the_output_is_made(string option, string message)
    {
        using var folder = new TempFolder();
        QualityTests.Orders(folder, "1,DE,1,1,1,,");
        var (code, _, error) = await Run(folder, option, folder.At("nowhere"));
        Assert.That(error, Does.StartWith($"{message} {folder.At("nowhere")}"));
        Assert.That(code, Is.EqualTo(2));
        Assert.That(Directory.Exists(folder.At("out")), Is.False);
    }

    static async Task<(int Code, string Printed, string Error)> Run(TempFolder folder, params string[] more)
    {
        string[] arguments = ["run", "--input", folder.At("drops"), "--output", folder.At("out"), "--rules", folder.At("rules")];
        if (more is [var option, var value]) arguments = arguments.Contains(option) ? [.. arguments.Select((a, i) => i > 0 && arguments[i - 1] == option ? value : a)] : [.. arguments, option, value];
        using var process = Process.Start(new ProcessStartInfo("dotnet", ["exec", typeof(Checklist).Assembly.Location, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var printed = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, printed, await error);
    }
}
