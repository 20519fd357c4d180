using System.Text;

namespace KafkaIngest.Tests;

[Category("Step2")]
sealed class SchemaTests
{
    static readonly Lazy<EventSchemas> Real = new(() => EventSchemas.Load(ProjectFolder.At("schemas")));
    const string Envelope = """ "event_type": {"type": "string"}, "event_time": {"type": "string", "format": "date-time"} """;
    internal const string Start = """{"event_type":"a","event_time":"2013-03-08T10:17:00Z",""";

    /// <summary>A schema of event_type, event_time and what is given.</summary>
    internal static string Schema(string properties, string required = "") =>
        $$"""{"type": "object", "properties": { {{Envelope}} {{(properties == "" ? "" : "," + properties)}} }, "required": ["event_type", "event_time"{{(required == "" ? "" : "," + required)}}]}""";

    internal static EventSchemas Load(params string[] versions)
    {
        using var folder = new TempFolder();
        for (var i = 0; i < versions.Length; i++) folder.Write($"flight-event.v{i + 1}.json", versions[i]);
        return EventSchemas.Load(folder.Path);
    }

    static (string Reason, string Detail)? Check(EventSchemas schemas, string json) => schemas.Check(schemas.Latest, Encoding.UTF8.GetBytes(json), out _);

    /// <summary>What is wrong with the value of a property x that follows the rule; null when nothing is.</summary>
    static string? X(string rule, string value)
    {
        var found = Check(Load(Schema($"\"x\": {rule}")), Start + "\"x\":" + value + "}");
        if (found is { } break_) Assert.That(break_.Reason, Is.EqualTo(Reasons.BreaksSchema));
        return found?.Detail;
    }

    [Test]
    public void Every_event_of_the_data_is_valid_in_both_versions()
    {
        Assert.That(Real.Value.Versions, Is.EqualTo(new[] { 1, 2 }));
        Assert.That(Real.Value.Latest, Is.EqualTo(2));
        foreach (var e in FlightEvents.Read(ProjectFolder.At("data"), KeyBy.Tail))
            foreach (var version in (int[])[1, 2])
            {
                Assert.That(Real.Value.Check(version, e.Payload, out var envelope), Is.Null);
                Assert.That((e.Id.Split('-')[^1], e.EventTimeUtc), Is.EqualTo((envelope.Type, envelope.TimeUtc)));
            }
    }

    const string Good = """{"event_type":"departed","event_time":"2013-03-08T10:17:00Z","carrier":"UA","flight":1545,"tail_number":"N14228","origin":"EWR","dest":"IAH","scheduled_departure":"2013-03-08T10:15:00Z","delay_minutes":2}""";

    [TestCase("\"origin\":\"EWR\",", "", "origin is missing")]
    [TestCase("1545", "\"1545\"", "flight: expected integer, found string")]
    [TestCase("1545", "true", "flight: expected integer, found boolean")]
    [TestCase("1545", "[1]", "flight: expected integer, found array")]
    [TestCase("1545", "{\"a\":{}}", "flight: expected integer, found object")]
    [TestCase("1545", "1.5", "flight: expected integer, found 1.5")]
    [TestCase("1545", "0", "flight: expected at least 1, found 0")]
    [TestCase("1545", "10000", "flight: expected at most 9999, found 10000")]
    [TestCase("\"UA\"", "null", "carrier: expected string, found null")]
    [TestCase("\"UA\"", "\"UAL\"", "carrier: expected at most 2 characters, found \"UAL\"")]
    [TestCase("\"UA\"", "\"U\"", "carrier: expected at least 2 characters, found \"U\"")]
    [TestCase("\"UA\"", "7", "carrier: expected string, found number")]
    [TestCase("departed\"", "left\"", "event_type: expected one of scheduled, departed, arrived, diverted, cancelled, found \"left\"")]
    [TestCase("10:17:00Z", "10:17:00", "event_time: expected a time such as 2013-03-08T10:17:00Z, found \"2013-03-08T10:17:00\"")]
    [TestCase("\"N14228\"", "3", "tail_number: expected string or null, found number")]
    [TestCase("\"flight\"", "\"carrier\"", "carrier stands twice")]
    [TestCase("\"flight\"", "\"carr\\u0069er\"", "carrier stands twice")]
    [TestCase("}", ",\"gate\":1,\"g\\u0061te\":2}", "gate stands twice")]
    [TestCase("}", ",\"gate\":{\"a\":1,\"b\":2,\"a\":3}}", "a stands twice")]
    [TestCase("}", ",\"gate\":[{\"a\":1,\"a\":2}]}", "a stands twice")]
    [TestCase("}", ",\"gate\":{\"a\":{\"b\":1,\"b\":2}}}", "b stands twice")]
    public void What_breaks_the_schema_is_said(string what, string by, string detail) =>
        Assert.That(Check(Real.Value, Good.Replace(what, by)), Is.EqualTo((Reasons.BreaksSchema, detail)));

