using System.Diagnostics;
using Microsoft.Data.Sqlite;

namespace Orchestrator;

/// <summary>The chain in a real Airflow: <c>airflow standalone</c> in a home of its own.</summary>
static class BenchAirflow
{
    const string Chained = """
        import time
        from datetime import datetime
        from airflow.sdk import DAG, task

        with DAG("lab_chain", schedule=None, start_date=datetime(2013, 1, 1), is_paused_upon_creation=False) as dag:
            @task
            def work():
                time.sleep(0.01)
            last = None
            for number in range(40):
                one = work.override(task_id=f"task_{number:02}")()
                if last is not None: last >> one
                last = one
        """;

    /// <returns>The command that the environment names.</returns>
    /// <exception cref="UserException">It names none; exit code 2.</exception>
    public static string Command() => Environment.GetEnvironmentVariable("AIRFLOW") is { Length: > 0 } command && File.Exists(command) ? command
        : throw new UserException("--airflow needs the environment variable AIRFLOW: the path of the command airflow.", 2);

    /// <returns>From the run's start to its end as Airflow has noted them, in milliseconds.</returns>
    public static double Chain(string command, string scratch, CancellationToken stop)
    {
        var home = Directory.CreateDirectory(Path.Combine(scratch, "airflow")).FullName;
        Directory.CreateDirectory(Path.Combine(home, "dags"));
        File.WriteAllText(Path.Combine(home, "dags", "lab_chain.py"), Chained);
        using var standalone = Start(command, home, "standalone");
        try
        {
            _ = standalone.StandardOutput.ReadToEndAsync(stop);
            _ = standalone.StandardError.ReadToEndAsync(stop);
            for (var until = DateTime.UtcNow.AddMinutes(5); ; stop.WaitHandle.WaitOne(2000))
            {
                stop.ThrowIfCancellationRequested();
                if (DateTime.UtcNow > until || standalone.HasExited) throw new UserException("Airflow did not take up the DAG within five minutes.");
                if (Output(command, home, "dags", "trigger", "lab_chain", "--run-id", "bench") is not null) break;
            }
            for (var until = DateTime.UtcNow.AddMinutes(10); ; stop.WaitHandle.WaitOne(2000))
            {
                stop.ThrowIfCancellationRequested();
                if (DateTime.UtcNow > until) throw new UserException("Airflow did not end the chain within ten minutes.");
                using var state = new SqliteConnection($"Data Source={Path.Combine(home, "airflow.db")};Mode=ReadOnly;Pooling=False");
                state.Open();
                using var ask = state.CreateCommand();
                ask.CommandText = "SELECT state, (julianday(end_date) - julianday(start_date)) * 86400000 FROM dag_run WHERE run_id = 'bench'";
                using var run = ask.ExecuteReader();
                if (!run.Read()) continue;
                if (run.GetString(0) == "failed") throw new UserException("The chain has failed in Airflow.");
                if (run.GetString(0) == "success") return run.GetDouble(1);
            }
        }
        finally
        {
            standalone.Kill(entireProcessTree: true);
            standalone.WaitForExit();
        }
    }

    static Process Start(string command, string home, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in (ReadOnlySpan<(string, string)>)[("AIRFLOW_HOME", home), ("AIRFLOW__CORE__DAGS_FOLDER", Path.Combine(home, "dags")), ("AIRFLOW__CORE__LOAD_EXAMPLES", "False"), ("AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL", "5"), ("PATH", $"{Path.GetDirectoryName(Path.GetFullPath(command))}:{Environment.GetEnvironmentVariable("PATH")}")])
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <returns>Null when the command has failed.</returns>
    static string? Output(string command, string home, params IEnumerable<string> arguments)
    {
        using var process = Start(command, home, arguments);
        var error = process.StandardError.ReadToEndAsync();
        var printed = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        error.Wait();
        return process.ExitCode == 0 ? printed : null;
    }
}
