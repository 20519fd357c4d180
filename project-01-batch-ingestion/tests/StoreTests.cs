namespace BatchIngestion.Tests;

[TestFixture, Category("Step6")]
sealed class StoreTests
{
    const string Contract = """{ "table": "t", "grain": "one row", "files": ["t*"], "key": ["id"], "columns": [{ "name": "id", "type": "integer", "required": true }, { "name": "v", "type": "integer" }] }""";

    [Test]
    public async Task A_file_is_loaded_and_a_second_run_loads_nothing()
    {
        using var folder = Landed(Contract, "id,v\n1,10\n2,\n");
        var (settings, first) = await Run(folder);
        var (_, second) = await Run(folder);
        Assert.That((first.Status, first.Loaded, second.Status, second.Loaded), Is.EqualTo(("loaded", 2L, "skipped", 0L)));
        Assert.That(Audit.Count(settings, "SELECT count(*) FROM t WHERE v IS NULL AND _source_file = 't.csv' AND _source_row = 2 AND id = 2"), Is.EqualTo(1));
    }

    [Test]
    public async Task Too_many_rejects_leave_none_of_the_rows()
    {
        using var folder = Landed(Contract, "id,v\n1,10\n2,x\n");
        var (settings, file) = await Run(folder);
        Assert.That((file.Status, file.Loaded, file.Rejected), Is.EqualTo(("failed", 0L, 1L)));
        Assert.That(Audit.Count(settings, "SELECT (SELECT count(*) FROM t) + (SELECT count(*) FROM source_contents) + (SELECT count(*) FROM source_names)"), Is.Zero);
        Assert.That(Audit.Count(settings, "SELECT count(*) FROM rejected_rows WHERE row = 2 AND rule = 'type' AND raw = '2,x'"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_failed_correction_leaves_the_rows_that_were_there()
    {
        using var folder = Landed(Contract, "id,v\n1,10\n");
        await Run(folder);
        folder.Write("landing/t.csv", "id,v\n1,11\n\"2,x\n");
        var (settings, file) = await Run(folder);
        Assert.That(file.Status, Is.EqualTo("failed"));
        Assert.That(Audit.Count(settings, "SELECT sum(v) FROM t"), Is.EqualTo(10));
    }

    [Test]
    public async Task A_correction_replaces_the_rows()
    {
        using var folder = Landed(Contract, "id,v\n1,10\n2,20\n");
        await Run(folder);
        folder.Write("landing/t.csv", "id,v\n1,11\n");
        var (settings, file) = await Run(folder);
        Assert.That((file.Status, Audit.Count(settings, "SELECT count(*) FROM t"), Audit.Count(settings, "SELECT v FROM t")), Is.EqualTo(("replaced", 1L, 11L)));
    }

    [Test]
    public async Task Rows_stay_when_their_file_leaves_the_landing_folder()
    {
        using var folder = Landed(Contract, "id,v\n1,10\n");
        var settings = (await Run(folder)).Settings;
        File.Delete(folder.At("landing", "t.csv"));
        await Ingestion.Run(settings, default);
        Assert.That(Audit.Count(settings, "SELECT v FROM t"), Is.EqualTo(10));
    }

    [Test]
    public async Task Another_contract_reads_the_raw_copy_again()
    {
        using var folder = Landed(Contract, "id,v\n1,10\n");
        var settings = (await Run(folder)).Settings;
        File.Delete(folder.At("landing", "t.csv"));
        folder.Write("contracts/t.json", Contract.Replace("\"name\": \"v\", \"type\": \"integer\"", "\"name\": \"w\", \"source\": \"v\", \"type\": \"real\", \"factor\": 3", StringComparison.Ordinal));
        var file = (await Ingestion.Run(settings, default)).Files.Single();
        Assert.That((file.Name, file.Status, Audit.Count(settings, "SELECT w FROM t")), Is.EqualTo(("t.csv", "reloaded", 30L)));
    }

    [Test]
    public async Task A_run_beside_another_is_refused()
    {
        using var folder = Landed(Contract, "id,v\n1,10\n");
        var settings = (await Run(folder)).Settings;
        using var held = new FileStream(Path.Combine(settings.Output, ".lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        Assert.That((await Assert.ThrowsAsync<UserException>(() => Ingestion.Run(settings, default)))!.Message, Does.Contain("Another run"));
    }

    [TestCase("t.csv", "id,v,x,y\n1,10,a,\"b\"\"\"\n", """{"x":"a","y":"b\u0022"}""")]
    [TestCase("t.jsonl", "{\"id\":1,\"x\":[1,null],\"v\":10}\n", """{"x":[1,null]}""")]
    public async Task Unknown_columns_are_kept_as_JSON_where_the_contract_says_so(string name, string text, string extra)
    {
        using var folder = Landed(Unknown("keep"), text, name);
        var (settings, _) = await Run(folder);
        Assert.That(Audit.Count(settings, $"SELECT count(*) FROM t WHERE _extra = '{extra}'"), Is.EqualTo(1));
    }

    [TestCase("t.csv", "id,v,x\n1,10,a\n")]
    [TestCase("t.jsonl", "{\"id\":1}\n{\"id\":2,\"x\":1}\n")]
    public async Task Unknown_columns_fail_the_file_where_the_contract_says_so(string name, string text)
    {
        using var folder = Landed(Unknown("fail"), text, name);
        var (settings, file) = await Run(folder);
        Assert.That((file.Status, Audit.Count(settings, "SELECT count(*) FROM t")), Is.EqualTo(("failed", 0L)));
        Assert.That(file.Reason, Does.Contain(": x,"));
    }

    [TestCase("t.csv", "id,v,x\n1,10,a\n")]
    [TestCase("t.jsonl", "{\"id\":1,\"x\":1}\n")]
    public async Task Unknown_columns_are_named_in_a_warning_otherwise(string name, string text)
    {
        using var folder = Landed(Contract, text, name);
        var (settings, file) = await Run(folder);
        Assert.That((file.Loaded, Audit.Count(settings, "SELECT count(*) FROM ingestion_warnings WHERE \"column\" = 'x' AND rows = 1")), Is.EqualTo((1L, 1L)));
    }

    static string Unknown(string what) => Contract.Replace("\"key\"", $"\"unknown_columns\": \"{what}\", \"key\"", StringComparison.Ordinal);

    static TempFolder Landed(string contract, string text, string name = "t.csv")
    {
        var folder = new TempFolder();
        folder.Write("contracts/t.json", contract);
        folder.Write("landing/" + name, text);
        return folder;
    }

    static async Task<(Settings Settings, FileResult File)> Run(TempFolder folder)
    {
        var settings = new Settings(folder.At("landing"), folder.At("out"), folder.At("contracts")) { WithLake = false };
        return (settings, (await Ingestion.Run(settings, default)).Files.Single());
    }
}
