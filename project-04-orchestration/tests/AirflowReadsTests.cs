using System.Text.Json;
using System.Text.Json.Nodes;

namespace Orchestrator.Tests;

/// <summary>A real Airflow reads the file as it was meant. Each test is a process or two of Airflow; they are not run side by side.</summary>
[Category("Airflow"), NonParallelizable]
sealed class AirflowReadsTests
{
    static readonly DateTime Start = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>Uses every field that a DAG and a task have.</summary>
    static Dag Everything => new("every.thing-1")
    {
        Description = "it's \"quoted\" \\ and\nmore",
        Schedule = new CronTriggerTimetable("30 2 * * 1-5", "Europe/Berlin"),
        StartDate = Start,
        EndDate = new(2026, 1, 31, 12, 30, 1, DateTimeKind.Utc),
        Catchup = true,
        MaxActiveRuns = 3,
        MaxActiveTasks = 5,
        DagrunTimeout = TimeSpan.FromMinutes(90),
        Deadline = TimeSpan.FromHours(2),
        Retries = 2,
        RetryDelay = TimeSpan.FromSeconds(1.5),
        Tasks =
        [
            new SensorTask("wait", _ => true) { Mode = SensorMode.Reschedule, PokeInterval = TimeSpan.FromSeconds(5), Timeout = TimeSpan.FromHours(6), SoftFail = true },
            new ActionTask("load-1.x", _ => 1)
            {
                Upstream = ["wait"], Pool = "ware'house\"", PoolSlots = 2, PriorityWeight = 7, Retries = 4, RetryDelay = TimeSpan.FromMinutes(2), RetryExponentialBackoff = 2.5,
                MaxRetryDelay = TimeSpan.FromHours(1), ExecutionTimeout = TimeSpan.FromMinutes(10), DependsOnPast = true,
            },
            new BranchTask("class", _ => ["join"]) { Upstream = ["load-1.x"], Pool = "thinkers" },
            new ShortCircuitTask("enough", _ => true) { Upstream = ["load-1.x"], Retries = 0 },
            new SensorTask("seen", _ => true) { Upstream = ["class"] },
            new ActionTask("join", _ => null) { Upstream = ["class", "enough"], RetryExponentialBackoff = 2 },
            .. Enum.GetValues<TriggerRule>().Select(rule => new ActionTask($"rule{(int)rule}", _ => null) { Upstream = ["join"], TriggerRule = rule }),
        ],
    };

    // what Airflow keeps of a file: written to its database, and read back from there
    const string Read = """
        import json, os
        from datetime import datetime, timedelta
        from airflow.dag_processing.dagbag import DagBag
        from airflow.serialization.serialized_objects import DagSerialization

        def plain(value):
            if isinstance(value, timedelta):
                return value.total_seconds()
            return value.isoformat() if isinstance(value, datetime) else value

        bag = DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
        found = {"errors": bag.import_errors}
        for dag in bag.dags.values():
            kept = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
            found[dag.dag_id] = {
                "timetable": [type(kept.timetable).__name__, kept.timetable.serialize()],
                **{k: plain(getattr(kept, k)) for k in "description start_date end_date catchup max_active_runs max_active_tasks dagrun_timeout".split()},
                "deadline": [[d.reference.reference_name, d.interval.total_seconds()] for d in dag.deadline or []],
                "tasks": {t.task_id: {
                    "kind": type(t).__name__,
                    "upstream": sorted(kept.get_task(t.task_id).upstream_task_ids),
                    **{k: plain(getattr(kept.get_task(t.task_id), k)) for k in "trigger_rule retries retry_delay retry_exponential_backoff max_retry_delay execution_timeout depends_on_past pool pool_slots priority_weight".split()},
                    **({k: getattr(t, k) for k in "mode poke_interval timeout soft_fail".split()} if hasattr(t, "poke_interval") else {}),
                } for t in dag.tasks},
            }
        print("\n" + json.dumps(found, default=str))
        """;

