namespace DimensionalModel;

/// <summary>What a run tells the user.</summary>
static class Summary
{
    public static int Print(Settings settings, IReadOnlyList<LoadResult> results, TimeSpan took)
    {
        Terminal.Table(["load", "table", "read", "inserted", "changed", "unchanged"], results.SelectMany(load => load.Tables.Count == 0
            ? [[load.Name, load.Status, "", "", "", ""]]
            : load.Tables.Select((t, i) => (IReadOnlyList<string>)[i == 0 ? load.Name : "", t.Table, $"{t.Read:N0}", $"{t.Inserted:N0}", $"{t.Changed:N0}", $"{t.Unchanged:N0}"])));
        foreach (var load in results)
        {
            (long Rows, string What)[] beside = [(load.Tables.Sum(t => t.Stale), "rows stale"), (load.Tables.Sum(t => t.Inferred), "members inferred"), (load.Tables.Sum(t => t.Repointed), "facts re-pointed"), (load.Tables.Sum(t => t.Removed), "facts removed")];
            if (beside.Any(b => b.Rows > 0)) Console.WriteLine($"{Terminal.Plain(load.Name)}: {string.Join(", ", beside.Where(b => b.Rows > 0).Select(b => $"{b.Rows:N0} {b.What}"))}.");
        }
        using var warehouse = Warehouse.Open(settings.Database);
        var counts = Questions.Answer(warehouse, "SELECT count(DISTINCT tailnum), count(*), (SELECT count(*) FROM fact_aircraft_day) FROM dim_aircraft WHERE aircraft_key > 0", out _)[0];
        Console.WriteLine($"{counts[0]:N0} aircraft in {counts[1]:N0} versions, {counts[2]:N0} aircraft-days, in {took.TotalSeconds:0.0} s.");
        Console.WriteLine($"Store: {Shown(settings.Database)}");
        var model = SemanticModel.Load(ProjectFolder.At("metrics"));
        Console.WriteLine(string.Join(", ", new[] { "flights", "on_time_rate", "cancellation_rate", "mean_arr_delay" }.Select(name => $"{name} {MetricVerb.Figure(warehouse, model, name)}")) + ".");
        return 0;
    }

    /// <summary>A path as seen from where the user is, when it lies below.</summary>
    public static string Shown(string path) => Path.GetRelativePath(Directory.GetCurrentDirectory(), path) is var near && near.StartsWith("..", StringComparison.Ordinal) ? path : near;
}
