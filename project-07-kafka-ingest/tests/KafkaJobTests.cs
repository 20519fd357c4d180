using Confluent.Kafka;

namespace KafkaIngest.Tests;

/// <summary>The whole job against a real cluster.</summary>
[TestFixture, Category("Kafka")]
sealed class KafkaJobTests
{
    static readonly bool Lake = true;
    static readonly Lazy<Task<string>> Embedded = new(async () =>
    {
        using var folder = new TempFolder();
        using var broker = BrokerProcess.Start(folder.At("out"));
        return (await Ingest.Run(broker.Cluster, new() { Input = ProjectFolder.At("data"), Output = folder.At("out") }, new(Lake: Lake), null, CancellationToken.None)).Digest;
    });

    [TestCase(GroupProtocol.Consumer)]
    [TestCase(GroupProtocol.Classic)]
    public async Task A_real_broker_and_the_embedded_one_give_the_same_digest(GroupProtocol protocol)
    {
        using var lab = new KafkaLab();
        var found = await Ingest.Run(lab.Cluster, lab.Settings, new(Lake: Lake, Protocol: protocol), null, CancellationToken.None);
        Exactly.Once(found, lab.Events);
        if (Lake) Assert.That(found.Lake, Is.EqualTo(new Counts(lab.Events.Count, 0, 0)));
        Assert.That(found.Digest, Is.EqualTo(await Embedded.Value));
    }

    [Test]
    public async Task A_second_run_sends_nothing_and_stores_nothing()
    {
        using var lab = new KafkaLab();
        var first = await Ingest.Run(lab.Cluster, lab.Settings, new(Lake: Lake), null, CancellationToken.None);
        RunState? state = null;
        var second = await Ingest.Run(lab.Cluster, lab.Settings, new(Lake: Lake), s => state = s, CancellationToken.None);
        Exactly.Once(second, lab.Events);
        Assert.That(second.Digest, Is.EqualTo(first.Digest));
        Assert.That(state!.Producing.First, Is.EqualTo(lab.Events.Count));
    }

    [Test]
    public async Task A_topic_that_was_deleted_and_made_again_is_filled_again_and_all_of_it_are_duplicates()
    {
        using var lab = new KafkaLab();
        var first = await Ingest.Run(lab.Cluster, lab.Settings, new(Lake: Lake), null, CancellationToken.None);
        using (var admin = Topics.Admin(lab.Cluster)) await admin.DeleteTopicsAsync([lab.Settings.Topic]);
        while (await Topics.Get(lab.Cluster, lab.Settings.Topic) is not null) await Task.Delay(50);

        var second = await Ingest.Run(lab.Cluster, lab.Settings, new(Lake: Lake), null, CancellationToken.None);
        Assert.That(second.Problems, Is.Empty);
        Assert.That(second.Sqlite, Is.EqualTo(new Counts(0, lab.Events.Count, 0)));
        if (Lake) Assert.That(second.Lake, Is.EqualTo(new Counts(0, lab.Events.Count, 0)));
        Assert.That((second.Stored, second.Digest), Is.EqualTo((first.Stored, first.Digest)));
    }
}
