namespace Orchestrator;

/// <summary>A run at each tick of a cron expression, as cron itself has it. Its data interval has no length: start and end
/// are the tick.</summary>
/// <param name="Expression">Five fields, six with the seconds last, or a preset such as <c>@daily</c>.</param>
/// <param name="TimeZone">The zone whose wall clock the expression goes by; an IANA name.</param>
/// <exception cref="UserException">The expression or the zone is wrong or not supported; exit code 2.</exception>
sealed record CronTriggerTimetable(string Expression, string TimeZone = "UTC") : Timetable
{
    readonly Cron cron = new(Expression, TimeZone);

    // not init: a copy made by `with` would keep the ticks of the old expression
    public string Expression { get; } = Expression;
    public string TimeZone { get; } = TimeZone;

    public override string Summary => Expression;

    public override DagRunInfo? Next(DataInterval? last, TimeRestriction restriction, DateTime now)
    {
        // step 2: cover time with data intervals
        var first = restriction.Earliest is { } earliest ? cron.AtOrAfter(earliest) : (DateTime?)null;
        var next = last is { } done ? cron.After(done.End) : first ?? FirstWithoutStart(now);
        if (!restriction.Catchup)
        {
            var latest = cron.AtOrBefore(now);
            foreach (var bound in (DateTime?[])[first, latest]) if (bound > next) next = bound.Value;
        }
        return next > restriction.Latest ? null : new DagRunInfo(new DataInterval(next, next), RunAfter: next);
        // end of step 2
    }

    /// <summary>The moment itself: a run by hand need not be at a tick.</summary>
    public override DataInterval ManualInterval(DateTime runAfter)
    {
        // step 2: cover time with data intervals
        return new DataInterval(runAfter, runAfter);
        // end of step 2
    }

    /// <summary>Without a start date: the tick that has just passed (a tenth of the way to the next one, but at least five
    /// minutes), else the one to come.</summary>
    DateTime FirstWithoutStart(DateTime now)
    {
        // step 2: cover time with data intervals
        var (past, next) = (cron.AtOrBefore(now), cron.AtOrAfter(now));
        var late = TimeSpan.FromTicks(Math.Max((next - past).Ticks / 10, TimeSpan.FromMinutes(5).Ticks));
        return now - past <= late ? past : next;
        // end of step 2
    }
}
