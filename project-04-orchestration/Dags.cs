namespace Orchestrator;

/// <summary>The DAGs of this program. Add yours to <see cref="All"/>.</summary>
static class Dags
{
    public static IReadOnlyList<Dag> All { get; } = [DailyFlights.Dag, MinuteReport.Dag];

    /// <summary>These, and those that only labs, benchmarks and tests run.</summary>
    public static IReadOnlyList<Dag> WithLab => [.. All, .. LabDags.All];

    public static Dag Find(string id) => All.FirstOrDefault(d => d.Id == id) ?? throw new UserException($"There is no DAG '{id}'. DAGs: {string.Join(", ", All.Select(d => d.Id))}.", 2);
}