    [TestCase("2013-03-08T10:17:00Z", "2013-03-08T10:17:00Z")]
    [TestCase("departed", "d\\u0065parted")]
    [TestCase("\"event_type\"", "\"event\\u005ftype\"")]
    [TestCase("1545", "1545.0")]
    [TestCase("1545", "15.45e2")]
    [TestCase("1545", "1E+3")]
    [TestCase("\"N14228\"", "null")]
    [TestCase(",\"delay_minutes\":2", "")]
    [TestCase("}", ",\"gate\":{\"a\":[1,{\"b\":null}],\"b\":{\"a\":\"\\ud83d\\ude00\"}}}")]
    [TestCase("{", " \r\n\t{ ")]
    [TestCase("}", "}\n")]
    public void What_is_valid_passes(string what, string by)
    {
        Assert.That(Real.Value.Check(2, Encoding.UTF8.GetBytes(Good.Replace(what, by)), out var envelope), Is.Null);
        Assert.That(envelope, Is.EqualTo(new Envelope("departed", new DateTime(2013, 3, 8, 10, 17, 0, DateTimeKind.Utc))));
        Assert.That(envelope.TimeUtc.Kind, Is.EqualTo(DateTimeKind.Utc));
    }

    [Test]
    public void What_is_escaped_is_checked_as_what_it_means_and_bounds_belong_to_the_range()
    {
        Assert.That(X("""{"type": "string", "format": "date-time"}""", "\"2013\\u002d03-08T10:17:00Z\""), Is.Null);
        Assert.That(X("""{"type": "integer", "maximum": 9}""", "9"), Is.Null);
        Assert.That(X("""{"type": ["integer", "null"]}""", "1.5"), Is.EqualTo("x: expected integer, found 1.5"));
        Assert.That(Check(Real.Value, "{}"), Is.EqualTo((Reasons.BreaksSchema, "event_type is missing")));
        Assert.That(Check(Real.Value, Good.Replace("}", ",\"\\u001b[31m\":1,\"\\u001b[31m\":2}"))!.Value.Detail.Any(char.IsControl), Is.False);
    }

    [Test]
    public void An_event_that_is_not_valid_has_no_envelope()
    {
        Real.Value.Check(2, Encoding.UTF8.GetBytes(Good.Replace("1545", "0")), out var envelope);
        Assert.That(envelope, Is.EqualTo(default(Envelope)));
    }

    [Test]
    public void Each_version_is_checked_by_its_own_rules()
    {
        var late = Encoding.UTF8.GetBytes(Good.Replace(":2}", ":\"two\"}"));
        Assert.That(Real.Value.Check(1, late, out _), Is.Null);
        Assert.That(Real.Value.Check(2, late, out _)?.Detail, Is.EqualTo("delay_minutes: expected integer or null, found string"));
    }

    [TestCase("", TestName = "Nothing_is_no_event")]
    [TestCase(" ")]
    [TestCase("{")]
    [TestCase("}")]
    [TestCase("{\"event_type\":\"a\"")]
    [TestCase("{\"event_type\"}")]
    [TestCase("{\"event_type\":}")]
    [TestCase("{\"event_type\":\"a\",}")]
    [TestCase("{event_type:\"a\"}")]
    [TestCase("{'event_type':'a'}")]
    [TestCase("{\"a\":01}")]
    [TestCase("{\"a\":1.}")]
    [TestCase("{\"a\":.5}")]
    [TestCase("{\"a\":+1}")]
    [TestCase("{\"a\":NaN}")]
    [TestCase("{\"a\":1e}")]
    [TestCase("{\"a\":tru}")]
    [TestCase("{\"a\":[1,]}")]
    [TestCase("{\"a\":[1}}")]
    [TestCase("{\"a\":\"\t\"}")]
    [TestCase("{\"a\":\"\\x\"}")]
    [TestCase("{\"a\":\"\\u12g4\"}")]
    [TestCase("{\"a\":\"\\ud83d\"}")]
    [TestCase("{\"a\":\"\\ude00\\ud83d\"}")]
    [TestCase("{\"a\":{\"\\ud83d\":1}}")]
    [TestCase("{\"\\ud83dx\":1}")]
    [TestCase("{\"event_type\":\"\\ud83d\"}")]
    [TestCase("{\"a\":[[\"\\ud83d\\n\"]]}")]
    [TestCase("{\"event_type\":true,\"a\":\"\\ud83d\"}")]
    [TestCase("{\"event_type\":[\"\\ud83d\"]}")]
    [TestCase("{\"a\":1,\"a\":2,}")]
    [TestCase("{} {}")]
    [TestCase("{}x")]
    [TestCase("[] 1")]
    [TestCase("// no\n{}")]
    [TestCase("\uFEFF{}")]
    [TestCase("event")]
    public void What_is_no_JSON_is_said(string payload) => Assert.That(Check(Real.Value, payload)?.Reason, Is.EqualTo(Reasons.NoJson));

