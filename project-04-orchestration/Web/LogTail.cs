using System.Text;

namespace Orchestrator;

/// <summary>The end of a log, as much as a page can bear.</summary>
/// <param name="Size">Of the whole file, in bytes.</param>
/// <param name="Left">How many bytes before <see cref="Text"/> were left out.</param>
sealed record LogTail(string Text, long Size, long Left)
{
    const int Most = 64 * 1024;

    /// <returns>Empty when the attempt has not written anything.</returns>
    public static LogTail Of(string file)
    {
        if (!File.Exists(file)) return new("", 0, 0);
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var left = Math.Max(0, stream.Length - Most);
        stream.Seek(left, SeekOrigin.Begin);
        var bytes = new byte[stream.Length - left];
        var count = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        // begins with a whole line, so no character is cut in two
        var from = left > 0 ? Array.IndexOf(bytes, (byte)'\n') + 1 : 0;
        return new(Encoding.UTF8.GetString(bytes, from, count - from), left + count, left + from);
    }
}
