namespace BatchIngestion.Tests;

[TestFixture, Category("Step1")]
sealed class ContractTests
{
    const string Good = """{ "table": "t", "grain": "one row", "files": ["t*"], "key": ["id"], "columns": [{ "name": "id", "type": "integer", "required": true }, { "name": "v", "type": "text" }] }""";

    [Test]
    public void A_contract_is_read_with_its_defaults()
    {
        var contract = Load(("t.json", Good)).Single();
        Assert.That((contract.Table, contract.Separator, contract.UnknownColumns, contract.Columns[1].Source, contract.Sha256.Length), Is.EqualTo(("t", ',', UnknownColumns.Ignore, "v", 64)));
        Assert.That(contract.NullTokens, Is.EqualTo(new[] { "" }));
    }

    [Test]
    public void The_contracts_of_the_project_are_right_and_reference_tables_come_first()
    {
        var tables = Contracts.Load(ProjectFolder.At("contracts")).Select(c => c.Table).ToList();
        Assert.That(tables.IndexOf("airports"), Is.LessThan(tables.IndexOf("flights")));
    }

    [TestCase("\"t\"", "\"T\"", "'T' is not lower-case")]
    [TestCase("\"t\"", "\"source_names\"", "taken by the store")]
    [TestCase("\"t\"", "\"sqlite_x\"", "taken by the store")]
    [TestCase("[\"t*\"]", "[]", "no files")]
    [TestCase("[\"id\"]", "[]", "no key")]
    [TestCase("[\"id\"]", "[\"x\"]", "'x' is not among")]
    [TestCase("[\"id\"]", "[\"v\"]", "'v' must be required")]
    [TestCase("\"name\": \"v\"", "\"name\": \"id\", \"source\": \"v\"", "two columns are called 'id'")]
    [TestCase("\"name\": \"v\"", "\"name\": \"v\", \"source\": \"id\"", "two columns are read from 'id'")]
    [TestCase("\"type\": \"text\"", "\"type\": \"text\", \"pattern\": \"[\"", "not a regular expression")]
    [TestCase("\"type\": \"text\"", "\"type\": \"text\", \"pattern\": \"(a)\\\\1\"", "not a regular expression")]
    [TestCase("\"type\": \"text\"", "\"type\": \"text\", \"min\": 1", "has a range")]
    [TestCase("\"type\": \"text\"", "\"type\": \"text\", \"factor\": 2", "has a factor")]
    [TestCase("\"type\": \"text\"", "\"type\": \"text\", \"allowed\": []", "allows no value")]
    [TestCase("\"type\": \"text\"", "\"type\": \"real\", \"min\": 2, \"max\": 1", "min above its max")]
    [TestCase("\"type\": \"text\"", "\"type\": \"date\", \"case\": \"upper\"", "for text")]
    [TestCase("\"type\": \"text\"", "\"type\": \"txt\"", "line 1")]
    [TestCase("\"grain\"", "\"grane\"", "t.json")]
    [TestCase("\"key\":", "\"key\"", "line 1")]
    [TestCase("\"t\"", "\"t\\n\"", "is not lower-case")]
    [TestCase("[\"t*\"]", "null", "t.json")]
    [TestCase("[\"t*\"]", "[null]", "holds null")]
    [TestCase("[\"id\"]", "[\"id\", \"id\"]", "twice")]
    [TestCase("\"columns\": [", "\"columns\": [null, ", "holds null")]
    [TestCase("\"grain\"", "\"null_tokens\": null, \"grain\"", "t.json")]
    [TestCase("\"grain\"", "\"derived\": [{ \"name\": \"x\" }], \"grain\"", "no rule")]
    [TestCase("\"grain\"", "\"separator\": \"\\\"\", \"grain\"", "separator")]
    [TestCase("\"grain\"", "\"separator\": \"é\", \"grain\"", "separator")]
    [TestCase("\"type\": \"text\"", "\"type\": \"real\", \"factor\": 0", "factor 0")]
    public void A_wrong_contract_is_refused_with_what_is_wrong(string right, string wrong, string message)
    {
        var error = Assert.Throws<UserException>(() => Load(("t.json", Good.Replace(right, wrong, StringComparison.Ordinal))))!;
        Assert.That(error.Message, Does.Contain(message));
        Assert.That(error.ExitCode, Is.EqualTo(2));
    }

    [TestCase("")]
    [TestCase("null")]
    [TestCase("[]")]
    public void What_is_no_contract_is_refused(string text) => Assert.That(Assert.Throws<UserException>(() => Load(("t.json", text)))!.ExitCode, Is.EqualTo(2));

    [Test]
    public void Two_contracts_of_one_table_are_refused() => Assert.That(Assert.Throws<UserException>(() => Load(("a.json", Good), ("b.json", Good)))!.Message, Does.Contain("Two contracts"));

    [Test]
    public void A_folder_without_contracts_is_refused() => Assert.That(Assert.Throws<UserException>(() => Load())!.ExitCode, Is.EqualTo(2));

    [Test]
    public void Tables_that_look_each_other_up_are_refused()
    {
        static string Looks(string table, string other) => $$"""
            { "table": "{{table}}", "grain": "g", "files": ["{{table}}*"], "key": ["k"],
              "columns": [{ "name": "k", "type": "text", "required": true }, { "name": "t", "type": "hhmm" }, { "name": "at", "type": "timestamp_utc" }],
              "derived": [{ "name": "n", "rule": "next_local_time", "time": "t", "after": "at", "zone": { "column": "k", "table": "{{other}}", "key": "k", "value": "k" } }] }
            """;
        Assert.That(Assert.Throws<UserException>(() => Load(("a.json", Looks("a", "b")), ("b.json", Looks("b", "a"))))!.Message, Does.Contain("circle"));
        Assert.That(Assert.Throws<UserException>(() => Load(("a.json", Looks("a", "c"))))!.Message, Does.Contain("'c', for which there is no contract"));
    }

    static IReadOnlyList<Contract> Load(params (string Name, string Text)[] files)
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder.At("contracts"));
        foreach (var (name, text) in files) folder.Write("contracts/" + name, text);
        return Contracts.Load(folder.At("contracts"));
    }
}
