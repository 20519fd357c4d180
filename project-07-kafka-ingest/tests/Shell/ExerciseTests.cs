using System.Diagnostics;
using System.Text.RegularExpressions;

namespace KafkaIngest.Tests;

/// <summary>The folder is an exercise that turns green step by step.</summary>
[TestFixture]
sealed class ExerciseTests
{
    /// <summary>The checklist items that the README names for each step.</summary>
    static SortedDictionary<int, string[]> StepsOfReadme()
    {
        var part = File.ReadAllText(ProjectFolder.At("README.md")).Split("## Implementation steps")[1].Split("\n## ")[0];
        var steps = Regex.Matches(part, @"^### (?<step>\d+)\. .*?(?=^### |\z)", RegexOptions.Multiline | RegexOptions.Singleline);
        return new(steps.ToDictionary(s => int.Parse(s.Groups["step"].Value), s => Regex.Matches(s.Value.Split("Turns green:")[1], @"\bP\d+-\d+").Select(m => m.Value).ToArray()));
    }

    [Test]
    public void Every_step_of_the_code_is_a_step_of_the_README_and_every_item_belongs_to_one()
    {
        var marked = new SortedDictionary<int, string>();
        var readme = File.ReadAllText(ProjectFolder.At("README.md"));
        foreach (var path in Exercise.Files(ProjectFolder.Root).Where(p => p.EndsWith(".cs", StringComparison.Ordinal) && !p.Contains("tests", StringComparison.Ordinal)))
        {
            Exercise.Hollow(File.ReadAllText(path), 1, marked);
            foreach (var (step, title) in marked) Assert.That(readme, Does.Contain($"\n### {step}. {title}\n").IgnoreCase, path);
        }
        if (Exercise.IsCopy(ProjectFolder.Root)) Assert.Ignore("This is an exercise: the marks are gone with the solution.");
        Assert.That(StepsOfReadme().Keys, Is.EqualTo(marked.Keys));
        Assert.That(marked, Has.Count.EqualTo(Checklist.Steps));
        Assert.That(StepsOfReadme().Values.SelectMany(v => v), Is.EquivalentTo(new Checklist().Items().Select(i => i.Id)));
    }

    [Test]
    public void A_copy_with_every_step_solved_is_the_folder_byte_for_byte()
    {
        var copy = Path.Combine(Directory.CreateTempSubdirectory("exercise-").FullName, "copy");
        if (Exercise.IsCopy(ProjectFolder.Root)) Assert.Ignore("This is an exercise.");
        Exercise.Write(ProjectFolder.Root, copy, int.MaxValue);
        var files = Exercise.Files(ProjectFolder.Root);
        Assert.That(Exercise.Files(copy).Select(f => Path.GetRelativePath(copy, f)), Is.EqualTo(files.Select(f => Path.GetRelativePath(ProjectFolder.Root, f))));
        foreach (var file in files) Assert.That(File.ReadAllBytes(Path.Combine(copy, Path.GetRelativePath(ProjectFolder.Root, file))).SequenceEqual(File.ReadAllBytes(file)), file);
        Crash.Delete(Path.GetDirectoryName(copy)!);
    }

    [Test]
    public void A_copy_names_the_lowest_step_that_is_missing_and_can_not_be_copied_again()
    {
        if (Exercise.IsCopy(ProjectFolder.Root)) Assert.Ignore("This is an exercise.");
        using var folder = new TempFolder();
        Exercise.Write(ProjectFolder.Root, folder.At("copy"), 2);
        Assert.That(Exercise.NextStep(folder.At("copy")), Does.StartWith("Step 2: "));
        Assert.That(File.ReadAllText(folder.At("copy", "README.md")), Does.StartWith("> This is the exercise"));
        Assert.That(Assert.Throws<UserException>(() => Exercise.Write(folder.At("copy"), folder.At("again"), 2))!.ExitCode, Is.EqualTo(2));
        Assert.That(Directory.Exists(folder.At("again")), Is.False);
    }

    static IEnumerable<int> Steps => Enumerable.Range(1, Checklist.Steps);

    [Test, Explicit("builds the folder once for each step"), Category("Ladder")]
    public async Task The_items_turn_green_step_by_step([ValueSource(nameof(Steps))] int step)
    {
        var folder = Directory.CreateTempSubdirectory("ladder-").FullName;
        var copy = Path.Combine(folder, "copy");
        Exercise.Write(ProjectFolder.Root, copy, step);
        Assert.That((await Dotnet(copy, "build", Path.GetFileName(Directory.GetFiles(copy, "*.csproj").Single()), "--nologo")).Code, Is.Zero, "it builds");
        var (code, output) = await Dotnet(copy, "run", "--no-build", "--", "check");
        var green = Regex.Matches(output, @"^✔ (P\d+-\d+)", RegexOptions.Multiline).Select(m => m.Groups[1].Value);
        Assert.That(green, Is.EquivalentTo(StepsOfReadme().Where(s => s.Key < step).SelectMany(s => s.Value)), output);
        Assert.That(output, Does.Not.Contain("✘"));
        Assert.That(code, Is.EqualTo(1));
        var run = await Dotnet(copy, "run", "--no-build");
        Assert.That(run.Output.Trim().Split('\n')[^1], Does.Match(@"\ANot built yet\. Step \d+: .*See README\.md\.\z"), run.Output);
        Crash.Delete(folder);
    }

    static async Task<(int Code, string Output)> Dotnet(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || k.StartsWith("VSTEST", StringComparison.OrdinalIgnoreCase)).ToList()) start.Environment.Remove(name);
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await error);
    }
}
