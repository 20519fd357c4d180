namespace DimensionalModel;

/// <summary>The hourly weather of the origins, and the bands by which flights are grouped: a small dimension of the combinations that
/// occurred, so that a fact needs one key for all of them.</summary>
static class Weather
{
    /// <summary>Takes in the hours. An origin that is not there becomes an inferred member. Facts of hours that change are pointed to their new weather by <see cref="Repoint"/>.</summary>
    /// <param name="changed">Is told each hour (airport's key, seconds since 1970) that has another weather than before.</param>
    public static Audited Merge(Store store, KeyMap keys, string path, string asOf, Action<int, long> changed)
    {
        // step 5: point facts anew when a dimension's past changes
        var audit = new Audited("fact_weather_hour");
        var airports = new MemberKeys(store, keys, "airport");
        using var file = new ReadCsv(path, "origin", "hour_utc", "temp_f", "wind_speed_mph", "precip_in", "visib_mi");
        using var band = new Statement(store, "INSERT INTO dim_weather VALUES (?,?,?,?,?) ON CONFLICT DO NOTHING");
        using var find = new Statement(store, "SELECT as_of, weather_key, temp_f IS ?3 AND wind_speed_mph IS ?4 AND precip_in IS ?5 AND visib_mi IS ?6 FROM fact_weather_hour WHERE airport_key = ?1 AND hour_utc = ?2");
        using var write = new Statement(store, "INSERT OR REPLACE INTO fact_weather_hour (airport_key, hour_utc, temp_f, wind_speed_mph, precip_in, visib_mi, date_key, weather_key, as_of) VALUES (?,?,?,?,?,?,?,?,?)");
        while (file.Read())
        {
            audit.Read++;
            var (airport, hour) = (airports.Of(file.Utf8(0)), file.Instant(1));
            if (hour % 3600 != 0) throw file.Wrong(1, "the beginning of an hour");
            var (temp, wind, precip, visib) = (file.Real(2), file.Real(3), file.Real(4), file.Real(5));
            string[] bands = [Temperature(temp), Wind(wind), Precipitation(precip), Visibility(visib)];
            Bind(find);
            var (known, before, same) = find.Read() ? (find.Text(0), find.Int(1), find.Long(2) == 1) : (null, Calendar.Unknown, false);
            find.Reset();
            if (known == asOf) throw file.Wrong("each origin and hour_utc once", "one again");
            if (string.CompareOrdinal(known, asOf) > 0) { audit.Stale++; continue; }
            var weather = bands.All(b => b == "unknown") ? Calendar.Unknown : keys.Of("weather", string.Join(" / ", bands));
            if (known is null) audit.Inserted++; else if (same) audit.Unchanged++; else audit.Changed++;
            if (weather != Calendar.Unknown) band.Bind(0, weather).Bind(1, bands[0]).Bind(2, bands[1]).Bind(3, bands[2]).Bind(4, bands[3]).Run();
            Bind(write).Bind(6, Calendar.Key(DateOnly.FromDateTime(DateTime.UnixEpoch.AddSeconds(hour)))).Bind(7, weather).Bind(8, asOf).Run();
            if (weather != before) changed(airport, hour);

            Statement Bind(Statement s) => s.Bind(0, airport).Bind(1, hour).Bind(2, temp).Bind(3, wind).Bind(4, precip).Bind(5, visib);
        }
        TypeOne.Infer(store, "airport", airports.Inferred);
        audit.Inferred = airports.Inferred.Count;
        return audit;
        // end of step 5
    }

    /// <summary>Degrees Fahrenheit.</summary>
    static string Temperature(double? f) => f switch { null => "unknown", < 32 => "below 32 °F", < 50 => "32 to 49 °F", < 70 => "50 to 69 °F", _ => "70 °F and more" };

    /// <summary>Miles an hour.</summary>
    static string Wind(double? mph) => mph switch { null => "unknown", < 10 => "below 10 mph", < 20 => "10 to 19 mph", _ => "20 mph and more" };

    /// <summary>Inches in the hour.</summary>
    static string Precipitation(double? inches) => inches switch { null => "unknown", 0 => "dry", <= 0.1 => "up to 0.1 in", _ => "more than 0.1 in" };

    /// <summary>Miles.</summary>
    static string Visibility(double? miles) => miles switch { null => "unknown", < 1 => "below 1 mi", < 5 => "1 to 4 mi", < 10 => "5 to 9 mi", _ => "10 mi" };
}
