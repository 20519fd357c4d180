namespace Orchestrator;

/// <summary>The pipeline that this project orchestrates: the flights of one day from the source's file to a published table.
/// Every task reads and writes the partition of its data interval and nothing else, so any of them can be run again at any time.</summary>
static class DailyFlights
{
    public const string Id = "daily_flights";

    /// <param name="schedule">One interval a day, from midnight to midnight UTC.</param>
    public static Dag Create(Timetable schedule) => new(Id)
    {
        Description = "Flights from New York City, a day at a time: from the source's file to a published table.",
        Schedule = schedule,
        StartDate = new(2013, 1, 1, 0, 0, 0, DateTimeKind.Utc),
        EndDate = new(2013, 1, 31, 0, 0, 0, DateTimeKind.Utc),
        Catchup = true,
        Retries = 2,
        RetryDelay = TimeSpan.FromSeconds(1),   // so that a lesson is short; production waits minutes, for a source that is down is not back in a second
        Deadline = TimeSpan.FromSeconds(60),    // of real time after the run was queued; production promises its readers an hour of the morning
        Tasks =
        [
            new SensorTask("wait_for_file", HasArrived)
            {
                Mode = SensorMode.Reschedule,   // 31 days may wait at once, and none of them holds a worker
                PokeInterval = TimeSpan.FromSeconds(0.5),
                Timeout = TimeSpan.FromMinutes(5),
            },
            new ActionTask("extract", Extract.Run) { Upstream = ["wait_for_file"] },
            new ActionTask("validate", Validate.Run) { Upstream = ["extract"] },
            new BranchTask("check_quality", CheckQuality) { Upstream = ["validate"] },
            new ActionTask("quality_alert", QualityAlert.Run) { Upstream = ["check_quality"], Pool = Pools.Warehouse },

            // the branches meet here: quality_alert is skipped on a good day, and with the default rule load would be skipped with it
            new ActionTask("load", Load.Run) { Upstream = ["check_quality", "quality_alert"], TriggerRule = TriggerRule.NoneFailedMinOneSuccess, Pool = Pools.Warehouse },
            new ActionTask("aggregate", Aggregate.Run) { Upstream = ["load"], Pool = Pools.Warehouse },
            new ActionTask("publish", Publish.Run) { Upstream = ["aggregate"], Pool = Pools.Warehouse },
        ],
    };

    /// <summary>The source renames a file into place when it is complete, so one that is there is whole.</summary>
    static bool HasArrived(TaskContext context) => File.Exists(Extract.SourceOf(context));

    static IReadOnlyList<string> CheckQuality(TaskContext context) => Validate.ResultOf(context).Warning is null ? ["load"] : ["quality_alert"];
}
