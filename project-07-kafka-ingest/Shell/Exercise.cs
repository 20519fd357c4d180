using System.Text;
using System.Text.RegularExpressions;

namespace KafkaIngest;

/// <summary>Makes the folder an exercise: a copy in which the solution of some steps is taken out. A step's solution stands
/// between <c>// step N: what it is about</c> and <c>// end of step N</c>, around whole method bodies.</summary>
static partial class Exercise
{
    static readonly string[] NotCopied = ["bin", "obj", "out", "TestResults", ".git", ".vs", ".idea"];

    /// <summary>Copies the project's folder to <paramref name="output"/>, with the steps from <paramref name="fromStep"/> on
    /// taken out.</summary>
    /// <returns>The steps that were taken out, with their titles.</returns>
    /// <exception cref="UserException">The output is not empty, or lies inside the project; exit code 2.</exception>
    public static IReadOnlyDictionary<int, string> Write(string project, string output, int fromStep)
    {
        (project, output) = (Path.GetFullPath(project), Path.GetFullPath(output));
        var inside = Path.GetRelativePath(project, output);
        if (!inside.StartsWith("..", StringComparison.Ordinal) && !Path.IsPathRooted(inside)) throw new UserException($"{output} lies inside the project. Choose a folder outside it.", 2);
        if (Directory.Exists(output) && Directory.EnumerateFileSystemEntries(output).Any()) throw new UserException($"{output} is not empty. Choose a new folder.", 2);
        if (IsCopy(project)) throw new UserException($"{project} is an exercise already: its solution has been taken out.", 2);
        var steps = new SortedDictionary<int, string>();
        foreach (var path in Files(project))
        {
            var copy = Path.Combine(output, Path.GetRelativePath(project, path));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            var text = path.EndsWith(".cs", StringComparison.Ordinal) ? File.ReadAllText(path) : "";
            var hollow = text.Contains("// end of step", StringComparison.Ordinal) ? Hollow(text, fromStep, steps) : text;
            if (hollow == text) File.Copy(path, copy);
            else File.WriteAllText(copy, hollow, new UTF8Encoding(false));
        }
        var readme = Path.Combine(output, "README.md");
        if (steps.Count > 0) File.WriteAllText(readme, $"> This is the exercise: the solution of {(steps.Count == 1 ? "one step" : $"{steps.Count} steps")} is taken out. What this page shows is what you will see at the end. Begin at \"Implementation steps\".\n\n" + File.ReadAllText(readme));
        var props = Path.Combine(output, "Directory.Build.props");
        if (steps.Count > 0) File.WriteAllText(props, File.ReadAllText(props).Replace("<TreatWarningsAsErrors>true<", "<TreatWarningsAsErrors>false<", StringComparison.Ordinal));
        return steps;
    }

    /// <summary>Whether the folder is a copy whose solution was taken out, built since or not.</summary>
    public static bool IsCopy(string project) => File.ReadLines(Path.Combine(project, "README.md")).First().StartsWith("> This is the exercise", StringComparison.Ordinal);

    /// <summary>Every file of the project that is not built from the others.</summary>
    public static IReadOnlyList<string> Files(string project) =>
    [
        .. Directory.EnumerateFiles(project, "*", SearchOption.AllDirectories)
            .Where(path => !Path.GetRelativePath(project, path).Split(Path.DirectorySeparatorChar).Any(NotCopied.Contains))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The lowest step that is not built in a copy, with its title; null when none is missing.</summary>
    public static string? NextStep(string project) => Files(project).Where(path => path.EndsWith(".cs", StringComparison.Ordinal))
        .SelectMany(path => Missing().Matches(File.ReadAllText(path))).MinBy(match => int.Parse(match.Groups["step"].Value))?.Groups["what"].Value;

    /// <summary>Replaces the marked solutions of the steps from <paramref name="fromStep"/> on by a line that says what is missing.</summary>
    public static string Hollow(string source, int fromStep, IDictionary<int, string> steps) => Marked().Replace(source, match =>
    {
        var (step, title) = (int.Parse(match.Groups["step"].Value), match.Groups["title"].Value);
        if (step < fromStep) return match.Value;
        steps[step] = title;
        return $"{match.Groups["indent"].Value}throw new NotImplementedException(\"Step {step}: {title}. See README.md.\");\n";
    });

    [GeneratedRegex("NotImplementedException\\(\"(?<what>Step (?<step>\\d+): [^\"]+)\"")] private static partial Regex Missing();

    [GeneratedRegex(@"^(?<indent>[ ]*)// step (?<step>\d+): (?<title>[^\r\n]+)\r?\n.*?^[ ]*// end of step \k<step>\r?\n", RegexOptions.Multiline | RegexOptions.Singleline)] private static partial Regex Marked();
}
