using System.Diagnostics;

namespace KafkaIngest.Tests;

/// <summary>Brokers that are killed while events are produced and consumed: nothing is lost and nothing comes twice, not even into the topic.</summary>
[TestFixture, Category("Kafka")]
sealed class KafkaBrokerTests
{
    [Test]
    public async Task The_only_broker_is_killed_in_the_middle_and_comes_back()
    {
        using var cluster = new KafkaOwnCluster(1);
        await Kill(cluster, kills: 1, speed: 6_000);
    }

    [Test]
    public async Task A_broker_of_three_is_killed_in_the_middle_and_comes_back()
    {
        using var cluster = new KafkaOwnCluster(3);
        await Kill(cluster, kills: 2, speed: 4_000);
    }

    [Test, Explicit("Takes minutes.")]
    public async Task Brokers_of_three_are_killed_ten_times_in_a_row()
    {
        using var cluster = new KafkaOwnCluster(3);
        await Kill(cluster, kills: 10, speed: 1_500);
    }

    /// <summary>Kills one broker after the other. Each comes back when events are acknowledged without it, if there are others, and the next is
    /// killed when they are acknowledged with it again.</summary>
    static async Task Kill(KafkaOwnCluster cluster, int kills, double speed)
    {
        using var lab = new KafkaLab(cluster.BootstrapServers);
        var nodes = cluster.BootstrapServers.Split(',').Length;
        var clock = new HurryingClock();
        RunState? state = null;
        var run = Task.Run(() => Ingest.Run(lab.Cluster, lab.Settings with { Speed = speed, Clock = clock }, new(Lake: false), s => { state = s; _ = s.Ends; }, CancellationToken.None));
        var watch = Stopwatch.StartNew();
        await Sent(100);
        for (var i = 0; i < kills; i++)
        {
            cluster.Kill(i % nodes + 1);
            if (nodes > 1) await Sent(100);
            cluster.Start();
            await Sent(100);
            TestContext.Out.WriteLine($"{watch.Elapsed.TotalSeconds:0} s: killed {i + 1}, {state!.Producing.Acknowledged:N0} acknowledged");
        }
        clock.Hurry();
        Exactly.Once(await run, lab.Events);

        async Task Sent(int more)
        {
            for (var before = state?.Producing.Acknowledged ?? 0; (state?.Producing.Acknowledged ?? 0) < before + more; await Task.Delay(20))
                if (run.IsCompleted) Assert.Fail($"The run ended before the kills did. {run.Exception?.InnerException}");
        }
    }
}
