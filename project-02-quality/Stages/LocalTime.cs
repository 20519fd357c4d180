using System.Collections.Concurrent;

namespace DataQuality;

/// <summary>UTC and the clocks of a zone. Texts are ISO 8601; the zone is an IANA name such as America/New_York.</summary>
static class LocalTime
{
    const long Day = 86_400, Quarter = 900;
    static readonly ConcurrentDictionary<(string Zone, long Quarter), long?> Offsets = new();

    /// <summary>What the zone's clocks show, YYYY-MM-DDThh:mm:ss; null for null or an unknown zone.</summary>
    public static string? Of(string? utc, string? zone) =>
        Instant(utc) is { } at && zone is not null && Offset(zone, at) is { } offset ? IsoText.Timestamp(at + offset)[..19] : null;

    /// <summary>The first instant, not before <paramref name="after"/>, at which the zone's clocks show the time, as UTC with Z.</summary>
    /// <param name="after">UTC.</param>
    /// <param name="hhmm">A time of day as a number, 517 for 05:17; 2400 ends the day.</param>
    public static string? Next(string? after, long? hhmm, string? zone)
    {
        if (Instant(after) is not { } from || hhmm is not { } time || zone is null || Offset(zone, from) is not { } now) return null;
        var midnight = (from + now) / Day * Day;
        for (var day = 0; day < 3; day++)
        {
            var shown = midnight + day * Day + (time / 100 * 60 + time % 100) * 60;
            // the offsets before and after: both are right when the clocks show this time twice, none when they jump over it
            foreach (var at in new[] { Offset(zone, shown - Day)!.Value, Offset(zone, shown + Day)!.Value }.Distinct().Where(offset => Offset(zone, shown - offset) == offset).Select(offset => shown - offset).Order())
                if (at >= from) return IsoText.Timestamp(at);
        }
        return null;
    }

    static long? Instant(string? utc) => utc is null ? null : IsoText.Timestamp(utc);

    /// <summary>How far the zone's clocks are ahead of UTC, in seconds; null for an unknown zone. Asked of the system once for each
    /// quarter of an hour: clocks change on none between.</summary>
    static long? Offset(string zone, long utc) => Offsets.GetOrAdd((zone, Math.DivRem(utc, Quarter).Quotient), static key =>
        TimeZoneInfo.TryFindSystemTimeZoneById(key.Zone, out var found) ? (long)found.GetUtcOffset(DateTime.UnixEpoch.AddSeconds(key.Quarter * Quarter)).TotalSeconds : null);
}
