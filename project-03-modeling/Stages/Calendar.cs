using System.Globalization;

namespace DimensionalModel;

/// <summary>The dimensions that come from no file: days, minutes of the day, groups of delays, and the members −1 and −2 of every
/// dimension.</summary>
static class Calendar
{
    /// <summary>The source does not say.</summary>
    public const int Unknown = -1;
    /// <summary>There is nothing to say: the actual date of a cancelled flight.</summary>
    public const int NotApplicable = -2;

    /// <summary>Fills the dimensions that are the same in every warehouse.</summary>
    public static void Fixed(Store store)
    {
        // step 1: lay out the calendar, the clock and the members that stand for nothing
        foreach (var (key, name) in new[] { (Unknown, "unknown"), (NotApplicable, "not applicable") })
        {
            store.Execute("INSERT INTO dim_date VALUES (?, ?, NULL, NULL, NULL, ?, ?, ?, NULL, NULL, NULL, NULL, NULL, ?, ?, ?)", key, name, name, name, key, name, name, name);
            store.Execute("INSERT INTO dim_time_of_day VALUES (?, ?, NULL, NULL, ?)", key, name, name);
            store.Execute("INSERT INTO dim_delay_group VALUES (?, ?, NULL, NULL)", key, name);
            store.Execute("INSERT INTO dim_airport VALUES (?, ?, ?, NULL, NULL, NULL, ?, 0, '')", key, name, name, name);
            store.Execute("INSERT INTO dim_airline VALUES (?, ?, ?, 0, '')", key, name, name);
            store.Execute("INSERT INTO dim_weather VALUES (?, ?, ?, ?, ?)", key, name, name, name, name);
            store.Execute("INSERT INTO dim_aircraft VALUES (?, ?, ?, ?, 1, 0, NULL, ?, ?, ?, NULL, NULL, ?)", key, name, TypeTwo.Beginning, TypeTwo.End, name, name, name, name);
        }
        for (var minute = 0; minute < 1440; minute++)
            store.Execute("INSERT INTO dim_time_of_day VALUES (?, ?, ?, ?, ?)", minute, $"{minute / 60:00}:{minute % 60:00}", minute / 60, minute % 60, (minute / 360) switch { 0 => "night", 1 => "morning", 2 => "afternoon", _ => "evening" });
        for (var group = -2; group <= 12; group++)
            store.Execute("INSERT INTO dim_delay_group VALUES (?, ?, ?, ?)", group + 3, group switch { -2 => "early by more than 15", 12 => "late by 180 and more", < 0 => $"early by {-15 * group} to {-15 * group - 14}", _ => $"late by {15 * group} to {15 * group + 14}" }, group == -2 ? null : 15 * group, group == 12 ? null : 15 * group + 15);
        // end of step 1
    }

    /// <summary>The group of an arrival delay; −2 where there was no arrival. The bounds are those of ArrivalDelayGroups in the on-time
    /// data of the Bureau of Transportation Statistics: quarters of an hour, from less than −15 to 180 and more.</summary>
    public static int DelayGroup(int? arrDelay)
    {
        // step 1: lay out the calendar, the clock and the members that stand for nothing
        return arrDelay is not { } minutes ? NotApplicable : Math.Clamp((int)Math.Floor(minutes / 15.0), -2, 12) + 3;
        // end of step 1
    }

    /// <summary>Makes the calendar complete: every day of the years from the first to the last that a flight or an hour of weather
    /// touches.</summary>
    /// <param name="days">The first and the last day that this load's flights name, as keys; the first is the larger where there is none.</param>
    public static void Ensure(Store store, (int First, int Last) days)
    {
        // step 1: lay out the calendar, the clock and the members that stand for nothing
        var known = store.Query("SELECT coalesce(min(d), 99999999), coalesce(max(d), 0) FROM (SELECT date_key AS d FROM dim_date WHERE date_key > 0 UNION ALL SELECT date_key FROM fact_weather_hour)", r => (First: r.GetInt32(0), Last: r.GetInt32(1))).Single();
        var (from, to) = (Math.Min(days.First, known.First) / 10000, Math.Max(days.Last, known.Last) / 10000);
        if (from > to) return;
        using var insert = new Statement(store, "INSERT INTO dim_date VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING");
        for (var day = new DateOnly(from, 1, 1); day.Year <= to; day = day.AddDays(1))
        {
            var time = day.ToDateTime(default);
            var weekday = ((int)day.DayOfWeek + 6) % 7 + 1;
            insert.Bind(0, Key(day)).Bind(1, day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)).Bind(2, day.Year).Bind(3, (day.Month + 2) / 3).Bind(4, day.Month)
                .Bind(5, CultureInfo.InvariantCulture.DateTimeFormat.GetMonthName(day.Month)).Bind(6, $"{day.Year:0000}-{day.Month:00}").Bind(7, Key(day) / 100).Bind(8, day.Day).Bind(9, day.DayOfYear)
                .Bind(10, ISOWeek.GetYear(time)).Bind(11, ISOWeek.GetWeekOfYear(time)).Bind(12, weekday).Bind(13, day.DayOfWeek.ToString()).Bind(14, weekday >= 6 ? "weekend" : "weekday").Bind(15, Holiday(day) ?? "none").Run();
        }
        // end of step 1
    }

    public static int Key(DateOnly day) => (day.Year * 100 + day.Month) * 100 + day.Day;

    public static int Key(string date) => Key(DateOnly.ParseExact(date, "yyyy-MM-dd", CultureInfo.InvariantCulture));

    public static DateOnly Day(int key) => new(key / 10000, key / 100 % 100, key % 100);

    /// <summary>The federal holiday on this day (5 U.S.C. 6103(a)); null on other days. One that falls on a Saturday is observed on the
    /// Friday before, one on a Sunday on the Monday after (6103(b), Executive Order 11582).</summary>
    public static string? Holiday(DateOnly day)
    {
        // step 1: lay out the calendar, the clock and the members that stand for nothing
        if (Named(day) is { } name) return name;
        if (day.DayOfWeek == DayOfWeek.Friday && Fixed(day.AddDays(1)) is { } saturday) return saturday + " (observed)";
        return day.DayOfWeek == DayOfWeek.Monday && Fixed(day.AddDays(-1)) is { } sunday ? sunday + " (observed)" : null;

        static string? Named(DateOnly day) => Fixed(day) ?? (day.Month, day.DayOfWeek, (day.Day + 6) / 7) switch
        {
            (1, DayOfWeek.Monday, 3) when day.Year >= 1986 => "Birthday of Martin Luther King, Jr.",
            (2, DayOfWeek.Monday, 3) => "Washington's Birthday",
            (5, DayOfWeek.Monday, _) when day.Day > 24 => "Memorial Day",
            (9, DayOfWeek.Monday, 1) => "Labor Day",
            (10, DayOfWeek.Monday, 2) => "Columbus Day",
            (11, DayOfWeek.Thursday, 4) => "Thanksgiving Day",
            _ => null,
        };

        static string? Fixed(DateOnly day) => (day.Month, day.Day) switch
        {
            (1, 1) => "New Year's Day",
            (6, 19) when day.Year >= 2021 => "Juneteenth National Independence Day",
            (7, 4) => "Independence Day",
            (11, 11) => "Veterans Day",
            (12, 25) => "Christmas Day",
            _ => null,
        };
        // end of step 1
    }
}
