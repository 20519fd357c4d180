using System.Text;

namespace KafkaIngest.Tests;

[Category("Step2")]
public class SchemaTests
{
    static readonly Lazy<EventSchemas> Real = new(() => EventSchemas.Load(ProjectFolder.At("schemas")));
    const string Envelope = """ "event_type": {"type": "string"}, "event_time": {"type": "string", "format": "date-time"} """;
    const string Start = """{"event_type":"a","event_time":"2013-03-08T10:17:00Z",""";

    /// <summary>A schema of event_type, event_time and what is given.</summary>
    static string Schema(string properties, string required = "") =>
        $$"""{"type": "object", "properties": { {{Envelope}} {{(properties == "" ? "" : "," + properties)}} }, "required": ["event_type", "event_time"{{(required == "" ? "" : "," + required)}}]}""";

    static EventSchemas Load(params string[] versions)
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

    // the rule before, the rule after, and what is said of the step; the step back is in the other direction
    [TestCase("\"type\": \"integer\"", "\"type\": \"number\"", null, "has the type number, version 2 has integer")]
    [TestCase("\"type\": \"string\"", "\"type\": \"integer\"", "has the type string, version 2 has integer", "has the type integer, version 2 has string")]
    [TestCase("\"type\": \"boolean\"", "\"type\": \"string\"", "has the type boolean, version 2 has string", "has the type string, version 2 has boolean")]
    [TestCase("\"type\": \"string\"", "\"type\": [\"string\", \"null\"]", null, "allows null, version 2 does not")]
    [TestCase("\"type\": \"integer\"", "\"type\": [\"number\", \"null\"]", null, "has the type number or null, version 2 has integer")]
    [TestCase("\"type\": \"string\", \"enum\": [\"a\"]", "\"type\": \"string\", \"enum\": [\"b\", \"a\"]", null, "allows the value \"b\", version 2 does not")]
    [TestCase("\"type\": \"string\", \"enum\": [\"a\"]", "\"type\": \"string\"", null, "allows every value, version 2 allows only a")]
    [TestCase("\"type\": \"string\", \"format\": \"date-time\"", "\"type\": \"string\"", null, "allows every text, version 2 wants the format date-time")]
    [TestCase("\"type\": \"integer\", \"minimum\": 1", "\"type\": \"integer\", \"minimum\": 0", null, "has the minimum 0, version 2 has the minimum 1")]
    [TestCase("\"type\": \"integer\", \"minimum\": 1", "\"type\": \"integer\"", null, "has no minimum, version 2 has the minimum 1")]
    [TestCase("\"type\": \"integer\", \"minimum\": 1", "\"type\": \"integer\", \"minimum\": 1.0", null, null)]
    [TestCase("\"type\": \"integer\", \"maximum\": 1", "\"type\": \"integer\", \"maximum\": 1.5", null, "has the maximum 1.5, version 2 has the maximum 1")]
    [TestCase("\"type\": \"integer\", \"maximum\": 1", "\"type\": \"integer\"", null, "has no maximum, version 2 has the maximum 1")]
    [TestCase("\"type\": \"string\", \"minLength\": 3", "\"type\": \"string\", \"minLength\": 2", null, "has the minLength 2, version 2 has minLength 3")]
    [TestCase("\"type\": \"string\", \"minLength\": 3", "\"type\": \"string\"", null, "has no minLength, version 2 has minLength 3")]
    [TestCase("\"type\": \"string\", \"minLength\": 0", "\"type\": \"string\"", null, null)]
    [TestCase("\"type\": \"string\", \"maxLength\": 3", "\"type\": \"string\", \"maxLength\": 4", null, "has the maxLength 4, version 2 has maxLength 3")]
    [TestCase("\"type\": \"string\", \"maxLength\": 3", "\"type\": \"string\"", null, "has no maxLength, version 2 has maxLength 3")]
    [TestCase("\"type\": \"string\"", "\"type\": \"string\", \"title\": \"X\"", null, null)]
    public void A_property_may_become_wider_and_not_narrower(string before, string after, string? forth, string? back)
    {
        Assert.That(Break(before, after), forth is null ? Is.Null : Does.Contain("flight-event.v2.json: property 'x': version 1 " + forth + ": "));
        Assert.That(Break(after, before), back is null ? Is.Null : Does.Contain("flight-event.v2.json: property 'x': version 1 " + back + ": "));

        static string? Break(string before, string after) => Refused(Schema($"\"x\": {{ {before} }}", "\"x\""), Schema($"\"x\": {{ {after} }}", "\"x\""));
    }

