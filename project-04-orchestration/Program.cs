using System.CommandLine;
using System.Globalization;
using Orchestrator;

// a start that does nothing, which `bench` compares a task with
if (args is ["task", "run"]) return 0;
if (args is ["bench", "scheduling", var dags, var times, var folder]) return BenchScheduling.Run(int.Parse(dags, CultureInfo.InvariantCulture), int.Parse(times, CultureInfo.InvariantCulture), folder);

// the process of one attempt: it starts often, so it does not build the command line first
if (args is ["task", "run", _, _, "--attempt", var token, "--heartbeat-timeout", var silent, "--input", var source, "--output", var results])
{
    var settings = new Settings(source, results) { HeartbeatTimeout = TimeSpan.FromSeconds(double.Parse(silent, CultureInfo.InvariantCulture)) };
    try { return token == "next" ? Worker.Wait(settings, Dags.FindWithLab) : Worker.Run(settings, Dags.FindWithLab, long.Parse(token, CultureInfo.InvariantCulture)); }
    catch (UserException e)
    {
        Console.Error.WriteLine(e.Message);
        return e.ExitCode;
    }
}

var app = new CommandLine("Orchestration: a small, durable scheduler with Airflow's semantics.");
Option<string> input = new("--input") { Description = "The folder of the source files.", DefaultValueFactory = _ => ProjectFolder.At("data", "source") };
Option<string> output = new("--output") { Description = "The folder of state, logs and results.", DefaultValueFactory = _ => ProjectFolder.At("out") };
Option<bool> isolated = new("--isolated") { Description = "Each task attempt is a process of its own." };
Option<string> dagOption = new("--dag") { Description = "The DAG.", DefaultValueFactory = _ => DailyFlights.Dag.Id };
Option<DateTime> from = new("--from") { Description = "First logical date, UTC.", Required = true, CustomParser = Moments.Parse };
Option<DateTime> to = new("--to") { Description = "Last logical date, UTC, inclusive.", Required = true, CustomParser = Moments.Parse };
Argument<string> dag = new("dag") { Description = "A DAG.", DefaultValueFactory = _ => DailyFlights.Dag.Id };
Argument<string> run = new("run") { Description = "A run id, a logical date, or latest.", DefaultValueFactory = _ => "latest" };

app.Verb("run", "Backfills January 2013 of daily_flights, and shows it live: a late file, a failure, a warning.", "run --isolated", [input, output, isolated], (args, stop) =>
    Task.FromResult(Verbs.Run(args.GetValue(input)!, args.GetValue(output)!, args.GetValue(isolated), stop)));

Option<string> reprocess = new("--reprocess-behavior") { Description = "Of dates that have a run: none, failed or completed are run again.", DefaultValueFactory = _ => "none" };
reprocess.AcceptOnlyFromAmong("none", "failed", "completed");
Option<bool> backwards = new("--run-backwards") { Description = "Latest date first." };
Option<int> maxActive = new("--max-active-runs") { Description = "How many runs at once.", DefaultValueFactory = _ => 10 };
Option<double> silence = new("--heartbeat-timeout") { Description = "Seconds without a heartbeat after which an attempt is lost.", DefaultValueFactory = _ => 10 };
app.Verb("backfill", "Runs a DAG for a stretch of the past.", "backfill --from 2013-01-05 --to 2013-01-07 --reprocess-behavior completed", [dagOption, from, to, reprocess, backwards, maxActive, input, output, isolated, silence], (args, stop) =>
    Task.FromResult(Verbs.Backfill(Settings(args), args.GetValue(dagOption)!, new(args.GetValue(from), args.GetValue(to), Enum.Parse<ReprocessBehavior>(args.GetValue(reprocess)!, true), args.GetValue(backwards), args.GetValue(maxActive)), args.GetValue(isolated), stop)));

Option<bool> shared = new("--in-process") { Description = "Tasks run on threads of the scheduler." };
app.Verb("scheduler", "Schedules all DAGs in real time, until it is stopped.", "scheduler", [input, output, shared, silence], (args, stop) =>
    Task.FromResult(Verbs.Schedule(Settings(args), !args.GetValue(shared), stop)));

