using System.Text;
using System.Text.Json;

namespace KafkaIngest;

enum ValueKind { String, Integer, Number, Boolean }

/// <summary>A bound of a number, as the schema's file has it.</summary>
sealed record Bound(string Text)
{
    public byte[] Utf8 { get; } = Encoding.UTF8.GetBytes(Text);
    /// <summary>The bound as a whole number; null where it is none, or a very large one.</summary>
    public long? Whole { get; } = long.TryParse(Text, out var whole) ? whole : null;
}

/// <summary>What a schema says of a property. Null: the keyword is not there.</summary>
/// <param name="Enum">The values that are allowed.</param>
/// <param name="MinLength">Unicode characters; 0: not there.</param>
sealed record Property(string Name, ValueKind Kind, bool Nullable, bool Required, IReadOnlyList<string>? Enum, bool IsDateTime, Bound? Minimum, Bound? Maximum, int MinLength, int? MaxLength)
{
    public byte[] Utf8 { get; } = Encoding.UTF8.GetBytes(Name);
    public byte[][]? EnumUtf8 { get; } = Enum?.Select(Encoding.UTF8.GetBytes).ToArray();
    public bool IsEventType { get; } = Name == "event_type";
    public bool IsEventTime { get; } = Name == "event_time";
    /// <summary>The type as a person reads it, such as "integer or null".</summary>
    public string TypeName => Kind.ToString().ToLowerInvariant() + (Nullable ? " or null" : "");
}

/// <summary>A version of the schema.</summary>
/// <param name="File">The file's name, for errors.</param>
/// <param name="Properties">In the file's order; at most 64.</param>
sealed record EventSchema(int Version, string File, Property[] Properties)
{
    /// <summary>A bit for each property that must be there, the first property's the lowest.</summary>
    public ulong Required { get; } = Properties.Select((p, i) => p.Required ? 1UL << i : 0).Aggregate(0UL, (all, bit) => all | bit);
}

/// <summary>Reads a schema file: the subset of JSON Schema that <c>schemas/README.md</c> describes. What is not in it is refused.</summary>
static class SchemaFile
{
    const string Dialect = "https://json-schema.org/draft/2020-12/schema";

