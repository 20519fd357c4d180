namespace BatchIngestion.Tests;

/// <summary>Of rows with one key the smallest (file name, row) is in the table, whatever happened before.</summary>
[TestFixture, Category("Step7")]
sealed class SettleTests
{
    const string Contract = """{ "table": "t", "grain": "one row", "files": ["t*"], "key": ["id"], "columns": [{ "name": "id", "type": "integer", "required": true }, { "name": "v", "type": "text" }] }""";

    [Test]
    public async Task A_row_whose_key_is_taken_waits()
    {
        using var folder = new TempFolder();
        Assert.That(await After(folder, ("t-a.csv", "1,a"), ("t-b.csv", "1,b")), Is.EqualTo(("a", 1L)));
    }

    [Test]
    public async Task A_smaller_name_takes_the_place_and_the_other_row_waits()
    {
        using var folder = new TempFolder();
        Assert.That(await After(folder, ("t-b.csv", "1,b"), ("t-a.csv", "1,a")), Is.EqualTo(("a", 1L)));
    }

    [Test]
    public async Task A_waiting_row_moves_up_when_the_one_before_it_goes()
    {
        using var folder = new TempFolder();
        Assert.That(await After(folder, ("t-a.csv", "1,a"), ("t-b.csv", "1,b"), ("t-a.csv", "2,a")), Is.EqualTo(("b", 0L)));
    }

    [Test]
    public async Task Of_several_waiting_rows_the_smallest_moves_up()
    {
        using var folder = new TempFolder();
        Assert.That(await After(folder, ("t-a.csv", "1,a"), ("t-c.csv", "1,c"), ("t-b.csv", "1,b"), ("t-a.csv", "2,a")), Is.EqualTo(("b", 1L)));
    }

    [Test]
    public async Task Names_are_ordered_by_their_UTF_8_bytes_everywhere()
    {
        using var folder = new TempFolder();
        Assert.That(await After(folder, ("t-a.csv", "1,a"), ("t-\U0001F600.csv", "1,face"), ("t-\uFF46.csv", "1,f"), ("t-a.csv", "2,a")), Is.EqualTo(("f", 1L)));
    }

    [Test]
    public async Task Content_with_two_names_belongs_to_the_smaller_and_is_there_once()
    {
        using var folder = new TempFolder();
        var (_, waiting) = await After(folder, ("t-b.csv", "1,x"), ("t-a.csv", "1,x"));
        Assert.That((waiting, Audit.Count(SettingsOf(folder), "SELECT count(*) FROM t WHERE _source_file = 't-a.csv'")), Is.EqualTo((0L, 1L)));
    }

    [Test]
    public async Task When_the_smaller_name_gets_other_content_the_larger_keeps_the_rows()
    {
        using var folder = new TempFolder();
        await After(folder, ("t-b.csv", "1,x"), ("t-a.csv", "1,x"), ("t-a.csv", "2,y"));
        Assert.That(Audit.Count(SettingsOf(folder), "SELECT count(*) FROM t WHERE _source_file = 't-b.csv' AND v = 'x' OR _source_file = 't-a.csv' AND v = 'y'"), Is.EqualTo(2));
    }

    [Test]
    public async Task A_second_name_that_is_smaller_takes_the_place_of_another_file_s_row()
    {
        using var folder = new TempFolder();
        Assert.That(await After(folder, ("t-b.csv", "1,b"), ("t-c.csv", "1,c"), ("t-a.csv", "1,c")), Is.EqualTo(("c", 1L)));
    }

    [Test]
    public async Task Rejects_and_warnings_move_to_the_smaller_name_and_stand_there_once()
    {
        using var folder = new TempFolder();
        folder.Write("contracts/t.json", Contract);
        var settings = SettingsOf(folder) with { MaxRejectRate = 0.5 };
        const string Bytes = "id,v,x\n1,a,\nx,b,\n";
        folder.Write("landing/t-b.csv", Bytes);
        folder.Write("landing/t-a.csv", "id,v\nx,a\ny,b\n");
        var first = await Ingestion.Run(settings, default);
        folder.Write("landing/t-a.csv", Bytes);
        await Ingestion.Run(settings, default);
        Assert.That(first.Files.Select(f => (f.Name, f.Status)), Is.EquivalentTo(new[] { ("t-a.csv", "failed"), ("t-b.csv", "loaded") }));
        using var store = new Store(settings.Warehouse);
        Assert.That(store.Query("SELECT file || '|' || row || '|' || raw FROM rejected_rows", r => r.GetString(0)), Is.EqualTo(new[] { "t-a.csv|2|x,b," }));
        Assert.That(store.Query("SELECT file || '|' || \"column\" || '|' || rule || '|' || rows || '|' || example FROM ingestion_warnings", r => r.GetString(0)), Is.EqualTo(new[] { "t-a.csv|x|unknown column, ignored|2|x" }));
    }

    [Test]
    public async Task A_failed_file_that_comes_with_known_bytes_has_no_rejects_left()
    {
        using var folder = new TempFolder();
        await After(folder, ("t-a.csv", "1,a"), ("t-b.csv", "x,b"));
        Assert.That(Audit.Count(SettingsOf(folder), "SELECT count(*) FROM rejected_rows WHERE file = 't-b.csv'"), Is.EqualTo(1));
        await After(folder, ("t-b.csv", "1,a"));
        Assert.That(Audit.Count(SettingsOf(folder), "SELECT count(*) FROM rejected_rows"), Is.Zero);
    }

    [Test]
    public async Task The_bytes_of_a_loaded_file_under_another_format_fail_in_any_order()
    {
        const string Line = "{\"id\":1,\"v\":\"a\"}\n";
        var stores = new List<SortedDictionary<string, string>>();
        foreach (var order in new[] { new[] { "t-a.csv", "t-b.jsonl" }, ["t-b.jsonl", "t-a.csv"] })
        {
            using var folder = new TempFolder();
            folder.Write("contracts/t.json", Contract);
            var settings = SettingsOf(folder);
            IReadOnlyList<FileResult> files = [];
            foreach (var name in order)
            {
                folder.Write("landing/" + name, Line);
                files = (await Ingestion.Run(settings, default)).Files;
            }
            Assert.That(files.Single(f => f.Name == "t-a.csv").Status, Is.EqualTo("failed"));
            stores.Add(Audit.Whole(settings, Contracts.Load(settings.ContractFolder)));
            Assert.That(Audit.Count(settings, "SELECT count(*) FROM t WHERE _source_file = 't-b.jsonl'"), Is.EqualTo(1));
        }
        Assert.That(stores[1], Is.EqualTo(stores[0]));
    }

    /// <summary>Lets the files come one after the other, each with a run of its own.</summary>
    /// <returns>What the table says of key 1, and how many rows wait.</returns>
    static async Task<(string Value, long Waiting)> After(TempFolder folder, params (string Name, string Row)[] files)
    {
        folder.Write("contracts/t.json", Contract);
        var settings = SettingsOf(folder);
        foreach (var (name, row) in files)
        {
            folder.Write("landing/" + name, $"id,v\n{row}\n");
            await Ingestion.Run(settings, default);
        }
        using var db = Query.Open(settings.Warehouse);
        using var command = db.CreateCommand();
        command.CommandText = "SELECT v FROM t WHERE id = 1";
        return ((string)command.ExecuteScalar()!, Audit.Count(settings, "SELECT count(*) FROM duplicate_rows"));
    }

    static Settings SettingsOf(TempFolder folder) => new(folder.At("landing"), folder.At("out"), folder.At("contracts")) { WithLake = false };
}
