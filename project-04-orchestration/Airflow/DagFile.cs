using System.Text;
using System.Text.RegularExpressions;
using static Orchestrator.Python;

namespace Orchestrator;

/// <summary>Writes a DAG as a file for Apache Airflow 3, the way somebody would write it by hand. Pure.</summary>
static partial class DagFile
{
    /// <param name="command">The app's command as a shell reads it; Airflow adds the arguments.</param>
    /// <param name="input">The folder of the source data where Airflow runs; absolute, for tasks start in a folder of their own.</param>
    /// <param name="output">The folder of the results, likewise.</param>
    /// <exception cref="UserException">Exit code 2: Airflow can't have this DAG.</exception>
    public static string Text(Dag dag, string command, string input, string output)
    {
        Check(dag, command, input, output);
        var taken = new HashSet<string>();
        var names = dag.Tasks.ToDictionary(t => t.Id, t => Name(t.Id, taken));
        var file = new StringBuilder();
        file.Append($"""
            # Written by `export airflow`: change the DAG in C# and export it again.
            {Imports(dag)}
            # As a shell reads it. Airflow starts it in a temporary folder, hence the absolute paths.
            COMMAND = {Python.Text($"{command} task run {dag.Id}")}
            FOLDERS = {Python.Text($"--input {ShellWord(input)} --output {ShellWord(output)}")}



            """);
        file.Append(Functions(dag));
        file.Append("\n\nwith DAG(\n");
        foreach (var argument in DagArguments(dag)) file.Append($"    {argument},\n");
        file.Append("):\n");
        foreach (var task in dag.Tasks) file.Append(Task(dag, task, names[task.Id], taken));
        var edges = dag.Tasks.Where(t => t.Upstream.Count > 0).ToList();
        if (edges.Count > 0) file.Append('\n');
        foreach (var task in edges)
            file.Append($"    {(task.Upstream.Count == 1 ? names[task.Upstream[0]] : $"[{string.Join(", ", task.Upstream.Select(u => names[u]))}]")} >> {names[task.Id]}\n");
        return file.ToString();
    }

    static void Check(Dag dag, string command, string input, string output)
    {
        foreach (var id in dag.Tasks.Select(t => t.Id).Prepend(dag.Id))
            if (!Key().IsMatch(id)) throw new UserException($"{dag.Id}: Airflow takes no id '{id}'. Expected letters, digits, '_', '.' and '-', at most 250, not '-' first.", 2);
        foreach (var part in new[] { command, input, output })
            if (Template().IsMatch(part)) throw new UserException($"'{part}' holds '{{{{', '{{%' or '{{#', which Airflow takes for a template. Use another path.", 2);
        foreach (var task in dag.Tasks)
            foreach (var upstream in task.Upstream) _ = dag[upstream];
    }

    static string Imports(Dag dag)
    {
        var sdk = new List<string> { "DAG" };
        var (actions, sensors, decisions) = (dag.Tasks.Any(t => t is ActionTask), dag.Tasks.Any(t => t is SensorTask), dag.Tasks.Any(IsDecision));
        if (dag.Schedule is not NullTimetable) sdk.Add(dag.Schedule.GetType().Name);
        if (dag.Deadline is not null) sdk.AddRange(["DeadlineAlert", "DeadlineReference", "SyncCallback"]);
        if (actions) sdk.AddRange(["RetryDecision", "RetryPolicy"]);
        sdk.Sort(StringComparer.OrdinalIgnoreCase);
        if (decisions) sdk.Add("task");
        var lines = new StringBuilder();
        if (actions || decisions) lines.Append("import json\n");
        if (decisions) lines.Append("import subprocess\n");
        if (dag.Deadline is not null) lines.Append("import sys\n");
        lines.Append("from datetime import datetime, timedelta, timezone\n\n");
        if (actions) lines.Append("from airflow.providers.standard.operators.bash import BashOperator\n");
        if (sensors) lines.Append("from airflow.providers.standard.sensors.bash import BashSensor\n");
        lines.Append($"from airflow.sdk import {string.Join(", ", sdk)}\n");
        if (decisions) lines.Append("from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException\n");
        return lines.ToString();
    }

    static string Functions(Dag dag)
    {
        var parts = new List<string>();
        if (dag.Tasks.Any(t => t is ActionTask)) parts.Add(App);
        if (dag.Tasks.Any(t => t is SensorTask)) parts.Add(Look);
        if (dag.Tasks.Any(IsDecision)) parts.Add(Run);
        if (dag.Tasks.Any(t => t is ActionTask)) parts.Add(NoRetry);
        if (dag.Deadline is not null) parts.Add(DeadlineMissed);
        return string.Join("\n\n\n", parts) + "\n";
    }

