namespace KafkaIngest;

/// <summary>What a run shows while it works, and at its end.</summary>
sealed class Live
{
    TimeSpan last;

    /// <summary>Says on stderr how far the run is.</summary>
    public void Show(RunState state)
    {
        if (state.Elapsed - last < TimeSpan.FromMilliseconds(200)) return;
        last = state.Elapsed;
        Terminal.Progress($"produced {state.Producing.Acknowledged:N0}");
    }

    /// <summary>The accounting, on stdout.</summary>
    public void End(Findings found, Settings settings)
    {
        Terminal.EndProgress();
        Console.WriteLine(found);
        foreach (var p in found.Problems) Console.WriteLine(p);
    }

    public static void Accounting(Findings found) => Console.WriteLine(found);
}
