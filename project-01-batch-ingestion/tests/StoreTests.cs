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

    [Test]
    public async Task Of_two_rows_with_one_key_in_a_file_the_first_is_loaded_and_the_other_put_aside()
    {
        using var folder = Landed(Contract, "id,v\n1,10\n1,11\n2,20\n");
        var settings = SettingsOf(folder);
        using var store = Made(settings, out var contract);
        store.Begin();
        var file = await LoadFile.Run(store, null, contract, new Dictionary<(string, string, string), ZoneTable>(), folder.At("landing", "t.csv"), "t.csv", 1, _ => { }, default);
        store.Commit();
        Assert.That((file.Read, file.Loaded, file.Duplicate), Is.EqualTo((3L, 2L, 1L)));
        Assert.That(store.Scalar("SELECT key || \"values\" || row FROM duplicate_rows"), Is.EqualTo("[1][1,11]2"));
    }

    [Test]
    public async Task A_warning_is_kept_once_a_kind_with_its_count_and_an_example()
    {
        using var folder = Landed("""{ "table": "t", "grain": "g", "files": ["t*"], "key": ["id"], "columns": [{ "name": "id", "type": "integer", "required": true }, { "name": "place", "type": "text" }, { "name": "time", "type": "hhmm" }, { "name": "at", "type": "timestamp_utc" }], "derived": [{ "name": "next", "rule": "next_local_time", "time": "time", "after": "at", "zone": { "column": "place", "table": "t", "key": "place", "value": "place" } }] }""", "id,place,time,at\n1,XXX,5,\n2,YYY,6,\n");
        var settings = SettingsOf(folder);
        using var store = new Store(Path.Combine(Directory.CreateDirectory(settings.Output).FullName, "warehouse.db"));
        var contract = System.Text.Json.JsonSerializer.Deserialize<Contract>(File.ReadAllText(folder.At("contracts", "t.json")), Contracts.Json)!;
        store.EnsureTable(contract);
        store.Begin();
        await LoadFile.Run(store, null, contract, new Dictionary<(string, string, string), ZoneTable>(), folder.At("landing", "t.csv"), "t.csv", 1, _ => { }, default);
        store.Commit();
        Assert.That(store.Scalar("SELECT \"column\" || '|' || rule || '|' || rows || '|' || example FROM ingestion_warnings"), Is.EqualTo("next|no zone in t|2|row 1: XXX"));
    }

    [Test]
    public async Task A_file_that_another_contract_takes_leaves_its_old_table()
    {
        using var folder = Landed(Contract, "id,v\n1,10\n");
        var settings = (await Run(folder)).Settings;
        folder.Write("contracts/u.json", Contract.Replace("\"t\"", "\"u\"", StringComparison.Ordinal));
        folder.Write("contracts/t.json", Contract.Replace("\"t*\"", "\"other*\"", StringComparison.Ordinal));
        await Ingestion.Run(settings, default);
        Assert.That((Audit.Count(settings, "SELECT count(*) FROM t"), Audit.Count(settings, "SELECT count(*) FROM u"), Audit.Count(settings, "SELECT count(*) FROM source_contents")), Is.EqualTo((0L, 1L, 1L)));
    }

    [Test]
    public async Task A_file_that_two_contracts_name_fails()
    {
        using var folder = Landed(Contract, "id,v\n1,10\n");
        folder.Write("contracts/u.json", Contract.Replace("\"t\"", "\"u\"", StringComparison.Ordinal));
        var (_, file) = await Run(folder);
        Assert.That((file.Status, file.Reason), Is.EqualTo(("failed", "More than one contract names this file: t, u. Narrow their 'files'.")));
    }

    [TestCase("gone"), TestCase("altered")]
    public async Task A_raw_copy_that_is_lost_is_told_and_no_row_goes(string how)
    {
        using var folder = Landed(Contract, "id,v\n1,10\n");
        var settings = (await Run(folder)).Settings;
        File.Delete(folder.At("landing", "t.csv"));
        var copy = Directory.GetFiles(settings.Raw, "t.csv", SearchOption.AllDirectories).Single();
        File.SetAttributes(copy, FileAttributes.Normal);
        if (how == "gone") File.Delete(copy); else File.WriteAllText(copy, "id,v\n1,99\n");
        folder.Write("contracts/t.json", Contract.Replace("one row", "one thing", StringComparison.Ordinal));
        var file = (await Ingestion.Run(settings, default)).Files.Single();
        Assert.That((file.Status, Audit.Count(settings, "SELECT v FROM t")), Is.EqualTo(("failed", 10L)));
        Assert.That(file.Reason, Does.Contain(how));
    }

    [Test]
    public async Task A_table_is_not_made_anew_while_a_raw_copy_is_gone()
    {
        using var folder = Landed(Contract, "id,v\n1,10\n");
        var settings = (await Run(folder)).Settings;
        File.Delete(folder.At("landing", "t.csv"));
        Crash.Delete(settings.Raw);
        folder.Write("contracts/t.json", Contract.Replace("\"v\"", "\"w\", \"source\": \"v\"", StringComparison.Ordinal));
        Assert.That((await Assert.ThrowsAsync<UserException>(() => Ingestion.Run(settings, default)))!.Message, Does.Contain("t.csv is gone"));
        Assert.That(Audit.Count(settings, "SELECT v FROM t"), Is.EqualTo(10));
    }

    [Test]
    public async Task A_broken_correction_under_another_contract_leaves_the_content_before()
    {
        using var folder = Landed(Contract, "id,v\n1,10\n");
        var settings = (await Run(folder)).Settings;
        folder.Write("landing/t.csv", "id\n1\n");
        folder.Write("contracts/t.json", Contract.Replace("\"type\": \"integer\" }", "\"type\": \"real\" }", StringComparison.Ordinal));
        var file = (await Ingestion.Run(settings, default)).Files.Single();
        Assert.That((file.Status, Audit.Count(settings, "SELECT v FROM t")), Is.EqualTo(("failed", 10L)));
    }

    [Test]
    public async Task The_rejects_of_a_failed_file_are_not_added_up_over_the_runs()
    {
        using var folder = Landed(Contract, "id,v\n1,10\n2,x\n");
        await Run(folder);
        var settings = (await Run(folder)).Settings;
        Assert.That(Audit.Count(settings, "SELECT count(*) FROM rejected_rows"), Is.EqualTo(1));
        folder.Write("landing/t.csv", "id,v\n1,10\n");
        await Run(folder);
        Assert.That(Audit.Count(settings, "SELECT count(*) FROM rejected_rows"), Is.Zero);
    }

    [Test]
    public async Task A_content_that_is_read_again_after_a_failed_one_has_its_own_rejects_alone()
    {
        using var folder = Landed(Contract, "id,v\n1,10\n2,20\n3,x\n");
        var settings = SettingsOf(folder) with { MaxRejectRate = 0.5 };
        await Ingestion.Run(settings, default);
        folder.Write("landing/t.csv", "id,v\n1,x\n2,x\n3,10\n");
        folder.Write("contracts/t.json", Contract.Replace("\"type\": \"integer\" }", "\"type\": \"real\" }", StringComparison.Ordinal));
        var file = (await Ingestion.Run(settings, default)).Files.Single();
        Assert.That((file.Status, Audit.Count(settings, "SELECT count(*) FROM t")), Is.EqualTo(("failed", 2L)));
        Assert.That(Audit.Counts(settings, Contracts.Load(settings.ContractFolder)), Is.Null);
    }

    [Test]
    public async Task A_file_that_can_not_be_opened_fails_alone()
    {
        using var folder = Landed(Contract, "id,v\n1,10\n");
        File.CreateSymbolicLink(folder.At("landing", "t-2.csv"), folder.At("nowhere"));
        var result = await Ingestion.Run(SettingsOf(folder), default);
        Assert.That(result.Files.Select(f => (f.Name, f.Status)), Is.EquivalentTo(new[] { ("t-2.csv", "failed"), ("t.csv", "loaded") }));
    }

    [Test]
    public async Task A_lone_surrogate_in_a_kept_member_is_one_bad_row()
    {
        using var folder = Landed(Unknown("keep"), "{\"id\":1,\"x\":\"\\ud800\"}\n{\"id\":2}\n", "t.jsonl");
        var result = await Ingestion.Run(SettingsOf(folder) with { MaxRejectRate = 1 }, default);
        Assert.That((result.Files[0].Loaded, result.Files[0].Rejected), Is.EqualTo((1L, 1L)));
    }

    [Test]
    public async Task A_database_of_somebody_else_is_not_touched()
    {
        using var folder = Landed(Contract, "id,v\n1,10\n");
        var settings = SettingsOf(folder);
        Directory.CreateDirectory(settings.Output);
        using (var db = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={settings.Warehouse};Pooling=False"))
        {
            db.Open();
            using var command = db.CreateCommand();
            command.CommandText = "CREATE TABLE t (x)";
            command.ExecuteNonQuery();
        }
        var before = Land.Hash(settings.Warehouse);
        Assert.That((await Assert.ThrowsAsync<UserException>(() => Ingestion.Run(settings, default)))!.ExitCode, Is.EqualTo(2));
        Assert.That(Land.Hash(settings.Warehouse), Is.EqualTo(before));
    }

    static Settings SettingsOf(TempFolder folder) => new(folder.At("landing"), folder.At("out"), folder.At("contracts")) { WithLake = false };

    static Store Made(Settings settings, out Contract contract)
    {
        Directory.CreateDirectory(settings.Output);
        contract = Contracts.Load(settings.ContractFolder).Single();
        var store = new Store(settings.Warehouse);
        store.EnsureTable(contract);
        return store;
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
        var settings = SettingsOf(folder);
        return (settings, (await Ingestion.Run(settings, default)).Files.Single());
    }
}
