using System.Security.Cryptography;

namespace BatchIngestion;

/// <summary>A file as it arrived: its name in the landing folder, what it holds, and where its copy lies.</summary>
/// <param name="Fresh">The copy was made in this run.</param>
/// <param name="Problem">Why it could not be kept; null when it was.</param>
sealed record Landed(string Name, string Sha256, long Bytes, string RawPath, bool Fresh = false, string? Problem = null);

/// <summary>Keeps what arrived, byte for byte, under <c>raw/SHA256/NAME</c>. The rows are read from that copy, so what was
/// loaded is what was hashed, whatever happens to the landing folder meanwhile.</summary>
static class Land
{
    /// <summary>In bytes. A file system takes 255, and the lake adds an ending.</summary>
    const int LongestName = 240;

    /// <summary>Copies the files of the landing folder that are not kept yet. Names that begin with a dot and names that end in
    /// .part or .tmp are files still being written, and are passed over.</summary>
    /// <returns>All landed files in the order of their names.</returns>
    public static IReadOnlyList<Landed> Run(string landing, string raw, CancellationToken stop)
    {
        // step 2: keep what arrived, byte for byte
        if (!Directory.Exists(landing)) throw new UserException($"There is no landing folder at {landing}.", 2);
        Directory.CreateDirectory(raw);
        foreach (var left in Directory.GetFiles(raw, ".part-*")) File.Delete(left);
        var landed = new List<Landed>();
        var kept = Directory.EnumerateFiles(raw, "*", SearchOption.AllDirectories).Select(path => (Path.GetFileName(path), new FileInfo(path).Length)).ToHashSet();
        foreach (var path in Directory.GetFiles(landing).Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(path);
            if (name.StartsWith('.') || name.EndsWith(".part", StringComparison.Ordinal) || name.EndsWith(".tmp", StringComparison.Ordinal)) continue;
            stop.ThrowIfCancellationRequested();
            if (System.Text.Encoding.UTF8.GetByteCount(name) > LongestName) { landed.Add(new(name, "", 0, "", Problem: $"Its name is longer than {LongestName} bytes.")); continue; }
            try { landed.Add((kept.Contains((name, new FileInfo(path).Length)) ? Known(path, name, raw) : null) ?? Keep(path, name, raw)); }
            catch (Exception e) when (e is FileNotFoundException or UnauthorizedAccessException) { landed.Add(new(name, "", 0, "", Problem: $"It can't be read: {e.Message}")); }
        }
        return landed;
        // end of step 2
    }

    /// <summary>SHA-256 of a file in lower-case hexadecimal.</summary>
    public static string Hash(string path)
    {
        using var file = Read(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    /// <summary>Opens a file. What has no length is not opened: a pipe would wait for somebody to write.</summary>
    static Stream Read(string path) => new FileInfo(path) is { Exists: true, Length: 0 } ? Stream.Null : File.OpenRead(path);

    /// <summary>The copy of the file that is there already; null when there is none.</summary>
    static Landed? Known(string path, string name, string raw)
    {
        // step 2: keep what arrived, byte for byte
        var sha = Hash(path);
        var kept = Path.Combine(raw, sha, name);
        return File.Exists(kept) ? new(name, sha, new FileInfo(kept).Length, kept) : null;
        // end of step 2
    }

    /// <summary>Copies aside, flushes, renames: under its own name a copy is always whole. The hash is that of the bytes copied.</summary>
    static Landed Keep(string path, string name, string raw)
    {
        // step 2: keep what arrived, byte for byte
        var part = Path.Combine(raw, ".part-file");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using (var from = Read(path))
        using (var to = new FileStream(part, FileMode.Create, FileAccess.Write, FileShare.None, 0))
        {
            var buffer = new byte[1 << 20];
            for (int read; (read = from.Read(buffer)) > 0;)
            {
                hash.AppendData(buffer, 0, read);
                to.Write(buffer, 0, read);
            }
            to.Flush(flushToDisk: true);
        }
        Failpoint.Hit("raw-copied");
        var sha = Convert.ToHexStringLower(hash.GetHashAndReset());
        var kept = Path.Combine(raw, sha, name);
        Directory.CreateDirectory(Path.GetDirectoryName(kept)!);
        File.Move(part, kept, overwrite: true);
        File.SetAttributes(kept, FileAttributes.ReadOnly);
        Failpoint.Hit("raw-kept");
        return new(name, sha, new FileInfo(kept).Length, kept, Fresh: true);
        // end of step 2
    }

    /// <summary>A raw copy of an earlier run is read only when it is what arrived.</summary>
    public static void RequireCopy(Landed file)
    {
        var problem = !File.Exists(file.RawPath) ? "is gone" : Hash(file.RawPath) != file.Sha256 ? "has been altered" : null;
        if (problem is not null) throw new UserException($"The file must be read again, and its raw copy {problem}: {file.RawPath}. Delete that copy, and put the file into the landing folder again.");
    }
}
