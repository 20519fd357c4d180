namespace DimensionalModel;

/// <summary>Looks at a warehouse from outside, for the checklist and the crash lab: by natural keys, so that two warehouses can be compared
/// whose surrogate keys were given in another order.</summary>
static class Inspect
{
    const string Airport = "(SELECT faa FROM dim_airport a WHERE a.airport_key = f.{0})", Airline = "(SELECT carrier FROM dim_airline l WHERE l.airline_key = f.airline_key)";
    const string Aircraft = "(SELECT tailnum || ' ' || valid_from FROM dim_aircraft v WHERE v.aircraft_key = f.aircraft_key)", Weather = "(SELECT temperature || wind || precipitation || visibility FROM dim_weather w WHERE w.weather_key = f.weather_key)";
    static readonly string Sums = "flights, cancelled, diverted, on_time, dep_delay_minutes, arr_delay_minutes, air_minutes, distance_miles";
    static readonly string Origin = Airport.Replace("{0}", "origin_airport_key", StringComparison.Ordinal), Dest = Airport.Replace("{0}", "dest_airport_key", StringComparison.Ordinal);

    /// <summary>Each table as it reads without surrogate keys.</summary>
    static readonly (string Table, string Sql)[] Tables =
    [
        ("dim_date", "SELECT * FROM dim_date"),
        ("dim_weather", "SELECT temperature, wind, precipitation, visibility FROM dim_weather"),
        ("dim_airport", "SELECT faa, name, lat, lon, altitude_ft, tzone, is_inferred FROM dim_airport"),
        ("dim_airline", "SELECT carrier, name, is_inferred FROM dim_airline"),
        ("dim_aircraft", "SELECT tailnum, valid_from, valid_to, is_current, is_inferred, year_built, type, manufacturer, model, engines, seats, engine FROM dim_aircraft"),
        ("aircraft_history", "SELECT tailnum, effective_from, year_built, type, manufacturer, model, engines, seats, engine, as_of FROM aircraft_history"),
        ("fact_flight", $"SELECT sched_dep_utc, {Origin}, {Airline}, flight_number, {Dest}, {Aircraft}, sched_date_key, sched_time_key, actual_date_key, actual_time_key, delay_group_key, {Weather}, cancelled, diverted, on_time, dep_delay_minutes, arr_delay_minutes, air_minutes, distance_miles, (SELECT as_of FROM loads WHERE loads.load_id = f.load_id) FROM fact_flight f"),
        ("fact_weather_hour", "SELECT (SELECT faa FROM dim_airport a WHERE a.airport_key = f.airport_key), hour_utc, date_key, " + Weather + ", temp_f, wind_speed_mph, precip_in, visib_mi, as_of FROM fact_weather_hour f"),
        ("fact_aircraft_day", $"SELECT date_key, {Aircraft}, flights, departed, air_minutes, air_minutes_to_date, first_dep_delay, later_departed, later_dep_delay FROM fact_aircraft_day f"),
        ("agg_route_month", $"SELECT month_key, {Origin}, {Dest}, {Airline}, {Sums} FROM agg_route_month f"),
        ("agg_origin_hour", $"SELECT sched_date_key, sched_hour, {Origin}, {Weather}, {Sums} FROM agg_origin_hour f"),
        ("agg_delay_month", $"SELECT month_key, delay_group_key, {Origin}, {Airline}, {Sums} FROM agg_delay_month f"),
        ("agg_aircraft_month", $"SELECT month_key, {Aircraft}, {Airline}, {Sums} FROM agg_aircraft_month f"),
    ];

    /// <summary>A digest of each table.</summary>
    /// <param name="asOf">Whether it counts which load has said so.</param>
    public static IReadOnlyDictionary<string, string> Digests(Store store, bool asOf = true) => Tables.ToDictionary(t => t.Table, t => Digest(store, asOf ? t.Sql : t.Sql.Replace(", as_of", "", StringComparison.Ordinal).Replace(", (SELECT as_of FROM loads WHERE loads.load_id = f.load_id)", "", StringComparison.Ordinal)));

    public static string Digest(Store store, string sql)
    {
        var digest = new Digest();
        foreach (var row in store.Query(sql, r => { var values = new object?[r.FieldCount]; r.GetValues(values!); return values; })) digest.Add(row);
        return digest.ToString();
    }

    /// <summary>One digest of all tables.</summary>
    public static string Whole(Store store)
    {
        var all = new Digest();
        foreach (var (table, digest) in Digests(store)) all.Add(table, digest);
        return all.ToString();
    }

    /// <summary>The tables in which two warehouses differ; null when they are the same.</summary>
    public static string? Difference(Store expected, Store found, bool asOf = true)
    {
        var (want, have) = (Digests(expected, asOf), Digests(found, asOf));
        var other = want.Keys.Where(t => want[t] != have[t]).ToList();
        return other.Count == 0 ? null : "another " + string.Join(", ", other);
    }
}
