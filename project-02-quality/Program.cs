using System.CommandLine;
using System.Diagnostics;
using DataQuality;

var app = new CommandLine("Data quality: raw → clean → curated, with rules as declarations and a gate that never publishes bad data.");
Option<string> input = new("--input") { Description = "A folder of drops, or one drop.", DefaultValueFactory = _ => ProjectFolder.At("data", "raw") };
Option<string> output = new("--output") { Description = "The folder of the store and the report.", DefaultValueFactory = _ => ProjectFolder.At("out") };
Option<string> rules = new("--rules") { Description = "The folder of the rules.", DefaultValueFactory = _ => ProjectFolder.At("rules") };
Option<string?> curated = new("--curated") { Description = "The folder of the business columns, TABLE.sql. This project's when absent." };
Option<string?> asOf = new("--as-of") { Description = "What freshness is measured from, UTC, such as 2013-01-22T12:00:00Z. Each drop's own word when absent." };

app.Verb("run", "Takes in the drops: builds the layers aside, audits them, publishes what the gate lets through.", "run --input data/bad-drop", [input, output, rules, curated, asOf], (args, stop) =>
{
    var (settings, watch, results) = (SettingsOf(args), Stopwatch.StartNew(), new List<RunResult>());
    try { Quality.Run(settings, stop, results.Add); }
    catch (Exception e) when (results.Count > 0 && e is UserException or OperationCanceledException)
    {
        Tell(settings, results, watch);         // what is published is published
        throw;
    }
    return Task.FromResult(Tell(settings, results, watch));
});

app.Verb("replay-quarantine", "Judges all rows again, after a rule or a code map was mended.", "replay-quarantine", [output, rules, curated], (args, stop) =>
{
    var (settings, watch) = (SettingsOf(args), Stopwatch.StartNew());
    return Task.FromResult(Tell(settings, [Quality.Replay(settings, stop)], watch));
});

Argument<string?> rule = new("rule") { Description = "TABLE.RULE, for its runs one by one.", DefaultValueFactory = _ => null };
app.Verb("history", "Shows each rule's pass rate over the runs.", "history flights.dest_exists", [rule, output], (args, _) =>
{
    using var store = Existing(args.GetValue(output)!);
    return Task.FromResult(History.Print(store, args.GetValue(rule)));
});

app.Verb("score", "Compares what is found in data/raw with the ledger of defects: precision and recall of each rule.", "score", [], (_, stop) => Task.FromResult(Ledger.Print(stop)));

Argument<string> sql = new("sql") { Description = "One SELECT." };
app.Verb("query", "Answers a SELECT on the store, which it can't change.", "query \"SELECT * FROM quality_runs\"", [sql, output], (args, stop) => Task.FromResult(Query.Run(Path.Combine(args.GetValue(output)!, "quality.db"), args.GetValue(sql)!, stop)));

Argument<string> file = new("file") { Description = "A CSV file with a header." };
app.Verb("profile", "Prints a profile of the columns, and proposes rules.", "profile orders.csv > rules/orders.json", [file], (args, stop) =>
{
    Console.Write(Profile.Run(args.GetValue(file)!, Console.Error.WriteLine, stop));
    return Task.FromResult(0);
});

Argument<string> parquet = new("file") { Description = "A Parquet file." };
Option<string> ruleFile = new("--rules") { Description = "A rules file.", Required = true };
app.Verb("scan", "Counts what breaks each rule in one Parquet file, without layers: rule,broken.", "scan orders.parquet --rules rules/orders.json", [parquet, ruleFile], async (args, stop) =>
{
    foreach (var (rule, broken) in await Scan.Run(args.GetValue(parquet)!, RuleFiles.Read(args.GetValue(ruleFile)!), stop)) Console.WriteLine($"{rule},{broken}");
    return 0;
});

Option<long> benchRows = new("--rows") { Description = "Rows of the wide file; the flights are five times as many.", DefaultValueFactory = _ => 1_000_000 };
Option<int> benchRuns = new("--runs") { Description = "How often each one runs.", DefaultValueFactory = _ => 5 };
app.Verb("bench", "Measures the rule engine against DuckDB and pandas, where they are.", "bench --rows 100000 --runs 1", [benchRows, benchRuns], (args, stop) => Bench.Run(args.GetValue(benchRows), args.GetValue(benchRuns), stop));

CommonVerbs.Add(app, stop => new Checklist { Stop = stop }.Items(), CrashLab.Plan, Checklist.Steps);

return await app.Run(args);

Settings SettingsOf(ParseResult args) => new(Given(args, input) ?? "", args.GetValue(output)!, args.GetValue(rules)!)
{
    CuratedFolder = args.GetValue(curated),
    AsOf = Given(args, asOf) is { } text ? Instant(text) : null,
    UtcNow = () => DateTime.UtcNow,
    Progress = Terminal.Progress,
};

static int Tell(Settings settings, IReadOnlyList<RunResult> results, Stopwatch watch)
{
    HtmlReport.Write(settings);
    Terminal.EndProgress();
    return Summary.Print(settings, results, watch.Elapsed);
}

static T? Given<T>(ParseResult args, Option<T> option) => args.CommandResult.Command.Options.Contains(option) ? args.GetValue(option) : default;

static DateTime Instant(string text) => IsoText.Instant(text)
    ?? throw new UserException($"--as-of is an instant such as 2013-01-22T12:00:00Z, found '{text}'.", 2);

static Store Existing(string output) => File.Exists(Path.Combine(output, "quality.db")) ? new Store(Path.Combine(output, "quality.db"), readOnly: true)
    : throw new UserException($"There is no store in {output}. Make one: dotnet run", 2);