    [Test]
    public void Every_event_that_is_cut_off_is_no_JSON()
    {
        var whole = Encoding.UTF8.GetBytes(Good);
        for (var length = 0; length < whole.Length; length++) Assert.That(Real.Value.Check(2, whole.AsSpan(0, length), out _)?.Reason, Is.EqualTo(Reasons.NoJson));
    }

    [Test]
    public void Random_damage_is_never_a_crash()
    {
        var random = new Random(7);
        for (var i = 0; i < 20_000; i++)
        {
            var damaged = Encoding.UTF8.GetBytes(Good.Replace("}", ",\"g\":{\"a\":[\"\\ud83d\\ude00\",{}]}}"));
            for (var n = random.Next(1, 4); n > 0; n--) damaged[random.Next(damaged.Length)] = random.Next(3) == 0 ? (byte)random.Next(256) : "\"\\{}[]:,u0deE.-"u8[random.Next(15)];
            var verdict = Real.Value.Check(2, damaged, out _);
            if (verdict is not { Reason: Reasons.NoJson }) Assert.That(() => System.Text.Json.JsonDocument.Parse(damaged), Throws.Nothing);
        }
    }

    [Test]
    public void Bytes_that_are_no_UTF8_are_no_JSON()
    {
        byte[] payload = [.. "{\"a\":\""u8, 0xC3, 0x28, .. "\"}"u8];
        Assert.That(Real.Value.Check(2, payload, out _), Is.EqualTo((Reasons.NoJson, "the bytes are no UTF-8")));
    }

    [TestCase("[]", "array")]
    [TestCase("1", "number")]
    [TestCase("null", "null")]
    [TestCase("\"{}\"", "string")]
    public void What_is_no_object_is_no_event(string payload, string found) =>
        Assert.That(Check(Real.Value, payload), Is.EqualTo((Reasons.BreaksSchema, $"expected an object, found {found}")));

    [Test]
    public void Eight_levels_are_the_deepest()
    {
        string Deep(int levels) => Good.Replace("}", ",\"x\":" + new string('[', levels - 1) + new string(']', levels - 1) + "}");
        Assert.That(Check(Real.Value, Deep(8)), Is.Null);
        Assert.That(Check(Real.Value, Deep(9)), Is.EqualTo((Reasons.BreaksSchema, "it is nested deeper than 8 levels")));
        Assert.That(Check(Real.Value, new string('[', 100_000))?.Detail, Is.EqualTo("it is nested deeper than 8 levels"));
        Assert.That(Check(Real.Value, string.Concat(Enumerable.Repeat("{\"a\":", 100_000)))?.Detail, Is.EqualTo("it is nested deeper than 8 levels"));
    }

    [Test]
    public void Many_unknown_properties_pass_and_a_name_that_stands_twice_is_found()
    {
        var many = string.Concat(Enumerable.Range(0, 5_000).Select(i => $",\"p{i}\":{i}"));
        Assert.That(Check(Real.Value, Good.Replace("}", many + "}")), Is.Null);
        Assert.That(Check(Real.Value, Good.Replace("}", many + ",\"p3\":0}"))?.Detail, Is.EqualTo("p3 stands twice"));
        Assert.That(Check(Real.Value, Good.Replace("}", many + ",\"p4000\":0}"))?.Detail, Is.EqualTo("p4000 stands twice"));
    }

