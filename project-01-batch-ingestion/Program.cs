using System.CommandLine;
using System.Diagnostics;
using BatchIngestion;

var app = new CommandLine("Batch ingestion: files from a landing folder → a validated local store (SQLite and Parquet).");
Option<string> input = new("--input") { Description = "The landing folder.", DefaultValueFactory = _ => ProjectFolder.At("data", "landing") };
Option<string> output = new("--output") { Description = "The folder of the store, the lake and the raw copies.", DefaultValueFactory = _ => ProjectFolder.At("out") };
Option<string> contracts = new("--contracts") { Description = "The folder of the contracts.", DefaultValueFactory = _ => ProjectFolder.At("contracts") };
Option<double> maxRejectRate = new("--max-reject-rate") { Description = "The share of rejected rows above which a file fails, 0 to 1.", DefaultValueFactory = _ => 0.05 };
Option<bool> noLake = new("--no-lake") { Description = "Write SQLite only, no Parquet." };

app.Verb("run", "Ingests what is in the landing folder.", "run --input data/landing --output out", [input, output, contracts, maxRejectRate, noLake], async (args, stop) =>
{
    if (args.GetValue(maxRejectRate) is not (>= 0 and <= 1) and var rate) throw new UserException($"--max-reject-rate is a share from 0 to 1, found {rate}.", 2);
    var watch = Stopwatch.StartNew();
    var settings = new Settings(args.GetValue(input)!, args.GetValue(output)!, args.GetValue(contracts)!)
    {
        MaxRejectRate = args.GetValue(maxRejectRate),
        WithLake = !args.GetValue(noLake),
        UtcNow = () => DateTime.UtcNow,
        Progress = Terminal.Progress,
    };
    var result = await Ingestion.Run(settings, stop);
    Terminal.EndProgress();
    Report.Summary(settings, result, watch.Elapsed);
    return result.Failed ? 1 : 0;
});

Argument<string> sql = new("sql") { Description = "One SELECT." };
Option<string> format = new Option<string>("--format") { Description = "table, csv or json.", DefaultValueFactory = _ => "table" }.AcceptOnlyFromAmong("table", "csv", "json");
Option<int> limit = new("--limit") { Description = "How many rows a table shows.", DefaultValueFactory = _ => 1000 };
app.Verb("query", "Answers a SELECT on the store, which it can't change.", "query \"SELECT carrier, count(*) FROM flights GROUP BY 1\"", [sql, output, format, limit], (args, stop) =>
{
    Query.Run(Path.Combine(args.GetValue(output)!, "warehouse.db"), args.GetValue(sql)!, args.GetValue(format)!, args.GetValue(limit), stop);
    return Task.FromResult(0);
});

app.Verb("status", "Shows the last runs and the files that the store is made of.", "status", [output], (args, _) => Task.FromResult(Report.Status(Path.Combine(args.GetValue(output)!, "warehouse.db"))));
app.Verb("rejects", "Shows what was rejected, by file, column and rule, each with an example.", "rejects", [output], (args, _) => Task.FromResult(Report.Rejects(Path.Combine(args.GetValue(output)!, "warehouse.db"))));

Option<long> rows = new("--rows") { Description = "How many flights, in all files together.", DefaultValueFactory = _ => 1_000_000 };
Option<string> generated = new("--output") { Description = "The landing folder that is made.", Required = true };
Option<int> files = new("--files") { Description = "How many files they are spread over.", DefaultValueFactory = _ => 1 };
Option<int> draw = new("--seed") { Description = "Draws the delays.", DefaultValueFactory = _ => 1 };
app.Verb("generate", "Makes a landing folder with as many flights as you like.", "generate --rows 5000000 --output /tmp/landing", [rows, draw, generated, files], (args, stop) =>
{
    Generate.Run(args.GetValue(rows), args.GetValue(draw), args.GetValue(generated)!, args.GetValue(files), stop);
    Console.WriteLine($"{args.GetValue(rows):N0} flights are in {args.GetValue(generated)}. Load them: dotnet run -- run --input {args.GetValue(generated)} --output NEW_FOLDER");
    return Task.FromResult(0);
});

Argument<string> file = new("file") { Description = "A .csv, .json, .jsonl or .ndjson file, each also with .gz." };
app.Verb("infer", "Proposes a contract for a file of yours.", "infer orders.csv > contracts/orders.json", [file], (args, stop) =>
{
    Console.Write(Infer.Run(args.GetValue(file)!, Console.Error.WriteLine, stop));
    return Task.FromResult(0);
});

Option<long> benchRows = new("--rows") { Description = "How many flights.", DefaultValueFactory = _ => 5_000_000 };
Option<int> benchRuns = new("--runs") { Description = "How often each one runs.", DefaultValueFactory = _ => 5 };
app.Verb("bench", "Measures a run against sqlite3, pandas and DuckDB, where they are.", "bench --rows 200000 --runs 1", [benchRows, benchRuns], (args, stop) => Bench.Run(args.GetValue(benchRows), args.GetValue(benchRuns), stop));

CommonVerbs.Add(app, stop => new Checklist { Stop = stop }.Items(), scratch => CrashLab.Plan(Contracts.Load(ProjectFolder.At("contracts")), scratch), Checklist.Steps);

return await app.Run(args);
