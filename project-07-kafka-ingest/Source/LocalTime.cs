namespace KafkaIngest;

/// <summary>The clocks of a time zone: which instants a day and a time of day stand for.</summary>
sealed class LocalClock(TimeZoneInfo zone)
{
    /// <summary>The clock of an IANA zone such as America/New_York; null where this machine knows no such zone.</summary>
    public static LocalClock? Of(string iana) => TimeZoneInfo.TryFindSystemTimeZoneById(iana, out var zone) ? new(zone) : null;

    /// <summary>The instants, UTC, at which the clocks show <paramref name="minutes"/> after the midnight of <paramref name="day"/>. They are
    /// two when the clocks go back over that time, else the same; null when the clocks skip it.</summary>
    /// <param name="minutes">0 to 1440; 1440 is the midnight that ends the day.</param>
    public (DateTime First, DateTime Second)? ToUtc(DateOnly day, int minutes)
    {
        // step 1: turn flights into events
        var shown = day.ToDateTime(default).AddMinutes(minutes);
        if (zone.IsInvalidTime(shown)) return null;
        var offsets = zone.IsAmbiguousTime(shown) ? zone.GetAmbiguousTimeOffsets(shown) : [zone.GetUtcOffset(shown)];
        return (Utc(offsets.Max()), Utc(offsets.Min()));        // the larger offset comes first in time

        DateTime Utc(TimeSpan offset) => DateTime.SpecifyKind(shown - offset, DateTimeKind.Utc);
        // end of step 1
    }

    /// <summary>The first instant, UTC, not before <paramref name="earliestUtc"/>, at which the clocks show <paramref name="minutes"/> after
    /// midnight; 1440 is 0 here. On a day on which the clocks skip that time, the instant counts at which they would have shown it without
    /// being put forward: who writes such a time has a watch that was not.</summary>
    public DateTime Next(int minutes, DateTime earliestUtc)
    {
        // step 1: turn flights into events
        minutes %= 1440;
        for (var day = DateOnly.FromDateTime(TimeZoneInfo.ConvertTimeFromUtc(earliestUtc, zone)).AddDays(-1); ; day = day.AddDays(1))
        {
            var (first, second) = ToUtc(day, minutes) ?? BeforeTheSkip(day.ToDateTime(default).AddMinutes(minutes));
            if (first >= earliestUtc) return first;
            if (second >= earliestUtc) return second;
        }

        (DateTime, DateTime) BeforeTheSkip(DateTime shown)
        {
            var instant = DateTime.SpecifyKind(shown - zone.GetUtcOffset(shown.AddHours(-2)), DateTimeKind.Utc);     // no zone skips more than two hours
            return (instant, instant);
        }
        // end of step 1
    }
}