    /// <exception cref="UserException">Exit code 2: it is no schema; names file, property and keyword.</exception>
    public static EventSchema Read(string path, int version)
    {
        var file = Path.GetFileName(path);
        try
        {
            using var json = JsonDocument.Parse(System.IO.File.ReadAllText(path), new() { AllowDuplicateProperties = false });
            var schema = json.RootElement;
            Keywords(file, "the schema", schema, "$schema", "$id", "title", "description", "type", "properties", "required");
            if (schema.TryGetProperty("$schema", out var dialect) && !IsText(dialect, Dialect)) throw Wrong(file, "$schema", $"\"{Dialect}\"", dialect);
            if (!schema.TryGetProperty("type", out var type) || !IsText(type, "object")) throw Wrong(file, "type", "\"object\"", type);
            if (!schema.TryGetProperty("properties", out var properties) || properties.ValueKind != JsonValueKind.Object || properties.GetPropertyCount() > 64) throw Wrong(file, "properties", "an object of at most 64 properties", properties);
            var required = schema.TryGetProperty("required", out var names) ? Texts(file, "required", names) : [];
            if (required.FirstOrDefault(name => !properties.TryGetProperty(name, out _)) is { } unknown) throw Error(file, $"required names '{unknown}', which is not among the properties.");
            var all = properties.EnumerateObject().Select(p => ReadProperty(file, p.Name, p.Value, required.Contains(p.Name))).ToArray();
            if (!all.Any(p => p is { IsEventType: true, Kind: ValueKind.String, Nullable: false, Required: true })) throw Error(file, "every event has an event_type: add it as a required string.");
            if (!all.Any(p => p is { IsEventTime: true, IsDateTime: true, Nullable: false, Required: true })) throw Error(file, "every event has an event_time: add it as a required string with the format date-time.");
            return new(version, file, all);
        }
        catch (JsonException e) { throw Error(file, $"no JSON: {e.Message}"); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { throw Error(file, $"can't be read: {e.Message}"); }
    }

    static Property ReadProperty(string file, string name, JsonElement json, bool required)
    {
        var at = $"property '{name}'";
        Keywords(file, at, json, "type", "enum", "format", "minimum", "maximum", "minLength", "maxLength", "title", "description");
        var types = json.TryGetProperty("type", out var type) ? type.ValueKind == JsonValueKind.Array ? Texts(file, at + ": type", type) : [type.ToString()] : [];
        var nullable = types.Count == 2 && types.Contains("null");
        if (types.Count != (nullable ? 2 : 1) || !Enum.TryParse<ValueKind>(types.First(t => !nullable || t != "null"), ignoreCase: true, out var kind) || !types.Contains(kind.ToString().ToLowerInvariant()))
            throw Wrong(file, at + ": type", "\"string\", \"integer\", \"number\", \"boolean\", or one of them and \"null\" in a list", type);

        var values = Keyword("enum", ValueKind.String) is { } list ? Texts(file, at + ": enum", list) : null;
        if (values is [] || values is not null && nullable) throw Error(file, $"{at}: the enum {(nullable ? "does not list null, so that null is never valid: take \"null\" out of the type" : "is empty, so that no value is valid")}.");
        var format = Keyword("format", ValueKind.String);
        if (format is { } f && !IsText(f, "date-time")) throw Wrong(file, at + ": format", "\"date-time\"", f);
        Bound? minimum = Limit("minimum"), maximum = Limit("maximum");
        if (minimum is not null && maximum is not null && JsonNumber.Compare(minimum.Utf8, maximum.Utf8) > 0) throw Error(file, $"{at}: the minimum {minimum.Text} is above the maximum {maximum.Text}, so that no value is valid.");
        int? least = Length("minLength"), most = Length("maxLength");
        if (least > most) throw Error(file, $"{at}: minLength {least} is above maxLength {most}, so that no value is valid.");
        return new(name, kind, nullable, required, values, format is not null, minimum, maximum, least ?? 0, most);

        JsonElement? Keyword(string keyword, params ReadOnlySpan<ValueKind> allowed) => !json.TryGetProperty(keyword, out var value) ? null
            : allowed.Contains(kind) ? value : throw Error(file, $"{at}: {keyword} says nothing about the type {kind.ToString().ToLowerInvariant()}. Take it out.");
        Bound? Limit(string keyword) => Keyword(keyword, ValueKind.Integer, ValueKind.Number) is not { } value ? null
            : value.ValueKind == JsonValueKind.Number ? new(value.GetRawText()) : throw Wrong(file, $"{at}: {keyword}", "a number", value);
        int? Length(string keyword) => Keyword(keyword, ValueKind.String) is not { } value ? null
            : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var length) && length >= 0 ? length : throw Wrong(file, $"{at}: {keyword}", "a whole number from 0", value);
    }

    static void Keywords(string file, string at, JsonElement json, params ReadOnlySpan<string> known)
    {
        if (json.ValueKind != JsonValueKind.Object) throw Wrong(file, at, "an object", json);
        foreach (var keyword in json.EnumerateObject())
            if (!known.Contains(keyword.Name)) throw Error(file, $"{at}: the keyword '{keyword.Name}' is not one that is checked here. Take it out; known are {string.Join(", ", known)}.");
    }

    static IReadOnlyList<string> Texts(string file, string at, JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Array || json.EnumerateArray().Any(v => v.ValueKind != JsonValueKind.String)) throw Wrong(file, at, "a list of strings", json);
        var texts = json.EnumerateArray().Select(v => v.GetString()!).ToList();
        return texts.Distinct().Count() == texts.Count ? texts : throw Wrong(file, at, "each value once", json);
    }

    static bool IsText(JsonElement json, string text) => json.ValueKind == JsonValueKind.String && json.ValueEquals(text);

    static UserException Wrong(string file, string at, string expected, JsonElement found) =>
        Error(file, $"{at}: expected {expected}, found {(found.ValueKind == JsonValueKind.Undefined ? "nothing" : found.GetRawText() is { Length: > 60 } text ? text[..60] + "…" : found.GetRawText())}.");

    static UserException Error(string file, string what) => new(Terminal.Plain($"{file}: {what}"), 2);
}
