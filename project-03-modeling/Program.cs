using System.CommandLine;
using System.Diagnostics;
using DimensionalModel;

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

return await app.Run(args);
