using System.Text;
using static KafkaIngest.Tests.SchemaTests;

namespace KafkaIngest.Tests;

/// <summary>Which versions may follow each other, and which files are schemas.</summary>
[TestFixture, Category("Step2")]
sealed class CompatibilityTests
{
    // the rule before, the rule after, and what is said of the step; the step back is in the other direction
    [TestCase("\"type\": \"integer\"", "\"type\": \"number\"", null, "has the type number, version 2 has integer")]
    [TestCase("\"type\": \"string\"", "\"type\": \"integer\"", "has the type string, version 2 has integer", "has the type integer, version 2 has string")]
    [TestCase("\"type\": \"boolean\"", "\"type\": \"string\"", "has the type boolean, version 2 has string", "has the type string, version 2 has boolean")]
    [TestCase("\"type\": \"string\"", "\"type\": [\"string\", \"null\"]", null, "allows null, version 2 does not")]
    [TestCase("\"type\": \"integer\"", "\"type\": [\"number\", \"null\"]", null, "has the type number or null, version 2 has integer")]
    [TestCase("\"type\": \"string\", \"enum\": [\"a\"]", "\"type\": \"string\", \"enum\": [\"b\", \"a\"]", null, "allows the value \"b\", version 2 does not")]
    [TestCase("\"type\": \"string\", \"enum\": [\"a\", \"b\"]", "\"type\": \"string\", \"enum\": [\"a\", \"c\"]", "allows the value \"b\", version 2 does not", "allows the value \"c\", version 2 does not")]
    [TestCase("\"type\": \"integer\", \"minimum\": 9007199254740993", "\"type\": \"integer\", \"minimum\": 9007199254740992", null, "has the minimum 9007199254740992, version 2 has the minimum 9007199254740993")]
    [TestCase("\"type\": \"string\", \"enum\": [\"a\"]", "\"type\": \"string\"", null, "allows every value, version 2 allows only a")]
    [TestCase("\"type\": \"string\", \"format\": \"date-time\"", "\"type\": \"string\"", null, "allows every text, version 2 wants the format date-time")]
    [TestCase("\"type\": \"integer\", \"minimum\": 1", "\"type\": \"integer\", \"minimum\": 0", null, "has the minimum 0, version 2 has the minimum 1")]
    [TestCase("\"type\": \"integer\", \"minimum\": 1", "\"type\": \"integer\"", null, "has no minimum, version 2 has the minimum 1")]
    [TestCase("\"type\": \"integer\", \"minimum\": 1", "\"type\": \"integer\", \"minimum\": 1.0", null, null)]
    [TestCase("\"type\": \"integer\", \"maximum\": 1", "\"type\": \"integer\", \"maximum\": 1.5", null, "has the maximum 1.5, version 2 has the maximum 1")]
    [TestCase("\"type\": \"integer\", \"maximum\": 1", "\"type\": \"integer\"", null, "has no maximum, version 2 has the maximum 1")]
    [TestCase("\"type\": \"string\", \"minLength\": 3", "\"type\": \"string\", \"minLength\": 2", null, "has the minLength 2, version 2 has the minLength 3")]
    [TestCase("\"type\": \"string\", \"minLength\": 3", "\"type\": \"string\"", null, "has no minLength, version 2 has the minLength 3")]
    [TestCase("\"type\": \"string\", \"minLength\": 0", "\"type\": \"string\"", null, null)]
    [TestCase("\"type\": \"string\", \"maxLength\": 3", "\"type\": \"string\", \"maxLength\": 4", null, "has the maxLength 4, version 2 has the maxLength 3")]
    [TestCase("\"type\": \"string\", \"maxLength\": 3", "\"type\": \"string\"", null, "has no maxLength, version 2 has the maxLength 3")]
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
            "\"type\": \"string\"", "\"type\": [\"string\", \"null\"]", "\"type\": \"string\", \"enum\": [\"a\", \"bcd\"]", "\"type\": \"string\", \"enum\": [\"a\"]", "\"type\": \"string\", \"enum\": [\"a\", \"c\"]", "\"type\": \"string\", \"minLength\": 2",
            "\"type\": \"string\", \"maxLength\": 2", "\"type\": \"string\", \"format\": \"date-time\"", "\"type\": \"boolean\""];
        string[] values = ["0", "1", "2", "3", "2.5", "2.75", "1e2", "null", "true", "\"\"", "\"a\"", "\"bcd\"", "\"c\"", "\"2013-03-08T10:17:00Z\""];
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
