namespace KafkaIngest;

/// <summary>What every event has, whatever its schema: <c>event_type</c> and <c>event_time</c>.</summary>
readonly record struct Envelope(string Type, DateTime TimeUtc);

/// <summary>The versions of the schema of a topic's events: <c>schemas/flight-event.v1.json</c> and so on.</summary>
sealed class EventSchemas
{
    /// <summary>The largest version.</summary>
    public int Latest => throw new NotImplementedException();

    public IReadOnlyCollection<int> Versions => throw new NotImplementedException();

    /// <summary>Reads all versions and compares each with the one before it.</summary>
    /// <exception cref="UserException">Exit code 2: a file is no schema, a version is missing between others, or a version can't read what the
    /// version before it allows.</exception>
    public static EventSchemas Load(string folder) => throw new NotImplementedException();

    /// <summary>Checks a payload against a version that is among <see cref="Versions"/>.</summary>
    /// <returns>Null when it is valid; else the reason, one of <see cref="Reasons"/>, and what was found.</returns>
    public (string Reason, string Detail)? Check(int version, ReadOnlySpan<byte> payload, out Envelope envelope) => throw new NotImplementedException();
}
