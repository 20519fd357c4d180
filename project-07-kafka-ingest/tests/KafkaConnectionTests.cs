namespace KafkaIngest.Tests;

/// <summary>What the program says when it can't reach a cluster.</summary>
[TestFixture]
sealed class KafkaConnectionTests
{
    [Test]
    public async Task A_wrong_address_is_told_in_a_sentence()
    {
        using var folder = new TempFolder();
        var (code, _, error) = await KafkaProgram.Run(["run", "--bootstrap-servers", "127.0.0.1:1", "--output", folder.At("out")]);
        Assert.That(error, Does.Match(@"^127\.0\.0\.1:1 does not answer: [^\n]*Connection refused[^\n]*\n$"));
        Assert.That(code, Is.EqualTo(1));
    }

    [Test, Category("Kafka")]
    public async Task A_cluster_without_TLS_that_is_asked_for_it_is_told_in_a_sentence()
    {
        using var lab = new KafkaLab();
        using var folder = new TempFolder();
        var file = folder.Write("tls.properties", $"bootstrap.servers={lab.Cluster.BootstrapServers}\nsecurity.protocol=ssl\n");
        var (code, _, error) = await KafkaProgram.Run(["run", "--kafka-config", file, "--output", folder.At("out")]);
        Assert.That(error, Does.Match(@"^[^\n]* does not answer: [^\n]*SSL (handshake failed|connection closed)[^\n]*\n$"));
        Assert.That(code, Is.EqualTo(1));
    }

    [TestCase("security.protocol", "line 1: expected name=value, found no '='.")]
    [TestCase("# ours\nacks=1", "line 2: acks is set by the program, for that nothing is lost or doubled rests on it. Take the line out.")]
    [TestCase("security.protocol=ssl", "has no bootstrap.servers. Say --bootstrap-servers HOST:PORT, or write it into the file.")]
    [TestCase("bootstrap.servers=localhost\nno.such.property=1", "is refused: No such configuration property: \"no.such.property\"")]
    [TestCase("bootstrap.servers=localhost\nsecurity.protocol=none", "is refused: Invalid value \"none\" for configuration property \"security.protocol\"")]
    [TestCase("bootstrap.servers=localhost\nsecurity.protocol=ssl\nssl.ca.location=/no/such.pem", "is refused: ssl.ca.location failed")]
    public async Task A_wrong_file_of_properties_is_told_in_a_sentence(string text, string why)
    {
        using var folder = new TempFolder();
        var (code, _, error) = await KafkaProgram.Run(["run", "--kafka-config", folder.Write("kafka.properties", text), "--output", folder.At("out")]);
        Assert.That(error, Does.Contain(why).And.Match(@"^[^\n]*\n$"));
        Assert.That(code, Is.EqualTo(2));
    }

    [Test]
    public async Task A_file_of_properties_that_is_not_there_is_told_in_a_sentence()
    {
        using var folder = new TempFolder();
        var (code, _, error) = await KafkaProgram.Run(["run", "--kafka-config", folder.At("none"), "--output", folder.At("out")]);
        Assert.That(error, Does.Match(@"^[^\n]*none is not there\. [^\n]*\n$"));
        Assert.That(code, Is.EqualTo(2));
    }

    [Test]
    public void A_group_of_the_user_is_the_beginning_of_each_groups_name()
    {
        var cluster = new Cluster("localhost", new Dictionary<string, string> { ["group.id"] = "team-7", ["socket.timeout.ms"] = "9" }, null);
        var consumer = cluster.Properties(new Confluent.Kafka.ConsumerConfig { GroupId = "kafka-ingest.lake" });
        Assert.That((consumer["group.id"], consumer["socket.timeout.ms"]), Is.EqualTo(("team-7.kafka-ingest.lake", "9")));
        Assert.That(cluster.Properties(new Confluent.Kafka.ProducerConfig()), Does.Not.ContainKey("group.id"));
    }
}
