using Confluent.Kafka.Admin;

namespace KafkaIngest.Tests;

/// <summary>Topics of a real cluster, and what becomes of a consumer when records are not there.</summary>
[TestFixture, Category("Kafka")]
sealed class KafkaTopicTests
{
    [Test]
    public async Task A_topic_is_made_with_its_partitions_replication_and_retention()
    {
        using var lab = new KafkaLab();
        var topic = await Topics.Ensure(lab.Cluster, lab.Settings.Topic, new(6, 1, TimeSpan.FromHours(48)));
        using var admin = Topics.Admin(lab.Cluster);
        var partitions = admin.GetMetadata(topic.Name, TimeSpan.FromSeconds(10)).Topics.Single().Partitions;
        var config = (await admin.DescribeConfigsAsync([new() { Type = ResourceType.Topic, Name = topic.Name }]))[0].Entries;
        Assert.That(topic.Partitions, Is.EqualTo(6));
        Assert.That(partitions.Select(p => p.Replicas.Length), Is.EqualTo(Enumerable.Repeat(1, 6)));
        Assert.That(config["retention.ms"].Value, Is.EqualTo("172800000"));
        Assert.That(await Topics.Ensure(lab.Cluster, topic.Name, new(6, 1, TimeSpan.FromHours(48))), Is.EqualTo(topic), "asked again");
        Assert.That(await Topics.Ensure(lab.Cluster, topic.Name, new(6)), Is.EqualTo(topic), "what is not asked for is not compared");
    }

    [TestCase(4, 1, 48, "has 6 partitions, expected 4. Say --partitions 6, or choose another --topic.")]
    [TestCase(6, 2, 48, "has 1 replicas, expected 2.")]
    [TestCase(6, 1, 24, "has retention.ms 172800000, expected 86400000.")]
    public async Task A_topic_with_other_settings_is_refused(int partitions, short replication, double hours, string why)
    {
        using var lab = new KafkaLab();
        await Topics.Ensure(lab.Cluster, lab.Settings.Topic, new(6, 1, TimeSpan.FromHours(48)));
        var refused = (await Assert.ThrowsAsync<UserException>(() => Topics.Ensure(lab.Cluster, lab.Settings.Topic, new(partitions, replication, TimeSpan.FromHours(hours)))))!;
        Assert.That((refused.Message, refused.ExitCode), Is.EqualTo(($"The topic {lab.Settings.Topic} {why}", 2)));
    }

    [Test]
    public async Task A_topic_that_the_cluster_can_not_make_is_refused()
    {
        using var lab = new KafkaLab();
        var refused = (await Assert.ThrowsAsync<UserException>(() => Topics.Ensure(lab.Cluster, lab.Settings.Topic, new(4, 99))))!;
        Assert.That(refused.Message, Does.StartWith($"The cluster does not make the topic {lab.Settings.Topic}: ").And.Contain("replicat"));
    }

    [Test]
    public async Task Records_that_were_deleted_before_they_were_read_are_an_error_and_not_silence([Values(0, 9_000)] int stored)
    {
        using var lab = new KafkaLab();
        var topic = await lab.Topic();
        lab.Produce(topic, lab.Events.Take(stored));
        if (stored > 0) await lab.Consume();
        lab.Produce(topic, lab.Events.Skip(stored).Take(1_000));
        await Delete(lab, topic, keep: 10);

        var lost = (await Assert.ThrowsAsync<UserException>(() => lab.Consume()))!;
        Assert.That(lost.Message, Does.StartWith($"{topic.Name}, partition ").And.Contain("no longer has the records from offset").And.Contain("They are lost."));
        Assert.That(stored == 0 || lab.Stored().Count == stored, Is.True, "nothing behind the gap is stored");
    }

    [Test]
    public async Task From_a_time_on_only_what_was_sent_since_is_stored()
    {
        using var lab = new KafkaLab();
        var topic = await lab.Topic();
        lab.Produce(topic, lab.Events.Take(2_000));
        await Task.Delay(50);
        var since = DateTime.UtcNow;
        lab.Produce(topic, lab.Events.Skip(2_000).Take(1_500));

        await lab.Consume(since);
        Assert.That(lab.Stored(), Is.EquivalentTo(lab.Events.Skip(2_000).Take(1_500).Select(e => e.Id)));
        await lab.Consume();
        Assert.That(lab.Stored(), Has.Count.EqualTo(1_500), "the next run goes on from there");
    }

    [Test]
    public async Task From_a_time_on_a_partition_that_has_nothing_since_is_at_its_end()
    {
        using var lab = new KafkaLab();
        var topic = await lab.Topic();
        lab.Produce(topic, lab.Events.Take(2_000));
        await Task.Delay(50);
        var since = DateTime.UtcNow;
        lab.Produce(topic, lab.Events.Skip(2_000).Take(1));
        await lab.Consume(since).WaitAsync(TimeSpan.FromSeconds(50));
        Assert.That(lab.Stored(), Is.EquivalentTo(new[] { lab.Events[2_000].Id }));
    }

    [Test]
    public async Task A_topic_that_is_made_again_while_it_is_read_is_an_error_and_the_next_consumer_reads_it_all()
    {
        using var lab = new KafkaLab();
        var topic = await lab.Topic();
        lab.Produce(topic, lab.Events.Take(2_000));
        var consuming = Consuming.Run(lab.Cluster, lab.Settings, new([SinkKind.Sqlite], 1, UntilEnd: false, null, new("", Assign: [])), null, CancellationToken.None);
        while (!consuming.IsCompleted && lab.Read("sqlite") < 2_000) await Task.Delay(50);
        using (var admin = Topics.Admin(lab.Cluster)) await admin.DeleteTopicsAsync([topic.Name]);
        while (await Topics.Get(lab.Cluster, topic.Name) is not null) await Task.Delay(50);
        lab.Produce(await lab.Topic(), lab.Events.Skip(1_000));
        Assert.That((await Assert.ThrowsAsync<UserException>(() => consuming.WaitAsync(TimeSpan.FromSeconds(30))))!.Message, Does.Contain("was deleted and made again").Or.Contain("They are lost"));
        await lab.Consume();
        Assert.That(lab.Stored(), Is.EquivalentTo(lab.Events.Select(e => e.Id)));
    }

    [Test]
    public async Task From_a_time_on_what_was_deleted_before_is_not_missed()
    {
        using var lab = new KafkaLab();
        var topic = await lab.Topic();
        lab.Produce(topic, lab.Events.Take(1_000));
        await Delete(lab, topic, keep: 10);
        await lab.Consume(DateTime.UnixEpoch);
        Assert.That(lab.Stored(), Has.Count.EqualTo(10 * topic.Partitions));
    }

    /// <summary>Deletes all but the last records of each partition.</summary>
    static async Task Delete(KafkaLab lab, Topic topic, int keep)
    {
        using var offsets = new TopicOffsets(lab.Cluster, topic);
        using var admin = Topics.Admin(lab.Cluster);
        await admin.DeleteRecordsAsync(offsets.All().Select((e, p) => new Confluent.Kafka.TopicPartitionOffset(topic.Name, p, e.End - keep)));
    }
}
