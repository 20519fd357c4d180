namespace BatchIngestion.Tests;

[TestFixture, Category("Step8")]
sealed class LakeTests
{
    const string Contract = """{ "table": "t", "grain": "one row", "files": ["t*"], "key": ["id"], "columns": [{ "name": "id", "type": "integer", "required": true }, { "name": "v", "type": "text" }, { "name": "d", "type": "date" }, { "name": "b", "type": "boolean" }, { "name": "r", "type": "real" }, { "name": "at", "type": "timestamp_utc" }, { "name": "h", "type": "hhmm" }] }""";

    static IEnumerable<TestCaseData> Damages =>
    [
        new TestCaseData((Action<string>)File.Delete).SetArgDisplayNames("deleted"),
        new TestCaseData((Action<string>)(path => { using var file = File.OpenWrite(path); file.SetLength(file.Length / 2); })).SetArgDisplayNames("truncated"),
        new TestCaseData((Action<string>)(path => { var bytes = File.ReadAllBytes(path); bytes[bytes.Length / 2] ^= 1; File.WriteAllBytes(path, bytes); })).SetArgDisplayNames("altered"),
        new TestCaseData((Action<string>)(path => File.Move(path, path.Replace("t.csv", "other.csv", StringComparison.Ordinal)))).SetArgDisplayNames("renamed"),
    ];

    [TestCaseSource(nameof(Damages))]
    public async Task A_damaged_Parquet_file_is_the_same_to_the_byte_after_the_next_run(Action<string> damage)
    {
        using var folder = new TempFolder();
        var settings = await Load(folder);
        var path = Path.Combine(settings.LakeFolder, "t", "t.csv.parquet");
        var before = Land.Hash(path);
        damage(path);
        var result = await Ingestion.Run(settings, default);
        Assert.That((Land.Hash(path), result.Files.Single().Status), Is.EqualTo((before, "skipped")));
        Assert.That(Directory.GetFiles(settings.LakeFolder, "*", SearchOption.AllDirectories), Is.EqualTo(new[] { path }));
    }

    /// <summary>The text is more than <see cref="Lake.MostBytes"/>, so row groups end before they have all their rows.</summary>
    [TestCase(0, 3, TestName = "Long_rows_are_written_anew_to_the_same_bytes")]
    [TestCase(7, 2, TestName = "Long_rows_among_rejects_and_duplicates_are_written_anew_to_the_same_bytes")]
    public async Task Long_rows_are_written_anew(int everySoMany, int rowGroups)
    {
        using var folder = new TempFolder();
        var settings = await Load(folder) with { MaxRejectRate = 0.2 };
        folder.Write("landing/t-long.csv", "id,v,d,b,r,at,h\n" + string.Concat(Enumerable.Range(10, 30_000).Select(id =>
            $"{(everySoMany == 0 || id % everySoMany > 0 ? id : id % 2 == 0 ? 10 : "x")},{id}{new string('x', 300)},,,,,\n")));
        await Ingestion.Run(settings, default);
        var path = Path.Combine(settings.LakeFolder, "t", "t-long.csv.parquet");
        var before = Land.Hash(path);
        File.Delete(path);
        await Ingestion.Run(settings, default);
        Assert.That(Land.Hash(path), Is.EqualTo(before));
        await using var reader = await Parquet.ParquetReader.CreateAsync(path);
        Assert.That(reader.RowGroupCount, Is.EqualTo(rowGroups));
    }

    [Test]
    public async Task The_Parquet_files_hold_the_rows_of_the_store_nulls_too()
    {
        using var folder = new TempFolder();
        var settings = await Load(folder);
        var contracts = Contracts.Load(settings.ContractFolder);
        Assert.That(await Audit.Parquet(settings, contracts), Is.EqualTo(Audit.Sqlite(settings, contracts)));
        Assert.That(Audit.Count(settings, "SELECT count(*) FROM t"), Is.EqualTo(4));
    }

