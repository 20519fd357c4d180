using System.Runtime.InteropServices;

namespace Orchestrator;

/// <summary>How a scheduler that runs for weeks comes to a DAG that was changed today: it sees that its program was built anew, and becomes it. Airflow reads
/// DAG files again and again; a compiled program has to begin again.</summary>
static unsafe partial class NewBuild
{
    static readonly string Program = typeof(NewBuild).Assembly.Location;

    /// <summary>When the program on the disk was written; UTC.</summary>
    public static DateTime Written() => File.GetLastWriteTimeUtc(Program);

    /// <summary>Whether the program on the disk is another than the one that runs, and complete: nothing was written to its folder for two seconds.</summary>
    /// <param name="began">When the running one was written; UTC.</param>
    /// <param name="now">UTC.</param>
    public static bool IsThere(DateTime began, DateTime now) => !OperatingSystem.IsWindows() && File.Exists(Program) && Written() != began
        && Directory.EnumerateFiles(Path.GetDirectoryName(Program)!).All(file => now - File.GetLastWriteTimeUtc(file) > TimeSpan.FromSeconds(2));

    /// <summary>Replaces this process by the new program with the same arguments. Returns only when that fails.</summary>
    public static void Become()
    {
        string[] words = [Environment.ProcessPath!, .. Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? ["exec", Program] : Array.Empty<string>(), .. Environment.GetCommandLineArgs().Skip(1)];
        var arguments = stackalloc nint[words.Length + 1];
        for (var i = 0; i < words.Length; i++) arguments[i] = Marshal.StringToCoTaskMemUTF8(words[i]);
        arguments[words.Length] = 0;
        _ = Execute((byte*)arguments[0], arguments);
    }

    [LibraryImport("libc", EntryPoint = "execv")] private static partial int Execute(byte* path, nint* arguments);
}
