using System.Diagnostics;
using Confluent.Kafka;

namespace KafkaIngest.Tests;

/// <summary>A consumer of a group is killed: another takes its partitions over, and goes on where the sinks stand.</summary>
[TestFixture, Category("Kafka")]
sealed class KafkaGroupTests
{
    [TestCase("classic")]
    [TestCase("consumer", Explicit = true, Reason = "The broker takes 45 s to give up a member.")]
    public async Task A_consumer_of_a_group_is_killed_and_another_takes_over(string protocol)
    {
        using var lab = new KafkaLab();
        var clock = new HurryingClock();
        var topic = await lab.Topic();
        var state = new Producing.State();
        var producing = Task.Run(() => Producing.Run(lab.Cluster, topic, lab.Events, lab.Settings with { Speed = 20_000, Clock = clock }, null, state, CancellationToken.None));
        string[] consume = ["consume", "--bootstrap-servers", lab.Cluster.BootstrapServers, "--kafka-config", lab.ConfigFile, "--topic", topic.Name, "--output", lab.Settings.Output, "--group-protocol", protocol, "--session-seconds", "6", "--members", "1", "--roll-seconds", "0.5"];
        using var first = new KafkaProgram(consume);
        await Until(lab, shares => shares.SequenceEqual([4]), first);
        using var second = new KafkaProgram(consume);
        await Until(lab, shares => shares.SequenceEqual([2, 2]), first, second);
        var before = lab.Read("sqlite");
        while (lab.Read("sqlite") < before + 300) await Task.Delay(20);

        first.Kill();
        var watch = Stopwatch.StartNew();
        await Until(lab, shares => shares.SequenceEqual([4]), second);
        TestContext.Out.WriteLine($"Taken over after {watch.Elapsed.TotalSeconds:0.0} s, {state.Acknowledged:N0} of {state.Total:N0} acknowledged.");
        Assert.That(producing.IsCompleted, Is.False, "the kill is in the middle");
        clock.Hurry();
        await producing;
        while (lab.Read("sqlite") + lab.Read("lake") < 2 * lab.Events.Count && second.Running) await Task.Delay(100);
        second.Interrupt();
        var (code, _, error) = await second.End();
        Assert.That(code, Is.Zero, error);

        using var offsets = new TopicOffsets(lab.Cluster, topic);
        var found = await Verify.Run(lab.Settings, topic, lab.Events, offsets.All());
        Exactly.Once(found, lab.Events);
        Assert.That(found.Lake, Is.EqualTo(found.Sqlite));
    }

    /// <summary>Waits until the members of both groups have so many partitions.</summary>
    static async Task Until(KafkaLab lab, Func<IEnumerable<int>, bool> wanted, params KafkaProgram[] running)
    {
        using var admin = Topics.Admin(lab.Cluster);
        string[] groups = [.. Enum.GetValues<SinkKind>().Select(lab.Group)];
        for (var patience = Stopwatch.StartNew(); patience.Elapsed < TimeSpan.FromMinutes(2); await Task.Delay(100))
        {
            if (running.FirstOrDefault(p => !p.Running) is { } ended) Assert.Fail($"A consumer has ended: {(await ended.End()).Error}");
            try
            {
                var found = (await admin.DescribeConsumerGroupsAsync(groups)).ConsumerGroupDescriptions;
                if (found.All(g => wanted(g.Members.Select(m => m.Assignment.TopicPartitions.Count)))) return;
            }
            catch (KafkaException) { }      // the group is not there yet
        }
        Assert.Fail("The group did not come to rest.");
    }
}
