using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Orchestrator;

/// <summary>Hands DAGs to a real Apache Airflow 3: a DAG file each, whose tasks are this app as a command, and the pools.</summary>
static class AirflowExport
{
    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>This build of the app, as a shell reads it; needs <c>dotnet</c> where Airflow runs.</summary>
    public static string DefaultCommand => $"dotnet {Python.ShellWord(typeof(AirflowExport).Assembly.Location)}";

    /// <summary>See <see cref="DagFile.Text"/>.</summary>
    public static string DagFile(Dag dag, string command, string input, string output) => Orchestrator.DagFile.Text(dag, command, input, output);

    /// <summary>The pools as <c>airflow pools import</c> reads them. Airflow creates none by itself, and a task in a pool that is not there never starts.</summary>
    public static string Pools(IReadOnlyList<Pool> pools) =>
        JsonSerializer.Serialize(pools.ToDictionary(p => p.Name, p => new { slots = p.Slots, description = p.Description, include_deferred = false }), Indented) + "\n";

    /// <summary>Writes <c>ID.py</c> for each DAG and <c>pools.json</c>, and says what to do with them.</summary>
    /// <param name="folder">Airflow's DAG folder; is made when it is missing.</param>
    /// <param name="input">Where the tasks find the source data; see <see cref="DagFile"/>.</param>
    /// <param name="output">Where the tasks put their results.</param>
    /// <returns>Exit code 0.</returns>
    public static int Write(IReadOnlyList<Dag> dags, IReadOnlyList<Pool> pools, string command, string input, string output, string folder, TextWriter stdout)
    {
        // all texts before the first file: a DAG that Airflow can't have leaves the folder as it was
        var files = dags.Select(dag => (Name: $"{dag.Id}.py", Text: DagFile(dag, command, Path.GetFullPath(input), Path.GetFullPath(output)))).Append((Name: "pools.json", Text: Pools(pools))).ToList();
        folder = Path.GetFullPath(folder);
        Directory.CreateDirectory(folder);
        foreach (var (name, text) in files)
        {
            Replace(Path.Combine(folder, name), text);
            stdout.WriteLine($"Wrote {Path.Combine(folder, name)}");
        }
        stdout.WriteLine($"""

            Next, with Apache Airflow 3.3:
              export AIRFLOW__CORE__DAGS_FOLDER={Python.ShellWord(folder)}
              airflow db migrate
              airflow pools import {Python.ShellWord(Path.Combine(folder, "pools.json"))}
            """);
        foreach (var dag in dags) stdout.WriteLine(Next(dag));
        return 0;
    }

    /// <summary>The commands for the first interval of a DAG. Airflow takes up a backfill once the DAG is not paused any more.</summary>
    static string Next(Dag dag)
    {
        var first = dag.Schedule.Next(null, new(dag.StartDate, dag.EndDate, Catchup: true), dag.StartDate);
        if (first is null) return $"  airflow dags test {dag.Id}";
        var (start, end) = (Date(first.Interval.Start), Date(first.Interval.End));
        return $"""
              airflow dags test {dag.Id} {end}    # the run whose interval ends then; pools are not looked at
              airflow standalone    # and in another terminal:
              airflow backfill create --dag-id {dag.Id} --from-date {start} --to-date {start}
              airflow dags unpause {dag.Id}{(dag.Catchup ? $"    # catches up with all intervals since {Date(dag.StartDate)}" : "")}
            """;
    }

    static string Date(DateTime utc) => utc.ToString(utc.TimeOfDay == TimeSpan.Zero ? "yyyy-MM-dd" : "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Airflow reads the folder all the time: a file is there whole or not at all. The name of the unfinished one does not end in .py.</summary>
    static void Replace(string path, string text)
    {
        var unfinished = $"{path}.{Environment.ProcessId}.tmp";
        using (var file = new FileStream(unfinished, FileMode.Create, FileAccess.Write))
        {
            file.Write(Encoding.UTF8.GetBytes(text));
            file.Flush(flushToDisk: true);
        }
        File.Move(unfinished, path, overwrite: true);
    }
}
