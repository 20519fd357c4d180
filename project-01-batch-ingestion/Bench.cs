using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Microsoft.Data.Sqlite;

namespace BatchIngestion;

/// <summary>Measures a run of this program against what others would take for the same file, one after the other, on this
/// machine, now. Each run is a process of its own, so that its peak memory is its own.</summary>
static class Bench
{
    /// <summary>One way to load the file.</summary>
    /// <param name="Start">The program and its arguments, given an empty folder for what it writes.</param>
    /// <param name="Rows">How many rows are in that folder afterwards, given what the program printed.</param>
    sealed record Contender(string What, Func<string, string[]> Start, Func<string, string, long> Rows);

    readonly record struct Measure(double Seconds, long PeakBytes);

    static bool Debug => typeof(Bench).Assembly.GetCustomAttribute<DebuggableAttribute>()?.IsJITOptimizerDisabled == true;

    public static async Task<int> Run(long rows, int runs, CancellationToken stop)
    {
        if (runs < 1) throw new UserException($"--runs is a number from 1, found {runs}.", 2);
        var scratch = Directory.CreateTempSubdirectory("bench-").FullName;
        try
        {
            var landing = Path.Combine(scratch, "landing");
            Generate.Run(rows, 1, landing, 1, stop);
            var file = Path.Combine(landing, "flights-generated-01.csv");
            var skipped = new List<string>();
            var contenders = await Contenders(landing, file, skipped, stop);
            var measures = contenders.ToDictionary(c => c, _ => new List<Measure>());
            for (var run = 1; run <= runs; run++)
                foreach (var contender in contenders)
                {
                    Terminal.Progress($"run {run} of {runs}: {contender.What}");
                    var folder = Directory.CreateDirectory(Path.Combine(scratch, "output")).FullName;
                    var (measure, code, printed) = await Start(contender.Start(folder), stop);
                    var loaded = code == 0 ? contender.Rows(folder, printed) : 0;
                    if (code == 0 && loaded == rows) measures[contender].Add(measure);
                    else skipped.Add($"{contender.What}, run {run}: exit code {code}, {loaded:N0} of {rows:N0} rows. {printed.Trim().Split('\n')[^1]}");
                    Crash.Delete(folder);
                }
            Terminal.EndProgress();
            Print(contenders, measures, rows);
            Console.WriteLine($"{rows:N0} rows, {new FileInfo(file).Length / 1e6:N0} MB of CSV, {runs} {(runs == 1 ? "run" : "runs")} each, alternately; {Environment.ProcessorCount} processors; files in {Path.GetTempPath()}, just written.");
            if (Debug) Console.WriteLine("This program is a Debug build. A fair measure: dotnet run -c Release -- bench");
            foreach (var why in skipped) Console.WriteLine($"Not measured: {why}");
            return measures[contenders[0]].Count == runs ? 0 : 1;
        }
        finally { Crash.Delete(scratch); }
    }

    static void Print(IReadOnlyList<Contender> contenders, Dictionary<Contender, List<Measure>> measures, long rows)
    {
        var ours = measures[contenders[0]];
        Terminal.Table(["what", "seconds", "min–max", "rows/s", "peak MiB", "× of ours"], contenders.Where(c => measures[c].Count > 0).Select(c =>
        {
            var seconds = Median(measures[c].Select(m => m.Seconds));
            var times = ours.Count == 0 ? "" : Text(seconds / Median(ours.Select(m => m.Seconds)), "0.00");
            return (IReadOnlyList<string>)[c.What, Text(seconds, "0.00"), $"{Text(measures[c].Min(m => m.Seconds), "0.00")}–{Text(measures[c].Max(m => m.Seconds), "0.00")}", $"{rows / seconds:N0}", $"{measures[c].Max(m => m.PeakBytes) / 1048576:N0}", times];
        }));

        static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
    }

