using System.Buffers;
using System.Text.Json;

namespace KafkaIngest;

/// <summary>What happens to a flight. Of events at one instant the order is this; the last three are one rank.</summary>
enum FlightEventType { Scheduled, Departed, Arrived, Diverted, Cancelled }

/// <summary>Something that happened to a flight.</summary>
/// <param name="TimeUtc">When; whole minutes.</param>
/// <param name="ScheduledUtc">When the flight is scheduled to depart.</param>
sealed record FlightEvent(FlightRow Flight, FlightEventType Type, DateTime TimeUtc, DateTime ScheduledUtc)
{
    /// <summary>The payload's <c>event_type</c>.</summary>
    public string TypeName { get; } = Names[(int)Type];

    /// <summary>Such as <c>20130308T10-EWR-UA1545-departed</c>: the UTC hour of the scheduled departure, origin, flight, type.</summary>
    public string Id => $"{Flight.HourUtc:yyyyMMdd'T'HH}-{Flight.Origin}-{Flight.Carrier}{Flight.Number}-{TypeName}";

    static readonly string[] Names = ["scheduled", "departed", "arrived", "diverted", "cancelled"];
}

/// <summary>Writes payloads. Not for two threads at once.</summary>
sealed class EventJson : IDisposable
{
    /// <summary>The version of the schema that the payloads follow.</summary>
    public const int SchemaVersion = 2;

    readonly ArrayBufferWriter<byte> buffer = new(256);
    readonly Utf8JsonWriter json;

    public EventJson() => json = new Utf8JsonWriter(buffer);

    /// <summary>The payload of an event, UTF-8. <c>delay_minutes</c> is there for departed and arrived only, and null where it is not known.</summary>
    public byte[] Write(FlightEvent e)
    {
        buffer.ResetWrittenCount();
        json.Reset();
        json.WriteStartObject();
        json.WriteString("event_type"u8, e.TypeName);
        json.WriteString("event_time"u8, e.TimeUtc);
        json.WriteString("carrier"u8, e.Flight.Carrier);
        json.WriteNumber("flight"u8, e.Flight.Number);
        json.WriteString("tail_number"u8, e.Flight.Tail);
        json.WriteString("origin"u8, e.Flight.Origin);
        json.WriteString("dest"u8, e.Flight.Destination);
        json.WriteString("scheduled_departure"u8, e.ScheduledUtc);
        if (e.Type is FlightEventType.Departed) Delay(e.Flight.DepartureDelay);
        if (e.Type is FlightEventType.Arrived) Delay(e.Flight.ArrivalDelay);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    void Delay(int? minutes)
    {
        if (minutes is { } known) json.WriteNumber("delay_minutes"u8, known);
        else json.WriteNull("delay_minutes"u8);
    }

    public void Dispose() => json.Dispose();
}
