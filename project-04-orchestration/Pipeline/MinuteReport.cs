namespace Orchestrator;

/// <summary>A DAG for the real clock: each minute it notes how many flights the warehouse has. It shows the scheduler at work while you watch.</summary>
static class MinuteReport
{
    public const string Id = "minute_report";

    public static Dag Dag { get; } = new(Id)
    {
        Description = "Every minute: how many flights are in the warehouse?",
        Schedule = new CronDataIntervalTimetable("* * * * *"),
        StartDate = new(2013, 1, 1, 0, 0, 0, DateTimeKind.Utc),
        Catchup = false,        // the minutes of the past are nobody's business
        Tasks = [new ActionTask("report", Report)],
    };

    /// <summary>Writes the file of its minute, and no other.</summary>
    static object Report(TaskContext context)
    {
        var warehouse = Warehouse.PathIn(context.Output);
        var flights = File.Exists(warehouse) ? Warehouse.Counts(warehouse)[0].Rows : 0;
        context.Log($"{flights} flights");
        var file = Path.Combine(context.Output, "minutes", $"{context.Interval.Start:yyyy-MM-dd'T'HHmm}.txt");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file + ".tmp", $"{flights}\n");
        context.Fenced(() => File.Move(file + ".tmp", file, overwrite: true));
        return flights;
    }
}
