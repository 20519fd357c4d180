namespace KafkaIngest;

/// <summary>Compares a version of the schema with the one before it: BACKWARD, as Confluent's Schema Registry calls it.</summary>
static class Compatibility
{
    /// <summary>Why <paramref name="after"/> does not accept every event that <paramref name="before"/> accepts: a property that became
    /// required; a type that became narrower (integer to number is wider); null that is no longer allowed; an enum that is new or has lost a
    /// value; a format that is new; a minimum, minLength that is new or larger; a maximum, maxLength that is new or smaller. A property that
    /// <paramref name="before"/> does not have is taken as one that its events do not have: it may be added when it is not required. What
    /// <paramref name="after"/> no longer has is no break.</summary>
    /// <returns>A line a break, in the order of <paramref name="after"/>'s properties: file, property, what was, what is, what to do. Where the type
    /// is another, only that; of lost enum values the first. Such as "flight-event.v2.json: property 'x': version 1 has the minimum 0, version 2
    /// has the minimum 1: it could not read older events. Leave the range, or widen it, or give the new schema a topic of its own."</returns>
    public static IEnumerable<string> Breaks(EventSchema before, EventSchema after)
    {
        // step 2: check events, and schemas against each other
        foreach (var now in after.Properties)
        {
            if (before.Properties.FirstOrDefault(p => p.Name == now.Name) is not { } was)
            {
                if (now.Required) yield return Break(now, "has no such property", "requires it", "Add it as an optional property");
                continue;
            }
            if (now.Required && !was.Required) yield return Break(now, "lets it be absent", "requires it", "Leave it optional");
            if (now.Kind != was.Kind && (was.Kind, now.Kind) is not (ValueKind.Integer, ValueKind.Number))
            {
                yield return Break(now, $"has the type {was.TypeName}", $"has {now.TypeName}", "Leave the type, or add a property of another name");
                continue;
            }
            if (was.Nullable && !now.Nullable) yield return Break(now, "allows null", "does not", "Leave \"null\" in the type");
            if (now.Enum is not null && was.Enum is null) yield return Break(now, "allows every value", $"allows only {string.Join(", ", now.Enum)}", "Take the enum out");
            if (now.Enum is not null && was.Enum?.Except(now.Enum).FirstOrDefault() is { } lost) yield return Break(now, $"allows the value \"{lost}\"", "does not", "Leave it in the enum");
            if (now.IsDateTime && !was.IsDateTime) yield return Break(now, "allows every text", "wants the format date-time", "Take the format out");
            if (now.Minimum is { } minimum && (was.Minimum is null || JsonNumber.Compare(minimum.Utf8, was.Minimum.Utf8) > 0)) yield return Break(now, Was("minimum", was.Minimum?.Text), $"has the minimum {minimum.Text}", "Leave the range, or widen it");
            if (now.Maximum is { } maximum && (was.Maximum is null || JsonNumber.Compare(maximum.Utf8, was.Maximum.Utf8) < 0)) yield return Break(now, Was("maximum", was.Maximum?.Text), $"has the maximum {maximum.Text}", "Leave the range, or widen it");
            if (now.MinLength > was.MinLength) yield return Break(now, Was("minLength", was.MinLength == 0 ? null : $"{was.MinLength}"), $"has the minLength {now.MinLength}", "Leave the length, or widen it");
            if (now.MaxLength is { } most && (was.MaxLength ?? int.MaxValue) > most) yield return Break(now, Was("maxLength", was.MaxLength?.ToString()), $"has the maxLength {most}", "Leave the length, or widen it");
        }

        string Break(Property property, string was, string now, string mend) =>
            Terminal.Plain($"{after.File}: property '{property.Name}': version {before.Version} {was}, version {after.Version} {now}: it could not read older events. {mend}, or give the new schema a topic of its own.");
        static string Was(string keyword, string? value) => value is null ? $"has no {keyword}" : $"has the {keyword} {value}";
        // end of step 2
    }
}