    static IEnumerable<string> DagArguments(Dag dag)
    {
        yield return Python.Text(dag.Id);
        if (dag.Description.Length > 0) yield return $"description={Python.Text(dag.Description)}";
        yield return "schedule=" + dag.Schedule switch
        {
            NullTimetable => "None",
            CronDataIntervalTimetable cron => $"CronDataIntervalTimetable({Python.Text(cron.Expression)}, timezone={Python.Text(cron.TimeZone)})",
            CronTriggerTimetable cron => $"CronTriggerTimetable({Python.Text(cron.Expression)}, timezone={Python.Text(cron.TimeZone)})",
            DeltaDataIntervalTimetable delta => $"DeltaDataIntervalTimetable({TimeDelta(delta.Delta)})",
            var other => throw new UserException($"{dag.Id}: the export knows no timetable like '{other.Summary}' ({other.GetType().Name}).", 2),
        };
        yield return $"start_date={Python.DateTime(dag.StartDate)}";
        if (dag.EndDate is { } end) yield return $"end_date={Python.DateTime(end)}";
        yield return $"catchup={Bool(dag.Catchup)}";
        yield return $"max_active_runs={dag.MaxActiveRuns}";
        yield return $"max_active_tasks={dag.MaxActiveTasks}";
        if (dag.DagrunTimeout is { } timeout) yield return $"dagrun_timeout={TimeDelta(timeout)}";
        if (dag.Deadline is { } deadline)
            yield return $"""
                # `airflow dags test` of 3.3.2 ends with an error when there is a deadline: github.com/apache/airflow/issues/73428
                    deadline=None if sys.argv[1:3] == ["dags", "test"] else DeadlineAlert(
                        reference=DeadlineReference.DAGRUN_QUEUED_AT,
                        interval={TimeDelta(deadline)},
                        callback=SyncCallback(deadline_missed),
                    )
                """;
        var policy = dag.Tasks.Any(t => t is ActionTask) ? "\n        \"retry_policy\": NoRetryWhenFailedForGood()," : "";
        yield return $"default_args={{\n        \"retries\": {dag.Retries},\n        \"retry_delay\": {TimeDelta(dag.RetryDelay)},{policy}\n    }}";
    }

    static string Task(Dag dag, DagTask task, string name, HashSet<string> taken)
    {
        var id = Python.Text(task.Id);
        var arguments = Arguments(task).Prepend($"task_id={id}").ToList();
        var call = string.Join(", ", [id, .. Sources(dag, task).Select(Python.Text)]);
        if (task is ActionTask) arguments.Add($"**app({call})");
        if (task is SensorTask) arguments.Add($"**look({call})");
        var lines = string.Concat(arguments.Select(a => $"        {a},\n"));
        if (!IsDecision(task)) return $"    {name} = {(task is SensorTask ? "BashSensor" : "BashOperator")}(\n{lines}    )\n";
        var function = Name($"{name}_task", taken);
        var decorator = $"@task.{(task is BranchTask ? "branch" : "short_circuit")}({(arguments.Count == 1 ? arguments[0] : $"\n{lines}    ")})";
        return $"\n    {decorator}\n    def {function}(**context):\n        return run(context, {call})\n\n    {name} = {function}()\n";
    }

    static IEnumerable<string> Arguments(DagTask task)
    {
        if (task.TriggerRule != TriggerRule.AllSuccess) yield return $"trigger_rule={Python.Text(task.TriggerRule.Text())}";
        if (task.Retries is { } retries) yield return $"retries={retries}";
        if (task.RetryDelay is { } delay) yield return $"retry_delay={TimeDelta(delay)}";
        if (task.RetryExponentialBackoff != 0) yield return $"retry_exponential_backoff={Number(task.RetryExponentialBackoff)}";
        if (task.MaxRetryDelay is { } longest) yield return $"max_retry_delay={TimeDelta(longest)}";
        if (task.ExecutionTimeout is { } timeout) yield return $"execution_timeout={TimeDelta(timeout)}";
        if (task.DependsOnPast) yield return "depends_on_past=True";
        if (task.Pool != "default_pool") yield return $"pool={Python.Text(task.Pool)}";
        if (task.PoolSlots != 1) yield return $"pool_slots={task.PoolSlots}";
        if (task.PriorityWeight != 1) yield return $"priority_weight={task.PriorityWeight}";
        if (task is not SensorTask sensor) yield break;
        yield return $"mode={Python.Text(sensor.Mode == SensorMode.Poke ? "poke" : "reschedule")}";
        yield return $"poke_interval={TimeDelta(sensor.PokeInterval)}";
        yield return $"timeout={TimeDelta(sensor.Timeout)}";
        if (sensor.SoftFail) yield return "soft_fail=True";
    }

    /// <summary>All tasks above this one that return something, in the order of the DAG: it may ask for what any of them returned.</summary>
    static IEnumerable<string> Sources(Dag dag, DagTask task)
    {
        var above = new HashSet<string>();
        var open = new Stack<string>(task.Upstream);
        while (open.TryPop(out var id))
            if (above.Add(id)) foreach (var upstream in dag[id].Upstream) open.Push(upstream);
        return dag.Tasks.Where(t => t is not SensorTask && above.Contains(t.Id)).Select(t => t.Id);
    }

    static bool IsDecision(DagTask task) => task is BranchTask or ShortCircuitTask;

    // an id stands in Python, in a shell's command line and in a template: what Airflow allows is harmless in all three
    [GeneratedRegex(@"\A[A-Za-z0-9_.][A-Za-z0-9_.-]{0,249}\z")]
    private static partial Regex Key();

    [GeneratedRegex(@"\{[{%#]")]
    private static partial Regex Template();
}
