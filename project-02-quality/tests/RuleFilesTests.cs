namespace DataQuality.Tests;

[TestFixture]
sealed class RuleFilesTests
{
    const string Good = """{ "table": "t", "grain": "g", "files": ["t*.csv"], "key": ["id"], "columns": [{ "name": "id", "type": "integer" }, { "name": "at", "type": "date" }], "rules": [{ "id": "r", "check": "range", "column": "id", "min": 1 }] }""";

    [TestCase("\"key\":", "\"key\"", "t.json, line 1")]
    [TestCase("\"grain\"", "\"grains\"", "t.json, line 1: unknown member 'grains' of a rules file (grains); known are $schema, table, grain, files")]
    [TestCase("\"min\"", "\"minimum\"", "unknown member 'minimum' of a range rule (rules[0].minimum); known are column, min, max, when, id, severity")]
    [TestCase("\"type\": \"date\"", "\"typ\": \"date\"", "unknown member 'typ' of a column (columns[1].typ)")]
    [TestCase("\"grain\": \"g\", ", "", "a rules file lacks 'grain'.")]
    [TestCase("\"grain\": \"g\", ", "\"grain\": \"g\", \"grain\": \"h\", ", "the member 'grain' of a rules file stands there twice.")]
    [TestCase("\"grain\": \"g\"", "\"grain\": null", "the value of grain is not one that may stand there.")]
    [TestCase("\"integer\"", "\"int\"", "the value of columns[0].type is not one that may stand there; known are text, integer, real, boolean, date, timestamp, hhmm.")]
    [TestCase("\"type\": \"date\"", "\"type\": \"text\", \"case\": \"title\"", "the value of columns[1].case is not one that may stand there; known are upper, lower.")]
    [TestCase("\"check\": \"range\", \"column\": \"id\", \"min\": 1", "\"check\": \"length\", \"column\": \"id\", \"min\": \"x\"", "the value of rules[0].min is not one that may stand there.")]
    [TestCase("\"range\"", "\"between\"", "there is no check 'between' (rules[0]); known are not_null, range, length,")]
    [TestCase("\"check\": \"range\", ", "", "a rule has no check; known are not_null, range,")]
    [TestCase("\"type\": \"date\" }], \"rules\": [{ \"id\": \"r\", \"check\": \"range\", \"column\": \"id\", \"min\": 1", "\"type\": \"text\" }], \"rules\": [{ \"id\": \"r\", \"check\": \"pattern\", \"column\": \"at\", \"pattern\": \"(a. b\"", "rule r: the pattern '(a. b' can't be used: Not enough )'s.")]
    [TestCase("\"type\": \"date\" }], \"rules\": [{ \"id\": \"r\", \"check\": \"range\", \"column\": \"id\", \"min\": 1", "\"type\": \"text\" }], \"rules\": [{ \"id\": \"r\", \"check\": \"pattern\", \"column\": \"at\", \"pattern\": \"(?=a)b\"", "rule r: the pattern '(?=a)b' can't be used: a pattern that looks ahead")]
    [TestCase("[\"id\"]", "[null]", "a list holds null")]
    [TestCase("\"rules\": [{", "\"rules\": [null, {", "a list holds null")]
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
    [TestCase("\"check\": \"range\", \"column\": \"id\", \"min\": 1", "\"check\": \"set\", \"column\": \"id\", \"values\": [1, null]", "r: values are numbers, texts, true or false, found null")]
    [TestCase("\"check\": \"range\", \"column\": \"id\", \"min\": 1", "\"check\": \"set\", \"column\": \"id\", \"values\": [1, {}]", "found {}")]
    [TestCase("\"check\": \"range\", \"column\": \"id\", \"min\": 1", "\"check\": \"set\", \"column\": \"id\", \"values\": [[1]]", "found [1]")]
    [TestCase("\"min\": 1", "\"min\": true", "r: min and max are numbers or texts")]
    [TestCase("\"min\": 1", "\"min\": 1, \"max\": [2]", "r: min and max are numbers or texts")]
    [TestCase("\"min\": 1", "\"min\": 2, \"max\": 1", "r: min 2 is greater than max 1")]
    [TestCase("\"column\": \"id\", \"min\": 1", "\"column\": \"at\", \"min\": \"2013-02-01\", \"max\": \"2013-01-01\"", "r: min 2013-02-01 is greater than max 2013-01-01")]
    [TestCase("\"min\": 1", "\"min\": 1, \"when\": \"id > 0) OR (1 = 1\"", "rule r: at 7: expected an operator or the end, found ')'")]
    [TestCase("\"check\": \"range\", \"column\": \"id\", \"min\": 1", "\"check\": \"expression\", \"when\": \"id > 0\", \"sql\": \"id > 0) OR (1 = 1\"", "rule r: at 7: expected an operator or the end, found ')'")]
    [TestCase("\"check\": \"range\", \"column\": \"id\", \"min\": 1", "\"check\": \"length\", \"column\": \"id\", \"min\": -1", "r: a length is not negative")]
    [TestCase("\"check\": \"range\", \"column\": \"id\", \"min\": 1", "\"check\": \"length\", \"column\": \"id\", \"min\": 5, \"max\": 4", "r: min 5 is greater than max 4")]
    [TestCase("\"check\": \"range\", \"column\": \"id\", \"min\": 1", "\"check\": \"row_count\"", "r: it has no bound (min, max)")]
    [TestCase("\"check\": \"range\", \"column\": \"id\", \"min\": 1", "\"check\": \"row_count\", \"min\": -1", "r: a number of rows is not negative")]
    [TestCase("\"check\": \"range\", \"column\": \"id\", \"min\": 1", "\"check\": \"row_count\", \"min\": 9, \"max\": 8", "r: min 9 is greater than max 8")]
    [TestCase("\"check\": \"range\", \"column\": \"id\", \"min\": 1", "\"check\": \"freshness\", \"column\": \"at\", \"max_age_hours\": -1", "r: max_age_hours is not negative")]
    [TestCase("\"check\": \"range\", \"column\": \"id\", \"min\": 1", "\"check\": \"distribution\", \"column\": \"id\", \"figure\": \"mean\", \"max_shift\": -1", "r: max_shift and min_history are not negative")]
    [TestCase("\"check\": \"range\", \"column\": \"id\", \"min\": 1", "\"check\": \"distribution\", \"column\": \"id\", \"figure\": \"mean\", \"max\": 1, \"min_history\": -1", "r: max_shift and min_history are not negative")]
    [TestCase("\"check\": \"range\", \"column\": \"id\", \"min\": 1", "\"check\": \"distribution\", \"column\": \"id\", \"figure\": \"mean\", \"max\": 1, \"min\": 2", "r: min 2 is greater than max 1")]
    [TestCase("\"check\": \"range\", \"column\": \"id\", \"min\": 1", "\"check\": \"unique\", \"columns\": [\"id\", \"id\"]", "r: it names 'id' twice")]
    [TestCase("[\"t*.csv\"]", "[\"t*.csv\", \"\"]", "the name of a file is empty")]
    [TestCase("[\"id\"]", "[\"id\", \"id\"]", "the key names 'id' twice")]
    [TestCase("\"type\": \"integer\"", "\"type\": \"integer\", \"nulls\": \"derive\", \"derive\": \"id + 1\"", "column id: it is derived from itself")]
    [TestCase("\"type\": \"date\"", "\"type\": \"date\", \"nulls\": \"derive\", \"derive\": \"b\" }, { \"name\": \"b\", \"type\": \"date\", \"nulls\": \"derive\", \"derive\": \"at\"", "column at: it is derived from itself")]
    [TestCase("\"type\": \"date\"", "\"type\": \"text\", \"case\": \"upper\", \"codes\": { \"uk\": \"GB\" }", "no text is 'uk' after trim and case")]
    [TestCase("\"type\": \"date\"", "\"type\": \"text\", \"trim\": true, \"codes\": { \"UK \": \"GB\" }", "no text is 'UK ' after trim and case")]
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
    public void A_pattern_is_one_by_itself()
    {
        var table = Sample.Orders with { Rules = [new MatchesPattern { Id = "r", Column = "country", Pattern = ")|(?:b" }] };
        Assert.That(RuleChecks.Broken(table), Does.StartWith("rule r: the pattern ')|(?:b' can't be used"));
        Assert.That(RuleChecks.Broken(table with { Rules = [new MatchesPattern { Id = "r", Column = "country", Pattern = "a|(?:b)" }] }), Is.Null);
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

    [Test]
    public void A_mark_before_UTF_8_is_passed_over_and_other_encodings_are_told()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.At("t.json"), Good, new System.Text.UTF8Encoding(true));
        Assert.That(RuleFiles.Load(folder.Path), Has.Count.EqualTo(1));
        foreach (var other in new[] { System.Text.Encoding.Unicode, System.Text.Encoding.BigEndianUnicode, new System.Text.UnicodeEncoding(false, false) })
        {
            File.WriteAllText(folder.At("t.json"), Good, other);
            Assert.That(Assert.Throws<UserException>(() => RuleFiles.Load(folder.Path))!.Message, Is.EqualTo("t.json: it is not UTF-8: save it as UTF-8."));
        }
        File.WriteAllText(folder.At("t.json"), "");
        Assert.That(Assert.Throws<UserException>(() => RuleFiles.Load(folder.Path))!.Message, Does.Contain("it is empty"));
    }
}
