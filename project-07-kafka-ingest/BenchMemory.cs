using System.Diagnostics;
using System.Globalization;

namespace KafkaIngest;

/// <summary>Measures the most memory that <c>consume</c> holds, as a process of its own, while a backlog waits for it.</summary>
static class BenchMemory
{
    public readonly record struct Peak(long Backlog, long Bytes);

    /// <param name="round">What the embedded broker can keep, in events.</param>
    /// <returns>For the whole backlog and for one three times as large; on the embedded broker for what it can keep.</returns>
    public static async Task<IReadOnlyList<Peak>> Run(Cluster cluster, string name, string folder, long events, int round, CancellationToken stop)
    {
        var topic = await Topics.Ensure(cluster, name, new());
        using var producer = new EventProducer(cluster, topic, "murmur2_random", 0, null, TimeProvider.System, stop);
        var peaks = new List<Peak>();
        var sent = 0L;
        foreach (var backlog in cluster.Embedded is null ? [events, 3 * events] : new[] { Math.Min(events, round) })
        {
            for (; sent < backlog; sent = Math.Min(backlog, sent + round))
            {
                Terminal.Progress($"a backlog of {backlog:N0} events: {sent:N0}");
                foreach (var e in BenchEvents.Of(sent, (int)Math.Min(round, backlog - sent))) producer.Send(e);
                producer.Flush(stop);
            }
            Directory.CreateDirectory(folder);
            if (cluster.Embedded is not null) File.Copy(Path.Combine(Path.GetDirectoryName(folder)!, "broker.json"), Path.Combine(folder, "broker.json"));
            peaks.Add(new(backlog, await Consume(cluster, name, folder, stop)));
            Crash.Delete(folder);
        }
        return peaks;
    }

    static async Task<long> Consume(Cluster cluster, string topic, string output, CancellationToken stop)
    {
        string[] servers = cluster.Embedded is null ? ["--bootstrap-servers", cluster.BootstrapServers] : [];
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            ["exec", typeof(BenchMemory).Assembly.Location, "consume", "--until-end", "--assign", "--topic", topic, "--output", output, .. servers])
        { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Remove("FAILPOINT");
        using var process = Process.Start(start)!;
        try
        {
            var printed = Task.WhenAll(process.StandardOutput.ReadToEndAsync(stop), process.StandardError.ReadToEndAsync(stop));
            var end = process.WaitForExitAsync(stop);
            var peak = 0L;
            while (!end.IsCompleted)
            {
                peak = Math.Max(peak, SoFar(process));
                await Task.WhenAny(end, Task.Delay(20, stop));
            }
            await end;
            return process.ExitCode == 0 ? peak : throw new UserException($"consume ended with {process.ExitCode}: {string.Concat(await printed).Trim()}");
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>The high-water mark of the process's memory: VmHWM where there is /proc.</summary>
    static long SoFar(Process process)
    {
        try
        {
            if (!OperatingSystem.IsLinux()) { process.Refresh(); return process.PeakWorkingSet64; }
            var line = File.ReadLines($"/proc/{process.Id}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.AsSpan(6, line.Length - 9), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture) * 1024;
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or UnauthorizedAccessException) { return 0; }     // it has ended
    }
}
