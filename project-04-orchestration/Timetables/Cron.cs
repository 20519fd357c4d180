using Cronos;

namespace Orchestrator;

/// <summary>The ticks of a cron expression in a time zone, as Airflow counts them. Cronos finds them on the wall clock; what
/// they are in UTC where the clock is put forward or back is decided here, as Airflow decides it and Cronos does not.</summary>
sealed class Cron : IEquatable<Cron>
{
    static readonly Dictionary<string, string> Presets = new()
    {
        ["@hourly"] = "0 * * * *",
        ["@daily"] = "0 0 * * *",
        ["@midnight"] = "0 0 * * *",
        ["@weekly"] = "0 0 * * 0",
        ["@monthly"] = "0 0 1 * *",
        ["@quarterly"] = "0 0 1 */3 *",
        ["@yearly"] = "0 0 1 1 *",
        ["@annually"] = "0 0 1 1 *",
    };

    readonly string expression;
    readonly TimeZoneInfo zone;
    readonly string[] expressions;
    readonly bool everyHour;

    /// <param name="expression">Five fields; six with the seconds LAST, as Airflow has them; or a preset such as <c>@daily</c>.</param>
    /// <param name="timeZone">A name of the IANA database, such as <c>Europe/Berlin</c>.</param>
    /// <exception cref="UserException">The expression or the time zone is wrong or not supported; exit code 2.</exception>
    public Cron(string expression, string timeZone)
    {
        this.expression = expression;
        zone = TimeZoneInfo.TryFindSystemTimeZoneById(timeZone, out var found) ? found : throw new UserException($"Schedule '{expression}': there is no time zone '{timeZone}'. Expected a name such as UTC or Europe/Berlin.", 2);
        var texts = Presets.GetValueOrDefault(expression, expression).Split((char[])[' ', '\t', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
        if (texts.Length is not (5 or 6)) throw new UserException($"Schedule '{expression}' has {texts.Length} field{(texts.Length == 1 ? "" : "s")}. Expected minute, hour, day of month, month, day of week (and second), or one of {string.Join(", ", Presets.Keys)}.", 2);
        CronField[] fields = [.. texts.Select((text, place) => Read(expression, place, text))];
        everyHour = fields[1].Full;
        var second = fields.Length == 6 ? List(fields[5]) : "0";
        expressions = [.. Days(expression, fields[2], fields[4]).Select(day => $"{second} {List(fields[0])} {List(fields[1])} {day.OfMonth} {List(fields[3])} {day.OfWeek}")];
        if (!fields[2].Full && Ticks.All(t => t.GetNextOccurrence(DateTime.UnixEpoch) is null)) throw new UserException($"Schedule '{expression}': day of month '{fields[2].Text}' never comes in month '{fields[3].Text}'.", 2);
    }

    /// <summary>For Cronos; read when they are first asked for, which the process of a task never does.</summary>
    CronExpression[] Ticks => ticks ??= [.. expressions.Select(e => CronExpression.Parse(e, CronFormat.IncludeSeconds))];
    CronExpression[]? ticks;

    /// <summary>The first tick after the moment; both UTC.</summary>
    public DateTime After(DateTime moment)
    {
        var wall = moment + zone.GetUtcOffset(moment);
        return ToUtc(Ticks.Min(t => t.GetNextOccurrence(wall))!.Value, moment, wall);
    }

    /// <summary>The last tick before the moment; both UTC.</summary>
    public DateTime Before(DateTime moment)
    {
        var wall = moment + zone.GetUtcOffset(moment);
        return ToUtc(Ticks.Max(t => t.GetPreviousOccurrence(wall))!.Value, moment, wall);
    }

    /// <summary>The moment itself when it is a tick, else the first one after it; both UTC.</summary>
    public DateTime AtOrAfter(DateTime moment) => After(moment) is var next && Before(next) == moment ? moment : next;

    /// <summary>The moment itself when it is a tick, else the last one before it; both UTC.</summary>
    public DateTime AtOrBefore(DateTime moment) => Before(moment) is var previous && After(previous) == moment ? moment : previous;

    /// <summary>A schedule that runs in every hour counts the time that passes, so that no hour is left out or run twice when
    /// the clock is changed. Any other one goes by the clock on the wall.</summary>
    DateTime ToUtc(DateTime tick, DateTime moment, DateTime wall) => everyHour ? moment + (tick - wall) : FromWall(tick);

    /// <summary>A time that the clock shows twice is the second one. A time that it leaves out is as much later as the clock
    /// is put forward: 02:30 becomes 03:30.</summary>
    /// <param name="wall">The time on the wall; its kind is Utc for Cronos' sake, and says nothing.</param>
    DateTime FromWall(DateTime wall)
    {
        // no zone is further from UTC than 14 hours: a day to either side lies surely before and after a change at this time
        var (before, after) = (wall - zone.GetUtcOffset(wall.AddDays(-1)), wall - zone.GetUtcOffset(wall.AddDays(1)));
        var (early, late) = before < after ? (before, after) : (after, before);
        return Shows(late, wall) || !Shows(early, wall) ? late : early;
    }

    bool Shows(DateTime moment, DateTime wall) => moment + zone.GetUtcOffset(moment) == wall;

    public bool Equals(Cron? other) => other is not null && expression == other.expression && zone.Id == other.zone.Id;
    public override bool Equals(object? obj) => Equals(obj as Cron);
    public override int GetHashCode() => HashCode.Combine(expression, zone.Id);

    static CronField Read(string expression, int place, string text)
    {
        try { return CronField.Read(place, text); }
        catch (FormatException e) { throw new UserException($"Schedule '{expression}': {CronField.Names[place]} '{text}': {e.Message}.", 2); }
    }

    static string List(CronField field) => field.Alternatives.Single();

    /// <summary>When both day fields name days, either is enough (cron's rule; Cronos asks for both), so that there is an
    /// expression for each.</summary>
    static IEnumerable<(string OfMonth, string OfWeek)> Days(string expression, CronField month, CronField week)
    {
        // a field that names all its days, but without a star, counts as naming days unless the other one has a star
        var (anyOfMonth, anyOfWeek) = (month.Star || (month.Full && week.Text.Contains('*')), week.Star || (week.Full && month.Text.Contains('*')));
        if (!anyOfMonth && !anyOfWeek && month.Special.Concat(week.Special).FirstOrDefault(s => s != "L") is { } special)
            throw new UserException($"Schedule '{expression}': day of week '{week.Text}' beside day of month '{month.Text}': {special} is supported only where the other field is *.", 2);
        if (!anyOfMonth || anyOfWeek) foreach (var day in month.Alternatives) yield return (day, "*");
        if (!anyOfWeek) foreach (var day in week.Alternatives) yield return ("*", day);
    }
}
