using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace DimensionalModel;

/// <summary>A folder that the source has delivered.</summary>
/// <param name="Sha256">Of the files' names and contents.</param>
/// <param name="AsOf">When the source was asked, UTC, YYYY-MM-DDThh:mm:ssZ. Of two loads that contradict each other the later one is right.</param>
sealed record Load(string Name, string Folder, string Sha256, string AsOf)
{
    /// <summary>A file of the load; null when it has none of that name.</summary>
    public string? File(string name) => System.IO.File.Exists(Path.Combine(Folder, name)) ? Path.Combine(Folder, name) : null;
}

/// <summary>Finds what there is to load.</summary>
static class Loads
{
    static readonly string[] Known = ["load.json", "flights.csv", "withdrawn.csv", "airports.csv", "airlines.csv", "planes.csv", "weather.csv"];

    /// <summary>The loads of a folder, in the order of their names; the folder itself where it is one.</summary>
    /// <exception cref="UserException">There is none, or one is not as expected.</exception>
    public static IReadOnlyList<Load> Find(string input)
    {
        if (!Directory.Exists(input)) throw new UserException($"There is no folder {input}. Expected a folder of loads, or one load.", 2);
        var folders = File.Exists(Path.Combine(input, "load.json")) ? [input] : Directory.GetDirectories(input).Where(f => Known.Any(name => File.Exists(Path.Combine(f, name)))).Order(StringComparer.Ordinal).ToArray();
        if (folders.FirstOrDefault(f => !File.Exists(Path.Combine(f, "load.json"))) is { } half) throw new UserException($"{Path.GetFileName(half)} has no load.json. Expected one that says when the source was asked, such as {{ \"as_of\": \"2013-02-01T12:00:00Z\" }}.", 2);
        if (folders.Length == 0) throw new UserException($"{input} holds no load. Expected folders with a load.json, such as {{ \"as_of\": \"2013-02-01T12:00:00Z\" }}.", 2);
        return [.. folders.Select(Read)];
    }

    static Load Read(string folder)
    {
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        string asOf, found;
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "load.json")), new() { AllowDuplicateProperties = false });
            var value = json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("as_of", out var member) ? member : json.RootElement;
            (asOf, found) = (value.ValueKind == JsonValueKind.String ? value.GetString()! : "", ReadCsv.Short(value.GetRawText()));
        }
        catch (JsonException e) { throw new UserException($"{name}/load.json is not as expected: {e.Message}", 2); }
        if (Iso.Seconds(Encoding.UTF8.GetBytes(asOf)) is null) throw new UserException($"{name}/load.json: expected \"as_of\": an instant such as \"2013-02-01T12:00:00Z\", found {found}.", 2);
        var files = Directory.GetFileSystemEntries(folder).Select(f => Path.GetFileName(f)!).Where(f => f[0] != '.').Order(StringComparer.Ordinal).ToList();
        if (files.FirstOrDefault(f => !Known.Contains(f)) is { } unknown) throw new UserException($"{name}/{unknown} has no place in the model. Expected {string.Join(", ", Known)}.", 2);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(file + "\n"));
            using var stream = File.OpenRead(Path.Combine(folder, file));
            hash.AppendData(SHA256.HashData(stream));
        }
        return new(name, folder, Convert.ToHexStringLower(hash.GetHashAndReset()), asOf);
    }
}
