namespace Orchestrator;

/// <summary>Replaces the day's flights in the warehouse by those of the validated file.</summary>
static class Load
{
    const string Insert = "INSERT INTO flight (day, origin, carrier, flight, time_hour, dest, tail_number, dep_time, dep_delay, arr_delay, air_time, distance) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

    /// <returns>The number of flights.</returns>
    public static object? Run(TaskContext context)
    {
        // step 5: write partitions by interval
        var validation = Validate.ResultOf(context);
        using var file = new FlightFile(context.FileIn("validated"), context.Date);
        using var warehouse = new Warehouse(context.Output);
        using var transaction = warehouse.Begin();

        // delete and insert, not "insert or replace": a flight that the source has taken back must go, too
        warehouse.Execute("DELETE FROM flight WHERE day = $1", context.Day);
        var loaded = 0L;
        for (; file.Read() is { } row; loaded++)
        {
            context.Stop.ThrowIfCancellationRequested();
            if (row is not Flight f) throw new InvalidOperationException($"validated/{context.Day}.csv holds a row that is not valid: {row}");
            warehouse.Execute(Insert, context.Day, f.Origin, f.Carrier, f.Number, f.TimeHour, f.Dest, f.TailNumber, f.DepTime, f.DepDelay, f.ArrDelay, f.AirTime, f.Distance);
        }
        if (loaded != validation.Rows - validation.Rejected) throw new InvalidOperationException($"{validation.Rows} rows less {validation.Rejected} rejected are not {loaded} loaded.");

        // on a good day quality_alert does not run, so an alert of an earlier run of this day would stay
        if (validation.Warning is null) warehouse.Execute("DELETE FROM quality_alert WHERE day = $1", context.Day);

        // the one moment at which it must still be ours to write: an attempt that was given up meanwhile rolls back
        context.Fenced(transaction.Commit);
        context.Log($"{loaded:N0} flights");
        return loaded;
        // end of step 5
    }
}
