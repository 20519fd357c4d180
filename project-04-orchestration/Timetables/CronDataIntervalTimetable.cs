namespace Orchestrator;

/// <summary>Each run covers the time from one tick of a cron expression to the next, and is made when that time is over.</summary>
/// <param name="Expression">Five fields, six with the seconds last, or a preset such as <c>@daily</c>.</param>
/// <param name="TimeZone">The zone whose wall clock the expression goes by; an IANA name.</param>
/// <exception cref="UserException">The expression or the zone is wrong or not supported; exit code 2.</exception>
sealed record CronDataIntervalTimetable(string Expression, string TimeZone = "UTC") : Timetable
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
        if (!restriction.Catchup) first = Later(first, LatestComplete(now));

        DateTime start;
        if (last is { } done)
        {
            // the last interval may come from another schedule: its end need not be a tick of this one
            start = Later(first, cron.AtOrBefore(done.End));
            // and then the tick before its end may lie before its start, where there is a run already. One tick further is
            // enough, but for the case that LatestComplete tells of
            while (start <= done.Start) start = cron.After(start);
        }
        else if (first is { } at) start = at;
        else return null;

        if (start > restriction.Latest) return null;
        var end = cron.After(start);
        return new DagRunInfo(new DataInterval(start, end), RunAfter: end);
        // end of step 2
    }

    /// <summary>The last interval that is over at this moment.</summary>
    public override DataInterval ManualInterval(DateTime runAfter)
    {
        // step 2: cover time with data intervals
        var end = cron.AtOrBefore(runAfter);
        return new DataInterval(cron.Before(end), end);
        // end of step 2
    }

    /// <summary>The start of the last interval that is over now. A schedule with * for the hour counts the time that passes;
    /// when the clock is changed by half an hour, or days lie between two ticks (<c>0 * 1 * *</c>), the tick after the tick
    /// before now can then lie in the past. Airflow fails there and finds no next run; here that interval is over, too.</summary>
    DateTime LatestComplete(DateTime now)
    {
        // step 2: cover time with data intervals
        var tick = cron.Before(now);
        return cron.After(tick) > now ? cron.Before(tick) : tick;
        // end of step 2
    }

    static DateTime Later(DateTime? a, DateTime b) => a > b ? a.Value : b;
}
