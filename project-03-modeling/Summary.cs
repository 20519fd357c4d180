namespace DimensionalModel;

/// <summary>What a run tells the user.</summary>
static class Summary
{
    public static int Print(Settings settings, IReadOnlyList<LoadResult> results, TimeSpan took)
    {
        Terminal.Table(["load", "table", "read", "inserted", "changed", "unchanged", "stale", "inferred", "repointed", "removed"], results.SelectMany(load => load.Tables.Count == 0
            ? [[load.Name, load.Status, "", "", "", "", "", "", "", ""]]
            : load.Tables.Select((t, i) => (IReadOnlyList<string>)[i == 0 ? load.Name : "", t.Table, $"{t.Read:N0}", $"{t.Inserted:N0}", $"{t.Changed:N0}", $"{t.Unchanged:N0}", $"{t.Stale:N0}", $"{t.Inferred:N0}", $"{t.Repointed:N0}", $"{t.Removed:N0}"])));
        using var store = new Store(settings.Database);
        Console.WriteLine($"{store.Count("SELECT sum(flights) FROM agg_route_month"):N0} flights of {store.Count("SELECT count(DISTINCT tailnum) FROM dim_aircraft WHERE aircraft_key > 0"):N0} aircraft in {store.Count("SELECT count(*) FROM dim_aircraft WHERE aircraft_key > 0"):N0} versions, {store.Count("SELECT count(*) FROM fact_aircraft_day"):N0} aircraft-days, in {took.TotalSeconds:0.0} s.");
        Console.WriteLine($"Store: {Shown(settings.Database)}");
        return 0;
    }

    /// <summary>A path as seen from where the user is, when it lies below.</summary>
    public static string Shown(string path) => Path.GetRelativePath(Directory.GetCurrentDirectory(), path) is var near && near.StartsWith("..", StringComparison.Ordinal) ? path : near;
}
