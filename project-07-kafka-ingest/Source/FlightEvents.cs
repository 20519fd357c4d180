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
    /// <summary>All events of the flights in <paramref name="folder"/> (<c>flights.csv</c>, <c>airports.csv</c>).</summary>
    /// <exception cref="UserException">A file is missing or a row of it can't be read.</exception>
    public static IReadOnlyList<SourceEvent> Read(string folder, KeyBy key) => throw new NotImplementedException();
}
