using System.Globalization;

namespace Orchestrator;

/// <summary>The source system, played: it puts a file a day into the landing folder, and one of them late. In production this is somebody else's
/// program, and all that we know of it is the agreement: a file that has its name is complete.</summary>
static class Delivery
{
    /// <summary>Delivers all files at once but that of <see cref="Incidents.LateDay"/>, which comes after a while. Files that were delivered
    /// before stay as they are.</summary>
    /// <param name="source">The folder that holds <c>flights_YYYY-MM-DD.csv</c>.</param>
    /// <param name="landing">The folder that they go to.</param>
    /// <param name="late">How much later the late one comes; real time.</param>
    /// <returns>Ends when the late file is there, or without it when it is told to stop.</returns>
    /// <exception cref="UserException">There are no such files.</exception>
    public static Task Start(string source, string landing, TimeSpan late, CancellationToken stop)
    {
        var files = Directory.Exists(source) ? Directory.GetFiles(source, "flights_????-??-??.csv") : [];
        if (files.Length == 0) throw new UserException($"{source} holds no files of flights. Expected flights_2013-01-01.csv and so on.", 2);
        Directory.CreateDirectory(landing);
        Array.Sort(files, StringComparer.Ordinal);
        var lateName = $"flights_{Incidents.LateDay.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}.csv";
        foreach (var file in files.Where(f => Path.GetFileName(f) != lateName)) Deliver(file, landing);
        return files.FirstOrDefault(f => Path.GetFileName(f) == lateName) is { } last && !IsThere(last, landing) ? Later() : Task.CompletedTask;

        async Task Later()
        {
            await Task.Delay(late, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!stop.IsCancellationRequested) Deliver(last, landing);
        }
    }

    /// <summary>Of the same length: a source that corrects a file would also compare its content.</summary>
    static bool IsThere(string file, string landing) => new FileInfo(Path.Combine(landing, Path.GetFileName(file))) is { Exists: true } there && there.Length == new FileInfo(file).Length;

    static void Deliver(string file, string landing)
    {
        if (IsThere(file, landing)) return;
        var to = Path.Combine(landing, Path.GetFileName(file));
        var part = to + ".part";        // the sensor looks for the whole name, so it does not see this one
        File.Copy(file, part, overwrite: true);     // not flushed: what a power cut takes is delivered again
        File.Move(part, to, overwrite: true);
    }
}
