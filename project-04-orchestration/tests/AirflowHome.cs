using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Data.Sqlite;

namespace Orchestrator.Tests;

/// <summary>A real Airflow with a home of its own, which goes when the test ends, and with it every process that was started.</summary>
sealed class AirflowHome : IDisposable
{
    // far longer than any of it takes: ends Airflow even when the test's process is killed
    const int LongestLife = 420;

    readonly string airflow = Environment.GetEnvironmentVariable("AIRFLOW") ?? "";
    readonly TempFolder folder;
    readonly int port = FreePort(), logPort = FreePort(), triggerLogPort = FreePort();
    Process? standalone;

    public AirflowHome()
    {
        if (airflow.Length == 0) Assert.Ignore("The environment variable AIRFLOW does not name the airflow command of an Airflow 3.3.");
        folder = new();
        Directory.CreateDirectory(Dags);
        Airflow("db", "migrate");
    }

    public string Dags => folder.At("dags");

    public string At(params string[] parts) => folder.At(parts);

    public string Write(string name, string text) => folder.Write(name, text);

    /// <summary>Runs the airflow command to its end; gives all that it prints. Fails the test when the command fails.</summary>
    public string Airflow(params string[] arguments) => Run(airflow, arguments);

    /// <summary>Runs a script in Airflow's Python; gives what it prints to stdout.</summary>
    public string Python(string script) => Run(Path.Combine(Path.GetDirectoryName(airflow)!, "python"), ["-c", script], onlyStdout: true);

    /// <summary>Starts the whole of Airflow and waits until it answers.</summary>
    public void Start()
    {
        // a session of its own, so that all of it can be killed at once
        standalone = Process.Start(Command("setsid", "timeout", "--kill-after=5", $"{LongestLife}", airflow, "standalone"))!;
        var log = TextWriter.Synchronized(new StreamWriter(folder.At("standalone.log")) { AutoFlush = true });
        standalone.OutputDataReceived += (_, line) => log.WriteLine(line.Data);
        standalone.ErrorDataReceived += (_, line) => log.WriteLine(line.Data);
        standalone.BeginOutputReadLine();
        standalone.BeginErrorReadLine();
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        Wait(TimeSpan.FromSeconds(90), "answer", () =>
        {
            try { return http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/api/v2/monitor/health")).GetAwaiter().GetResult().Split("\"healthy\"").Length == 5; }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException) { return false; }
        });
    }

    /// <summary>Asks Airflow's own database; each row is its columns as texts.</summary>
    public List<string[]> Query(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={folder.At("airflow.db")};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // the texts are this folder's own
        command.CommandText = sql;
#pragma warning restore CA2100
        using var reader = command.ExecuteReader();
        var rows = new List<string[]>();
        while (reader.Read()) rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(at => reader.IsDBNull(at) ? "" : reader.GetString(at))]);
        return rows;
    }

    /// <summary>Looks every half second until it is so; fails the test with the end of Airflow's log when it takes too long.</summary>
    public void Wait(TimeSpan longest, string forWhat, Func<bool> isSo)
    {
        var clock = Stopwatch.StartNew();
        while (!isSo())
        {
            if (clock.Elapsed > longest || standalone is { HasExited: true })
            {
                Stop();
                Assert.Fail($"Airflow did not {forWhat} within {longest.TotalSeconds} s. The end of its log:\n{string.Join('\n', File.ReadLines(folder.At("standalone.log")).TakeLast(60))}");
            }
            Thread.Sleep(500);
        }
    }

    public void Dispose()
    {
        Stop();
        folder.Dispose();
    }

    void Stop()
    {
        if (standalone is null) return;
        var group = standalone.Id;
        standalone.Kill(entireProcessTree: true);      // tasks are in sessions of their own, but children all the same
        using var rest = Process.Start("kill", ["-KILL", "--", $"-{group}"]);
        rest.WaitForExit();
        standalone.WaitForExit();
        standalone.Dispose();
        standalone = null;
    }

    string Run(string command, string[] arguments, bool onlyStdout = false)
    {
        using var process = Process.Start(Command(command, arguments))!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        var all = output + errors.GetAwaiter().GetResult();
        Assert.That(process.ExitCode, Is.Zero, $"{command} {string.Join(' ', arguments)}\n{all}");
        return onlyStdout ? output : all;
    }

    ProcessStartInfo Command(string command, params string[] arguments)
    {
        var start = new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder.Path };
        foreach (var (name, value) in new[]
        {
            ("AIRFLOW_HOME", folder.Path),
            ("AIRFLOW__CORE__DAGS_FOLDER", Dags),
            ("AIRFLOW__CORE__LOAD_EXAMPLES", "False"),
            ("AIRFLOW__CORE__PARALLELISM", "4"),
            // a busy machine: its processes wait for each other's writes, 5 s are too short
            ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", $"sqlite:///{folder.At("airflow.db")}?timeout=60"),
            ("AIRFLOW__CORE__EXECUTION_API_SERVER_URL", $"http://127.0.0.1:{port}/execution/"),
            ("AIRFLOW__API__HOST", "127.0.0.1"),
            ("AIRFLOW__API__PORT", $"{port}"),
            ("AIRFLOW__API__WORKERS", "1"),
            ("AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT", $"{logPort}"),
            ("AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT", $"{triggerLogPort}"),
            ("AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME", "0.2"),
            ("NO_COLOR", "1"),
            // standalone starts `airflow` by its name
            ("PATH", $"{Path.GetDirectoryName(airflow)}:{Environment.GetEnvironmentVariable("PATH")}"),
        }) start.Environment[name] = value;
        return start;
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
