namespace Orchestrator;

/// <summary>The grid on a terminal, drawn over itself while the runs go forward. Where stderr is no terminal, a line every few seconds says how far they are.</summary>
sealed class LiveGrid(DagGraph graph, long backfill)
{
    static readonly bool Live = !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null or "";
    DateTime last;
    int lines;

    public void Draw(StateStore store, DateTime now)
    {
        if (now - last < TimeSpan.FromMilliseconds(200)) return;
        last = now;
        if (!Live)
        {
            Terminal.Progress(string.Join(", ", store.Query("SELECT coalesce(t.state, 'waiting'), count(*) FROM task_instance t JOIN dag_run r USING (dag_id, run_id) WHERE r.backfill_id = $1 GROUP BY t.state", r => $"{r.GetInt32(1)} {r.GetString(0)}", backfill)));
            return;
        }
        var grid = Grid.Text(store, graph).Split('\n');
        // back to the first line, and each line to its end: what is left of the last drawing goes
        Console.Error.Write((lines > 0 ? $"\e[{lines}A\r" : "") + string.Join('\n', grid.Select(line => line.TrimEnd('\r') + "\e[K")));
        lines = grid.Length - 1;
    }

    /// <summary>Wipes the drawing: what is printed next takes its place.</summary>
    public void End()
    {
        if (lines > 0) Console.Error.Write($"\e[{lines}A\r\e[J");
        lines = 0;
        Terminal.EndProgress();
    }
}
