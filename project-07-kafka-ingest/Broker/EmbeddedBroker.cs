using System.Diagnostics;
using System.Text.Json;
using Confluent.Kafka;

namespace KafkaIngest;

/// <summary>The embedded broker: librdkafka's in-process test cluster. It speaks Kafka's protocol, and keeps everything in memory: 5 MiB a
/// partition, after which the oldest batches are dropped; when it ends all is gone, and the next one begins at offset 0. It has no
/// transactions, no look-up by time and 4 partitions a topic.</summary>
static class EmbeddedBroker
{
    /// <summary>So many partitions a topic has. librdkafka decides it.</summary>
    public const int Partitions = 4;

    /// <summary>The producer keeps what is not committed under this: below what the broker keeps, for a batch is dropped whole. Bytes a partition.</summary>
    public const long MostUncommitted = 4 << 20;

    sealed record Address(string BootstrapServers, string Incarnation, int Pid);

    static string PathIn(string output) => Path.Combine(output, "broker.json");
    static string LockIn(string output) => Path.Combine(output, ".broker.lock");

    /// <summary>Is the broker until it is stopped. Its address is written to <c>broker.json</c> of the output folder.</summary>
    /// <param name="output">The output folder; one broker works in it.</param>
    /// <param name="brokers">How many brokers the cluster has.</param>
    /// <param name="withParent">Ends when stdin ends, so that no broker outlives the program that has started it.</param>
    /// <param name="started">Gets the address.</param>
    public static async Task Serve(string output, int brokers, bool withParent, Action<string> started, CancellationToken stop)
    {
        Directory.CreateDirectory(output);
        using var alone = Alone(output);
        var config = new ClientConfig { ClientId = "embedded-broker" };
        config.Set("test.mock.num.brokers", brokers.ToString());
        config.Set("log_level", "4");
        using var owner = new AdminClientBuilder(config).SetLogHandler((_, _) => { }).Build();
        var servers = string.Join(',', owner.GetMetadata(TimeSpan.FromSeconds(10)).Brokers.Select(b => $"{b.Host}:{b.Port}"));
        WholeFile.Write(PathIn(output), JsonSerializer.Serialize(new Address(servers, $"embedded-{Guid.NewGuid():N}", Environment.ProcessId)));
        started(servers);
        try
        {
            if (withParent) await Console.In.ReadToEndAsync(CancellationToken.None);     // Ctrl+C goes to both; the parent drains first
            else await Task.Delay(Timeout.Infinite, stop);
        }
        finally { File.Delete(PathIn(output)); }
    }

    /// <summary>Holds a lock as long as the broker works; the operating system lifts it when the process is killed.</summary>
    static FileStream Alone(string output)
    {
        for (var attempt = 0; ; attempt++)
            try { return new FileStream(LockIn(output), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None); }
            catch (IOException) when (attempt < 10 && File.Exists(LockIn(output)) && Running(output) is null) { Thread.Sleep(20); }       // somebody asks
            catch (IOException) when (File.Exists(LockIn(output))) { throw new UserException($"A broker works in {output} already{(Running(output) is { } other ? $": {other.BootstrapServers}" : "")}.", 2); }
    }

    /// <summary>Whether a broker holds the lock. A folder that only has the address of another folder's broker has no lock.</summary>
    static bool Locked(string output)
    {
        try { using var asked = new FileStream(LockIn(output), FileMode.Open, FileAccess.Read, FileShare.Read); }
        catch (IOException) { return true; }
        return false;
    }

    /// <summary>The embedded broker that works in the output folder; null when none does.</summary>
    public static Cluster? Running(string output)
    {
        if (!File.Exists(PathIn(output))) return null;
        Address address;
        try { address = JsonSerializer.Deserialize<Address>(File.ReadAllText(PathIn(output))) is { BootstrapServers: not null, Incarnation: not null } found ? found : throw new JsonException(); }
        catch (Exception e) when (e is JsonException or FileNotFoundException) { return null; }
        try
        {
            using var process = Process.GetProcessById(address.Pid);
            if (process.HasExited) return null;
        }
        catch (ArgumentException) { return null; }
        if (!Locked(output)) return null;       // killed, and its number is another process's now
        return new(address.BootstrapServers, new Dictionary<string, string>(), address.Incarnation);
    }
}

/// <summary>The embedded broker as a process of its own: it lives on when a producer or consumer is killed, and ends with this one.</summary>
sealed class BrokerProcess : IDisposable
{
    readonly Process process;

    public Cluster Cluster { get; }
    public int Pid => process.Id;

    BrokerProcess(Process process, Cluster cluster) => (this.process, Cluster) = (process, cluster);

    /// <summary>Starts a broker that works in the output folder, and waits until it answers.</summary>
    public static BrokerProcess Start(string output, int brokers = 1)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", ["exec", typeof(BrokerProcess).Assembly.Location, "broker", "--output", output, "--brokers", brokers.ToString(), "--with-parent"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("FAILPOINT");
        start.Environment["DOTNET_TieredPGO"] = "0";
        var process = Process.Start(start)!;
        if (process.StandardOutput.ReadLine() is null || EmbeddedBroker.Running(output) is not { } cluster)
        {
            var why = process.StandardError.ReadToEnd();
            process.Dispose();
            throw new UserException($"The embedded broker did not start. {why}");
        }
        return new(process, cluster);
    }

    /// <summary>Ends it as a power cut would.</summary>
    public void Kill() => process.Kill();

    public void Dispose()
    {
        if (!process.HasExited) process.StandardInput.Close();
        if (!process.WaitForExit(2000)) process.Kill();
        process.Dispose();
    }
}
