using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace KafkaIngest;

/// <summary>Checks a payload against a schema. It runs for every event: a valid one costs no allocation, unless it has escapes or more than 32
/// unknown names in an object.</summary>
static class Validate
{
    /// <summary>An object in an object in … : so many levels, the event itself is the first.</summary>
    public const int Deepest = 8;

    static readonly JsonReaderOptions Strict = new() { MaxDepth = Deepest + 1 };     // one more, so that it is noticed here and not thrown

    /// <summary>Checks a payload.
    /// <list type="bullet">
    /// <item>It is one JSON object (RFC 8259) in UTF-8, nothing around it but white space; no comment, no trailing comma, no lone half of a
    /// surrogate pair. What is not is <see cref="Reasons.NoJson"/>, also when the schema is broken before.</item>
    /// <item>No object in it has a name twice, and none is deeper than <see cref="Deepest"/>: that ends the check at once, whatever was broken before.
    /// Everything else is read to its end. (The reader's CurrentDepth is 0 at the event's own brace.) For the schema's own names a bit each is
    /// enough, as in <see cref="EventSchema.Required"/>; <see cref="SeenNames"/> is for the others.</item>
    /// <item>Each property of the schema has a value that <see cref="Value"/> accepts; the required ones are there. Others are not looked at.
    /// The first break in the payload's order counts, then what is missing in the schema's order.</item>
    /// </list></summary>
    /// <param name="envelope">Type and time of a valid event; else the default.</param>
    /// <returns>Null when it is valid; else a reason of <see cref="Reasons"/> and what was found, such as "origin is missing", "flight: expected
    /// integer, found string", "flight stands twice".</returns>
    public static (string Reason, string Detail)? Check(EventSchema schema, TypeNames types, ReadOnlySpan<byte> payload, out Envelope envelope)
    {
        // step 2: check events, and schemas against each other
        envelope = default;
        if (!Utf8.IsValid(payload)) return (Reasons.NoJson, "the bytes are no UTF-8");
        var reader = new Utf8JsonReader(payload, Strict);
        try
        {
            reader.Read();
            var (broken, seen, next, valid) = (default(string), 0UL, 0, new Envelope());
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                var found = Name(reader.TokenType);
                if (Pass(ref reader, payload, ref broken) is { } bad) return bad;
                reader.Read();
                return (Reasons.BreaksSchema, $"expected an object, found {found}");
            }
            var unknown = new SeenNames(payload, stackalloc Range[SeenNames.Places]);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueIsEscaped && !JsonText.HasWholeEscapes(reader.ValueSpan)) return HalfEscape;
                var at = Find(schema, ref reader, next);
                if (at < 0)
                {
                    if (!unknown.Add(in reader)) broken ??= $"{Short(reader.GetString()!)} stands twice";
                    reader.Read();
                }
                else
                {
                    if ((seen & 1UL << at) != 0) broken ??= $"{schema.Properties[at].Name} stands twice";
                    seen |= 1UL << at;
                    next = at + 1;
                    reader.Read();
                    if (reader is { TokenType: JsonTokenType.String, ValueIsEscaped: true } && !JsonText.HasWholeEscapes(reader.ValueSpan)) return HalfEscape;
                    if (broken is null && Value(schema.Properties[at], types, ref reader, ref valid) is { } wrong) broken = $"{schema.Properties[at].Name}: {wrong}";
                }
                if (Pass(ref reader, payload, ref broken) is { } fault) return fault;
            }
            reader.Read();      // throws when something follows
            if (broken is null && (schema.Required & ~seen) is not 0 and var missing) broken = $"{schema.Properties[BitOperations.TrailingZeroCount(missing)].Name} is missing";
            if (broken is not null) return (Reasons.BreaksSchema, broken);
            envelope = valid;
            return null;
        }
        catch (JsonException e)
        {
            return (Reasons.NoJson, payload.IsEmpty ? "the payload is empty" : $"{e.Message.Split(" LineNumber:")[0]} At line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}.");
        }
        // end of step 2
    }

    /// <summary>Checks the value at which the reader stands. A number is an integer when it has no fraction, however it is written; bounds
    /// belong to the range; lengths count Unicode characters; an enum compares texts without their escapes.</summary>
    /// <param name="found">Where the property is <c>event_type</c> or <c>event_time</c>, its value is put here.</param>
    /// <returns>Null, or such as "expected integer, found string".</returns>
    public static string? Value(Property property, TypeNames types, ref Utf8JsonReader reader, ref Envelope found)
    {
        // step 2: check events, and schemas against each other
        switch (reader.TokenType)
        {
            case JsonTokenType.Null when property.Nullable: return null;
            case JsonTokenType.True or JsonTokenType.False when property.Kind == ValueKind.Boolean: return null;
            case JsonTokenType.Number when property.Kind is ValueKind.Integer or ValueKind.Number: return Number(property, reader.ValueSpan);
            case JsonTokenType.String when property.Kind == ValueKind.String:
                if (!reader.ValueIsEscaped) return String(property, types, reader.ValueSpan, ref found);
                var text = new byte[reader.ValueSpan.Length];
                return String(property, types, text.AsSpan(0, reader.CopyString(text)), ref found);
            default: return $"expected {property.TypeName}, found {Name(reader.TokenType)}";
        }
        // end of step 2
    }

    /// <summary><see cref="Value"/> for a number, as it is written. Most are short whole numbers: those need not be compared digit by digit.</summary>
    static string? Number(Property property, ReadOnlySpan<byte> number)
    {
        // step 2: check events, and schemas against each other
        var whole = number.Length <= 18 && !number.ContainsAny(".eE"u8) && System.Buffers.Text.Utf8Parser.TryParse(number, out long value, out _) ? value : default(long?);
        if (property.Kind == ValueKind.Integer && whole is null && !JsonNumber.IsWhole(number)) return $"expected integer, found {Shown(number)}";
        if (property.Minimum is { } least && Compare(number, least) < 0) return $"expected at least {least.Text}, found {Shown(number)}";
        if (property.Maximum is { } most && Compare(number, most) > 0) return $"expected at most {most.Text}, found {Shown(number)}";
        return null;

        int Compare(ReadOnlySpan<byte> number, Bound bound) => whole is { } a && bound.Whole is { } b ? a.CompareTo(b) : JsonNumber.Compare(number, bound.Utf8);
        // end of step 2
    }

    /// <summary><see cref="Value"/> for a string without its escapes.</summary>
    static string? String(Property property, TypeNames types, ReadOnlySpan<byte> text, ref Envelope found)
    {
        // step 2: check events, and schemas against each other
        var time = default(DateTime);
        if (property.EnumUtf8 is { } values && !In(values, text)) return $"expected one of {string.Join(", ", property.Enum!)}, found \"{Shown(text)}\"";
        if (property.IsDateTime && !JsonText.TryInstant(text, out time)) return $"expected a time such as 2013-03-08T10:17:00Z, found \"{Shown(text)}\"";
        if (property.MinLength > 0 && JsonText.Length(text) < property.MinLength) return $"expected at least {property.MinLength} characters, found \"{Shown(text)}\"";
        if (property.MaxLength is { } most && text.Length > most && JsonText.Length(text) > most) return $"expected at most {most} characters, found \"{Shown(text)}\"";
        if (property.IsEventType) found = found with { Type = types.Of(text) };
        if (property.IsEventTime) found = found with { TimeUtc = time };
        return null;

        static bool In(byte[][] values, ReadOnlySpan<byte> text)
        {
            foreach (var value in values)
                if (text.SequenceEqual(value)) return true;
            return false;
        }
        // end of step 2
    }

    /// <summary>Goes to the end of the value at which the reader stands, whatever it is.</summary>
    /// <param name="broken">Set, where it is not yet, when an object in it has a name twice.</param>
    /// <returns>Null; or why the payload needs no further look: it is too deep, or has half an escape.</returns>
    static (string, string)? Pass(ref Utf8JsonReader reader, ReadOnlySpan<byte> payload, ref string? broken)
    {
        // step 2: check events, and schemas against each other
        if (reader.TokenType == JsonTokenType.String && reader.ValueIsEscaped) return JsonText.HasWholeEscapes(reader.ValueSpan) ? null : HalfEscape;
        if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray)) return null;
        if (reader.CurrentDepth >= Deepest) return (Reasons.BreaksSchema, $"it is nested deeper than {Deepest} levels");
        var isObject = reader.TokenType == JsonTokenType.StartObject;
        var names = new SeenNames(payload, isObject ? stackalloc Range[SeenNames.Places] : []);
        while (reader.Read() && reader.TokenType is not (JsonTokenType.EndObject or JsonTokenType.EndArray))
        {
            if (isObject)
            {
                if (reader.ValueIsEscaped && !JsonText.HasWholeEscapes(reader.ValueSpan)) return HalfEscape;
                if (!names.Add(in reader)) broken ??= $"{Short(reader.GetString()!)} stands twice";
                reader.Read();
            }
            if (Pass(ref reader, payload, ref broken) is { } fault) return fault;
        }
        return null;
        // end of step 2
    }

    /// <summary>The place of the property whose name the reader has; −1 where the schema does not have it. Most events have their properties in
    /// the schema's order, so that <paramref name="next"/> is a good guess.</summary>
    static int Find(EventSchema schema, ref Utf8JsonReader reader, int next)
    {
        var properties = schema.Properties;
        if (reader.ValueIsEscaped)
        {
            var name = reader.GetString();
            return Array.FindIndex(properties, p => p.Name == name);
        }
        if ((uint)next < (uint)properties.Length && reader.ValueSpan.SequenceEqual(properties[next].Utf8)) return next;
        for (var i = 0; i < properties.Length; i++)
            if (reader.ValueSpan.SequenceEqual(properties[i].Utf8)) return i;
        return -1;
    }

    static readonly (string, string) HalfEscape = (Reasons.NoJson, "an escape is half of a surrogate pair");

    static string Name(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "object",
        JsonTokenType.StartArray => "array",
        JsonTokenType.True or JsonTokenType.False => "boolean",
        _ => token.ToString().ToLowerInvariant(),
    };

    static string Shown(ReadOnlySpan<byte> text) => Short(Encoding.UTF8.GetString(text[..Math.Min(text.Length, 200)]));

    static string Short(string text) => Terminal.Plain(text.Length <= 40 ? text : text[..40] + "…");
}
