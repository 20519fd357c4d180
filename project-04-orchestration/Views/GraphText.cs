using System.Text;

namespace Orchestrator;

/// <summary>A DAG drawn in text: a line a task, in order, indented by how many tasks it comes after, with what it waits for.</summary>
static class GraphText
{
    public static string Of(DagGraph graph)
    {
        var depth = new Dictionary<string, int>();
        foreach (var task in graph.Order) depth[task.Id] = task.Upstream.Count == 0 ? 0 : task.Upstream.Max(id => depth[id]) + 1;
        var text = new StringBuilder();
        text.AppendLine($"{graph.Dag.Id}   {graph.Dag.Schedule.Summary}, from {graph.Dag.StartDate:yyyy-MM-dd}{(graph.Dag.EndDate is { } end ? $" to {end:yyyy-MM-dd}" : "")}, catchup {(graph.Dag.Catchup ? "on" : "off")}{(graph.Dag.Retries == 0 ? "" : $", {Retries(graph.Dag.Retries)} a task")}");
        foreach (var task in graph.Order)
        {
            var line = $"{new string(' ', depth[task.Id] * 3)}{(depth[task.Id] == 0 ? "" : "└▶ ")}{task.Id}";
            text.AppendLine($"{line,-34}{Kind(task),-8}{string.Join(", ", Details(task))}".TrimEnd());
        }
        return text.ToString();
    }

    static string Retries(int count) => count == 1 ? "1 retry" : $"{count} retries";

    static string Kind(DagTask task) => task switch { BranchTask => "branch", ShortCircuitTask => "short circuit", SensorTask => "sensor", _ => "" };

    static IEnumerable<string> Details(DagTask task)
    {
        if (task.Upstream.Count > 1) yield return $"after {string.Join(" and ", task.Upstream)}";
        if (task.TriggerRule != TriggerRule.AllSuccess) yield return task.TriggerRule.Text();
        if (task.Retries is { } retries) yield return Retries(retries);
        if (task.Pool != "default_pool") yield return $"pool {task.Pool}";
        if (task.DependsOnPast) yield return "depends on the past";
    }
}
