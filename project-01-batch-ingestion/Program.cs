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

return await app.Run(args);
