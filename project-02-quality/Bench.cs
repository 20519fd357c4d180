using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace DataQuality;

/// <summary>Measures the engine against DuckDB and pandas on the same Parquet file and the same checks, one after the other, on this
/// machine, now. Each run is a process of its own, reading included, and prints how many rows break each check: the counts must agree.</summary>
static class Bench
{
    /// <param name="Start">The program and its arguments; it prints <c>rule,broken</c> lines.</param>
    sealed record Contender(string What, string[] Start);

    public static async Task<int> Run(long rows, int runs, CancellationToken stop)
    {
        if (runs < 1) throw new UserException($"--runs is a number from 1, found {runs}.", 2);
        if (rows < 1) throw new UserException($"--rows is a number from 1, found {rows}.", 2);
        var scratch = Directory.CreateTempSubdirectory("bench-").FullName;
        try
        {
            var agree = true;
            foreach (var (name, many, table) in new[] { ("80 columns, 226 checks", rows, BenchData.Wide()), ("flights, this project's rules", rows * 5, BenchData.Flights()) })
            {
                var file = Path.Combine(scratch, table.Table + ".parquet");
                Terminal.Progress($"making {table.Table}: {many:N0} rows");
                await (table.Table == "wide" ? BenchData.WriteWide(file, many, stop) : BenchData.WriteFlights(file, many, stop));
                var rules = Path.Combine(scratch, table.Table + ".json");
                File.WriteAllText(rules, JsonSerializer.Serialize(table, RuleFiles.Json));
                agree &= await Measure(name, many, file, Contenders(file, rules, table, scratch), runs, stop);
            }
            return agree ? 0 : 1;
        }
        finally { Crash.Delete(scratch); }
    }

    static async Task<bool> Measure(string name, long rows, string file, IReadOnlyList<Contender> contenders, int runs, CancellationToken stop)
    {
        var seconds = contenders.ToDictionary(c => c, _ => new List<double>());
        var counts = new Dictionary<Contender, string>();
        var skipped = new List<string>();
        for (var run = 0; run <= runs; run++)           // the first one is not counted: it warms the file
            foreach (var contender in contenders.Where(c => run == 0 || counts.ContainsKey(c)))
            {
                Terminal.Progress($"{name}: run {run} of {runs}: {contender.What}");
                var (took, code, printed) = await Start(contender.Start, stop);
                if (code != 0) { skipped.Add($"{contender.What}: {printed.Trim().Split('\n')[^1]}"); continue; }
                counts[contender] = string.Join('\n', printed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => l.Contains(',', StringComparison.Ordinal)).Order(StringComparer.Ordinal));
                if (run > 0) seconds[contender].Add(took);
            }
        Terminal.EndProgress();
        var ours = Median(seconds[contenders[0]]);
        Console.WriteLine($"{name}: {rows:N0} rows, {new FileInfo(file).Length / 1e6:N0} MB of Parquet");
        Terminal.Table(["what", "seconds", "min–max", "× of ours", "verdicts"], contenders.Where(c => seconds[c].Count > 0).Select(c => (IReadOnlyList<string>)
            [c.What, Text(Median(seconds[c])), $"{Text(seconds[c].Min())}–{Text(seconds[c].Max())}", Text(Median(seconds[c]) / ours), counts[c] == counts[contenders[0]] ? "the same" : "other: " + Difference(counts[contenders[0]], counts[c])]));
        foreach (var why in skipped) Console.WriteLine($"Not measured: {why}");
        Console.WriteLine($"{counts[contenders[0]].Split('\n').Length} checks, {runs} {(runs == 1 ? "run" : "runs")} each, alternately; {Environment.ProcessorCount} processors.");
        return counts.Values.Distinct().Count() == 1;
    }

    static string Difference(string ours, string theirs) => theirs.Split('\n').Except(ours.Split('\n')).FirstOrDefault() + " instead of " + ours.Split('\n').Except(theirs.Split('\n')).FirstOrDefault();

    static List<Contender> Contenders(string file, string rules, TableRules table, string scratch)
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var all = new List<Contender> { new("this project", [dotnet, "exec", typeof(Bench).Assembly.Location, "scan", file, "--rules", rules]) };
        if (Environment.GetEnvironmentVariable("PYTHON") is not { Length: > 0 } python)
        {
            Console.WriteLine("DuckDB and pandas are not measured: PYTHON names no interpreter.");
            return all;
        }
        var duckdb = Path.Combine(scratch, table.Table + ".sql");
        File.WriteAllText(duckdb, BenchSql.DuckDb(table, file));
        all.Add(new("DuckDB, one statement", [python, "-c", BenchSql.RunDuckDb, duckdb]));
        var pandas = Path.Combine(scratch, table.Table + ".py");
        File.WriteAllText(pandas, BenchSql.Pandas(table, file));
        all.Add(new("pandas", [python, pandas]));
        return all;
    }

    static async Task<(double Seconds, int Code, string Printed)> Start(string[] command, CancellationToken stop)
    {
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            var error = process.StandardError.ReadToEndAsync(stop);
            var printed = await process.StandardOutput.ReadToEndAsync(stop);
            await process.WaitForExitAsync(stop);
            return (watch.Elapsed.TotalSeconds, process.ExitCode, process.ExitCode == 0 ? printed : printed + await error);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    static double Median(List<double> values)
    {
        if (values.Count == 0) return double.NaN;
        values.Sort();
        return (values[(values.Count - 1) / 2] + values[values.Count / 2]) / 2;
    }

    static string Text(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