    [Test]
    public async Task Two_stores_of_the_same_files_have_the_same_Parquet_files()
    {
        using var one = new TempFolder();
        using var two = new TempFolder();
        var (first, second) = (await Load(one), await Load(two));
        Assert.That(Land.Hash(Path.Combine(first.LakeFolder, "t", "t.csv.parquet")), Is.EqualTo(Land.Hash(Path.Combine(second.LakeFolder, "t", "t.csv.parquet"))));
    }

    [Test]
    public async Task A_lake_that_was_left_out_is_written_by_a_later_run()
    {
        using var folder = new TempFolder();
        var settings = await Load(folder, withLake: false);
        Assert.That(Directory.Exists(settings.LakeFolder), Is.False);
        await Ingestion.Run(settings with { WithLake = true }, default);
        var contracts = Contracts.Load(settings.ContractFolder);
        Assert.That(await Audit.Parquet(settings, contracts), Is.EqualTo(Audit.Sqlite(settings, contracts)));
    }

    [Test]
    public async Task A_run_without_the_lake_leaves_nothing_stale_behind_it()
    {
        using var folder = new TempFolder();
        folder.Write("landing/t-b.csv", "id,v,d,b,r,at,h\n1,b,,,,,\n2,b,,,,,\n");
        var settings = await Load(folder);
        folder.Write("landing/t-a.csv", "id,v,d,b,r,at,h\n1,a,,,,,\n3,a,,,,,\n");
        await Ingestion.Run(settings with { WithLake = false }, default);
        await Ingestion.Run(settings, default);
        var contracts = Contracts.Load(settings.ContractFolder);
        Assert.That(await Audit.Parquet(settings, contracts), Is.EqualTo(Audit.Sqlite(settings, contracts)));
    }

    [Test]
    public async Task Two_files_that_have_lost_all_their_rows_are_both_empty_in_the_lake()
    {
        using var folder = new TempFolder();
        folder.Write("landing/t-b.csv", "id,v,d,b,r,at,h\n11,b,,,,,\n");
        folder.Write("landing/t-c.csv", "id,v,d,b,r,at,h\n12,b,,,,,\n");
        var settings = await Load(folder);
        folder.Write("landing/t-a.csv", "id,v,d,b,r,at,h\n11,a,,,,,\n12,a,,,,,\n");
        await Ingestion.Run(settings, default);
        var contracts = Contracts.Load(settings.ContractFolder);
        Assert.That(await Audit.Parquet(settings, contracts), Is.EqualTo(Audit.Sqlite(settings, contracts)));
    }

    [Test]
    public async Task Texts_that_Parquet_can_not_write_in_bounded_memory_fail_their_file_alone()
    {
        using var folder = new TempFolder();
        folder.Write("landing/t-long.csv", "id,v,d,b,r,at,h\n" + string.Concat(Enumerable.Range(10, 20).Select(id => $"{id},{new string('x', 3 << 20)},,,,,\n")));
        var settings = await Load(folder);
        var contracts = Contracts.Load(settings.ContractFolder);
        Assert.That(Audit.Count(settings, "SELECT count(*) FROM t"), Is.EqualTo(4));
        Assert.That(await Audit.Parquet(settings, contracts), Is.EqualTo(Audit.Sqlite(settings, contracts)));
        var without = await Ingestion.Run(settings with { WithLake = false }, default);
        Assert.That(without.Files.Select(f => (f.Name, f.Loaded)), Does.Contain(("t-long.csv", 20L)));
        Assert.That((await Assert.ThrowsAsync<UserException>(() => Ingestion.Run(settings, default)))!.Message, Does.Contain("--no-lake"));
    }

    static async Task<Settings> Load(TempFolder folder, bool withLake = true)
    {
        folder.Write("contracts/t.json", Contract);
        folder.Write("landing/t.csv", """
            id,v,d,b,r,at,h
            1,Å,2013-02-28,true,0.1,2013-02-28T10:00:00.123456Z,517
            2,,,,,,
            3,x,1969-12-31,false,-1e300,1969-12-31T23:59:59Z,2400
            -4,y,9999-12-31,1,-0.0,2000-01-01T00:00:00+14:00,0
            """);
        var settings = new Settings(folder.At("landing"), folder.At("out"), folder.At("contracts")) { WithLake = withLake };
        await Ingestion.Run(settings, default);
        return settings;
    }
}
