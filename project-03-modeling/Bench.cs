using System.Diagnostics;
using System.Globalization;
using Microsoft.Data.Sqlite;

namespace DimensionalModel;

/// <summary>Measures on this machine, now: the build of the star, every question on it and on the flat tables in plain SQLite and in DuckDB,
/// and a load of type 2. The answers must agree.</summary>
static class Bench
{
    const int Aircraft = 1_000_000;

    public static async Task<int> Run(long rows, int runs, CancellationToken stop)
    {
        if (rows < 1000) throw new UserException($"--rows is a number from 1000, found {rows}.", 2);
        if (runs < 1) throw new UserException($"--runs is a number from 1, found {runs}.", 2);
        var scratch = Directory.CreateTempSubdirectory("bench-").FullName;
        try
        {
            Terminal.Progress($"making {rows:N0} flights");
            var load = Path.Combine(scratch, "year");
            BenchData.Flights(load, rows, 1, stop);
            var warehouse = await Build(load, scratch, rows, runs, stop);
            var agree = await Ask(load, warehouse, scratch, runs, stop);
            await TypeTwoLoad(scratch, runs, stop);
            return agree ? 0 : 1;
        }
        finally { Crash.Delete(scratch); }
    }

    static async Task<string> Build(string load, string scratch, long rows, int runs, CancellationToken stop)
    {
        var took = new List<(double Seconds, long Peak)>();
        var output = Path.Combine(scratch, "out");
        for (var run = 1; run <= runs; run++)
        {
            Terminal.Progress($"build, run {run} of {runs}");
            Crash.Delete(output);
            took.Add(await Start([.. Program, "run", "--input", load, "--output", output], stop));
        }
        Terminal.EndProgress();
        var median = Median(took.Select(t => t.Seconds));
        var database = new FileInfo(Path.Combine(output, "warehouse.db"));
        Console.WriteLine($"Build: {rows:N0} flights ({new FileInfo(Path.Combine(load, "flights.csv")).Length / 1e6:N0} MB of CSV) into {database.Length / 1e6:N0} MB in {Text(median)} s ({Text(took.Min(t => t.Seconds))}–{Text(took.Max(t => t.Seconds))}), {rows / median:N0} facts a second, with {took.Max(t => t.Peak) / 1048576:N0} MiB at the peak.");
        return database.FullName;
    }

    static async Task<bool> Ask(string load, string warehouse, string scratch, int runs, CancellationToken stop)
    {
        Terminal.Progress("the flat tables");
        var (ours, theirs, flat) = (new Dictionary<string, (double Seconds, string Answer)>(), new Dictionary<string, (double Seconds, string Answer)>(), Path.Combine(scratch, "flat.db"));
        using (var store = new Store(flat)) Flat.Build(store, Loads.Find(load));
        var duckdb = await DuckDb(load, scratch, runs, stop);
        using (var star = Warehouse.Open(warehouse))
        using (var plain = new SqliteConnection($"Data Source={flat};Mode=ReadOnly;Pooling=False"))
        {
            plain.Open();
            foreach (var question in Questions.All)
            {
                stop.ThrowIfCancellationRequested();
                Terminal.Progress($"asking {question.Name}");
                ours[question.Name] = Time(star, question.Sql, runs);
                theirs[question.Name] = Time(plain, Store.Resource($"flat/{question.Name}.sql"), Math.Min(runs, 3));
            }
        }
        Terminal.EndProgress();
        Terminal.Table(["question", "star", "flat SQLite", "times", "DuckDB", "times", "answers"], Questions.All.Select(q => (IReadOnlyList<string>)
            [q.Name, Text(ours[q.Name].Seconds), Text(theirs[q.Name].Seconds), Times(theirs, q.Name), duckdb.Count > 0 ? Text(duckdb[q.Name].Seconds) : "", duckdb.Count > 0 ? Times(duckdb, q.Name) : "", Agree(q.Name) ? "the same" : "other"]));
        var ratios = Questions.All.Select(q => theirs[q.Name].Seconds / ours[q.Name].Seconds).ToList();
        Console.WriteLine($"Seconds, medians of {runs} runs (flat SQLite: {Math.Min(runs, 3)}). Against flat SQLite {Geometric(ratios):0} times in the geometric mean, {ratios.Min():0.0} at the least{(duckdb.Count > 0 ? $"; against DuckDB {Geometric(Questions.All.Select(q => duckdb[q.Name].Seconds / ours[q.Name].Seconds)):0.0} times" : "; DuckDB is not measured: PYTHON names no interpreter with it")}.");
        return Questions.All.All(q => Agree(q.Name));

        string Times(Dictionary<string, (double Seconds, string Answer)> other, string name) => (other[name].Seconds / ours[name].Seconds).ToString("0.0", CultureInfo.InvariantCulture);
        bool Agree(string name) => ours[name].Answer == theirs[name].Answer && (duckdb.Count == 0 || ours[name].Answer == duckdb[name].Answer);
    }

    static (double Seconds, string Answer) Time(SqliteConnection connection, string sql, int runs)
    {
        var (times, answer) = (new List<double>(), "");
        for (var run = 0; run < runs; run++)
        {
            var watch = Stopwatch.StartNew();
            var rows = Questions.Answer(connection, sql, out _);
            times.Add(watch.Elapsed.TotalSeconds);
            answer = Canonical(rows.Select(r => r.Select(v => v switch { null => "", double d => d.ToString("0.####", CultureInfo.InvariantCulture), _ => Convert.ToString(v, CultureInfo.InvariantCulture)! })));
        }
        return (Median(times), answer);
    }

