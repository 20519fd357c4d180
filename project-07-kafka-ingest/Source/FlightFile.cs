using System.Globalization;

namespace KafkaIngest;

/// <summary>A row of <c>flights.csv</c>. Times of day are minutes after midnight, 0 to 1440.</summary>
/// <param name="Day">The day of the scheduled departure, in New York.</param>
/// <param name="ScheduledDeparture">By the clocks of New York.</param>
/// <param name="DepartureDelay">Minutes, negative when early; null: the flight was cancelled.</param>
/// <param name="ScheduledArrival">By the clocks at the destination.</param>
/// <param name="Arrival">By the clocks at the destination; null: not known.</param>
/// <param name="ArrivalDelay">Minutes, negative when early; null: not known.</param>
/// <param name="AirTime">Minutes; null: the flight did not get to its destination.</param>
/// <param name="Tail">The aircraft's tail number; null: not known.</param>
/// <param name="HourUtc">The hour in which the scheduled departure lies, UTC.</param>
sealed record FlightRow(DateOnly Day, int ScheduledDeparture, int? DepartureDelay, int ScheduledArrival, int? Arrival, int? ArrivalDelay, int? AirTime,
    string Carrier, int Number, string? Tail, string Origin, string Destination, DateTime HourUtc);

/// <summary>Reads the files of a folder of flights.</summary>
static class FlightFile
{
    const int LongestDelay = 14_400, EarliestDelay = -1_440;      // ten days, one day; the schema has the same

    /// <summary>The rows of <c>flights.csv</c>, in the file's order.</summary>
    /// <param name="use">What to make of a row. The second argument gives the error for a column of it: what was expected there.</param>
    /// <exception cref="UserException">The file is missing or a row can't be read; names file, line and column.</exception>
    public static void Flights(string folder, Action<FlightRow, Func<string, string, UserException>> use)
    {
        using var csv = new CsvTable(Path.Combine(folder, "flights.csv"), "year", "month", "day", "dep_time", "sched_dep_time", "dep_delay", "arr_time", "sched_arr_time", "arr_delay",
            "carrier", "flight", "tailnum", "origin", "dest", "air_time", "time_hour");
        while (csv.Read())
        {
            var departed = csv.TimeOfDay("dep_time") is not null;
            var delay = csv.Number("dep_delay", EarliestDelay, LongestDelay);
            if (departed && delay is null) throw csv.Wrong("dep_delay", "a number, for the flight has a dep_time");
            var hour = csv.Text("time_hour");
            if (!DateTime.TryParseExact(hour, "yyyy-MM-dd'T'HH':00:00Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var hourUtc)) throw csv.Wrong("time_hour", "an hour such as 2013-03-08T15:00:00Z");
            var row = new FlightRow(Date(csv), Needed(csv, "sched_dep_time", csv.TimeOfDay("sched_dep_time")), departed ? delay : null,
                Needed(csv, "sched_arr_time", csv.TimeOfDay("sched_arr_time")), csv.TimeOfDay("arr_time"), csv.Number("arr_delay", EarliestDelay, LongestDelay), csv.Number("air_time", 0, 1_440),
                csv.Code("carrier", 2), Needed(csv, "flight", csv.Number("flight", 1, 9_999)), csv.Text("tailnum"), csv.Code("origin", 3), csv.Code("dest", 3), hourUtc);
            if (row.Tail is { Length: > 10 }) throw csv.Wrong("tailnum", "at most 10 characters");
            use(row, csv.Wrong);
        }
    }

    /// <summary>The IANA time zone of each airport of <c>airports.csv</c> that has one.</summary>
    /// <exception cref="UserException">The file is missing or a row can't be read.</exception>
    public static IReadOnlyDictionary<string, string> Zones(string folder)
    {
        using var csv = new CsvTable(Path.Combine(folder, "airports.csv"), "faa", "tzone");
        var zones = new Dictionary<string, string>();
        while (csv.Read())
            if (csv.Text("tzone") is { } zone && !zones.TryAdd(csv.Code("faa", 3), zone)) throw csv.Wrong("faa", "an airport that has no row before");
        return zones;
    }

    static DateOnly Date(CsvTable csv)
    {
        var year = Needed(csv, "year", csv.Number("year", 1900, 2999));
        var month = Needed(csv, "month", csv.Number("month", 1, 12));
        return new(year, month, Needed(csv, "day", csv.Number("day", 1, DateTime.DaysInMonth(year, month))));
    }

    static int Needed(CsvTable csv, string column, int? value) => value ?? throw csv.Wrong(column, "a value");
}
