using System.Text;

namespace Orchestrator;

/// <summary>The grid of a DAG: a row a task, a column a run, a sign a state.</summary>
static class Grid
{
    public const string Legend = "✔ done   2 done at the 2nd try   w done after waiting   - skipped   ✘ failed   u upstream failed\nr running   q scheduled or queued   t up for retry   z up for reschedule   x removed   · not yet";

    /// <param name="runs">The last runs that are shown; a column is two characters wide.</param>
    public static string Text(StateStore store, DagGraph graph, int runs = 31)
    {
        var shown = store.Query($"SELECT * FROM (SELECT {RunRow.Columns} FROM dag_run r WHERE r.dag_id = $1 ORDER BY r.logical_date DESC LIMIT $2) ORDER BY logical_date", RunRow.Of, graph.Dag.Id, runs);
        if (shown.Count == 0) return $"{graph.Dag.Id} has no runs yet.\n";
        var cells = store.Query("SELECT t.run_id, t.task_id, t.state, t.try_number, EXISTS (SELECT 1 FROM attempt a WHERE a.dag_id = t.dag_id AND a.run_id = t.run_id AND a.task_id = t.task_id AND a.state = 'up_for_reschedule') FROM task_instance t WHERE t.dag_id = $1",
            r => ((r.GetString(0), r.GetString(1)), Sign(States.Task(r.Text(2)), r.GetInt32(3), r.GetInt64(4) == 1)), graph.Dag.Id).ToDictionary();
        var width = graph.Order.Max(t => t.Id.Length) + 2;
        var text = new StringBuilder();
        text.AppendLine($"{graph.Dag.Id}: {shown[0].LogicalDate:yyyy-MM-dd} to {shown[^1].LogicalDate:yyyy-MM-dd}");
        text.AppendLine();
        Line("", r => r.LogicalDate.Day % 10 == 0 || r == shown[0] ? (char)('0' + r.LogicalDate.Day / 10) : ' ');
        Line("day", r => (char)('0' + r.LogicalDate.Day % 10));
        foreach (var task in graph.Order) Line(task.Id, r => cells.GetValueOrDefault((r.RunId, task.Id), 'x'));
        Line("run", r => r.State switch { RunState.Success => '✔', RunState.Failed => '✘', RunState.Running => 'r', _ => 'q' });
        return text.ToString();

        void Line(string name, Func<RunRow, char> cell) => text.AppendLine((name.PadRight(width) + string.Join(' ', shown.Select(cell))).TrimEnd());
    }

    /// <summary>The sign of a task's state.</summary>
    static char Sign(TaskState state, int tries, bool waited) => state switch
    {
        TaskState.Success => waited ? 'w' : tries is > 1 and < 10 ? (char)('0' + tries) : '✔',
        TaskState.Failed => '✘',
        TaskState.Skipped => '-',
        TaskState.UpstreamFailed => 'u',
        TaskState.Running or TaskState.Restarting => 'r',
        TaskState.Scheduled or TaskState.Queued => 'q',
        TaskState.UpForRetry => 't',
        TaskState.UpForReschedule => 'z',
        TaskState.Removed => 'x',
        _ => '·',
    };
}
