using System.Runtime.InteropServices;

namespace KafkaIngest;

/// <summary>A small file that is there whole, old or new, whenever the power goes.</summary>
static partial class WholeFile
{
    /// <summary>Writes aside, flushes to disk, renames.</summary>
    public static void Write(string path, string text)
    {
        var aside = $"{path}.{Environment.ProcessId}.tmp";
        using (var file = new FileStream(aside, FileMode.Create))
        {
            file.Write(System.Text.Encoding.UTF8.GetBytes(text));
            file.Flush(flushToDisk: true);
        }
        File.Move(aside, path, overwrite: true);
    }

    /// <summary>Puts the names in a folder on the disk: without this a power cut may take back a rename, although the file itself is flushed. Does
    /// nothing on Windows, where a folder can't be flushed.</summary>
    /// <exception cref="IOException">It can't be done.</exception>
    public static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        var handle = open(folder, 0);
        try
        {
            if (handle < 0 || (fsync(handle) != 0 && Marshal.GetLastPInvokeError() != NotSupported)) throw new IOException($"{folder}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }
        finally { if (handle >= 0) _ = close(handle); }
    }

    const int NotSupported = 22;        // EINVAL: some network file systems have nothing to flush for a folder

    // .NET opens no folders
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] private static partial int open(string path, int flags);
    [LibraryImport("libc", SetLastError = true)] private static partial int fsync(int handle);
    [LibraryImport("libc")] private static partial int close(int handle);
}
