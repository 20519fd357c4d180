namespace KafkaIngest;

/// <summary>What an event's key is.</summary>
enum KeyBy
{
    /// <summary>The aircraft's tail number; where a flight has none, as <see cref="Flight"/>.</summary>
    Tail,
    /// <summary>Carrier and flight number.</summary>
    Flight,
    /// <summary>No key: records go to the partitions in turn.</summary>
    None,
}

/// <summary>The flights of a folder as events, in the order in which they happened.</summary>
static class FlightEvents
{
    const string OriginZone = "America/New_York";

    /// <summary>All events of the flights in <paramref name="folder"/> (<c>flights.csv</c>, <c>airports.csv</c>), in the order of
    /// <see cref="Order"/> and then of their ids (ordinal). Reading twice gives the same.</summary>
    /// <exception cref="UserException">A file is missing or a row of it can't be read; airports.csv names a zone that this machine does not know; or two
    /// flights have the same event id.</exception>
    public static IReadOnlyList<SourceEvent> Read(string folder, KeyBy key)
    {
        // step 1: turn flights into events
        var zones = FlightFile.Zones(folder);
        var clocks = new Dictionary<string, LocalClock>();
        var newYork = Clock(OriginZone);
        var ids = new HashSet<string>();
        List<(FlightEvent Event, string Id)> events = [];
        FlightFile.Flights(folder, (flight, wrong) =>
        {
            foreach (var happened in Of(flight, newYork, zones.TryGetValue(flight.Destination, out var zone) ? Clock(zone) : null, wrong))
            {
                if (!ids.Add(happened.Id)) throw wrong("time_hour", $"one flight an hour, origin, carrier and number: the id {happened.Id} occurs twice");
                events.Add((happened, happened.Id));
            }
        });
        events.Sort((a, b) => Order(a.Event, b.Event) is not 0 and var order ? order : string.CompareOrdinal(a.Id, b.Id));
        using var json = new EventJson();
        return [.. events.Select((e, index) => new SourceEvent(index, e.Id, Key(e.Event.Flight, key), e.Event.TimeUtc, EventJson.SchemaVersion, json.Write(e.Event)))];

        LocalClock Clock(string zone) => clocks.TryGetValue(zone, out var known) ? known
            : clocks[zone] = LocalClock.Of(zone) ?? throw new UserException($"The time zone '{zone}' is not known on this machine. Mend the column tzone of {Path.Combine(folder, "airports.csv")}, or install the time zones (tzdata).");
        // end of step 1
    }

    /// <summary>The events of one flight, in their order.
    /// <list type="bullet">
    /// <item><c>scheduled</c>: at the midnight with which its day (<see cref="FlightRow.Day"/>) begins in New York. The data do not say when a schedule is published: this is our rule. A
    /// flight that departs before that midnight is scheduled when it departs.</item>
    /// <item><c>cancelled</c>, when it has no departure: at its scheduled departure. Nothing follows.</item>
    /// <item><c>departed</c>: the scheduled departure plus the delay, in minutes that pass, and not on the clock.</item>
    /// <item><c>arrived</c>, when it has an air time: the first instant, not before departure plus air time, at which the clocks at the
    /// destination show its arrival. Without clocks, or without an arrival: departure plus air time.</item>
    /// <item><c>diverted</c>, when it departed and has no air time: the first instant, not before the departure, at which the clocks at the
    /// destination show its scheduled arrival. Without clocks: the departure. Its arrival is not used: it is not one at the destination.</item>
    /// </list></summary>
    /// <param name="origin">The clocks of New York.</param>
    /// <param name="destination">The clocks at the destination; null: not known.</param>
    /// <param name="wrong">Makes the error: first the column, then what was expected there. It adds file and line.</param>
    /// <exception cref="UserException">The clocks of New York skip the scheduled departure, or it does not lie in <see cref="FlightRow.HourUtc"/>;
    /// of a time that they show twice the one that does counts.</exception>
    public static IReadOnlyList<FlightEvent> Of(FlightRow flight, LocalClock origin, LocalClock? destination, Func<string, string, UserException> wrong)
    {
        // step 1: turn flights into events
        if (origin.ToUtc(flight.Day, flight.ScheduledDeparture) is not var (scheduled, again)) throw wrong("sched_dep_time", $"a time that the clocks of {OriginZone} show on {flight.Day:yyyy-MM-dd}");
        if (!InHour(scheduled)) scheduled = again;
        if (!InHour(scheduled)) throw wrong("time_hour", $"the hour of the scheduled departure, which is {scheduled:yyyy-MM-dd'T'HH:mm:ss'Z'}");
        var midnight = origin.ToUtc(flight.Day, 0)!.Value.First;        // New York's clocks never skip midnight
        if (flight.DepartureDelay is not { } delay) return [Event(FlightEventType.Scheduled, midnight), Event(FlightEventType.Cancelled, scheduled)];

        var departed = scheduled.AddMinutes(delay);
        var last = flight.AirTime is { } air
            ? Event(FlightEventType.Arrived, Shown(flight.Arrival, departed.AddMinutes(air)))
            : Event(FlightEventType.Diverted, Shown(flight.ScheduledArrival, departed));
        return [Event(FlightEventType.Scheduled, midnight < departed ? midnight : departed), Event(FlightEventType.Departed, departed), last];

        bool InHour(DateTime instant) => instant >= flight.HourUtc && instant < flight.HourUtc.AddHours(1);
        DateTime Shown(int? minutes, DateTime earliest) => destination is not null && minutes is { } time ? destination.Next(time, earliest) : earliest;
        FlightEvent Event(FlightEventType type, DateTime time) => new(flight, type, time, scheduled);
        // end of step 1
    }

    /// <summary>Which of two events comes first: by time; then scheduled, departed, and the three others as one rank.</summary>
    /// <returns>Negative, 0 or positive, as of a comparison; 0 leaves it to the ids.</returns>
    public static int Order(FlightEvent a, FlightEvent b)
    {
        // step 1: turn flights into events
        var byTime = a.TimeUtc.CompareTo(b.TimeUtc);
        return byTime != 0 ? byTime : Rank(a).CompareTo(Rank(b));

        static int Rank(FlightEvent e) => Math.Min((int)e.Type, (int)FlightEventType.Arrived);
        // end of step 1
    }

    /// <summary>The key of a flight's events: such as <c>N14228</c> or <c>UA1545</c>; null for <see cref="KeyBy.None"/>.</summary>
    public static string? Key(FlightRow flight, KeyBy key)
    {
        // step 1: turn flights into events
        if (key is KeyBy.None) return null;
        return key is KeyBy.Tail && flight.Tail is { } tail ? tail : $"{flight.Carrier}{flight.Number}";
        // end of step 1
    }
}
