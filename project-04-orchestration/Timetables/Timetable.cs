namespace Orchestrator;

/// <summary>The stretch of data that a run is about, half-open: <c>[Start, End)</c>. Both in UTC; equal for a timetable of ticks.</summary>
readonly record struct DataInterval(DateTime Start, DateTime End);

/// <summary>A run that a timetable calls for.</summary>
/// <param name="RunAfter">The earliest moment at which the run may be made; UTC.</param>
sealed record DagRunInfo(DataInterval Interval, DateTime RunAfter);

/// <summary>The bounds of a DAG: its first and last logical date (UTC, inclusive, null for none), and whether missed intervals are made up for.</summary>
sealed record TimeRestriction(DateTime? Earliest, DateTime? Latest, bool Catchup);

/// <summary>When a DAG runs and which data each run covers. Names and answers are those of Apache Airflow 3.</summary>
abstract record Timetable
{
    /// <summary>The next scheduled run after the last one.</summary>
    /// <param name="last">The interval of the last scheduled (or backfilled) run; null when there is none.</param>
    /// <param name="now">UTC; only asked without catchup.</param>
    /// <returns>Null when no further run is called for.</returns>
    public abstract DagRunInfo? Next(DataInterval? last, TimeRestriction restriction, DateTime now);

    /// <summary>The interval of a run that somebody triggers at this moment (UTC).</summary>
    public abstract DataInterval ManualInterval(DateTime runAfter);

    /// <summary>The schedule as its author wrote it, for people.</summary>
    public abstract string Summary { get; }

    /// <summary>Whether it calls for runs at all; a DAG that is only triggered by hand can't be backfilled.</summary>
    public virtual bool Periodic => true;

    /// <summary>The runs whose logical date (the start of their interval) lies between the two moments, both inclusive, in order.</summary>
    public IEnumerable<DagRunInfo> Between(DateTime from, DateTime to)
    {
        var restriction = new TimeRestriction(from, to, Catchup: true);
        for (var next = Next(null, restriction, to); next is not null; next = Next(next.Interval, restriction, to)) yield return next;
    }
}

/// <summary>No schedule: the DAG runs only when somebody triggers it.</summary>
sealed record NullTimetable : Timetable
{
    public override DagRunInfo? Next(DataInterval? last, TimeRestriction restriction, DateTime now) => null;
    public override DataInterval ManualInterval(DateTime runAfter) => new(runAfter, runAfter);
    public override string Summary => "never, external triggers only";
    public override bool Periodic => false;
}