    /// <summary>Rows in their order; a number without superfluous zeros.</summary>
    static string Canonical(IEnumerable<IEnumerable<string>> rows) => string.Join('\n', rows.Select(r => string.Join('\t', r)));

    static async Task<Dictionary<string, (double Seconds, string Answer)>> DuckDb(string load, string scratch, int runs, CancellationToken stop)
    {
        if (Environment.GetEnvironmentVariable("PYTHON") is not { Length: > 0 } python) return [];
        var sql = Directory.CreateDirectory(Path.Combine(scratch, "flat")).FullName;
        foreach (var question in Questions.All) File.WriteAllText(Path.Combine(sql, question.Name + ".sql"), Store.Resource($"flat/{question.Name}.sql"));
        Terminal.Progress("asking DuckDB");
        var start = new ProcessStartInfo(python, ["-c", Script, load, sql, Path.Combine(scratch, "flat.duckdb"), $"{runs}"]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var printed = await process.StandardOutput.ReadToEndAsync(stop);
        await process.WaitForExitAsync(stop);
        if (process.ExitCode != 0) return [];
        return printed.Split("== ", StringSplitOptions.RemoveEmptyEntries).ToDictionary(p => p.Split(' ')[0], p => (double.Parse(p.Split('\n')[0].Split(' ')[1], CultureInfo.InvariantCulture), p[(p.IndexOf('\n') + 1)..].TrimEnd('\n')));
    }

    const string Script = """
        import sys, os, time, statistics, duckdb
        load, sql, path, runs = sys.argv[1:5]
        db = duckdb.connect(path)
        db.execute("SET enable_progress_bar = false")
        types = {"flights": {"sched_dep_utc": "VARCHAR", "sched_dep_local": "VARCHAR", "dep_utc": "VARCHAR", "dep_local": "VARCHAR", "tailnum": "VARCHAR"}, "planes": {"effective_from": "VARCHAR"}, "weather": {"hour_utc": "VARCHAR"}}
        for table in ["flights", "planes", "airports", "airlines", "weather"]:
            db.execute(f"CREATE TABLE {table} AS SELECT * FROM read_csv('{load}/{table}.csv', header = true, types = {types.get(table, {})})")
        def text(v):
            if v is None: return ""
            if isinstance(v, bool): return str(int(v))
            if isinstance(v, (int, str)): return str(v)
            s = f"{float(v):.4f}".rstrip("0").rstrip(".")
            return "0" if s == "-0" else s
        for name in sorted(os.listdir(sql)):
            query, times = open(f"{sql}/{name}").read(), []
            for _ in range(int(runs)):
                begin = time.perf_counter()
                rows = db.execute(query).fetchall()
                times.append(time.perf_counter() - begin)
            print("== " + name[:-4], statistics.median(times))
            print("\n".join("\t".join(text(v) for v in row) for row in rows))
        """;

    static async Task TypeTwoLoad(string scratch, int runs, CancellationToken stop)
    {
        var (first, second, output, took) = (Path.Combine(scratch, "registry-1"), Path.Combine(scratch, "registry-2"), Path.Combine(scratch, "registry"), new List<(double Seconds, long Peak)>());
        BenchData.Registry(first, second, Aircraft);
        for (var run = 1; run <= runs; run++)
        {
            Terminal.Progress($"type 2, run {run} of {runs}");
            Crash.Delete(output);
            await Start([.. Program, "run", "--input", first, "--output", output], stop);
            took.Add(await Start([.. Program, "run", "--input", second, "--output", output], stop));
        }
        Terminal.EndProgress();
        Console.WriteLine($"Type 2: a snapshot of {Aircraft:N0} aircraft, one in a hundred changed, in {Text(Median(took.Select(t => t.Seconds)))} s ({Text(took.Min(t => t.Seconds))}–{Text(took.Max(t => t.Seconds))}), with {took.Max(t => t.Peak) / 1048576:N0} MiB at the peak.");
    }

    static string[] Program => [Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", "exec", typeof(Bench).Assembly.Location];

    /// <summary>Runs a program to its end: seconds, and the most memory that it held, in bytes (0 where /proc does not say).</summary>
    static async Task<(double Seconds, long Peak)> Start(string[] command, CancellationToken stop)
    {
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            var printed = Task.WhenAll(process.StandardOutput.ReadToEndAsync(stop), process.StandardError.ReadToEndAsync(stop));
            var (end, peak) = (process.WaitForExitAsync(stop), 0L);
            while (!end.IsCompleted)
            {
                try { peak = Math.Max(peak, File.ReadLines($"/proc/{process.Id}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal)) is { } line ? long.Parse(line[6..^2].Trim(), CultureInfo.InvariantCulture) * 1024 : 0); }
                catch (IOException) { }     // it has ended, or there is no /proc
                await Task.WhenAny(end, Task.Delay(20, stop));
            }
            await end;
            if (process.ExitCode != 0) throw new UserException($"{string.Join(' ', command)} ended with exit code {process.ExitCode}: {string.Concat(await printed).Trim()}");
            return (watch.Elapsed.TotalSeconds, peak);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    static double Geometric(IEnumerable<double> values) => Math.Exp(values.Average(Math.Log));

    static double Median(IEnumerable<double> values) => values.Order().ToList() is var all ? (all[(all.Count - 1) / 2] + all[all.Count / 2]) / 2 : 0;

    static string Text(double seconds) => seconds.ToString(seconds < 1 ? "0.000" : "0.00", CultureInfo.InvariantCulture);
}
