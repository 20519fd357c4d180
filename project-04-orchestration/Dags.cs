namespace Orchestrator;

/// <summary>The DAGs of this program: add yours to <see cref="Listed"/>. Each is made when it is asked for, so that the process of one task makes one.</summary>
static class Dags
{
    static readonly (string Id, Func<Dag> Make)[] Listed =
    [
        (DailyFlights.Id, () => DailyFlights.Dag),
        (MinuteReport.Id, () => MinuteReport.Dag),
    ];

    public static IReadOnlyList<Dag> All => field ??= [.. Listed.Select(d => d.Make())];

    /// <exception cref="UserException">There is none of this id.</exception>
    public static Dag Find(string id) => Listed.FirstOrDefault(d => d.Id == id).Make?.Invoke() ?? throw new UserException($"There is no DAG '{id}'. DAGs: {string.Join(", ", Listed.Select(d => d.Id))}.", 2);

    /// <summary>One of these, or of those that only labs, benchmarks and tests run.</summary>
    public static Dag FindWithLab(string id) => id.StartsWith("lab_", StringComparison.Ordinal) && LabDags.Find(id) is { } lab ? lab : Find(id);
}
