namespace DataQuality.Tests;

[TestFixture]
sealed class RuleFilesTests
{
    const string Good = """{ "table": "t", "grain": "g", "files": ["t*.csv"], "key": ["id"], "columns": [{ "name": "id", "type": "integer" }, { "name": "at", "type": "date" }], "rules": [{ "id": "r", "check": "range", "column": "id", "min": 1 }] }""";

    [TestCase("\"key\":", "\"key\"", "t.json, line 1")]
    [TestCase("\"grain\"", "\"grains\"", "could not be mapped")]
    [TestCase("\"integer\"", "\"int\"", "columns[0].type")]
    [TestCase("\"range\"", "\"between\"", "t.json")]
    [TestCase("[\"id\"]", "[\"no\"]", "the key column 'no' is not among its columns")]
    [TestCase("\"column\": \"id\"", "\"column\": \"no\"", "r: there is no column 'no'")]
    [TestCase("\"min\": 1", "\"min\": \"x\"", "rule r: at 4: a whole number and a text can't be compared")]
    [TestCase(", \"min\": 1", "", "r: a range needs min or max")]
    [TestCase("\"id\": \"r\"", "\"id\": \"id_type\"", "two rules are called 'id_type'")]
    [TestCase("\"min\": 1", "\"min\": 1, \"pass_rate\": 2", "pass_rate is a share from 0 to 1")]
    [TestCase("\"name\": \"at\"", "\"name\": \"id\"", "two columns are called 'id'")]
    [TestCase("\"type\": \"date\"", "\"type\": \"date\", \"nulls\": \"default\"", "belong together")]
    [TestCase("\"type\": \"date\"", "\"type\": \"date\", \"nulls\": \"derive\", \"derive\": \"id\"", "does not give a date")]
    [TestCase("\"check\": \"range\", \"column\": \"id\", \"min\": 1", "\"check\": \"references\", \"column\": \"id\", \"table\": \"u\", \"to\": \"id\"", "refers to the table 'u', which has no rules")]
    [TestCase("\"check\": \"range\", \"column\": \"id\", \"min\": 1", "\"check\": \"expression\", \"sql\": \"id >\"", "rule r: at 5: expected a column")]
    public void Wrong_rules_are_refused_before_any_data_is_read(string right, string wrong, string message)
    {
        using var folder = new TempFolder();
        folder.Write("t.json", Good);
        Assert.That(RuleFiles.Load(folder.Path), Has.Count.EqualTo(1));
        folder.Write("t.json", Good.Replace(right, wrong, StringComparison.Ordinal));
        var refused = Assert.Throws<UserException>(() => RuleFiles.Load(folder.Path))!;
        Assert.That(refused.Message, Does.Contain(message));
        Assert.That(refused.ExitCode, Is.EqualTo(2));
    }

    [Test]
    public void Tables_come_after_those_that_they_refer_to() =>
        Assert.That(RuleFiles.Load(ProjectFolder.At("rules")).Select(t => t.Table), Is.EqualTo(new[] { "airports", "flights", "planes" }));

    [Test]
    public void What_is_written_is_what_was_read()
    {
        using var folder = new TempFolder();
        var rules = RuleFiles.Load(ProjectFolder.At("rules"));
        Sample.Write(rules, folder.Path);
        Assert.That(RuleFiles.Load(folder.Path).Select(t => (t.Table, t.Columns.Count, string.Join(' ', t.Rules.Select(r => r.Id)))), Is.EqualTo(rules.Select(t => (t.Table, t.Columns.Count, string.Join(' ', t.Rules.Select(r => r.Id))))));
    }

    [Test]
    public void The_JSON_schema_names_every_member_and_every_check()
    {
        using var schema = System.Text.Json.JsonDocument.Parse(File.ReadAllBytes(ProjectFolder.At("rules", "rules.schema.json")));
        var text = schema.RootElement.ToString();
        var members = new[] { typeof(TableRules), typeof(Column), typeof(DriftPolicies) }.Concat(typeof(Rule).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(Rule)) && !t.IsAbstract))
            .SelectMany(t => t.GetProperties()).Where(p => p.SetMethod is not null && !Attribute.IsDefined(p, typeof(System.Text.Json.Serialization.JsonIgnoreAttribute)) && !Attribute.IsDefined(p, typeof(System.Text.Json.Serialization.JsonPropertyNameAttribute)))
            .Select(p => RuleFiles.Json.PropertyNamingPolicy!.ConvertName(p.Name)).Distinct();
        Assert.That(members.Where(m => !text.Contains($"\"{m}\"", StringComparison.Ordinal)), Is.Empty);
        var checks = Attribute.GetCustomAttributes(typeof(Rule), typeof(System.Text.Json.Serialization.JsonDerivedTypeAttribute)).Cast<System.Text.Json.Serialization.JsonDerivedTypeAttribute>().Select(a => $"\"{a.TypeDiscriminator}\"");
        Assert.That(checks.Where(c => !text.Contains(c, StringComparison.Ordinal)), Is.Empty);
    }
}
