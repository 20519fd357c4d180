using System.Diagnostics;
using System.Text.RegularExpressions;

namespace KafkaIngest.Tests;

/// <summary>What the README shows is what the commands print.</summary>
[TestFixture]
sealed partial class ReadmeTests
{
    [Test]
    public void The_README_names_the_items_of_the_checklist_in_the_same_words()
    {
        var part = File.ReadAllText(ProjectFolder.At("README.md")).Split("## Evaluation checklist")[1].Split("\n## ")[0];
        var rows = Regex.Matches(part, @"^\| (P\d+-\d+) \| (.+?) \|", RegexOptions.Multiline).Select(m => (m.Groups[1].Value, m.Groups[2].Value));
        Assert.That(rows, Is.EqualTo(new Checklist().Items().Select(i => (i.Id, i.Sentence))));
    }

    /// <summary>Runs the shown commands one after the other in one output folder and compares, times apart.</summary>
    [Test]
    public async Task The_commands_print_what_the_README_shows()
    {
        var output = Directory.CreateTempSubdirectory("readme-").FullName;
        foreach (Match block in Shown().Matches(File.ReadAllText(ProjectFolder.At("README.md"))))
        {
            var arguments = Words().Matches(block.Groups["arguments"].Value).Select(m => m.Value.Trim('"')).ToList();
            if (arguments.Count == 0) arguments.Add("run");
            if (arguments[0] == "check") continue;      // proved item by item in ChecklistTests
            if ((await Run([arguments[0], "--help"])).Printed.Contains("--output", StringComparison.Ordinal)) arguments.AddRange(["--output", output]);
            var (printed, error) = await Run(arguments);
            Assert.That(Plain(printed), Is.EqualTo(Plain(block.Groups["shown"].Value)), $"{block.Groups["arguments"].Value} {error}");
        }
        Crash.Delete(output);
    }

    static async Task<(string Printed, string Error)> Run(IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", typeof(Checklist).Assembly.Location, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = ProjectFolder.Root };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var printed = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (printed, await error);
    }

    static string Plain(string text) => string.Join('\n', text.Split('\n')
        .Where(line => !line.StartsWith("Store: ", StringComparison.Ordinal))
        .Select(line => Seconds().Replace(line.Trim(), "T s"))
        .Where(line => line.Length > 0));

    [GeneratedRegex(@"^```console\n\$ dotnet run(?: -- (?<arguments>.*))?\n(?<shown>(?:.*\n)*?)```", RegexOptions.Multiline)] private static partial Regex Shown();
    [GeneratedRegex("\"[^\"]*\"|\\S+")] private static partial Regex Words();
    [GeneratedRegex(@"\d+\.\d+ s\b")] private static partial Regex Seconds();
}
