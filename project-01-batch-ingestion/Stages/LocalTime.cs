using System.Security.Cryptography;
using System.Text;

namespace BatchIngestion;

/// <summary>A time zone's clock: which instants a local date and time of day stand for. Offsets are kept a day, so that a
/// million rows ask the zone's rules a few hundred times.</summary>
sealed class ZoneClock(TimeZoneInfo zone)
{
    public const long MinuteMicros = 60_000_000;
    const int HasChange = int.MaxValue;
    readonly Dictionary<int, int> offsets = [];     // local day since 1970 → minutes east of UTC, or HasChange

    public string Zone => zone.Id;

    /// <summary>The zone of an IANA name such as America/New_York; null where there is none.</summary>
    public static ZoneClock? Of(string? iana) => iana is not null && TimeZoneInfo.TryFindSystemTimeZoneById(iana, out var zone) ? new(zone) : null;

    /// <summary>The instants at which the clocks show <paramref name="minutes"/> after the midnight of the day: none when the
    /// clocks skip that time, two when they show it twice.</summary>
    /// <param name="day">Days since 1970-01-01, local.</param>
    /// <param name="minutes">0 to 1440; 1440 is the midnight that ends the day.</param>
    /// <param name="second">The later of two instants; equal to the result otherwise.</param>
    /// <returns>The (earlier) instant in microseconds since 1970, UTC; null when there is none.</returns>
    public long? ToUtc(int day, int minutes, out long second)
    {
        // step 5: turn local times into UTC
        second = 0;
        if (minutes >= 1440) (day, minutes) = (day + 1, minutes - 1440);
        var local = (day * 1440L + minutes) * MinuteMicros;
        if (OffsetOf(day) is not HasChange and var offset) return second = local - offset * MinuteMicros;

        var clock = DateTime.UnixEpoch.AddDays(day).AddMinutes(minutes);
        clock = DateTime.SpecifyKind(clock, DateTimeKind.Unspecified);
        if (zone.IsInvalidTime(clock)) return null;
        if (!zone.IsAmbiguousTime(clock)) return second = local - (long)zone.GetUtcOffset(clock).TotalMinutes * MinuteMicros;
        var both = zone.GetAmbiguousTimeOffsets(clock);     // the larger offset comes first in time
        second = local - (long)both.Min().TotalMinutes * MinuteMicros;
        return local - (long)both.Max().TotalMinutes * MinuteMicros;
        // end of step 5
    }

    /// <summary>The first instant, not before <paramref name="earliest"/>, at which the clocks show that many minutes after
    /// midnight.</summary>
    public long Next(int minutes, long earliest)
    {
        // step 5: turn local times into UTC
        var day = (int)Math.Floor(earliest / (1440d * MinuteMicros));
        for (var local = day - 1; ; local++)
        {
            if (ToUtc(local, minutes, out var second) is not { } first) continue;
            if (first >= earliest) return first;
            if (second >= earliest) return second;
        }
        // end of step 5
    }

    /// <summary>The offset that holds all of a local day and around it, or <see cref="HasChange"/>.</summary>
    int OffsetOf(int day)
    {
        // step 5: turn local times into UTC
        if (offsets.TryGetValue(day, out var known)) return known;
        var midnight = DateTime.UnixEpoch.AddDays(day);
        var before = zone.GetUtcOffset(midnight.AddDays(-1));
        var after = zone.GetUtcOffset(midnight.AddDays(2));
        return offsets[day] = before == after ? (int)before.TotalMinutes : HasChange;
        // end of step 5
    }
}

/// <summary>The zones of a reference table by key, with a digest that changes when one does: rows that were derived by an
/// older table are derived again.</summary>
sealed record ZoneTable(IReadOnlyDictionary<string, ZoneClock> Clocks, string Digest)
{
    /// <summary>Reads the zones that a contract looks up in a reference table.</summary>
    public static ZoneTable Of(Store store, ZoneLookup zone)
    {
        var rows = store.Query($"SELECT {SqlText.Quote(zone.Key)}, {SqlText.Quote(zone.Value)} FROM {SqlText.Quote(zone.Table)} WHERE {SqlText.Quote(zone.Value)} IS NOT NULL ORDER BY 1", r => (Key: r.GetString(0), Zone: r.GetString(1)));
        var clocks = rows.Select(r => r.Zone).Distinct().ToDictionary(name => name, ZoneClock.Of);
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', rows))));
        return new(rows.Where(r => clocks[r.Zone] is not null).ToDictionary(r => r.Key, r => clocks[r.Zone]!), digest);
    }
}

