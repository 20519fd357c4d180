using System.Security.Cryptography;

namespace BatchIngestion;

/// <summary>A file as it arrived: its name in the landing folder, what it holds, and where its copy lies.</summary>
sealed record Landed(string Name, string Sha256, long Bytes, string RawPath);

/// <summary>Keeps what arrived, byte for byte, under <c>raw/SHA256/NAME</c>. The rows are read from that copy, so what was
/// loaded is what was hashed, whatever happens to the landing folder meanwhile.</summary>
static class Land
{
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
        foreach (var path in Directory.GetFiles(landing).Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(path);
            if (name.StartsWith('.') || name.EndsWith(".part", StringComparison.Ordinal) || name.EndsWith(".tmp", StringComparison.Ordinal)) continue;
            stop.ThrowIfCancellationRequested();
            landed.Add(Known(path, name, raw) ?? Keep(path, name, raw));
        }
        return landed;
        // end of step 2
    }

    /// <summary>SHA-256 of a file in lower-case hexadecimal.</summary>
    public static string Hash(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    /// <summary>The copy of the file that is there already; null when there is none. Only a file whose name and length are known is hashed.</summary>
    static Landed? Known(string path, string name, string raw)
    {
        // step 2: keep what arrived, byte for byte
        var bytes = new FileInfo(path).Length;
        if (!Directory.EnumerateDirectories(raw).Any(folder => new FileInfo(Path.Combine(folder, name)) is { Exists: true } copy && copy.Length == bytes)) return null;
        var sha = Hash(path);
        var kept = Path.Combine(raw, sha, name);
        return File.Exists(kept) ? new(name, sha, bytes, kept) : null;
        // end of step 2
    }

    /// <summary>Copies aside, flushes, renames: under its own name a copy is always whole. The hash is that of the bytes copied.</summary>
    static Landed Keep(string path, string name, string raw)
    {
        // step 2: keep what arrived, byte for byte
        var part = Path.Combine(raw, ".part-" + name);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using (var from = File.OpenRead(path))
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
        return new(name, sha, new FileInfo(kept).Length, kept);
        // end of step 2
    }
}