app.Verb("dags", "Lists the DAGs.", "dags", [output], (args, _) => Task.FromResult(Verbs.List(args.GetValue(output)!)));
app.Verb("graph", "Draws a DAG.", "graph daily_flights", [dag], (args, _) => { Console.Write(GraphText.Of(new(Dags.Find(args.GetValue(dag)!)))); return Task.FromResult(0); });
app.Verb("grid", "Shows the last runs of a DAG, a column each.", "grid daily_flights", [dag, output], (args, _) => With(args, (store, graph) => { Console.Write(Grid.Text(store, graph)); return 0; }));
Option<int> limit = new("--limit") { Description = "How many.", DefaultValueFactory = _ => 20 };
app.Verb("runs", "Lists the runs of a DAG, latest first.", "runs daily_flights --limit 5", [dag, limit, output], (args, _) => With(args, (store, graph) => Lists.Runs(store, graph.Dag.Id, args.GetValue(limit))));
app.Verb("tasks", "Lists the tasks of a run.", "tasks daily_flights 2013-01-14", [dag, run, output], (args, _) => With(args, (store, graph) => Lists.Tasks(store, graph, Lists.Find(store, graph.Dag.Id, args.GetValue(run)!))));

Argument<string> task = new("task") { Description = "A task." };
Option<int?> attempt = new("--try-number") { Description = "Of which try; without it of all." };
app.Verb("logs", "Shows what a task has logged.", "logs daily_flights 2013-01-14 extract --try-number 1", [dag, run, task, attempt, output], (args, _) => With(args, (store, graph) =>
    Verbs.Logs(new("", args.GetValue(output)!), store, graph, Lists.Find(store, graph.Dag.Id, args.GetValue(run)!), args.GetValue(task)!, args.GetValue(attempt))));

Option<string?> only = new("--task") { Description = "Only this task." };
Option<bool> downstream = new("--downstream") { Description = "And all that waits for it." };
Option<bool> onlyFailed = new("--only-failed") { Description = "Only what has failed." };
app.Verb("clear", "Lets tasks of a stretch of runs run again.", "clear daily_flights --from 2013-01-14 --to 2013-01-14 --task load --downstream", [dag, from, to, only, downstream, onlyFailed, output], (args, _) => With(args, (store, graph) =>
    Verbs.Clear(store, graph, args.GetValue(from), args.GetValue(to), args.GetValue(only), args.GetValue(downstream), args.GetValue(onlyFailed))));
app.Verb("pause", "Starts nothing more of a DAG.", "pause daily_flights", [dag, output], (args, _) => With(args, (store, graph) => Verbs.Pause(store, graph.Dag.Id, true)));
app.Verb("unpause", "Lets a DAG go on.", "unpause daily_flights", [dag, output], (args, _) => With(args, (store, graph) => Verbs.Pause(store, graph.Dag.Id, false)));
app.Verb("trigger", "Asks for a run now. A scheduler must be running to do it.", "trigger daily_flights", [dag, output], (args, _) => With(args, (store, graph) => Verbs.Trigger(store, graph)));

Option<int> port = new("--port") { Description = "0 for any that is free.", DefaultValueFactory = _ => 8080 };
app.Verb("serve", "Opens a page on 127.0.0.1 that shows all and clears, triggers and pauses.", "serve --port 8080", [port, output], (args, stop) => WebServer.Run(new("", args.GetValue(output)!), Dags.All, args.GetValue(port), stop));
app.Verb("metrics", "Prints metrics in Prometheus' text format.", "metrics", [output], (args, _) =>
{
    using var store = Open(args);
    Console.Write(Prometheus.Text(store, DateTime.UtcNow));
    return Task.FromResult(0);
});

Argument<string> what = new("what") { Description = "airflow" };
what.AcceptOnlyFromAmong("airflow");
Option<string> dagFolder = new("--output") { Description = "The folder of DAG files.", DefaultValueFactory = _ => ProjectFolder.At("out", "dags") };
Option<string> command = new("--command") { Description = "How Airflow calls this app.", DefaultValueFactory = _ => AirflowExport.DefaultCommand };
Option<string> resultsOption = new("--results") { Description = "The folder that its tasks write to.", DefaultValueFactory = _ => ProjectFolder.At("out", "airflow") };
app.Verb("export", "Writes a DAG as a file for Apache Airflow 3, which runs the same tasks.", "export airflow --output dags", [what, dagOption, dagFolder, command, input, resultsOption], (args, _) =>
    Task.FromResult(AirflowExport.Write([Dags.Find(args.GetValue(dagOption)!)], Pools.All, args.GetValue(command)!, Path.GetFullPath(args.GetValue(input)!), Path.GetFullPath(args.GetValue(resultsOption)!), args.GetValue(dagFolder)!, Console.Out)));

