namespace KafkaIngest;

/// <summary>A moment of a run, as <see cref="LiveText"/> shows it.</summary>
/// <param name="AtUtc">The event time that the replay has come to; null before the first event.</param>
/// <param name="Acknowledged">Events, those of runs before this one too.</param>
/// <param name="Rate">Events acknowledged a second.</param>
/// <param name="Lake">Null: it is not written.</param>
/// <param name="P50">Milliseconds from producer to commit in SQLite; null before the first.</param>
sealed record Moment(DateTime? AtUtc, long Acknowledged, long Total, double Rate, TimeSpan Elapsed, IReadOnlyList<long> Ends, IReadOnlyList<long> Sqlite, IReadOnlyList<long>? Lake, long? P50, long? P99, bool HeldBack, string? Trouble);

/// <summary>What is shown of a run while it works. No line is wider than 79 characters: a line that wraps can't be drawn over.</summary>
static class LiveText
{
    const int Width = 79;

    public static Moment Of(RunState state, double rate)
    {
        var latency = state.Latency;
        return new(state.Producing.AtUtc, state.Producing.First + state.Producing.Acknowledged, state.Producing.Total, rate, state.Elapsed, state.Ends, state.Durable(SinkKind.Sqlite), state.HasLake ? state.Durable(SinkKind.Lake) : null, latency.Quantile(0.5), latency.Quantile(0.99), state.HeldBack, state.Trouble);
    }

    /// <summary>For a stream that is no terminal.</summary>
    public static string Line(Moment now) => string.Join("  ",
        [.. Head(now), $"lag {Lag(now.Ends, now.Sqlite):N0}{(now.Lake is { } lake ? $" and lake {Lag(now.Ends, lake):N0}" : "")}", .. Latency(now), .. Notes(now)]);

    /// <summary>For a terminal: the lines of a table.</summary>
    public static IReadOnlyList<string> Table(Moment now)
    {
        List<string> lines = [string.Join("   ", Head(now)), $"{"partition",-11}{"end",10}{"SQLite",12}{"lag",10}{(now.Lake is null ? "" : $"{"lake",12}{"lag",10}")}"];
        for (var p = 0; p < now.Ends.Count; p++)
        {
            var end = Math.Max(now.Ends[p], Math.Max(now.Sqlite[p], now.Lake?[p] ?? 0));      // the end was asked a little before
            lines.Add($"{p,-11}{end,10:N0}{now.Sqlite[p],12:N0}{end - now.Sqlite[p],10:N0}{(now.Lake is null ? "" : $"{now.Lake[p],12:N0}{end - now.Lake[p],10:N0}")}");
        }
        lines.AddRange(Latency(now));
        lines.AddRange(Notes(now));
        return [.. lines.Select(line => line.Length <= Width ? line : line[..(Width - 1)] + "…")];
    }

    static IEnumerable<string> Head(Moment now) =>
        [now.AtUtc is { } at ? $"{at:yyyy-MM-dd HH:mm}" : "no event yet", $"{now.Acknowledged:N0} of {now.Total:N0} acknowledged", $"{now.Rate:N0} a second", $"{now.Elapsed.TotalSeconds:0} s"];

    static long Lag(IReadOnlyList<long> ends, IReadOnlyList<long> stored) => ends.Zip(stored, (end, next) => Math.Max(0, end - next)).Sum();

    static IEnumerable<string> Latency(Moment now) => now.P50 is { } half ? [$"producer to commit: p50 {half:N0} ms, p99 {now.P99:N0} ms"] : [];

    static IEnumerable<string> Notes(Moment now)
    {
        if (now.HeldBack) yield return "The embedded broker's memory is full: the producer waits for the consumers.";
        if (now.Trouble is { } trouble) yield return $"Trouble: {Terminal.Plain(trouble)}";
    }
}
