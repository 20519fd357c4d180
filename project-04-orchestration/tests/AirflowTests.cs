using System.Diagnostics;
using System.Text.Json;

namespace Orchestrator.Tests;

/// <summary>The DAG file as text, and a task as a command; no Airflow is needed.</summary>
sealed class AirflowTests
{
    static readonly DateTime Day = new(2026, 1, 14, 0, 0, 0, DateTimeKind.Utc);
    static readonly DataInterval Interval = new(Day, Day.AddDays(1));

    static Dag Small => new("small")
    {
        Description = "Two tasks.",
        Schedule = new CronDataIntervalTimetable("0 0 * * *"),
        StartDate = Day,
        MaxActiveRuns = 2,
        Retries = 2,
        RetryDelay = TimeSpan.FromSeconds(90),
        Tasks =
        [
            new ActionTask("extract", _ => 1) { Pool = "sources" },
            new ActionTask("load", _ => null) { Upstream = ["extract"], TriggerRule = TriggerRule.NoneFailed },
        ],
    };

    static Dag Only(DagTask task) => Small with { Tasks = [task] };

    [Test]
    public void A_small_dag_becomes_the_file_that_one_would_write_by_hand() => Assert.That(AirflowExport.DagFile(Small, "dotnet /app/Orchestrator.dll", "/data", "/my out"), Is.EqualTo(""""
        # Written by `export airflow`: change the DAG in C# and export it again.
        import json
        from datetime import datetime, timedelta, timezone

        from airflow.providers.standard.operators.bash import BashOperator
        from airflow.sdk import CronDataIntervalTimetable, DAG, RetryDecision, RetryPolicy

        # As a shell reads it. Airflow starts it in a temporary folder, hence the absolute paths.
        COMMAND = "dotnet /app/Orchestrator.dll task run small"
        FOLDERS = "--input /data --output '/my out'"


        def app(task_id, *sources):
            """What a BashOperator needs to run a task of the app. What the sources returned goes through
            the environment, for no shell may read it. Exit code 99 makes the task skipped."""
            env = {
                "INTERVAL": "{{ data_interval_start.isoformat() }}/{{ data_interval_end.isoformat() }}",
                "TRY_NUMBER": "{{ ti.try_number }}",
            }
            command = f'{COMMAND} {task_id} {FOLDERS} --interval "$INTERVAL" --try-number "$TRY_NUMBER"'
            for number, source in enumerate(sources):
                env[f"XCOM_{number}"] = f"{source}={{{{ ti.xcom_pull(task_ids='{source}') | tojson }}}}"
                command += f' --xcom "$XCOM_{number}"'
            return {
                "bash_command": command,
                "env": env,
                "append_env": True,
                "skip_on_exit_code": 99,
                "output_processor": json.loads,
            }


        class NoRetryWhenFailedForGood(RetryPolicy):
            """Exit code 100 of the app: trying again would not help."""

            def evaluate(self, exception, try_number, max_tries, context=None):
                if str(exception).endswith("non-zero exit code 100."):
                    return RetryDecision.fail("the app says that trying again would not help")
                return RetryDecision.default()


        with DAG(
            "small",
            description="Two tasks.",
            schedule=CronDataIntervalTimetable("0 0 * * *", timezone="UTC"),
            start_date=datetime(2026, 1, 14, tzinfo=timezone.utc),
            catchup=False,
            max_active_runs=2,
            max_active_tasks=16,
            default_args={
                "retries": 2,
                "retry_delay": timedelta(seconds=90),
                "retry_policy": NoRetryWhenFailedForGood(),
            },
        ):
            extract = BashOperator(
                task_id="extract",
                pool="sources",
                **app("extract"),
            )
            load = BashOperator(
                task_id="load",
                trigger_rule="none_failed",
                **app("load", "extract"),
            )

            extract >> load

        """"));

    [TestCase("plain", "\"plain\"")]
    [TestCase("it's \"so\" \\", "\"it's \\\"so\\\" \\\\\"")]
    [TestCase("a\r\n\tb\0\"\"\"", "\"a\\r\\n\\tb\\u0000\\\"\\\"\\\"\"")]
    [TestCase("ü 🙂 \u2028", "\"\\u00fc \\U0001f642 \\u2028\"")]
    public void A_text_is_a_Python_literal_that_it_can_not_leave(string text, string literal) => Assert.That(Python.Text(text), Is.EqualTo(literal));

    [TestCase("/a/b-c_1.dll", "/a/b-c_1.dll")]
    [TestCase("", "''")]
    [TestCase("a b", "'a b'")]
    [TestCase("$(id)`id`;\n", "'$(id)`id`;\n'")]
    [TestCase("it's", "'it'\"'\"'s'")]
    public void A_word_stays_one_word_in_a_shell(string word, string quoted)
    {
        Assert.That(Python.ShellWord(word), Is.EqualTo(quoted));
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"printf '%s.' {quoted}"]) { RedirectStandardOutput = true })!;
        Assert.That(shell.StandardOutput.ReadToEnd(), Is.EqualTo(word + "."));
    }

    [TestCase(0, "timedelta()")]
    [TestCase(172_800, "timedelta(days=2)")]
    [TestCase(5_400, "timedelta(minutes=90)")]
    [TestCase(1.5, "timedelta(milliseconds=1500)")]
    [TestCase(0.000_001, "timedelta(microseconds=1)")]
    public void A_length_of_time_is_told_in_its_largest_whole_unit(double seconds, string python) => Assert.That(Python.TimeDelta(TimeSpan.FromSeconds(seconds)), Is.EqualTo(python));

    [Test]
    public void Names_of_variables_are_Python_names_and_differ()
    {
        var taken = new HashSet<string>();
        Assert.That(new[] { "load", "load.", "load-", "2nd", "class", "json" }.Select(id => Python.Name(id, taken)), Is.EqualTo(new[] { "load", "load_", "load__", "task_2nd", "class_", "json_" }));
    }

    [TestCase("a\"b")]
    [TestCase("a b")]
    [TestCase("-rf")]
    [TestCase("a'); import os #")]
    [TestCase("{{ 1 }}")]
    public void An_id_that_Airflow_does_not_take_is_refused(string id)
    {
        Assert.That(() => AirflowExport.DagFile(Only(new ActionTask(id, _ => null)), "app", "/in", "/out"), Throws.TypeOf<UserException>().With.Property("ExitCode").EqualTo(2));
        Assert.That(() => AirflowExport.DagFile(Small with { Id = id }, "app", "/in", "/out"), Throws.TypeOf<UserException>());
    }

    [Test]
    public void A_path_that_Airflow_would_take_for_a_template_is_refused() =>
        Assert.That(() => AirflowExport.DagFile(Small, "app", "/in", "/o{{ x }}"), Throws.TypeOf<UserException>().With.Message.Contains("template"));

    [Test]
    public void Texts_of_the_dag_can_not_leave_their_quotes()
    {
        const string evil = "\"\"\"'\\\nimport os\nos.system(\"id\") #{{ 1 }}";
        var text = AirflowExport.DagFile(Small with { Description = evil, Tasks = [new ActionTask("t", _ => null) { Pool = evil }] }, "app " + evil.Replace("{{ 1 }}", "", StringComparison.Ordinal), "/in", "/out");
        Assert.That(text.Split('\n').Where(line => line.TrimStart().StartsWith("os.", StringComparison.Ordinal) || line == "import os"), Is.Empty);
    }

    [Test]
    public void The_folder_gets_whole_files_and_the_user_the_next_commands()
    {
        using var folder = new TempFolder();
        var said = new StringWriter();
        Assert.That(AirflowExport.Write([Small], [new("one \"writer\"", 1, "it's")], "app", "/in", "/out", folder.At("dags"), said), Is.Zero);
        Assert.That(Directory.GetFiles(folder.At("dags")).Select(Path.GetFileName), Is.EquivalentTo(new[] { "small.py", "pools.json" }));
        using var pools = JsonDocument.Parse(File.ReadAllText(folder.At("dags", "pools.json")));
        Assert.That(pools.RootElement.GetProperty("one \"writer\"").GetProperty("slots").GetInt32(), Is.EqualTo(1));
        Assert.That(said.ToString(), Does.Contain("airflow pools import").And.Contain("airflow dags test small 2026-01-15").And.Contain("backfill create --dag-id small --from-date 2026-01-14 --to-date 2026-01-14"));
    }

    static (int Code, string Out, string Log) Run(DagTask task, params string[] xcoms)
    {
        var (stdout, log) = (new StringWriter(), new StringWriter());
        var code = TaskCommand.Run(Only(task), task.Id, Interval, 2, "in", "out", TaskCommand.ParseXComs(xcoms), () => Day.AddDays(9), CancellationToken.None, stdout, log);
        return (code, stdout.ToString(), log.ToString());
    }

    [Test]
    public void An_action_prints_what_it_returns_as_one_line_of_JSON_and_logs_to_the_other_stream()
    {
        var ran = Run(new ActionTask("t", context => { context.Log("at work"); return new { context.TryNumber, Text = "two\nlines", Up = context.Pull<int>("up") }; }), "up=41");
        Assert.That(ran, Is.EqualTo((TaskCommand.Done, "{\"TryNumber\":2,\"Text\":\"two\\nlines\",\"Up\":41}\n", "at work\n")));
    }

    [Test]
    public void An_action_that_returns_nothing_prints_null_and_null_is_no_xcom()
    {
        Assert.That(Run(new ActionTask("t", _ => null)), Is.EqualTo((0, "null\n", "")));
        Assert.That(Run(new ActionTask("t", context => context.Pull<int>("up")), "up=null").Out, Is.EqualTo("0\n"));
    }

    [Test]
    public void Decisions_print_what_they_decided()
    {
        Assert.That(Run(new BranchTask("t", _ => ["a", "b"])).Out, Is.EqualTo("[\"a\",\"b\"]\n"));
        Assert.That(Run(new ShortCircuitTask("t", _ => false)), Is.EqualTo((0, "false\n", "")));
    }

    [Test]
    public void The_exit_code_tells_how_it_ended()
    {
        Assert.That(Run(new ActionTask("t", _ => throw new TaskSkipped("holiday"))), Is.EqualTo((TaskCommand.Skipped, "", "Skipped: holiday\n")));
        Assert.That(Run(new ActionTask("t", _ => throw new TaskFailedForGood("no such airport"))), Is.EqualTo((TaskCommand.FailedForGood, "", "Failed for good: no such airport\n")));
        var failed = Run(new ActionTask("t", _ => throw new IOException("disk full")));
        Assert.That((failed.Code, failed.Out), Is.EqualTo((TaskCommand.Failed, "")));
        Assert.That(failed.Log, Does.EndWith("Failed: IOException: disk full\n"));
    }

    [Test]
    public void A_sensor_looks_once_and_leaves_the_waiting_to_Airflow()
    {
        var looks = 0;
        var ran = Run(new SensorTask("t", _ => ++looks > 1) { Timeout = TimeSpan.Zero, PokeInterval = TimeSpan.FromHours(1) });
        Assert.That((ran, looks), Is.EqualTo(((TaskCommand.NotYet, "", ""), 1)));
        Assert.That(Run(new SensorTask("t", _ => true)), Is.EqualTo((TaskCommand.Done, "", "")));
        Assert.That(Run(new SensorTask("t", _ => throw new IOException("no disk"))).Code, Is.EqualTo(TaskCommand.Failed));
    }

    [Test]
    public void A_key_that_Airflow_does_not_hand_over_is_refused_and_not_taken_for_absent()
    {
        var ran = Run(new ActionTask("t", context => context.Pull<int>("up", "rows")), "up=1");
        Assert.That((ran.Code, ran.Log), Is.EqualTo((TaskCommand.FailedForGood, "Failed for good: 't' asks for XCom 'rows' of 'up', but a command can only hand over what a task returns.\n")));
        Assert.That(Run(new ActionTask("t", context => { context.Push("rows", 3); return null; })).Log, Does.Contain("'rows' stays here"));
    }

    [TestCase("2026-01-14T00:00:00Z/2026-01-15T00:00:00Z")]
    [TestCase("2026-01-14T00:00:00+00:00/2026-01-15T00:00:00+00:00")]
    [TestCase("2026-01-14T01:00+01:00/2026-01-14T18:30:00.000-05:30")]
    public void An_interval_is_two_moments_with_their_offset(string text)
    {
        Assert.That(TaskCommand.ParseInterval(text), Is.EqualTo(Interval));
        Assert.That(TaskCommand.ParseInterval(text).End.Kind, Is.EqualTo(DateTimeKind.Utc));
    }

    [TestCase("")]
    [TestCase("2026-01-14T00:00:00Z")]
    [TestCase("2026-01-14/2026-01-15")]
    [TestCase("2026-01-14T00:00:00/2026-01-15T00:00:00")]
    [TestCase("2026-01-15T00:00:00Z/2026-01-14T00:00:00Z")]
    [TestCase("2026-02-30T00:00:00Z/2026-03-01T00:00:00Z")]
    public void What_is_no_interval_is_wrong_usage(string text) =>
        Assert.That(() => TaskCommand.ParseInterval(text), Throws.TypeOf<UserException>().With.Property("ExitCode").EqualTo(2).And.Message.Contains("--interval"));

    [TestCase("extract")]
    [TestCase("=1")]
    [TestCase("extract=")]
    [TestCase("extract={rows: 3}")]
    public void What_is_no_xcom_is_wrong_usage(string text) =>
        Assert.That(() => TaskCommand.ParseXComs([text]), Throws.TypeOf<UserException>().With.Property("ExitCode").EqualTo(2).And.Message.Contains("--xcom"));
}
