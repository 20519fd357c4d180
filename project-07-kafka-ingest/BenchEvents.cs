namespace KafkaIngest;

/// <summary>Events such as the flights', as many as one likes: 40 flights an hour, each scheduled a day before, departed and arrived. A payload is
/// about 190 bytes.</summary>
static class BenchEvents
{
    const int FlightsAnHour = 40;
    static readonly DateTime First = new(2013, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    static readonly string[] Carriers = ["UA", "B6", "EV", "DL", "AA", "MQ", "US", "9E", "WN"], Origins = ["EWR", "JFK", "LGA"], Destinations = ["IAH", "MIA", "BQN", "ATL", "ORD", "FLL", "IAD", "MCO", "PBI", "TPA", "LAX", "SFO", "DFW", "BOS", "LAS"];

    /// <summary>Events from the index <paramref name="first"/> on. The same index gives the same event.</summary>
    public static List<SourceEvent> Of(long first, int count)
    {
        using var json = new EventJson();
        var events = new List<SourceEvent>(count);
        for (var index = first; index < first + count; index++)
        {
            var e = At(index);
            events.Add(new(index, e.Id, FlightEvents.Key(e.Flight, KeyBy.Tail), e.TimeUtc, EventJson.SchemaVersion, json.Write(e)));
        }
        return events;
    }

    static FlightEvent At(long index)
    {
        var (now, place) = Math.DivRem(index, 3 * FlightsAnHour);
        var (type, flight) = (FlightEventType.Scheduled + (int)place / FlightsAnHour, (int)place % FlightsAnHour);
        var hour = now + type switch { FlightEventType.Scheduled => 24, FlightEventType.Departed => 0, _ => -2 };
        var random = (uint)((hour * FlightsAnHour + flight) * 2654435761);      // of the flight: the same for its three events
        int Below(int bound, int shift) => (int)((random >> shift) % bound);

        var departure = First.AddHours(hour).AddMinutes(Below(60, 3));
        var row = new FlightRow(DateOnly.FromDateTime(departure), 0, Below(60, 7) - 10, 0, null, Below(90, 9) - 30, 120,
            Carriers[Below(Carriers.Length, 5)], 1 + flight * 100 + Below(100, 11), $"N{10_000 + Below(4_000, 13)}", Origins[Below(Origins.Length, 4)], Destinations[Below(Destinations.Length, 6)], First.AddHours(hour));
        return new(row, type, First.AddHours(now).AddMinutes(flight), departure);
    }
}
