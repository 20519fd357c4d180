using System.CommandLine;
using System.Diagnostics;
using DimensionalModel;
using Microsoft.Data.Sqlite;

var app = new CommandLine("Dimensional modelling: from curated flights to a star that answers questions right, fast and without traps.");
Option<string> input = new("--input") { Description = "A folder of loads, or one load.", DefaultValueFactory = _ => ProjectFolder.At("data") };
Option<string> output = new("--output") { Description = "The folder of the warehouse.", DefaultValueFactory = _ => ProjectFolder.At("out") };
Option<bool> rebuild = new("--rebuild") { Description = "Empties the warehouse first, but for the key map, and loads all anew." };

app.Verb("run", "Takes the loads into the warehouse.", "run --input data/load-1", [input, output, rebuild], (args, stop) =>
{
    var watch = Stopwatch.StartNew();
    var settings = new Settings(args.GetValue(input)!, args.GetValue(output)!) { Rebuild = args.GetValue(rebuild), UtcNow = () => DateTime.UtcNow, Progress = Terminal.Progress };
    var results = Modeling.Run(settings, stop);
    Terminal.EndProgress();
    return Task.FromResult(Summary.Print(settings, results, watch.Elapsed));
});

app.Verb("report", "Writes all questions with their answers and charts into one HTML file.", "report --output out", [output], (args, _) =>
{
    var file = Path.Combine(args.GetValue(output)!, "report.html");
    HtmlReport.Write(Path.Combine(args.GetValue(output)!, "warehouse.db"), file);
    Console.WriteLine($"Report: {Summary.Shown(file)}");
    return Task.FromResult(0);
});

Argument<string?> metric = new("name") { Description = "A metric; without one all are listed.", DefaultValueFactory = _ => null };
Option<string> metrics = new("--metrics") { Description = "The folder of the model and its metrics.", DefaultValueFactory = _ => ProjectFolder.At("metrics") };
Option<string?> by = new("--by") { Description = "Attributes, separated by commas." };
Option<string[]> where = new("--where") { Description = "A condition such as carrier=UA, month>=2013-02 or origin=EWR,JFK. May be given more than once.", DefaultValueFactory = _ => [] };
Option<bool> explain = new("--explain") { Description = "Shows the SQL." };
Option<bool> sum = new("--sum") { Description = "Adds the groups up, where that means something." };
app.Verb("metric", "Asks for a metric.", "metric on_time_rate --by origin,month --where carrier=UA --explain", [metric, by, where, explain, sum, metrics, output], (args, stop) =>
{
    var model = SemanticModel.Load(args.GetValue(metrics)!);
    if (args.GetValue(metric) is not { } name) return args.GetValue(by) is null ? Task.FromResult(MetricVerb.List(model)) : throw new UserException("Which metric? See: dotnet run -- metric", 2);
    using var warehouse = Open(args);
    using var interrupt = stop.Register(() => SQLitePCL.raw.sqlite3_interrupt(warehouse.Handle));
    return Task.FromResult(MetricVerb.Run(warehouse, model, name, args.GetValue(by), args.GetValue(where)!, args.GetValue(sum), args.GetValue(explain)));
});

Argument<string> lab = new("name") { Description = string.Join(" or ", Lab.Names) };
app.Verb("lab", "Shows a trap: the wrong answer, why it is wrong, and the right one.", "lab fan-out", [lab, output], (args, stop) =>
{
    using var warehouse = Open(args);
    return Task.FromResult(Lab.Run(warehouse, args.GetValue(lab)!, stop));
});

Argument<string> sql = new("sql") { Description = "One SELECT." };
app.Verb("query", "Answers a SELECT on the warehouse, which it can't change.", "query \"SELECT * FROM load_audit\"", [sql, output], (args, stop) =>
{
    using var warehouse = Open(args);
    return Task.FromResult(Warehouse.Query(warehouse, args.GetValue(sql)!, stop));
});

Argument<string?> question = new("name") { Description = "A question; without one all are listed.", DefaultValueFactory = _ => null };
app.Verb("ask", "Answers a question: table and chart.", "ask peak-hours", [question, output], (args, _) =>
    Task.FromResult(args.GetValue(question) is { } name ? Questions.Ask(Path.Combine(args.GetValue(output)!, "warehouse.db"), name) : Questions.List()));

Option<long> benchRows = new("--rows") { Description = "Flights in the year.", DefaultValueFactory = _ => 5_000_000 };
Option<int> benchRuns = new("--runs") { Description = "How often each is measured.", DefaultValueFactory = _ => 5 };
app.Verb("bench", "Measures the build, the questions and a load of type 2, against flat SQLite and DuckDB.", "bench --rows 100000 --runs 1", [benchRows, benchRuns], (args, stop) => Bench.Run(args.GetValue(benchRows), args.GetValue(benchRuns), stop));

CommonVerbs.Add(app, stop => new Checklist { Stop = stop }.Items(), CrashLab.Plan, Checklist.Steps);

return await app.Run(args);

SqliteConnection Open(ParseResult args) => Warehouse.Open(Path.Combine(args.GetValue(output)!, "warehouse.db"));
