namespace Orchestrator;

/// <summary>Each run covers the same length of time, counted from the start date, and is made when that time is over. It knows
/// no wall clock: a day is 24 hours.</summary>
/// <exception cref="UserException">The length is not positive; exit code 2.</exception>
sealed record DeltaDataIntervalTimetable(TimeSpan Delta) : Timetable
{
    public TimeSpan Delta { get; } = Delta > TimeSpan.Zero ? Delta : throw new UserException($"Schedule: the interval is {Delta}. Expected one longer than zero.", 2);

    /// <summary>As Python writes it, for example <c>1 day, 0:00:00</c>.</summary>
    public override string Summary => (Delta.Days switch { 0 => "", 1 => "1 day, ", var days => $"{days} days, " }) + $"{Delta.Hours}:{Delta:mm\\:ss}";

    public override DagRunInfo? Next(DataInterval? last, TimeRestriction restriction, DateTime now)
    {
        // step 2: cover time with data intervals
        var first = restriction.Earliest;
        // without catchup the start date is no longer what intervals are counted from, but 1970
        if (!restriction.Catchup) first = Later(first, now.AddTicks(-((now - DateTime.UnixEpoch).Ticks % Delta.Ticks)) - Delta);

        DateTime start;
        if (last is { } done)
        {
            start = Later(first, done.End);
            // a last run without length, from another schedule: there is a run for that date already
            if (start <= done.Start) start += Delta;
        }
        else if (first is { } at) start = at;
        else return null;

        return start > restriction.Latest ? null : new DagRunInfo(new DataInterval(start, start + Delta), RunAfter: start + Delta);
        // end of step 2
    }

    /// <summary>The time up to this moment; not aligned.</summary>
    public override DataInterval ManualInterval(DateTime runAfter)
    {
        // step 2: cover time with data intervals
        return new DataInterval(runAfter - Delta, runAfter);
        // end of step 2
    }

    static DateTime Later(DateTime? a, DateTime b) => a > b ? a.Value : b;
}
