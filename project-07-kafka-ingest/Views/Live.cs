namespace KafkaIngest;

/// <summary>What a run shows while it works, on stderr, and at its end, on stdout. On a terminal a table is drawn over itself; elsewhere a line
/// every few seconds says how far it is.</summary>
sealed class Live
{
    static readonly bool InPlace = !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null or "";
    readonly Queue<(TimeSpan At, long Acknowledged)> before = [];
    TimeSpan last;
    RunState? seen;
    int lines;

    /// <summary>Draws the run, five times a second at most.</summary>
    public void Show(RunState state)
    {
        if (state.Elapsed - last < TimeSpan.FromMilliseconds(200)) return;
        (last, seen) = (state.Elapsed, state);
        before.Enqueue((state.Elapsed, state.Producing.Acknowledged));
        if (before.Count > 10) before.Dequeue();
        var text = LiveText.Of(state, Rate());
        if (!InPlace)
        {
            Terminal.Progress(LiveText.Line(text));
            return;
        }
        // back to the first line, and each line to its end: what is left of the last drawing goes
        var drawing = LiveText.Table(text);
        Console.Error.Write((lines > 0 ? $"\e[{lines}A\r" : "") + string.Concat(drawing.Select(line => line + "\e[K\n")) + "\e[J");
        lines = drawing.Count;
    }

    /// <summary>Acknowledged a second, over the last two seconds.</summary>
    double Rate()
    {
        var (first, now) = (before.Peek(), before.Last());
        return now.At > first.At ? (now.Acknowledged - first.Acknowledged) / (now.At - first.At).TotalSeconds : 0;
    }

    /// <summary>Wipes the drawing, and prints the accounting in its place.</summary>
    public void End(Findings found, Settings settings)
    {
        if (lines > 0) Console.Error.Write($"\e[{lines}A\r\e[J");
        lines = 0;
        Terminal.EndProgress();
        Accounting(found);
        if (seen?.Latency is { } latency && latency.Quantile(0.5) is { } half && latency.Quantile(0.99) is { } most)
            Console.WriteLine($"Producer to commit: p50 {half / 1000.0:0.000} s, p99 {most / 1000.0:0.000} s");
        Console.WriteLine($"Store: {Near(EventStore.PathIn(settings.Output))}{(found.Lake is null ? "" : $"  Lake: {Near(Path.Combine(settings.Output, "lake"))}")}");
    }

    /// <summary>The accounting of a recount, on stdout: the same for every run over the same events.</summary>
    public static void Accounting(Findings found)
    {
        var rows = new List<string[]>();
        if (found.Source is { } source) rows.Add(["source", $"{source:N0}", "", "", ""]);
        rows.Add(["topic, acknowledged", $"{found.InTopic:N0}", "", "", ""]);
        rows.Add(Row("SQLite", found.Sqlite));
        if (found.Lake is { } lake) rows.Add(Row("lake", lake));
        Terminal.Table(["", "records", "stored", "duplicates", "dead-lettered"], rows);
        foreach (var sentence in Sentences(found)) Console.WriteLine(sentence);

        static string[] Row(string name, Counts c) => [name, $"{c.Sum:N0}", $"{c.Stored:N0}", $"{c.Duplicates:N0}", $"{c.DeadLettered:N0}"];
    }

    /// <summary>What the numbers mean, a line each; what is wrong begins with ✘.</summary>
    public static IEnumerable<string> Sentences(Findings found)
    {
        yield return $"acknowledged {found.InTopic:N0} {(found.InTopic == found.Sqlite.Sum ? '=' : '≠')} stored {found.Sqlite.Stored:N0} + duplicates {found.Sqlite.Duplicates:N0} + dead-lettered {found.Sqlite.DeadLettered:N0}";
        if (found.Source is null) yield return $"The store has {found.Stored:N0} events; they were not compared with the source.";
        else if (found.Problems.Count == 0) yield return "The ids stored are the ids of the source: none missing, none doubled.";
        foreach (var problem in found.Problems) yield return $"✘ {Terminal.Plain(problem)}";
        if (found.Problems.Count == 0) yield return $"Digest of the events {found.Digest}{(found.Lake is null ? "" : ", in SQLite and in the lake")}";
    }

    static string Near(string path) => Path.GetRelativePath(Directory.GetCurrentDirectory(), path) is { Length: < 60 } near && !near.StartsWith("..", StringComparison.Ordinal) ? near : path;
}
