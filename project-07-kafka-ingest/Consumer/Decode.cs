using System.Buffers.Text;
using System.Text;
using Confluent.Kafka;

namespace KafkaIngest;

/// <summary>Makes an event or a dead letter of a record. It never throws for what a record contains: a bad record is a value, and the
/// records behind it go on.</summary>
/// <param name="schemas">The known versions.</param>
/// <param name="unknown">What to do with a version that is not among them.</param>
/// <param name="maxBytes">A larger payload is a dead letter.</param>
sealed class Decode(EventSchemas schemas, UnknownVersion unknown, int maxBytes)
{
    const long LastMs = 253_402_300_800_000;       // the year 10000

    /// <summary>Looks at the record in this order: has it an event id (not empty, ASCII, at most 200 bytes)? Is it small enough? Is its schema
    /// version a number that is known? Is it valid against it? Where the header produced-at can't be read, the
    /// record's own time stands for it.</summary>
    /// <exception cref="UserException">The version is unknown and the policy is to fail.</exception>
    public Received Run(ConsumeResult<byte[]?, byte[]?> record)
    {
        // step 5: read in batches, and let the sink say where to go on
        var at = new Position(record.Partition.Value, record.Offset.Value);
        byte[]? id = null, version = null, producedAt = null;
        foreach (var header in record.Message.Headers)
            switch (header.Key)
            {
                case HeaderNames.EventId: id = header.GetValueBytes(); break;
                case HeaderNames.SchemaVersion: version = header.GetValueBytes(); break;
                case HeaderNames.ProducedAt: producedAt = header.GetValueBytes(); break;
            }
        var payload = record.Message.Value;
        if (id is not { Length: > 0 and <= 200 } || !Ascii.IsValid(id)) return Dead(Reasons.NoId, id is null ? $"there is no header {HeaderNames.EventId}" : $"the header {HeaderNames.EventId} is no ASCII text of 1 to 200 bytes");
        if (payload is null) return Dead(Reasons.NoJson, "there is no payload");
        if (payload.Length > maxBytes) return Dead(Reasons.TooLarge, $"{payload.Length:N0} bytes, at most {maxBytes:N0} are taken");
        if (Number(version) is not (> 0 and <= int.MaxValue) and var wanted) return Dead(Reasons.UnknownVersion, wanted is null ? $"the header {HeaderNames.SchemaVersion} is no number" : $"version {wanted}");
        var known = (int)Number(version)!;
        if (!schemas.Versions.Contains(known))
            switch (unknown)
            {
                case UnknownVersion.Fail: throw new UserException($"{record.TopicPartitionOffset}: the event has schema version {known}, known are {string.Join(", ", schemas.Versions)}. Add the schema, or say --unknown-version dead-letter.");
                case UnknownVersion.DeadLetter: return Dead(Reasons.UnknownVersion, $"version {known}, known are {string.Join(", ", schemas.Versions)}");
            }
        if (schemas.Check(schemas.Versions.Contains(known) ? known : schemas.Latest, payload, out var envelope) is var (reason, detail)) return Dead(reason, detail);
        return new Event(at, id, record.Message.Key, known, envelope.Type, envelope.TimeUtc, Number(producedAt) is >= 0 and < LastMs and var ms ? ms : Math.Max(0, record.Message.Timestamp.UnixTimestampMs), payload);

        DeadLetter Dead(string reason, string detail) => new(at, id, record.Message.Key, reason, detail, [.. record.Message.Headers.Select(h => KeyValuePair.Create<string, byte[]?>(h.Key, h.GetValueBytes()))], payload);
        // end of step 5
    }

    static long? Number(byte[]? text) => text is not null && Utf8Parser.TryParse(text, out long number, out var used) && used == text.Length ? number : null;
}