/// <summary>Fills the derived UTC columns of a row.</summary>
static class LocalTime
{
    /// <summary>Computes one derived column of row <paramref name="at"/>. Where an input is null the result is null, but for
    /// <see cref="NextLocalTime.AtLeastMinutes"/>, where null counts as 0. A zone that is not known gives null and a warning, with the
    /// derived column, the rule "no zone in TABLE" and what was looked up ("NULL" for a null): in <see cref="NextLocalTime"/> the zone is
    /// asked before the other inputs, in <see cref="LocalToUtc"/> after them and after the date. A result, or for
    /// <see cref="NextLocalTime"/> its earliest instant, must lie in the calendar, a year from its ends where a zone is applied. A violation
    /// of the rule <c>local_time</c> names the column that is to be mended: of <see cref="AddMinutes"/> the minutes; of
    /// <see cref="LocalToUtc"/> the day for a date that is none, the time for one that the clocks skip, <c>same_hour_as</c> for another
    /// hour; of <see cref="NextLocalTime"/> <c>at_least_minutes</c>, or <c>after</c> where the rule has none.</summary>
    /// <returns>Why the row breaks the rule; null when it does not.</returns>
    public static Violation? Derive(Derived rule, IReadOnlyDictionary<string, ColumnData> column, ZoneTable? zones, Batch batch, int at)
    {
        // step 5: turn local times into UTC
        var target = (LongData)column[rule.Name];
        target.IsNull[at] = true;
        switch (rule)
        {
            case AddMinutes add:
                var (to, minutes) = ((LongData)column[add.To], (LongData)column[add.Minutes]);
                if (to.IsNull[at] || minutes.IsNull[at]) return null;
                var sum = (Int128)to.Values[at] + (Int128)minutes.Values[at] * ZoneClock.MinuteMicros;
                if (sum < SqlText.FirstInstant || sum > SqlText.LastInstant) return new(add.Minutes, "local_time", "an instant of the calendar, years 1 to 9999", $"{minutes.Values[at]} minutes after {SqlText.Timestamp(to.Values[at])}");
                target.Values[at] = (long)sum;
                target.IsNull[at] = false;
                return null;

            case LocalToUtc local:
                var year = Long(local.Date[0]);
                var month = Long(local.Date[1]);
                var date = Long(local.Date[2]);
                if ((year, month, date, Long(local.Time)) is not ({ } y, { } m, { } d, { } time)) return null;
                var hour = local.SameHourAs is null ? null : Long(local.SameHourAs);
                if (local.SameHourAs is not null && hour is null) return null;
                if (y is < 2 or > 9998 || m is < 1 or > 12 || d < 1 || d > DateTime.DaysInMonth((int)y, (int)m)) return new(local.Date[2], "local_time", "a date of the calendar", $"{y}-{m}-{d}");
                if (Clock(local.Zone) is not { } clock) { Warn(local.Zone); return null; }
                var day = new DateOnly((int)y, (int)m, (int)d).DayNumber - SqlText.EpochDay;
                if (clock.ToUtc(day, Minutes(time), out var second) is not { } first) return new(local.Time, "local_time", $"a time that exists in {clock.Zone}", Shown(y, m, d, time) + ", which the clocks skip");
                if (hour is { } same)
                {
                    if (Hour(first) != Hour(same)) first = second;
                    if (Hour(first) != Hour(same)) return new(local.SameHourAs, "local_time", $"the hour of {Shown(y, m, d, time)} in {clock.Zone}, {SqlText.Timestamp(Hour(first))}", SqlText.Timestamp(same));
                }
                target.Values[at] = first;
                target.IsNull[at] = false;
                return null;

            case NextLocalTime next:
                if (Clock(next.Zone) is not { } there) { Warn(next.Zone); return null; }
                if (Long(next.Time) is not { } at2 || Long(next.After) is not { } after) return null;
                var least = next.AtLeastMinutes is null ? 0 : Long(next.AtLeastMinutes) ?? 0;
                var earliest = (Int128)after + (Int128)least * ZoneClock.MinuteMicros;
                if (earliest < SqlText.FirstInstant + YearMicros || earliest > SqlText.LastInstant - YearMicros) return new(next.AtLeastMinutes ?? next.After, "local_time", "an instant of the calendar, years 2 to 9998", $"{least} minutes after {SqlText.Timestamp(after)}");
                target.Values[at] = there.Next(Minutes(at2) % 1440, (long)earliest);
                target.IsNull[at] = false;
                return null;

            default:
                throw new InvalidOperationException(rule.ToString());
        }

        long? Long(string name) => column[name] is LongData data && !data.IsNull[at] ? data.Values[at] : null;

        ZoneClock? Clock(ZoneLookup zone) => column[zone.Column] is TextData text && !text.IsNull[at] ? zones?.Clocks.GetValueOrDefault(text.Values[at].Value) : null;

        void Warn(ZoneLookup zone)
        {
            var text = (TextData)column[zone.Column];
            batch.Warnings.Add(new(rule.Name, $"no zone in {zone.Table}", text.IsNull[at] ? "NULL" : text.Values[at].Value, batch.SourceRow[at]));
        }
        // end of step 5
    }

    static string Shown(long year, long month, long day, long time) => $"{year:0000}-{month:00}-{day:00} {time / 100:00}:{time % 100:00}";

    const long HourMicros = 60 * ZoneClock.MinuteMicros;
    const long YearMicros = 366 * 24 * HourMicros;

    /// <summary>The beginning of the instant's hour.</summary>
    static long Hour(long instant) => instant - (instant % HourMicros + HourMicros) % HourMicros;

    static int Minutes(long hhmm) => (int)(hhmm / 100 * 60 + hhmm % 100);
}
