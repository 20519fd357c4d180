using System.Text;

namespace Orchestrator;

/// <summary>What happens to each attempt of a simulated world: how long it takes, and how it ends. All is drawn by a hash of the attempt's name and
/// the seed, so it does not depend on the order in which things are asked for, nor on the machine.</summary>
/// <param name="failures">How likely an attempt fails; a tenth as likely it is lost.</param>
sealed class Fate(long seed, double failures, IReadOnlyDictionary<string, DagGraph> graphs)
{
    /// <summary>How an attempt that starts now fares; a lost one takes <see cref="Timeout.InfiniteTimeSpan"/>.</summary>
    /// <param name="now">UTC, simulated.</param>
    public (TimeSpan Takes, Outcome? Outcome) Of(Attempt attempt, DateTime now)
    {
        var graph = graphs[attempt.DagId];
        var task = graph.Dag[attempt.TaskId];
        double Draw(string what) => Chance(seed, attempt.DagId, attempt.RunId, attempt.TaskId, attempt.TryNumber, what);

        if (task is SensorTask sensor) return Look(sensor, attempt, now);
        if (Draw("lost") < failures / 10) return (Timeout.InfiniteTimeSpan, null);
        var usual = 0.5 + 3 * Chance(seed, attempt.DagId, "", attempt.TaskId, 0, "usual");
        var takes = Seconds(usual * (0.5 + Draw("takes")) * (Draw("slow") < 0.05 ? 10 : 1));
        if (task.ExecutionTimeout is { } limit && takes > limit) return (limit, new Outcome.Failed("it took longer than its execution time-out"));
        if (Draw("fails") < failures) return (takes, Draw("how") switch { < 0.1 => null, < 0.2 => new Outcome.Failed("drawn, for good", Retry: false), _ => new Outcome.Failed("drawn") });
        return (takes, task switch
        {
            BranchTask => new Outcome.Succeeded(Followed: Follow(graph.Downstream(task.Id), Draw("follow"))),
            ShortCircuitTask => new Outcome.Succeeded(Stopped: Draw("stop") < 0.1),
            _ => new Outcome.Succeeded(),
        });
    }

    /// <summary>Most days what is waited for is there; on some it is late, and seldom it never comes.</summary>
    (TimeSpan, Outcome) Look(SensorTask sensor, Attempt attempt, DateTime now)
    {
        var draw = Chance(seed, attempt.DagId, attempt.RunId, attempt.TaskId, 0, "late");
        var late = draw switch { < 0.8 => TimeSpan.Zero, < 0.95 => Seconds((draw - 0.8) * 200), < 0.995 => Seconds(30 + (draw - 0.95) * 4000), _ => TimeSpan.MaxValue };
        var there = late == TimeSpan.MaxValue ? DateTime.MaxValue : attempt.Interval.End + late;
        var until = attempt.WaitingSince + sensor.Timeout;
        var look = TimeSpan.FromMilliseconds(20);
        if (there <= now) return (look, new Outcome.Succeeded());
        if (sensor.Mode == SensorMode.Reschedule && now < until) return (look, new Outcome.Waiting(sensor.PokeInterval));
        if (there < until) return (there - now, new Outcome.Succeeded());
        return (now < until ? until - now : look, sensor.SoftFail ? new Outcome.Skipped("nothing came") : new Outcome.Failed("nothing came", Retry: false));
    }

    /// <summary>The last one downstream is the usual way; some days take the first, or all.</summary>
    static IReadOnlyList<string> Follow(IReadOnlyList<string> downstream, double draw) =>
        downstream.Count == 0 ? [] : draw switch { < 0.8 => [downstream[^1]], < 0.95 => [downstream[0]], _ => downstream };

    /// <summary>A number in [0, 1) that only depends on what it is asked for: FNV-1a over the text, mixed as SplitMix64 does.</summary>
    public static double Chance(long seed, string dag, string run, string task, int number, string what)
    {
        var hash = 14695981039346656037UL ^ (ulong)seed;
        Span<byte> bytes = stackalloc byte[1024];
        foreach (var part in (ReadOnlySpan<string>)[dag, run, task, what])
        {
            foreach (var one in bytes[..Encoding.UTF8.GetBytes(part, bytes)]) hash = (hash ^ one) * 1099511628211UL;
            hash = (hash ^ 0xff) * 1099511628211UL;
        }
        hash += (ulong)number * 0x9E3779B97F4A7C15UL;
        hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9UL;
        hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EBUL;
        return ((hash ^ (hash >> 31)) >> 11) * (1.0 / (1UL << 53));
    }

    static TimeSpan Seconds(double seconds) => TimeSpan.FromMilliseconds(Math.Ceiling(seconds * 1000));
}
