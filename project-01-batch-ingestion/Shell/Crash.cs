using System.Diagnostics;

namespace BatchIngestion;

/// <summary>What the crash lab needs to know of a project.</summary>
/// <param name="Failpoints">Names of <see cref="Failpoint"/>s, each may carry <c>:N</c>, the N-th time it is passed.</param>
/// <param name="Prepare">Fills an empty folder with what the killed run starts from.</param>
/// <param name="Arguments">The program's arguments for a run in that folder.</param>
/// <param name="Compare">The rows lost and doubled in the second folder against the first, and what else is wrong there.</param>
/// <param name="Left">What is wrong in a folder as the kill has left it, before the second run; null when nothing is.</param>
/// <param name="Kill">Kills at a random moment, the n-th; says whether it did. Null: the program's process.</param>
sealed record CrashPlan(IReadOnlyList<string> Failpoints, Func<string, Task> Prepare, Func<string, string[]> Arguments, Func<string, string, Task<(long Lost, long Doubled, string? Problem)>> Compare, Func<string, string?>? Left = null, Func<Process, int, bool>? Kill = null);

/// <summary>One kill and what was found after the program had run again.</summary>
sealed record Kill(string Where, bool Killed, long Lost, long Doubled, string? Problem) { public bool Same => Lost == 0 && Doubled == 0 && Problem is null; }

/// <summary>Kills the program, as a process of its own, with SIGKILL; runs it again; compares with a run that nobody disturbed.</summary>
static class Crash
{
    /// <summary>Kills at every failpoint once, and <paramref name="kills"/> times at a moment drawn by <paramref name="seed"/>.</summary>
    public static async Task<IReadOnlyList<Kill>> Run(CrashPlan plan, string scratch, int kills, int seed, Action<Kill> report, CancellationToken stop)
    {
        var (undisturbed, span) = (Path.Combine(scratch, "undisturbed"), TimeSpan.Zero);
        foreach (var folder in kills > 0 ? [Path.Combine(scratch, "warm-up"), undisturbed] : new[] { undisturbed })      // a first run is slower than those that will be killed
        {
            await plan.Prepare(folder);
            var watch = Stopwatch.StartNew();
            if ((await Run(plan, folder, null, null, 0, stop)).Code != 0) throw Exercise.NextStep(ProjectFolder.Root) is { } missing ? new NotImplementedException(missing) : new UserException("The run that nobody disturbed has failed: there is nothing to compare with.");
            span = watch.Elapsed;
        }
        var chance = new Random(seed);
        var moments = plan.Failpoints.Select(f => (Where: f, After: (TimeSpan?)null)).ToList();
        moments.AddRange(Enumerable.Range(0, kills).Select(_ => chance.NextDouble() * span).Select(after => ($"after {after.TotalMilliseconds,4:0} ms", (TimeSpan?)after)));
        var all = new Kill[moments.Count];
        await Parallel.ForAsync(0, moments.Count, new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, Environment.ProcessorCount), CancellationToken = stop }, async (i, _) =>
        {
            var (where, after) = moments[i];
            var folder = Path.Combine(scratch, $"killed-{i}");
            await plan.Prepare(folder);
            var (first, killed) = await Run(plan, folder, after is null ? where : null, after, i, stop);
            var left = plan.Left?.Invoke(folder);
            var (again, _) = await Run(plan, folder, null, null, 0, stop);
            var (lost, doubled, problem) = again == 0 ? await plan.Compare(undisturbed, folder) : (0, 0, $"the second run ended with exit code {again}");
            problem = left ?? problem;
            if (!killed && first != 0) problem ??= $"the first run ended by itself with exit code {first}";
            if (after is null && !killed) problem ??= $"the failpoint was not reached: no code calls Failpoint.Hit(\"{where.Split(':')[0]}\"), or not so often";
            all[i] = new(where, killed, lost, doubled, problem);
            lock (all) report(all[i]);
            Delete(folder);
        });
        return all;
    }

    /// <summary>Runs this program; kills it at a failpoint or after a time when one is given.</summary>
    static async Task<(int Code, bool Killed)> Run(CrashPlan plan, string folder, string? failpoint, TimeSpan? killAfter, int number, CancellationToken stop)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["exec", typeof(Crash).Assembly.Location, .. plan.Arguments(folder)]) start.ArgumentList.Add(argument);
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";       // a run that is over in a second starts a tenth faster
        start.Environment.Remove("FAILPOINT");
        if (failpoint is not null) start.Environment["FAILPOINT"] = failpoint;
        using var process = Process.Start(start)!;
        var output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(stop), process.StandardError.ReadToEndAsync(stop));
        try
        {
            var killed = false;
            if (killAfter is { } after)
            {
                await Task.WhenAny(process.WaitForExitAsync(stop), Task.Delay(after, stop));
                if (!process.HasExited) killed = (plan.Kill ?? ((whole, _) => { whole.Kill(); return true; }))(process, number);
            }
            await process.WaitForExitAsync(stop);
            await output;
            return (process.ExitCode, killed || process.ExitCode == (OperatingSystem.IsWindows() ? -1 : 128 + 9));
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }

    public static void Delete(string folder)
    {
        if (!Directory.Exists(folder)) return;
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)) File.SetAttributes(file, FileAttributes.Normal);
        Directory.Delete(folder, recursive: true);
    }
}
