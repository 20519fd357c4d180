using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace DataQuality;

/// <summary>What a sender delivered at one time: a folder with a file a table, and perhaps <c>drop.json</c>.</summary>
/// <param name="Sha256">Of the files' names and bytes: how the content is known.</param>
/// <param name="AsOf">When the drop was delivered, UTC, by its own word; null where it does not say.</param>
sealed record Drop(string Name, string Folder, IReadOnlyList<string> Files, string Sha256, DateTime? AsOf);

/// <summary>Finds the drops of the input folder. A folder without files is no drop, nor is a hidden one (its name begins with a dot).</summary>
static class Drops
{
    /// <summary>The drops in the order of their names, digits compared as numbers (drop-2 before drop-10): one for each folder below the
    /// input, or the input itself when it holds files.</summary>
    /// <exception cref="UserException">The input is missing, or holds nothing, or both files and folders; exit code 2.</exception>
    public static IReadOnlyList<Drop> Find(string input)
    {
        // step 1: read the drops as they came
        if (!Directory.Exists(input)) throw new UserException($"There is no folder at {input}. Expected a folder of drops, or one drop.", 2);
        var folders = Directory.GetDirectories(input).Where(d => !Path.GetFileName(d).StartsWith('.')).OrderBy(d => Natural(Path.GetFileName(d)), StringComparer.Ordinal).ThenBy(d => d, StringComparer.Ordinal).ToList();
        if (FilesOf(input).FirstOrDefault() is { } file)
        {
            if (folders.Count > 0) throw new UserException($"{input} holds both files ({Path.GetFileName(file)}) and folders ({Path.GetFileName(folders[0])}). Expected a folder of drops, or one drop with its files.", 2);
            folders = [Path.GetFullPath(input)];
        }
        var drops = folders.Select(Read).Where(d => d.Files.Count > 0).ToList();
        if (drops.Count == 0) throw new UserException($"{input} holds no drop. Expected a folder with files, such as drop-1/flights.csv.", 2);
        return drops;
        // end of step 1
    }

    /// <summary>The name with its numbers filled up, so that they sort as numbers.</summary>
    static string Natural(string name)
    {
        // step 1: read the drops as they came
        return Regex.Replace(name, "[0-9]+", number => number.Value.PadLeft(255, '0'));
        // end of step 1
    }

    static Drop Read(string folder)
    {
        // step 1: read the drops as they came
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var files = FilesOf(folder).ToList();
        foreach (var file in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(Path.GetFileName(file) + '\0'));
            using var stream = File.OpenRead(file);
            hash.AppendData(SHA256.HashData(stream));
        }
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(folder));
        return new(name, folder, files, Convert.ToHexStringLower(hash.GetHashAndReset()), AsOf(Path.Combine(folder, "drop.json")));
        // end of step 1
    }

    /// <summary>A drop's files in the order of their names: neither hidden ones nor <c>drop.json</c>.</summary>
    static IEnumerable<string> FilesOf(string folder) =>
        Directory.GetFiles(folder).Where(f => Path.GetFileName(f) is var name && !name.StartsWith('.') && name != "drop.json").Order(StringComparer.Ordinal);

    static DateTime? AsOf(string manifest)
    {
        if (!File.Exists(manifest)) return null;
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(manifest));
            return IsoText.Instant(json.RootElement.GetProperty("as_of").GetString()) ?? throw new FormatException();
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException or InvalidOperationException)
        {
            throw new UserException($"{manifest} is not what was expected: {{ \"as_of\": \"2013-01-08T12:00:00Z\" }}.");
        }
    }
}