Argument<string> doing = new("doing") { Description = "run" };
doing.AcceptOnlyFromAmong("run");
Argument<string> dagOfTask = new("dag") { Description = "A DAG." };
Option<string> interval = new("--interval") { Description = "The data interval, START/END, in ISO 8601.", Required = true };
Option<int> tryNumber = new("--try-number") { Description = "Which try it is.", DefaultValueFactory = _ => 1 };
Option<string[]> xcoms = new("--xcom") { Description = "What an upstream task has returned, TASK=JSON. May be given more than once.", DefaultValueFactory = _ => [] };
app.Verb("task", "Runs one task without a scheduler; it is what Airflow calls.", "task run daily_flights extract --interval 2013-01-05T00:00:00Z/2013-01-06T00:00:00Z", [doing, dagOfTask, task, interval, tryNumber, xcoms, input, output], (args, stop) =>
    Task.FromResult(TaskCommand.Run(Dags.Find(args.GetValue(dagOfTask)!), args.GetValue(task)!, TaskCommand.ParseInterval(args.GetValue(interval)!), args.GetValue(tryNumber), args.GetValue(input)!, args.GetValue(output)!, TaskCommand.ParseXComs(args.GetValue(xcoms)!), () => DateTime.UtcNow, stop)));

Option<DateTime> playFrom = new("--from") { Description = "First logical date, UTC; the clock starts there.", DefaultValueFactory = _ => new(2013, 1, 1, 0, 0, 0, DateTimeKind.Utc), CustomParser = Moments.Parse };
Option<DateTime> playTo = new("--to") { Description = "Last logical date, UTC, inclusive.", DefaultValueFactory = _ => new(2013, 12, 31, 0, 0, 0, DateTimeKind.Utc), CustomParser = Moments.Parse };
Option<long> seed = new("--seed") { Description = "Draws what happens.", DefaultValueFactory = _ => 1 };
Option<double> failures = new("--failures") { Description = "How likely an attempt fails.", DefaultValueFactory = _ => 0.05 };
Option<string?> kept = new("--keep") { Description = "A new folder that keeps the history, to look at with serve or grid." };
app.Verb("simulate", "Plays a year of scheduling in seconds, with failures, and checks what must hold.", "simulate --from 2013-01-01 --to 2013-12-31 --seed 7 --failures 0.1", [dagOption, playFrom, playTo, seed, failures, kept], (args, stop) =>
    Task.FromResult(Simulate.Run(args.GetValue(dagOption)!, args.GetValue(playFrom), args.GetValue(playTo), args.GetValue(seed), args.GetValue(failures), args.GetValue(kept), stop)));

Option<int> repeat = new("--runs") { Description = "How often each is measured; the median counts.", DefaultValueFactory = _ => 5 };
Option<int> processes = new("--processes") { Description = "How many tasks are run as processes.", DefaultValueFactory = _ => 200 };
Option<bool> airflow = new("--airflow") { Description = "Measures Airflow, too: the command that the environment variable AIRFLOW names. Takes minutes." };
app.Verb("bench", "Measures what a task, a process and a schedule cost.", "bench --runs 3 --processes 10000", [repeat, processes, airflow], (args, stop) =>
    Task.FromResult(Bench.Run(args.GetValue(repeat), args.GetValue(processes), args.GetValue(airflow), stop)));

CommonVerbs.Add(app, stop => new Checklist { Stop = stop }.Items(), CrashLab.Plan, Checklist.Steps);
return await app.Run(args);

Settings Settings(ParseResult args)
{
    if (args.GetValue(silence) < 0.5) throw new UserException($"--heartbeat-timeout is half a second at least, found {args.GetValue(silence)}.", 2);
    if (!Directory.Exists(args.GetValue(input)!)) throw new UserException($"--input {args.GetValue(input)} is no folder.", 2);
    return new(args.GetValue(input)!, args.GetValue(output)!) { HeartbeatTimeout = TimeSpan.FromSeconds(args.GetValue(silence)) };
}

StateStore Open(ParseResult args)
{
    var settings = new Settings("", args.GetValue(output)!);
    return File.Exists(settings.Database) ? new(settings.Database) : throw new UserException($"{settings.Output} has no state yet. Begin with: dotnet run");
}

Task<int> With(ParseResult args, Func<StateStore, DagGraph, int> work)
{
    var graph = new DagGraph(Dags.Find(args.GetValue(dag)!));
    using var store = Open(args);
    return Task.FromResult(work(store, graph));
}
