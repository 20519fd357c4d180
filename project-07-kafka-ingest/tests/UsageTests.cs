using System.Diagnostics;

namespace KafkaIngest.Tests;

/// <summary>The built program, used wrongly, interrupted, and where its surroundings are not as they should be.</summary>
[TestFixture]
sealed class UsageTests : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(100);

    readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    static Process Start(IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", typeof(Checklist).Assembly.Location, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["DOTNET_TieredPGO"] = "0";
        return Process.Start(start)!;
    }

    static async Task<(int Code, string Printed, string Error)> End(Process process)
    {
        try
        {
            var (printed, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync().WaitAsync(Patience);
            return (process.ExitCode, await printed, await error);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
            process.Dispose();
        }
    }

    /// <summary>Runs it in the test's folder: OUT stands for an output folder.</summary>
    Task<(int Code, string Printed, string Error)> Run(string arguments) => End(Start(arguments.Split(' ').Select(a => a.Replace("OUT", folder.At("out"), StringComparison.Ordinal))));

    /// <summary>It ends with this code and tells why in one or two lines.</summary>
    async Task Refused(string arguments, int code, string why)
    {
        var (found, printed, error) = await Run(arguments);
        Assert.That((found, printed), Is.EqualTo((code, "")), $"{arguments}: {error}");
        Assert.That(error, Does.Contain(why.Replace("OUT", folder.At("out"), StringComparison.Ordinal)).And.Not.Contain("   at ").And.Not.Contain("Exception"), arguments);
        Assert.That(error.TrimEnd().Split('\n'), Has.Length.LessThanOrEqualTo(2), arguments);
    }

    [TestCase("prodce", "Unknown verb 'prodce'. Did you mean 'produce'?"), TestCase("run --sped max", "Unknown option '--sped'. Did you mean '--speed'?"), TestCase("dlq", "Required argument 'action' missing"), TestCase("dlq show", "'show' not recognized")]
    [TestCase("run --speed fast", "--speed is a number above 0, or max, found fast."), TestCase("run --speed 0", "--speed is a number above 0")]
    [TestCase("run --members 0", "--members is a number from 1 to 10,000,000, found 0."), TestCase("consume --members two", "Cannot parse argument 'two'"), TestCase("consume --members 0", "--members is a number from 1"), TestCase("run --batch-ms -1", "--batch-ms is a number above 0, at most 10,000,000, found -1."), TestCase("run --roll-seconds NaN", "--roll-seconds is a number above 0")]
    [TestCase("produce --topic a/b", "--topic is a name"), TestCase("run --key size", "'size' not recognized")]
    [TestCase("run --partitions 0", "--partitions is a number from 1"), TestCase("run --replication-factor 0", "--replication-factor is a number from 1, or -1"), TestCase("produce --retention-hours -1", "--retention-hours is a number above 0"), TestCase("broker --brokers 0", "--brokers is a number from 1")]
    [TestCase("consume --from yesterday", "--from is a time such as 2026-11-25T08:00:00Z, found yesterday."), TestCase("consume --instance-id a", "--instance-id needs --group-protocol classic."), TestCase("consume --session-seconds 0 --group-protocol classic", "--session-seconds is a number above 0")]
    [TestCase("dlq list --reason bad", "'bad' not recognized"), TestCase("crash --kills -1", "--kills is a number from 0"), TestCase("exercise", "'--output' is required")]
    public Task Wrong_usage_is_told(string arguments, string why) => Refused(arguments.Contains("crash", StringComparison.Ordinal) || arguments == "exercise" ? arguments : arguments + " --output OUT", 2, why);

    [TestCase("produce --output OUT", "No broker works in OUT. Start one in another terminal: dotnet run -- broker"), TestCase("consume --output OUT", "No broker works in OUT."), TestCase("verify --output OUT", "No broker works in OUT."), TestCase("dlq list --output OUT", "events.db is not there. Consume first: dotnet run")]
    public Task What_is_not_there_is_told(string arguments, string why) => Refused(arguments, 2, why);

    [TestCase("absent", null, "Expected a file of librdkafka properties"), TestCase("no-value", "# ok\n\nlinger\n", "line 3: expected name=value, found no '='."), TestCase("no-servers", "linger.ms=5\n", "has no bootstrap.servers"), TestCase("unknown", "bootstrap.servers=127.0.0.1:1\nno.such=1\n", "no.such"), TestCase("wrong", "bootstrap.servers=127.0.0.1:1\nlinger.ms=soon\n", "Invalid value for configuration property")]
    public Task Properties_that_librdkafka_does_not_take_are_told(string file, string? text, string why)
    {
        if (text is not null) folder.Write(file, text);
        return Refused($"produce --output OUT --kafka-config {folder.At(file)}", 2, why);
    }

    [TestCase("run --input {0}/none --output OUT", "none/airports.csv is not there."), TestCase("run --output {0}/file", "file"), TestCase("run --output {0}/file/below", "file"), TestCase("run --partitions 6 --output OUT", "The embedded broker has 4 partitions a topic")]
    public Task What_can_not_be_read_or_written_is_told(string arguments, string why)
    {
        folder.Write("file", "not a folder");
        return Refused(string.Format(arguments, folder.Path), arguments.Contains("partitions", StringComparison.Ordinal) ? 2 : 1, why);
    }

    [TestCase("run --output OUT"), TestCase("dlq list --output OUT")]
    public Task A_store_that_is_garbage_is_told(string arguments)
    {
        folder.Write("out/events.db", new string('x', 5000));
        return Refused(arguments, 1, "events.db: SQLite Error 26: 'file is not a database'.");
    }

    [Test]
    public async Task On_the_embedded_broker_nothing_begins_at_a_time_and_one_broker_works_in_a_folder()
    {
        using var broker = BrokerProcess.Start(folder.At("out"));
        await Task.WhenAll(
            Refused("consume --from 2026-11-25T08:00:00Z --output OUT", 2, "The embedded broker can't look records up by time."),
            Refused("broker --output OUT", 2, "A broker works in OUT already"),
            Refused("verify --output OUT", 2, "events.db is not there"));
    }

    [Test]
    public void A_killed_brokers_number_may_be_another_process_by_now()
    {
        folder.Write("out/broker.json", $$"""{"BootstrapServers":"127.0.0.1:1","Incarnation":"embedded-1","Pid":{{Environment.ProcessId}}}""");
        folder.Write("out/.broker.lock", "");
        Assert.That(EmbeddedBroker.Running(folder.At("out")), Is.Null);
        using (new FileStream(folder.At("out", ".broker.lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None)) Assert.That(EmbeddedBroker.Running(folder.At("out"))!.BootstrapServers, Is.EqualTo("127.0.0.1:1"));
    }

    [Test]
    public async Task Of_two_brokers_that_start_at_once_one_works()
    {
        using var gate = new Barrier(4);
        var started = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(() =>
        {
            gate.SignalAndWait();
            try { return BrokerProcess.Start(folder.At("out")); }
            catch (UserException e) when (e.Message.Contains("A broker works in", StringComparison.Ordinal)) { return null; }
        }, TaskCreationOptions.LongRunning)));
        var one = started.Single(b => b is not null)!;
        Assert.That(EmbeddedBroker.Running(folder.At("out"))!.BootstrapServers, Is.EqualTo(one.Cluster.BootstrapServers));
        one.Dispose();
        Assert.That(EmbeddedBroker.Running(folder.At("out")), Is.Null);
    }

    /// <summary>Sends a signal as the terminal and the operating system do.</summary>
    static async Task Signal(Process process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]);
        await kill.WaitForExitAsync();
    }

    [Test, Platform(Exclude = "Win")]
    public async Task A_run_that_is_interrupted_ends_with_130_and_a_store_that_is_whole()
    {
        var process = Start(["run", "--speed", "3600", "--members", "1", "--assign", "--output", folder.At("out")]);
        var ended = End(process);
        await Wait.Until(() => ended.IsCompleted || Stored() > 0, "events are stored");
        await Signal(process, "INT");
        var (code, printed, error) = await ended;
        Assert.That((code, error), Is.EqualTo((130, error)), printed);
        Assert.That(error, Does.Not.Contain("   at "));
        using var db = EventStore.Read(folder.At("out"));
        Assert.That(Manifest.Problem(db, folder.At("out")), Is.Null);
        var (sqlite, lake) = (Contents.OfSqlite(db), await Contents.OfLake(db, folder.At("out")));
        Assert.That((lake.Digest, (long)EventStore.Scalar(db, "SELECT sum(next) FROM offsets WHERE sink = 'sqlite'")!), Is.EqualTo((sqlite.Digest, (long)sqlite.Ids.Count)));
        Assert.That(File.Exists(folder.At("out", "broker.json")), Is.False, "its broker has ended with it");

        long Stored()
        {
            using var db = EventStore.TryRead(folder.At("out"));
            return db is null ? 0 : (long)EventStore.Scalar(db, "SELECT count(*) FROM events")!;
        }
    }

    [Test, Platform(Exclude = "Win")]
    public async Task A_broker_ends_when_it_is_told()
    {
        var process = Start(["broker", "--output", folder.At("out")]);
        var ended = End(process);
        await Wait.Until(() => ended.IsCompleted || EmbeddedBroker.Running(folder.At("out")) is not null, "the broker works");
        await Signal(process, "TERM");
        var (code, printed, error) = await ended;
        Assert.That((code, error, File.Exists(folder.At("out", "broker.json"))), Is.EqualTo((0, "", false)));
        Assert.That(printed, Does.StartWith("The embedded broker works at 127.0.0.1:"));
    }
}
