namespace KafkaIngest;

/// <summary>A mistake of the user or of the input, told in one or two lines: what, where, expected, found, what to do.
/// Anything else that is thrown is a bug and keeps its stack trace.</summary>
/// <param name="message">What the user reads on stderr.</param>
/// <param name="exitCode">1: the work failed; 2: wrong usage or configuration.</param>
sealed class UserException(string message, int exitCode = 1) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}

/// <summary>Where this project's folder is, whatever directory the program was started from.</summary>
static class ProjectFolder
{
    /// <summary>The nearest folder above the built program that holds its <c>.slnx</c>.</summary>
    public static string Root { get; } = Find();

    public static string At(params string[] parts) => Path.Combine([Root, .. parts]);

    static string Find()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (at.EnumerateFiles("*.slnx").Any()) return at.FullName;
        return Directory.GetCurrentDirectory();
    }
}
