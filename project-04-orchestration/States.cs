namespace Orchestrator;

/// <summary>The states as the store and the commands write them: Airflow's words.</summary>
static class States
{
    static readonly string?[] Tasks = [null, "scheduled", "queued", "running", "success", "failed", "skipped", "upstream_failed", "up_for_retry", "up_for_reschedule", "restarting", "removed"];
    static readonly string[] Runs = ["queued", "running", "success", "failed"];

    /// <returns>Null for <see cref="TaskState.None"/>.</returns>
    public static string? Text(this TaskState state) => Tasks[(int)state];
    public static TaskState Task(string? text) => (TaskState)Array.IndexOf(Tasks, text);
    public static string Text(this RunState state) => Runs[(int)state];
    public static RunState Run(string text) => (RunState)Array.IndexOf(Runs, text);
    public static string Text(this TriggerRule rule) => string.Concat(rule.ToString().Select((c, i) => char.IsUpper(c) ? (i > 0 ? "_" : "") + char.ToLowerInvariant(c) : c.ToString()));

    /// <summary>Whether a task in this state will not change by itself any more.</summary>
    public static bool IsFinished(this TaskState state) => state is TaskState.Success or TaskState.Failed or TaskState.Skipped or TaskState.UpstreamFailed or TaskState.Removed;
    public static bool IsFailed(this TaskState state) => state is TaskState.Failed or TaskState.UpstreamFailed;
    public static bool IsFinished(this RunState state) => state is RunState.Success or RunState.Failed;
}
