namespace Orchestrator;

/// <summary>Where a scheduler finds its data and keeps its state.</summary>
/// <param name="Input">The folder of the source data.</param>
/// <param name="Output">The folder of state, logs and results.</param>
sealed record Settings(string Input, string Output)
{
    public string Database => Path.Combine(Output, "state.db");
    /// <summary>An attempt whose last heartbeat is older is lost.</summary>
    public TimeSpan HeartbeatTimeout { get; init; } = TimeSpan.FromSeconds(10);
    /// <summary>How often an attempt gives a sign of life.</summary>
    public TimeSpan Heartbeat => HeartbeatTimeout / 5;
    /// <summary>How many attempts run at once.</summary>
    public int Parallelism { get; init; } = 8;

    /// <summary>An attempt's log: a file of its own, as Airflow lays them out. Colons are left out, for not every file system takes them.</summary>
    public string LogFile(string dag, string run, string task, int tryNumber) =>
        Path.Combine(Output, "logs", $"dag_id={dag}", $"run_id={run.Replace(":", "", StringComparison.Ordinal)}", $"task_id={task}", $"attempt={tryNumber}.log");
}
