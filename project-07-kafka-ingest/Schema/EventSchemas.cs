using System.Text.RegularExpressions;

namespace KafkaIngest;

/// <summary>What every event has, whatever its schema: <c>event_type</c> and <c>event_time</c>.</summary>
readonly record struct Envelope(string Type, DateTime TimeUtc);

/// <summary>The versions of the schema of a topic's events: <c>schemas/flight-event.v1.json</c> and so on.</summary>
sealed partial class EventSchemas
{
    readonly EventSchema[] schemas;     // version 1 is the first
    readonly TypeNames types;

    EventSchemas(EventSchema[] schemas)
    {
        this.schemas = schemas;
        Versions = [.. schemas.Select(s => s.Version)];
        types = new(schemas.SelectMany(s => s.Properties).Where(p => p.IsEventType).SelectMany(p => p.Enum ?? []));
    }

    /// <summary>The largest version.</summary>
    public int Latest => schemas.Length;

    public IReadOnlyCollection<int> Versions { get; }

    /// <summary>Reads all versions and compares each with the one before it.</summary>
    /// <exception cref="UserException">Exit code 2: a file is no schema, a version is missing between others, or a version can't read what the
    /// version before it allows.</exception>
    public static EventSchemas Load(string folder)
    {
        if (!Directory.Exists(folder)) throw new UserException($"The folder {folder} is not there. It has the schemas: flight-event.v1.json and so on.", 2);
        var files = new SortedDictionary<int, string>();
        foreach (var path in Directory.EnumerateFiles(folder, "*.json"))
        {
            var version = FileName().Match(Path.GetFileName(path));
            if (!version.Success) throw new UserException($"{path} is no version of the schema. Name it flight-event.vN.json, with a number from 1, or take it out of the folder.", 2);
            files.Add(int.Parse(version.Groups[1].Value), path);
        }
        if (files.Count == 0) throw new UserException($"The folder {folder} has no schema. Expected flight-event.v1.json.", 2);
        if (Enumerable.Range(1, files.Count).FirstOrDefault(v => !files.ContainsKey(v)) is not 0 and var gap) throw new UserException($"{folder} has flight-event.v{files.Keys.Last()}.json and not flight-event.v{gap}.json. Versions begin at 1 and follow each other: add the one that is missing.", 2);
        var schemas = files.Select(file => SchemaFile.Read(file.Value, file.Key)).ToArray();
        foreach (var (before, after) in schemas.Zip(schemas.Skip(1)))
            if (Compatibility.Breaks(before, after).FirstOrDefault() is { } why) throw new UserException(why, 2);
        return new(schemas);
    }

    /// <summary>Checks a payload against a version that is among <see cref="Versions"/>. Any thread.</summary>
    /// <returns>Null when it is valid; else the reason, one of <see cref="Reasons"/>, and what was found.</returns>
    public (string Reason, string Detail)? Check(int version, ReadOnlySpan<byte> payload, out Envelope envelope) => Validate.Check(schemas[version - 1], types, payload, out envelope);

    [GeneratedRegex(@"^flight-event\.v([1-9]\d{0,3})\.json$")] private static partial Regex FileName();
}
