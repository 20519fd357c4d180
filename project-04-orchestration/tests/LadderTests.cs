using System.Diagnostics;

namespace Orchestrator.Tests;

/// <summary>Who has built the steps up to one sees the tests of that step green: none of them needs a later one.</summary>
[TestFixture]
sealed class LadderTests
{
    // with the last step built the copy is this folder
    static IEnumerable<int> Steps => Enumerable.Range(1, Checklist.Steps - 1);

    [Test, Explicit("builds the folder and its tests once for each step"), Category("Ladder")]
    public async Task The_tests_of_a_step_are_green_when_it_and_those_before_it_are_built([ValueSource(nameof(Steps))] int step)
    {
        using var folder = new TempFolder();
        var copy = folder.At("copy");
        Exercise.Write(ProjectFolder.Root, copy, step + 1);
        var built = await Dotnet(copy, "build", "--nologo");
        Assert.That(built.Code, Is.Zero, built.Output);
        Assert.That(built.Output, Does.Contain(" 0 Warning(s)"), "what is not built yet draws no warning");
        var tested = await Dotnet(copy, "test", "--no-build", "--nologo", "--filter", $"TestCategory=Step{step}");
        Assert.That(tested.Code, Is.Zero, tested.Output);
        Assert.That(tested.Output, Does.Match(@"Passed! +- Failed: +0, Passed: +[1-9]"), "there are such tests");
    }

    static async Task<(int Code, string Output)> Dotnet(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        // what the test run around this one has set is not for the one inside it
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || k.StartsWith("VSTEST", StringComparison.OrdinalIgnoreCase)).ToList()) start.Environment.Remove(name);
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await error);
    }
}