    static string? Refused(params string[] versions)
    {
        try { Load(versions); return null; }
        catch (UserException e)
        {
            Assert.That(e.ExitCode, Is.EqualTo(2));
            return e.Message;
        }
    }

    [Test]
    public void A_property_may_be_added_when_it_is_optional_and_may_go()
    {
        var (without, optional, required) = (Schema(""), Schema("\"x\": {\"type\": \"string\"}"), Schema("\"x\": {\"type\": \"string\"}", "\"x\""));
        Assert.That(Refused(without, optional), Is.Null);
        Assert.That(Refused(optional, without), Is.Null);
        Assert.That(Refused(required, optional), Is.Null);
        Assert.That(Refused(required, without), Is.Null);
        Assert.That(Refused(optional, required), Does.Contain("property 'x': version 1 lets it be absent, version 2 requires it").And.Contain("Leave it optional"));
        Assert.That(Refused(without, required), Does.Contain("property 'x': version 1 has no such property, version 2 requires it"));
        Assert.That(Refused(without, optional, required), Does.StartWith("flight-event.v3.json"));
    }

    [Test]
    public void What_the_comparison_allows_accepts_every_old_event()
    {
        string[] rules = ["\"type\": \"integer\"", "\"type\": \"number\"", "\"type\": [\"integer\", \"null\"]", "\"type\": \"integer\", \"minimum\": 1", "\"type\": \"number\", \"maximum\": 2.5",
            "\"type\": \"string\"", "\"type\": [\"string\", \"null\"]", "\"type\": \"string\", \"enum\": [\"a\", \"bcd\"]", "\"type\": \"string\", \"enum\": [\"a\"]", "\"type\": \"string\", \"minLength\": 2",
            "\"type\": \"string\", \"maxLength\": 2", "\"type\": \"string\", \"format\": \"date-time\"", "\"type\": \"boolean\""];
        string[] values = ["0", "1", "2", "3", "2.5", "2.75", "1e2", "null", "true", "\"\"", "\"a\"", "\"bcd\"", "\"2013-03-08T10:17:00Z\""];
        var allowed = 0;
        foreach (var before in rules)
            foreach (var after in rules)
            {
                var (old, now) = (Schema($"\"x\": {{ {before} }}"), Schema($"\"x\": {{ {after} }}"));
                if (Refused(old, now) is not null) continue;
                allowed++;
                var schemas = Load(old, now);
                foreach (var payload in values.Select(value => Encoding.UTF8.GetBytes(Start + "\"x\":" + value + "}")))
                    if (schemas.Check(1, payload, out _) is null) Assert.That(schemas.Check(2, payload, out _), Is.Null, $"{before} → {after}: {Encoding.UTF8.GetString(payload)}");
            }
        Assert.That(allowed, Is.GreaterThan(rules.Length));
    }

