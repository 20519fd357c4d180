namespace DimensionalModel;

/// <summary>Points facts that were loaded before to the rows that a change has made right for them: a version of an aircraft that
/// begins in the past, weather that came late.</summary>
static class Repoint
{
    /// <param name="moved">Aircraft whose versions begin on other days than before, with the first such day.</param>
    /// <param name="touch">Is told the day of each fact that now points elsewhere, as a key.</param>
    /// <returns>How many facts that are.</returns>
    public static long Aircraft(Store store, IReadOnlyDictionary<string, string> moved, Action<int> touch)
    {
        // step 5: point facts anew when a dimension's past changes
        if (moved.Count == 0) return 0;
        store.Execute("CREATE TEMP TABLE moved_key (aircraft_key INTEGER PRIMARY KEY, tailnum TEXT NOT NULL)");
        using (var insert = new Statement(store, "INSERT INTO moved_key SELECT surrogate_key, natural_key FROM key_map WHERE dimension = 'aircraft' AND natural_key = ?"))
            foreach (var tail in moved.Keys) insert.Bind(0, tail).Run();
        var days = store.Query(Store.Resource("repoint_aircraft.sql").Replace("$first", "?", StringComparison.Ordinal), r => r.GetInt32(0), moved.Values.Min(StringComparer.Ordinal));
        store.Execute("DROP TABLE moved_key");
        foreach (var day in days) touch(day);
        return days.Count;
        // end of step 5
    }

    /// <param name="hours">Airport's key and hour, seconds since 1970.</param>
    /// <param name="touch">Is told the day of each fact that now points elsewhere, as a key.</param>
    /// <returns>How many facts that are.</returns>
    public static long Weather(Store store, IEnumerable<(int Airport, long Hour)> hours, Action<int> touch)
    {
        // step 5: point facts anew when a dimension's past changes
        var count = 0L;
        using var update = new Statement(store, """
            UPDATE fact_flight SET weather_key = w.weather_key FROM fact_weather_hour w
            WHERE w.airport_key = ?1 AND w.hour_utc = ?2 AND sched_dep_utc >= ?2 AND sched_dep_utc < ?2 + 3600 AND origin_airport_key = ?1 AND fact_flight.weather_key <> w.weather_key
            RETURNING sched_date_key
            """);
        foreach (var (airport, hour) in hours)
            for (update.Bind(0, airport).Bind(1, hour); update.Read(); count++) touch(update.Int(0));
        store.Execute("DELETE FROM dim_weather WHERE weather_key > 0 AND weather_key NOT IN (SELECT weather_key FROM fact_weather_hour)");     // a combination that no hour has any more
        return count;
        // end of step 5
    }
}
