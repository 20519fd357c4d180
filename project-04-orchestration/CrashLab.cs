using System.Diagnostics;
using System.Globalization;

namespace Orchestrator;

/// <summary>The crash lab of this project: two days are backfilled, and what works on them is killed. At a failpoint it is the scheduler with its
/// tasks in it; at random moments each task is a process, and in turn the scheduler dies, or a task, or both.</summary>
static class CrashLab
{
    /// <summary>Where a run is killed: <c>before-commit</c> (of any transaction on the state), <c>committed</c> (a tick is written, its attempts are not
    /// started), <c>fenced</c> (an attempt holds the lock and has not written), <c>written</c> (its data are there, its success is not), <c>published</c>
    /// (a report is there, its row is not).</summary>
    public static readonly IReadOnlyList<string> Failpoints = ["before-commit", "before-commit:3", "before-commit:12", "committed", "committed:5", "committed:9", "fenced", "fenced:3", "written", "written:3", "published"];

    static readonly string[] Days = ["2013-01-13", "2013-01-14"];

    public static CrashPlan Plan(string scratch) => new(Failpoints, Prepare, Arguments, Compare, Left, Kill);

    static Task Prepare(string folder)
    {
        Directory.CreateDirectory(Path.Combine(folder, "source"));
        foreach (var day in Days) File.Copy(ProjectFolder.At("data", "source", $"flights_{day}.csv"), Path.Combine(folder, "source", $"flights_{day}.csv"));
        return Task.CompletedTask;
    }

    static string[] Arguments(string folder)
    {
        string[] backfill = ["backfill", "--from", Days[0], "--to", Days[^1], "--input", Path.Combine(folder, "source"), "--output", Path.Combine(folder, "out"), "--heartbeat-timeout", "2"];
        var inProcess = Path.GetFileName(folder).Split('-') is ["killed", var number] && int.Parse(number, CultureInfo.InvariantCulture) < Failpoints.Count;
        return inProcess ? backfill : [.. backfill, "--isolated"];
    }

    /// <summary>In turn the scheduler, one of its tasks, and all.</summary>
    static bool Kill(Process scheduler, int number)
    {
        switch (number % 3)
        {
            case 0: scheduler.Kill(); return true;
            case 1:
                foreach (var task in Tasks(scheduler))
                    using (task)
                    {
                        task.Kill();
                        return true;
                    }
                return false;
            default: scheduler.Kill(entireProcessTree: true); return true;
        }
    }

    /// <summary>The processes that are at work on an attempt.</summary>
    static IEnumerable<Process> Tasks(Process scheduler)
    {
        var arguments = scheduler.StartInfo.ArgumentList;
        var database = new Settings("", arguments[arguments.IndexOf("--output") + 1]).Database;
        if (!File.Exists(database)) yield break;
        using var store = new StateStore(database);
        foreach (var pid in store.Query("SELECT pid FROM attempt WHERE state = 'running' ORDER BY token DESC", r => r.GetInt32(0)))
        {
            Process? task = null;
            try { task = Process.GetProcessById(pid); }
            catch (ArgumentException) { }       // it has just ended
            if (task is not null) yield return task;
        }
    }

    /// <summary>Whenever it is looked at, a day of the warehouse is whole or not there.</summary>
    static string? Left(string folder)
    {
        var path = Warehouse.PathIn(Path.Combine(folder, "out"));
        if (!File.Exists(path)) return null;
        try { return Halves(path).FirstOrDefault(); }
        catch (Microsoft.Data.Sqlite.SqliteException) { return null; }      // its tables are not there yet
    }

    static IEnumerable<string> Halves(string path)
    {
        using var store = Open(path);
        foreach (var day in Days)
            if (Count(store, $"SELECT count(*) FROM flight WHERE day = '{day}'") is var found && found != 0 && found != File.ReadLines(ProjectFolder.At("data", "source", $"flights_{day}.csv")).Count() - 1)
                yield return $"{day} has {found} flights";
    }

    static Task<(long, long, string?)> Compare(string undisturbed, string folder)
    {
        var (expected, found) = (Warehouse.PathIn(Path.Combine(undisturbed, "out")), Warehouse.PathIn(Path.Combine(folder, "out")));
        long lost = 0, doubled = 0;
        foreach (var (was, now) in Warehouse.Counts(expected).Zip(Warehouse.Counts(found)))
            if (now.Rows < was.Rows) lost += was.Rows - now.Rows; else doubled += now.Rows - was.Rows;
        return Task.FromResult((lost, doubled, Warehouse.Difference(expected, found) ?? States(Path.Combine(folder, "out", "state.db"))));
    }

    /// <summary>What is wrong in the scheduler's memory after the second run.</summary>
    static string? States(string path)
    {
        using var store = Open(path);
        if (Count(store, "SELECT count(*) FROM dag_run WHERE state = 'success'") != Days.Length) return "not every run succeeded";
        if (Count(store, "SELECT count(*) FROM task_instance WHERE coalesce(state, '') NOT IN ('success', 'skipped')") != 0) return "a task is not done";
        return Count(store, "SELECT count(*) FROM (SELECT 1 FROM transition WHERE to_state = 'success' GROUP BY dag_id, run_id, task_id HAVING count(*) > 1)") != 0 ? "a task that had succeeded ran again" : null;
    }

    static Microsoft.Data.Sqlite.SqliteConnection Open(string path)
    {
        var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        return connection;
    }

    static long Count(Microsoft.Data.Sqlite.SqliteConnection store, string sql)
    {
        using var command = store.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }
}
