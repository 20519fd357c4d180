namespace DimensionalModel;

/// <summary>What a run tells the user.</summary>
static class Summary
{
    public static int Print(Settings settings, IReadOnlyList<LoadResult> results, TimeSpan took)
    {
        Terminal.Table(["load", "table", "read", "inserted", "changed", "unchanged", "stale", "inferred", "repointed", "removed"], results.SelectMany(load => load.Tables.Count == 0
            ? [[load.Name, load.Status, "", "", "", "", "", "", "", ""]]
            : load.Tables.Select((t, i) => (IReadOnlyList<string>)[i == 0 ? load.Name : "", t.Table, $"{t.Read:N0}", $"{t.Inserted:N0}", $"{t.Changed:N0}", $"{t.Unchanged:N0}", $"{t.Stale:N0}", $"{t.Inferred:N0}", $"{t.Repointed:N0}", $"{t.Removed:N0}"])));
        using var warehouse = Warehouse.Open(settings.Database);
        var counts = Questions.Answer(warehouse, "SELECT count(DISTINCT tailnum), count(*), (SELECT count(*) FROM fact_aircraft_day) FROM dim_aircraft WHERE aircraft_key > 0", out _)[0];
        Console.WriteLine($"{counts[0]:N0} aircraft in {counts[1]:N0} versions, {counts[2]:N0} aircraft-days, in {took.TotalSeconds:0.0} s.");
        Console.WriteLine($"Store: {Shown(settings.Database)}");
        var model = SemanticModel.Load(ProjectFolder.At("metrics"));
        Console.WriteLine(string.Join(", ", new[] { "flights", "on_time_rate", "cancellation_rate", "mean_arr_delay", "fleet_size" }.Select(name => $"{name} {MetricVerb.Figure(warehouse, model, name)}")) + ".");
        return 0;
    }

    /// <summary>A path as seen from where the user is, when it lies below.</summary>
    public static string Shown(string path) => Path.GetRelativePath(Directory.GetCurrentDirectory(), path) is var near && near.StartsWith("..", StringComparison.Ordinal) ? path : near;
}