    [TestCase("""{"type": "integer"}""", "9007199254740993123", null)]
    [TestCase("""{"type": "integer"}""", "1e400", null)]
    [TestCase("""{"type": "integer"}""", "-0", null)]
    [TestCase("""{"type": "integer"}""", "0.0e-5", null)]
    [TestCase("""{"type": "integer"}""", "1e-400", "x: expected integer, found 1e-400")]
    [TestCase("""{"type": "integer"}""", "1e-99999999999999999999", "x: expected integer, found 1e-99999999999999999999")]
    [TestCase("""{"type": "integer"}""", "12300e-2", null)]
    [TestCase("""{"type": "integer"}""", "12300e-3", "x: expected integer, found 12300e-3")]
    [TestCase("""{"type": "integer", "maximum": 9007199254740992}""", "9007199254740993", "x: expected at most 9007199254740992, found 9007199254740993")]
    [TestCase("""{"type": "integer", "maximum": 9007199254740992}""", "9007199254740992.0", null)]
    [TestCase("""{"type": "number", "minimum": -1.5, "maximum": 2.5}""", "-1.50", null)]
    [TestCase("""{"type": "number", "minimum": -1.5, "maximum": 2.5}""", "-1.51", "x: expected at least -1.5, found -1.51")]
    [TestCase("""{"type": "number", "minimum": -1.5, "maximum": 2.5}""", "25e-1", null)]
    [TestCase("""{"type": "number", "minimum": -1.5, "maximum": 2.5}""", "2.5000000000000000000001", "x: expected at most 2.5, found 2.5000000000000000000001")]
    [TestCase("""{"type": "number", "minimum": 1e3}""", "999", "x: expected at least 1e3, found 999")]
    [TestCase("""{"type": "number"}""", "\"1\"", "x: expected number, found string")]
    [TestCase("""{"type": "boolean"}""", "true", null)]
    [TestCase("""{"type": "boolean"}""", "0", "x: expected boolean, found number")]
    [TestCase("""{"type": ["null", "boolean"]}""", "null", null)]
    [TestCase("""{"type": "string", "minLength": 2, "maxLength": 2}""", "\"éé\"", null)]
    [TestCase("""{"type": "string", "minLength": 2, "maxLength": 2}""", "\"😀\\ud83d\\ude00\"", null)]
    [TestCase("""{"type": "string", "minLength": 2, "maxLength": 2}""", "\"😀\"", "x: expected at least 2 characters, found \"😀\"")]
    [TestCase("""{"type": "string", "maxLength": 0}""", "\"\"", null)]
    [TestCase("""{"type": "string", "enum": ["a\"b"]}""", "\"a\\\"b\"", null)]
    [TestCase("""{"type": "string", "enum": ["a", "b"]}""", "\"A\"", "x: expected one of a, b, found \"A\"")]
    public void Each_keyword_is_checked(string rule, string value, string? detail) => Assert.That(X(rule, value), Is.EqualTo(detail));

    [TestCase("2012-02-29T00:00:00Z", true)]
    [TestCase("2013-03-08T10:17:00.123456789Z", true)]
    [TestCase("0001-01-01T00:00:00Z", true)]
    [TestCase("9999-12-31T23:59:59.99999999Z", true)]
    [TestCase("2013-02-29T00:00:00Z", false)]
    [TestCase("0000-01-01T00:00:00Z", false)]
    [TestCase("2013-13-01T00:00:00Z", false)]
    [TestCase("2013-00-01T00:00:00Z", false)]
    [TestCase("2013-01-00T00:00:00Z", false)]
    [TestCase("2013-01-01T24:00:00Z", false)]
    [TestCase("2013-01-01T00:60:00Z", false)]
    [TestCase("2016-12-31T23:59:60Z", false)]
    [TestCase("2013-01-01T00:00:00+00:00", false)]
    [TestCase("2013-01-01t00:00:00z", false)]
    [TestCase("2013-01-01 00:00:00Z", false)]
    [TestCase("2013-01-01T00:00:00.Z", false)]
    [TestCase("2013-01-01T00:00:00.1xZ", false)]
    [TestCase("2013-1-01T00:00:00Z", false)]
    [TestCase("2013-01-01T00:00Z", false)]
    [TestCase("", false)]
    public void A_date_time_is_RFC_3339_in_UTC(string text, bool valid) => Assert.That(X("""{"type": "string", "format": "date-time"}""", $"\"{text}\""), valid ? Is.Null : Does.StartWith("x: expected a time"));

    [Test]
    public void A_fraction_of_a_second_is_kept()
    {
        Load(Schema("")).Check(1, """{"event_type":"a","event_time":"2013-03-08T10:17:00.1234567Z"}"""u8, out var envelope);
        Assert.That(envelope.TimeUtc, Is.EqualTo(new DateTime(2013, 3, 8, 10, 17, 0, DateTimeKind.Utc).AddTicks(1_234_567)));
    }

    [Test]
    public void A_type_is_one_string_however_often_it_comes()
    {
        var schemas = Load(Schema(""));
        schemas.Check(1, """{"event_type":"boarded","event_time":"2013-03-08T10:17:00Z"}"""u8, out var first);
        schemas.Check(1, """{"event_time":"2013-03-08T10:17:00Z","event_type":"boarded"}"""u8, out var second);
        Assert.That(second.Type, Is.SameAs(first.Type).And.EqualTo("boarded"));
        for (var i = 0; i < 1_000; i++) Assert.That(schemas.Check(1, Encoding.UTF8.GetBytes($$"""{"event_type":"t{{i}}","event_time":"2013-03-08T10:17:00Z"}"""), out var other) is null && other.Type == $"t{i}");
    }

    [Test]
    public void A_valid_event_allocates_nothing()
    {
        var payload = Encoding.UTF8.GetBytes(Good.Replace("}", ",\"gate\":{\"a\":[1,2]}}"));
        for (var i = 0; i < 100; i++) Real.Value.Check(2, payload, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++) Real.Value.Check(2, payload, out _);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }
}