    [TestCase("""{"type": "string", "pattern": "a"}""", "property 'x': the keyword 'pattern'")]
    [TestCase("""{"type": "string", "minimum": 1}""", "property 'x': minimum says nothing about the type string")]
    [TestCase("""{"type": "integer", "minLength": 1}""", "property 'x': minLength says nothing about the type integer")]
    [TestCase("""{"type": "integer", "enum": ["a"]}""", "property 'x': enum says nothing about the type integer")]
    [TestCase("""{"type": "array"}""", "property 'x': type: expected")]
    [TestCase("""{"type": "null"}""", "property 'x': type: expected")]
    [TestCase("""{"type": "0"}""", "property 'x': type: expected")]
    [TestCase("""{"type": "String"}""", "property 'x': type: expected")]
    [TestCase("""{"type": ["string", "integer"]}""", "property 'x': type: expected")]
    [TestCase("""{"type": ["null", "null"]}""", "property 'x': type: expected each value once")]
    [TestCase("""{"type": []}""", "property 'x': type: expected")]
    [TestCase("""{}""", "property 'x': type: expected")]
    [TestCase("true", "property 'x': expected an object, found true")]
    [TestCase("""{"type": "string", "format": "email"}""", "property 'x': format: expected \"date-time\", found \"email\"")]
    [TestCase("""{"type": "string", "enum": []}""", "property 'x': the enum is empty")]
    [TestCase("""{"type": "string", "enum": ["a", 1]}""", "property 'x': enum: expected a list of strings")]
    [TestCase("""{"type": "string", "enum": ["a", "a"]}""", "property 'x': enum: expected each value once")]
    [TestCase("""{"type": ["string", "null"], "enum": ["a"]}""", "property 'x': the enum does not list null")]
    [TestCase("""{"type": "integer", "minimum": "1"}""", "property 'x': minimum: expected a number")]
    [TestCase("""{"type": "integer", "minimum": 2, "maximum": 1}""", "property 'x': the minimum 2 is above the maximum 1")]
    [TestCase("""{"type": "string", "minLength": -1}""", "property 'x': minLength: expected a whole number from 0")]
    [TestCase("""{"type": "string", "minLength": 2, "maxLength": 1}""", "property 'x': minLength 2 is above maxLength 1")]
    public void A_property_that_is_outside_the_subset_is_refused(string rule, string message) => Assert.That(Refused(Schema($"\"x\": {rule}")), Does.StartWith("flight-event.v1.json: " + message));

    [TestCase("{", "no JSON")]
    [TestCase("[]", "the schema: expected an object")]
    [TestCase("""{"type": "object", "type": "object"}""", "no JSON")]
    [TestCase("""{"type": "object", "properties": {}, "additionalProperties": false}""", "the schema: the keyword 'additionalProperties'")]
    [TestCase("""{"type": "array", "properties": {}}""", "type: expected \"object\", found \"array\"")]
    [TestCase("""{"type": "object"}""", "properties: expected an object of at most 64 properties, found nothing")]
    [TestCase("""{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {}}""", "$schema: expected")]
    [TestCase("""{"type": "object", "properties": {}, "required": ["x"]}""", "required names 'x'")]
    [TestCase("""{"type": "object", "properties": {}, "required": "x"}""", "required: expected a list of strings")]
    [TestCase("""{"type": "object", "properties": {}}""", "every event has an event_type")]
    [TestCase("""{"type": "object", "properties": {"event_type": {"type": "string"}}, "required": ["event_type"]}""", "every event has an event_time")]
    public void A_file_that_is_no_schema_is_refused(string text, string message) => Assert.That(Refused(text), Does.StartWith("flight-event.v1.json: " + message));

    [Test]
    public void The_folder_has_all_versions_and_nothing_else()
    {
        using var folder = new TempFolder();
        UserException Error() => Assert.Throws<UserException>(() => EventSchemas.Load(folder.Path))!;
        Assert.That(Error().Message, Does.Contain("has no schema"));
        folder.Write("flight-event.v2.json", Schema(""));
        Assert.That(Error().Message, Does.Contain("not flight-event.v1.json"));
        folder.Write("flight-event.v1.json", Schema(""));
        folder.Write("README.md", "");
        Assert.That(EventSchemas.Load(folder.Path).Latest, Is.EqualTo(2));
        folder.Write("flight-event.v10.json", Schema(""));
        Assert.That(Error().Message, Does.Contain("not flight-event.v3.json"));
        folder.Write("flight-event.v02.json", Schema(""));
        Assert.That(Error().Message, Does.Contain("v02.json is no version"));
        Assert.That(Assert.Throws<UserException>(() => EventSchemas.Load(folder.At("none")))!.ExitCode, Is.EqualTo(2));
    }
}
