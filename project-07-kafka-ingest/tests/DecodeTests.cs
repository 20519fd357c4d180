using System.Text;
using Confluent.Kafka;

namespace KafkaIngest.Tests;

/// <summary>What a consumer makes of a record.</summary>
[TestFixture, Category("Step5")]
sealed class DecodeTests
{
    const string Good = """{"event_type":"departed","event_time":"2013-03-08T10:17:00.5Z","carrier":"UA","flight":1545,"tail_number":"N14228","origin":"EWR","dest":"IAH","scheduled_departure":"2013-03-08T10:15:00Z"}""";
    const int Most = 300;

    static readonly Lazy<EventSchemas> Schemas = new(() => EventSchemas.Load(ProjectFolder.At("schemas")));

    /// <param name="headers">name=value each; a name without '=' has null.</param>
    static Received Run(string? payload, string headers = "event-id=e1 schema-version=2 produced-at=1700000000000", UnknownVersion unknown = UnknownVersion.DeadLetter, string? key = "N1")
    {
        var message = new Message<byte[]?, byte[]?> { Key = key is null ? null : Encoding.UTF8.GetBytes(key), Value = payload is null ? null : Encoding.UTF8.GetBytes(payload), Headers = [], Timestamp = new(1_600_000_000_000, TimestampType.CreateTime) };
        foreach (var header in headers.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            message.Headers.Add(header.Split('=')[0], header.Contains('=') ? Encoding.UTF8.GetBytes(header[(header.IndexOf('=') + 1)..].Replace('_', ' ')) : null);
        return new Decode(Schemas.Value, unknown, Most).Run(new() { TopicPartitionOffset = new("flights", 3, 41), Message = message });
    }

    static string? Reason(string? payload, string headers, UnknownVersion unknown = UnknownVersion.DeadLetter) => (Run(payload, headers, unknown) as DeadLetter)?.Reason;

    [Test]
    public void A_good_record_is_an_event_with_all_that_it_says()
    {
        var e = (Event)Run(Good);
        Assert.That((e.At, Encoding.ASCII.GetString(e.Id), Encoding.ASCII.GetString(e.Key!), e.SchemaVersion, e.Type), Is.EqualTo((new Position(3, 41), "e1", "N1", 2, "departed")));
        Assert.That((e.EventTimeUtc, e.EventTimeUtc.Kind), Is.EqualTo((new DateTime(2013, 3, 8, 10, 17, 0, 500, DateTimeKind.Utc), DateTimeKind.Utc)));
        Assert.That((e.ProducedAtMs, Encoding.UTF8.GetString(e.Payload)), Is.EqualTo((1_700_000_000_000, Good)));
        Assert.That(((Event)Run(Good, key: null)).Key, Is.Null);
        Assert.That(((Event)Run(Good, key: "")).Key, Is.Empty);
        Assert.That(((Event)Run(Good, "event-id=e1 schema-version=1")).SchemaVersion, Is.EqualTo(1));
    }

    // each has what comes later in the order wrong too
    [TestCase(null, "schema-version=9", Reasons.NoId, "there is no header event-id")]
    [TestCase(null, "event-id schema-version=9", Reasons.NoId, "there is no header event-id")]
    [TestCase(null, "event-id= schema-version=9", Reasons.NoId, "the header event-id is no ASCII text of 1 to 200 bytes")]
    [TestCase(Good, "event-id=Zürich schema-version=2", Reasons.NoId, "the header event-id is no ASCII text of 1 to 200 bytes")]
    [TestCase(null, "event-id=e1 schema-version=9", Reasons.NoJson, "there is no payload")]
    [TestCase("LONG", "event-id=e1 schema-version=9", Reasons.TooLarge, "301 bytes, at most 300 are taken")]
    [TestCase("{", "event-id=e1 schema-version=9", Reasons.UnknownVersion, "version 9, known are 1, 2")]
    [TestCase("{", "event-id=e1", Reasons.UnknownVersion, "the header schema-version is no number")]
    public void The_first_rule_that_is_broken_is_the_reason(string? payload, string headers, string reason, string detail)
    {
        var letter = (DeadLetter)Run(payload == "LONG" ? new string('x', Most + 1) : payload, headers);
        Assert.That((letter.At, letter.Reason, letter.Detail), Is.EqualTo((new Position(3, 41), reason, detail)));
    }

    [Test]
    public void At_last_it_is_checked_against_its_schema()
    {
        Assert.That(Reason("{", "event-id=e1 schema-version=2"), Is.EqualTo(Reasons.NoJson));
        Assert.That(Reason("", "event-id=e1 schema-version=2"), Is.EqualTo(Reasons.NoJson));
        Assert.That(Reason(Good.Replace("\"dest\":\"IAH\",", ""), "event-id=e1 schema-version=1"), Is.EqualTo(Reasons.BreaksSchema));
        Assert.That(Reason(Good.PadRight(Most), "event-id=e1 schema-version=2"), Is.Null, "300 bytes are taken");
    }

    [TestCase("x", true), TestCase("", false)]
    public void An_id_has_at_most_200_bytes(string more, bool dead) => Assert.That(Reason(Good, $"event-id={new string('e', 200)}{more} schema-version=2") == Reasons.NoId, Is.EqualTo(dead));

    [TestCase("two"), TestCase(""), TestCase("_2"), TestCase("2_"), TestCase("2.0"), TestCase("0"), TestCase("-1"), TestCase("3"), TestCase("2147483648"), TestCase("4294967298"), TestCase("99999999999999999999")]
    public void A_version_that_is_no_number_or_is_not_known(string version) => Assert.That(Reason(Good, $"event-id=e1 schema-version={version}"), Is.EqualTo(Reasons.UnknownVersion));

    [Test]
    public void An_unknown_version_may_be_accepted_and_is_then_checked_against_the_latest()
    {
        var e = (Event)Run(Good, "event-id=e1 schema-version=7", UnknownVersion.Accept);
        Assert.That(e.SchemaVersion, Is.EqualTo(7));
        Assert.That(Reason(Good.Replace("1545", "\"x\""), "event-id=e1 schema-version=7", UnknownVersion.Accept), Is.EqualTo(Reasons.BreaksSchema));
        Assert.That(Reason(Good, "event-id=e1 schema-version=seven", UnknownVersion.Accept), Is.EqualTo(Reasons.UnknownVersion), "no number");
    }

    [Test]
    public void An_unknown_version_may_stop_the_consumer()
    {
        var e = Assert.Throws<UserException>(() => Run(Good, "event-id=e1 schema-version=7", UnknownVersion.Fail))!;
        Assert.That(e.Message, Does.Contain("flights [[3]] @41").And.Contain("version 7, known are 1, 2").And.Contain("--unknown-version"));
        Assert.That(Run(Good, unknown: UnknownVersion.Fail), Is.InstanceOf<Event>());
    }

    [Test]
    public void Of_a_header_that_comes_twice_the_last_counts()
    {
        var e = (Event)Run(Good, "event-id=e1 schema-version=9 event-id=e2 schema-version=2");
        Assert.That((Encoding.ASCII.GetString(e.Id), e.SchemaVersion), Is.EqualTo(("e2", 2)));
    }

    [TestCase("", 1_600_000_000_000), TestCase("produced-at", 1_600_000_000_000), TestCase("produced-at=", 1_600_000_000_000), TestCase("produced-at=yesterday", 1_600_000_000_000), TestCase("produced-at=-1", 1_600_000_000_000)]
    [TestCase("produced-at=253402300800000", 1_600_000_000_000), TestCase("produced-at=99999999999999999999", 1_600_000_000_000), TestCase("produced-at=253402300799999", 253_402_300_799_999), TestCase("produced-at=0", 0)]
    public void Without_a_time_when_it_was_sent_the_records_own_time_stands_for_it(string header, long expected) => Assert.That(((Event)Run(Good, $"event-id=e1 schema-version=2 {header}")).ProducedAtMs, Is.EqualTo(expected));

    [Test]
    public void A_dead_letter_keeps_all_that_the_record_has()
    {
        var letter = (DeadLetter)Run("{ü", "x=1 event-id=e1 trace y= x=2 schema-version=2");
        Assert.That((Encoding.ASCII.GetString(letter.Id!), Encoding.UTF8.GetString(letter.Payload!), Encoding.ASCII.GetString(letter.Key!)), Is.EqualTo(("e1", "{ü", "N1")));
        Assert.That(letter.Headers.Select(h => $"{h.Key}={(h.Value is null ? "null" : Encoding.ASCII.GetString(h.Value))}"), Is.EqualTo(new[] { "x=1", "event-id=e1", "trace=null", "y=", "x=2", "schema-version=2" }));
        var bare = (DeadLetter)Run(null, "", key: null);
        Assert.That((bare.Id, bare.Key, bare.Payload, bare.Headers.Count), Is.EqualTo(((byte[]?)null, (byte[]?)null, (byte[]?)null, 0)));
    }
}
