using System.CommandLine;

namespace KafkaIngest;

/// <summary>The verbs that are the same in all ten projects.</summary>
static class CommonVerbs
{
    /// <summary>Adds <c>check</c>, <c>crash</c> and <c>exercise</c>.</summary>
    /// <param name="checks">The evaluation checklist.</param>
    /// <param name="plan">What the crash lab does in an empty folder.</param>
    /// <param name="steps">How many implementation steps the README has.</param>
    public static void Add(CommandLine app, Func<CancellationToken, IReadOnlyList<Check>> checks, Func<string, CrashPlan> plan, int steps)
    {
        app.Verb("check", "Proves the evaluation checklist, now, in a scratch folder.", "check", [], (_, stop) => Checks.Run(checks(stop), stop));

        Option<int> kills = new("--kills") { Description = "How many kills at random moments.", DefaultValueFactory = _ => 20 };
        Option<int> seed = new("--seed") { Description = "Draws the moments.", DefaultValueFactory = _ => 1 };
        app.Verb("crash", "Kills a run at every failpoint and at random moments, runs again, and compares.", "crash --kills 200 --seed 7", [kills, seed], async (args, stop) =>
        {
            if (args.GetValue(kills) < 0) throw new UserException($"--kills is a number from 0, found {args.GetValue(kills)}.", 2);
            var scratch = Directory.CreateTempSubdirectory("crash-").FullName;
            try
            {
                var all = await Crash.Run(plan(scratch), scratch, args.GetValue(kills), args.GetValue(seed), kill => Console.WriteLine($"{(kill.Same ? '✔' : '✘')} {kill.Where,-16} {(kill.Killed ? "killed" : "ended before"),-12}  {kill.Lost} lost, {kill.Doubled} doubled{(kill.Problem is null ? "" : "; " + kill.Problem)}"), stop);
                Console.WriteLine($"{all.Count(k => k.Killed)} kills: {all.Sum(k => k.Lost)} rows lost, {all.Sum(k => k.Doubled)} doubled, {all.Count(k => k.Same)} of {all.Count} stores as undisturbed");
                return all.All(k => k.Same) ? 0 : 1;
            }
            finally { Crash.Delete(scratch); }
        });

        Option<string> copy = new("--output") { Description = "A new folder, outside this one.", Required = true };
        Option<int> fromStep = new("--step") { Description = "The first step that is taken out.", DefaultValueFactory = _ => 1 };
        app.Verb("exercise", "Writes a copy of this folder with the solution taken out.", "exercise --output /tmp/exercise --step 4", [copy, fromStep], (args, _) =>
        {
            if (args.GetValue(fromStep) < 1 || args.GetValue(fromStep) > steps) throw new UserException($"--step is a number from 1 to {steps}, found {args.GetValue(fromStep)}.", 2);
            var taken = Exercise.Write(ProjectFolder.Root, args.GetValue(copy)!, args.GetValue(fromStep));
            foreach (var (number, title) in taken) Console.WriteLine($"Step {number}: {title}");
            Console.WriteLine($"{taken.Count} steps are yours to build in {args.GetValue(copy)}. Begin with its README.md, then: dotnet run -- check");
            return Task.FromResult(0);
        });
    }
}