    [Test]
    public void Airflow_imports_the_file_and_reads_every_field_as_it_was_meant()
    {
        using var home = new AirflowHome();
        Dag[] dags =
        [
            Everything,
            Everything with { Id = "intervals", Schedule = new CronDataIntervalTimetable("0 0 * * *"), Deadline = null, EndDate = null, DagrunTimeout = null },
            Everything with { Id = "deltas", Schedule = new DeltaDataIntervalTimetable(TimeSpan.FromHours(36)), Catchup = false, Tasks = [new SensorTask("alone", _ => true)] },
            Everything with { Id = "by_hand", Schedule = new NullTimetable(), Description = "", Tasks = [new BranchTask("alone", _ => [])] },
        ];
        AirflowExport.Write(dags, [new("ware'house\"", 2, "it's \"one\""), new("thinkers", 1, "")], "app", "/in put", "/o'ut", home.Dags, TextWriter.Null);

        Assert.That(home.Airflow("dags", "list-import-errors"), Does.Contain("No data found"));
        var found = JsonNode.Parse(home.Python(Read).TrimEnd().Split('\n')[^1])!;
        Assert.That(found["errors"]!.ToJsonString(), Is.EqualTo("{}"));
        foreach (var dag in dags) Assert.That(Lines(found[dag.Id]!), Is.EqualTo(Lines(JsonSerializer.SerializeToNode(Meant(dag))!)), dag.Id);

        home.Airflow("pools", "import", home.At("dags", "pools.json"));
        Assert.That(home.Query("SELECT pool, slots, description FROM slot_pool WHERE pool <> 'default_pool' ORDER BY pool"), Is.EqualTo(new[] { new[] { "thinkers", "1", "" }, ["ware'house\"", "2", "it's \"one\""] }));
    }

    /// <summary>The same as <see cref="Read"/> prints, from the DAG and not from the file.</summary>
    static Dictionary<string, object?> Meant(Dag dag) => new()
    {
        ["timetable"] = dag.Schedule switch
        {
            CronTriggerTimetable cron => new object[] { "CronTriggerTimetable", new { expression = cron.Expression, timezone = cron.TimeZone, interval = 0.0, run_immediately = false } },
            CronDataIntervalTimetable cron => ["CronDataIntervalTimetable", new { expression = cron.Expression, timezone = cron.TimeZone }],
            DeltaDataIntervalTimetable delta => ["DeltaDataIntervalTimetable", new { delta = delta.Delta.TotalSeconds }],
            _ => ["NullTimetable", new { }],
        },
        ["description"] = dag.Description.Length == 0 ? null : dag.Description,
        ["start_date"] = $"{dag.StartDate:yyyy-MM-ddTHH:mm:ss}+00:00",
        ["end_date"] = dag.EndDate is { } end ? $"{end:yyyy-MM-ddTHH:mm:ss}+00:00" : null,
        ["catchup"] = dag.Catchup,
        ["max_active_runs"] = dag.MaxActiveRuns,
        ["max_active_tasks"] = dag.MaxActiveTasks,
        ["dagrun_timeout"] = dag.DagrunTimeout?.TotalSeconds,
        ["deadline"] = dag.Deadline is { } deadline ? new object[] { new object[] { "DagRunQueuedAtDeadline", deadline.TotalSeconds } } : [],
        ["tasks"] = dag.Tasks.ToDictionary(t => t.Id, t => Meant(dag, t)),
    };

    static Dictionary<string, object?> Meant(Dag dag, DagTask task)
    {
        var meant = new Dictionary<string, object?>
        {
            ["kind"] = task switch { ActionTask => "BashOperator", SensorTask => "BashSensor", BranchTask => "_BranchPythonDecoratedOperator", _ => "_ShortCircuitDecoratedOperator" },
            ["upstream"] = task.Upstream.Order(StringComparer.Ordinal),
            ["trigger_rule"] = task.TriggerRule.Text(),
            ["retries"] = task.Retries ?? dag.Retries,
            ["retry_delay"] = (task.RetryDelay ?? dag.RetryDelay).TotalSeconds,
            ["retry_exponential_backoff"] = task.RetryExponentialBackoff,
            ["max_retry_delay"] = task.MaxRetryDelay?.TotalSeconds,
            ["execution_timeout"] = task.ExecutionTimeout?.TotalSeconds,
            ["depends_on_past"] = task.DependsOnPast,
            ["pool"] = task.Pool,
            ["pool_slots"] = task.PoolSlots,
            ["priority_weight"] = task.PriorityWeight,
        };
        if (task is not SensorTask sensor) return meant;
        meant["mode"] = sensor.Mode == SensorMode.Poke ? "poke" : "reschedule";
        meant["poke_interval"] = sensor.PokeInterval.TotalSeconds;
        meant["timeout"] = sensor.Timeout.TotalSeconds;
        meant["soft_fail"] = sensor.SoftFail;
        return meant;
    }

    /// <summary>Each value with its path, sorted; a number is a number, 2 or 2.0.</summary>
    static IEnumerable<string> Lines(JsonNode? node, string path = "") => node switch
    {
        JsonObject map => map.OrderBy(e => e.Key, StringComparer.Ordinal).SelectMany(e => Lines(e.Value, $"{path}/{e.Key}")),
        JsonArray list => list.SelectMany((e, at) => Lines(e, $"{path}/{at}")).DefaultIfEmpty($"{path} is empty"),
        JsonValue value when value.GetValueKind() == JsonValueKind.Number => [$"{path} = {value.GetValue<JsonElement>().GetDouble()}"],
        _ => [$"{path} = {node?.ToJsonString()}"],
    };
}
