namespace KafkaIngest;

/// <summary>An event as the source has it, before it is sent.</summary>
/// <param name="Index">Its place in the source, from 0. The same source gives the same events at the same places.</param>
/// <param name="Id">What is unique to the event and never changes, so that it is recognised when it is sent again. ASCII.</param>
/// <param name="Key">Events of one key are kept in order. Null: no key.</param>
/// <param name="EventTimeUtc">When it happened; UTC, whole seconds.</param>
/// <param name="SchemaVersion">The version of the schema that the payload follows.</param>
/// <param name="Payload">JSON, UTF-8.</param>
sealed record SourceEvent(long Index, string Id, string? Key, DateTime EventTimeUtc, int SchemaVersion, byte[] Payload);

/// <summary>Where a record stands in its topic.</summary>
readonly record struct Position(int Partition, long Offset);

/// <summary>What a consumer makes of a record: an <see cref="Event"/> or a <see cref="DeadLetter"/>.</summary>
abstract record Received(Position At);

/// <summary>A record that is a valid event.</summary>
/// <param name="At">Where it stands.</param>
/// <param name="Id">The event's id, from its header; ASCII.</param>
/// <param name="Key">The record's key, UTF-8; null where it has none.</param>
/// <param name="SchemaVersion">From its header.</param>
/// <param name="Type">The payload's <c>event_type</c>.</param>
/// <param name="EventTimeUtc">The payload's <c>event_time</c>.</param>
/// <param name="ProducedAtMs">When the producer sent it, milliseconds since 1970, UTC.</param>
/// <param name="Payload">JSON, UTF-8, as it came: what a later schema added is kept.</param>
sealed record Event(Position At, byte[] Id, byte[]? Key, int SchemaVersion, string Type, DateTime EventTimeUtc, long ProducedAtMs, byte[] Payload) : Received(At);

/// <summary>A record that can't be stored as an event.</summary>
/// <param name="Id">From its header; null where it has none.</param>
/// <param name="Reason">A word: <see cref="Reasons"/>.</param>
/// <param name="Detail">What exactly was found, for a person.</param>
/// <param name="Headers">The record's headers, in order.</param>
/// <param name="Payload">The original bytes; null where the record has none.</param>
sealed record DeadLetter(Position At, byte[]? Id, byte[]? Key, string Reason, string Detail, IReadOnlyList<KeyValuePair<string, byte[]?>> Headers, byte[]? Payload) : Received(At);

/// <summary>Why a record is a dead letter.</summary>
static class Reasons
{
    public const string NoId = "no_event_id", TooLarge = "too_large", NoJson = "not_json", BreaksSchema = "breaks_schema", UnknownVersion = "unknown_version";

    public static readonly string[] All = [NoId, TooLarge, NoJson, BreaksSchema, UnknownVersion];
}

/// <summary>The names of a record's headers. All values are text.</summary>
static class HeaderNames
{
    /// <summary>The event's id.</summary>
    public const string EventId = "event-id";
    /// <summary>The version of the payload's schema, a number.</summary>
    public const string SchemaVersion = "schema-version";
    /// <summary>When it was sent: milliseconds since 1970, UTC.</summary>
    public const string ProducedAt = "produced-at";
}
