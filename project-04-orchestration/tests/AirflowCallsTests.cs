using System.Text.Json;
using System.Text.Json.Nodes;

namespace Orchestrator.Tests;

/// <summary>What crosses the border between a real Airflow and a command: arguments, XComs, exit codes. A script stands in for the app, to see
/// it all and to answer with anything.</summary>
[Category("Airflow"), NonParallelizable]
sealed class AirflowCallsTests
{
    // everything that a shell, Python or Jinja could take amiss, but no line break: the last line is the XCom
    const string Nasty = """it's "so" \ $HOME `id` $(id) ; & | > <b> {{ 1 + 1 }} {% x %} %s ü 🙂""";

    // keeps its arguments, one a line, and answers by task and by how often it was asked
    const string Script = """
        task=$4
        [ -n "$AIRFLOW_HOME" ] || exit 100    # the app keeps the environment that Airflow has
        asked=$(ls "$(dirname "$0")/calls" | grep -c "^$task\.")
        printf '%s\n' "$@" > "$(dirname "$0")/calls/$task.$asked"
        echo "a line of log" >&2
        case $task.$asked in
          wait.0) exit 75 ;;
          make.0) exit 1 ;;
          make.*) cat "$(dirname "$0")/answer" ;;
          doomed.*) exit 100 ;;
          idle.*) exit 99 ;;
          choose.*) echo '["taken"]' ;;
          enough.*) echo false ;;
          *) echo null ;;
        esac
        """;

    static Dag Border => new("border")
    {
        Schedule = new CronDataIntervalTimetable("0 0 * * *"),
        StartDate = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc),
        Retries = 2,
        RetryDelay = TimeSpan.Zero,
        Tasks =
        [
            new SensorTask("wait", _ => true) { PokeInterval = TimeSpan.FromMilliseconds(100) },
            new ActionTask("make", _ => null) { Upstream = ["wait"] },
            new SensorTask("seen", _ => true) { Upstream = ["make"] },
            new BranchTask("choose", _ => []) { Upstream = ["make"] },
            new ActionTask("taken", _ => null) { Upstream = ["choose"] },
            new ActionTask("left", _ => null) { Upstream = ["choose"] },
            new ShortCircuitTask("enough", _ => true) { Upstream = ["make"] },
            new ActionTask("beyond", _ => null) { Upstream = ["enough"], TriggerRule = TriggerRule.AllDone },
            new ActionTask("doomed", _ => null),
            new ActionTask("idle", _ => null),
            new ActionTask("end", _ => null) { Upstream = ["seen", "taken", "left", "doomed", "idle"], TriggerRule = TriggerRule.AllDone },
        ],
    };

    [Test]
    public void Values_cross_unharmed_and_exit_codes_mean_what_they_say()
    {
        using var home = new AirflowHome();
        var script = home.Write("it's $HOME `id`/app.sh", Script);
        var calls = Path.Combine(Path.GetDirectoryName(script)!, "calls");
        Directory.CreateDirectory(calls);
        var value = new JsonObject { ["text"] = Nasty, ["number"] = 1.5, ["list"] = new JsonArray(1, null, "x") };
        home.Write("it's $HOME `id`/answer", value.ToJsonString() + "\n");
        AirflowExport.Write([Border], [], $"bash {Python.ShellWord(script)}", "/i n'", "/o \"ut\"", home.Dags, TextWriter.Null);

        home.Airflow("dags", "test", "border", "2026-01-15");

        var ended = home.Query("SELECT task_id, state, CAST(try_number AS TEXT) FROM task_instance").ToDictionary(row => row[0], row => $"{row[1]} {row[2]}");
        Assert.That(ended, Is.EquivalentTo(new Dictionary<string, string>
        {
            ["wait"] = "success 1",
            ["make"] = "success 2",        // exit code 1: tried again
            ["seen"] = "success 1",
            ["choose"] = "success 1",
            ["taken"] = "success 1",
            ["left"] = "skipped 0",
            ["enough"] = "success 1",
            ["beyond"] = "skipped 0",      // a short circuit skips all below it, whatever their rules
            ["doomed"] = "failed 1",       // exit code 100: not tried again
            ["idle"] = "skipped 1",        // exit code 99
            ["end"] = "success 1",
        }));
        string[] Call(string name) => File.ReadAllLines(Path.Combine(calls, name));
        string[] Head(string task, int tryNumber) => ["task", "run", "border", task, "--input", "/i n'", "--output", "/o \"ut\"", "--interval", "2026-01-14T00:00:00+00:00/2026-01-15T00:00:00+00:00", "--try-number", $"{tryNumber}"];
        Assert.That(File.Exists(Path.Combine(calls, "wait.1")), "the sensor looks again after exit code 75");
        Assert.That(Call("make.0"), Is.EqualTo(Head("make", 1)));
        Assert.That(Call("make.1"), Is.EqualTo(Head("make", 2)));
        foreach (var task in new[] { "seen", "choose", "taken" })
        {
            Assert.That(Call($"{task}.0")[..8], Is.EqualTo(Head(task, 1)[..8]));
            Assert.That(Call($"{task}.0"), Has.Member(Head(task, 1)[9]));
            var xcoms = TaskCommand.ParseXComs(Call($"{task}.0").Where(a => a.Contains('=', StringComparison.Ordinal)));
            Assert.That(JsonNode.DeepEquals(JsonNode.Parse(xcoms["make"]), value), $"{task}: {xcoms["make"]}");
        }
        Assert.That(JsonSerializer.Deserialize<string[]>(TaskCommand.ParseXComs(Call("taken.0").Where(a => a.StartsWith("choose=", StringComparison.Ordinal)))["choose"]), Is.EqualTo(new[] { "taken" }));
        Assert.That(Call("end.0"), Has.Member("idle=null"), "what was not returned is null, and null is no XCom");
    }
}