    static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    static async Task<IReadOnlyList<Contender>> Contenders(string landing, string file, List<string> skipped, CancellationToken stop)
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var all = new List<Contender> { new("this program: SQLite and Parquet, checked", to => [dotnet, "exec", typeof(Ingestion).Assembly.Location, "run", "--input", landing, "--output", to], (to, _) => Count(Path.Combine(to, "warehouse.db"))) };
        if (await Works(["sqlite3", "--version"], stop))
            all.Add(new("sqlite3 .import: SQLite, unchecked", to => ["sqlite3", "-batch", Path.Combine(to, "t.db"), "PRAGMA page_size=16384; PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA cache_size=-32768", Ddl(), $".import --csv --skip 1 \"{file}\" flights"], (to, _) => Count(Path.Combine(to, "t.db"))));
        else skipped.Add("sqlite3 is not on PATH.");

        var python = Environment.GetEnvironmentVariable("PYTHON");
        if (string.IsNullOrEmpty(python)) { skipped.Add("pandas and DuckDB: PYTHON names no interpreter."); return all; }
        if (await Works([python, "-c", "import pandas"], stop))
            all.Add(new("pandas read_csv, to_sql: SQLite, no key", to => [python, "-c", Pandas, file, Path.Combine(to, "t.db")], (to, _) => Count(Path.Combine(to, "t.db"))));
        else skipped.Add($"pandas: {python} can't import it.");
        if (await Works([python, "-c", "import duckdb"], stop))
            all.Add(new("DuckDB COPY: Parquet only", to => [python, "-c", DuckDb, file, Path.Combine(to, "t.parquet")], (_, printed) => long.TryParse(printed.Split('\n')[0].Trim(), CultureInfo.InvariantCulture, out var count) ? count : 0));
        else skipped.Add($"DuckDB: {python} can't import it.");
        return all;
    }

    const string Pandas = """
        import sqlite3, sys, pandas
        con = sqlite3.connect(sys.argv[2])
        pandas.read_csv(sys.argv[1]).to_sql("flights", con, index=False, chunksize=100_000)
        con.commit()
        con.close()
        """;

    const string DuckDb = """
        import sys, duckdb
        duckdb.execute("SET enable_progress_bar = false")
        print(duckdb.execute(f"COPY (SELECT * FROM read_csv('{sys.argv[1]}', nullstr='NA')) TO '{sys.argv[2]}' (FORMAT parquet, COMPRESSION zstd)").fetchone()[0])
        """;

    /// <summary>The table of the store without what a plain import has no values for. Not STRICT: NA is text in a number's column.</summary>
    static string Ddl()
    {
        var contract = Contracts.Load(ProjectFolder.At("contracts")).First(c => c.Table == "flights");
        var columns = contract.Columns.Select(c => $"{SqlText.Quote(c.Name)} {SqlText.Type(c.Type)}{(c.Required ? " NOT NULL" : "")}");
        return $"CREATE TABLE flights ({string.Join(", ", columns)}, PRIMARY KEY ({string.Join(", ", contract.Key.Select(SqlText.Quote))})) WITHOUT ROWID";
    }

    static long Count(string database)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = database, Pooling = false }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM flights";
        return (long)command.ExecuteScalar()!;
    }

    static async Task<bool> Works(string[] command, CancellationToken stop)
    {
        try { return (await Start(command, stop)).Code == 0; }
        catch (System.ComponentModel.Win32Exception) { return false; }
    }

    /// <summary>Runs a program to its end: how long it took and the most memory it held.</summary>
    static async Task<(Measure Measure, int Code, string Printed)> Start(string[] command, CancellationToken stop)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Remove("FAILPOINT");
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var printed = Task.WhenAll(process.StandardOutput.ReadToEndAsync(stop), process.StandardError.ReadToEndAsync(stop));
        try
        {
            var end = process.WaitForExitAsync(stop);
            var peak = 0L;
            while (!end.IsCompleted)
            {
                peak = Math.Max(peak, Peak(process));
                await Task.WhenAny(end, Task.Delay(10, stop));
            }
            await end;
            var seconds = watch.Elapsed.TotalSeconds;
            return (new(seconds, peak), process.ExitCode, string.Concat(await printed));
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>The high-water mark of the process's memory so far: VmHWM where there is /proc.</summary>
    static long Peak(Process process)
    {
        try
        {
            if (!OperatingSystem.IsLinux()) { process.Refresh(); return process.PeakWorkingSet64; }
            var line = File.ReadLines($"/proc/{process.Id}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.AsSpan(6, line.Length - 9), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture) * 1024;
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or UnauthorizedAccessException) { return 0; }     // it has ended
    }
}
