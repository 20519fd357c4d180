namespace BatchIngestion.Tests;

/// <summary>Property: whatever happened before, store and lake are those of a fresh load of every file in its last content.</summary>
[TestFixture, Category("Step8")]
sealed class HistoryTests
{
    static readonly string[] Names = ["t-a.csv", "t-b.csv", "t-c.csv", "t-d.jsonl"];

    /// <summary>The same file under three contracts: as it is, with bounds, and with another shape.</summary>
    static readonly string[] Contracts =
    [
        """{ "table": "t", "grain": "g", "files": ["t*"], "key": ["id"], "columns": [{ "name": "id", "type": "integer", "required": true }, { "name": "v", "type": "real" }] }""",
        """{ "table": "t", "grain": "g", "files": ["t*"], "key": ["id"], "columns": [{ "name": "id", "type": "integer", "required": true }, { "name": "v", "type": "real", "factor": 0.5, "min": 1 }] }""",
        """{ "table": "t", "grain": "g", "files": ["t*"], "key": ["k"], "columns": [{ "source": "v", "name": "k", "type": "real", "required": true }, { "source": "id", "name": "u", "type": "text", "required": true }] }""",
    ];

    /// <summary>A second table that may take two of the files away from the first.</summary>
    static readonly string Other = Contracts[0].Replace("\"t\"", "\"u\"", StringComparison.Ordinal);

    [Test]
    public async Task A_random_history_ends_in_the_store_of_a_fresh_load([Range(1, 24)] int seed)
    {
        var chance = new Random(seed);
        using var folder = new TempFolder();
        using var fresh = new TempFolder();
        var history = new List<string>();
        var runs = chance.Next(2, 7);
        for (var run = 1; run <= runs; run++)
        {
            for (var changes = chance.Next(1, 4); changes > 0; changes--)
            {
                var name = Names[chance.Next(Names.Length)];
                var text = Content(name, chance.Next(4));
                folder.Write("landing/" + name, text);
                fresh.Write("landing/" + name, text);
                history.Add($"{name} := {text.Replace('\n', '/')}");
            }
            if (run == 1 || chance.Next(3) == 0)
            {
                var split = chance.Next(2) == 0;
                var contract = Contracts[chance.Next(3)];
                foreach (var (path, pattern, json) in new[] { ("contracts/t.json", split ? "\"t-a*\", \"t-b*\"" : "\"t*\"", contract), ("contracts/u.json", split ? "\"t-c*\", \"t-d*\"" : "\"u*\"", Other) })
                    foreach (var to in new[] { folder, fresh }) to.Write(path, json.Replace("\"t*\"", pattern, StringComparison.Ordinal));
                history.Add($"contract {Array.IndexOf(Contracts, contract)}{(split ? ", two tables" : "")}");
            }
            var withLake = chance.Next(3) > 0 || run == runs;
            await Ingestion.Run(In(folder) with { WithLake = withLake }, default);
            history.Add(withLake ? "run" : "run without lake");
        }
        await Ingestion.Run(In(fresh), default);

        var contracts = BatchIngestion.Contracts.Load(In(fresh).ContractFolder);
        var found = Audit.Whole(In(folder), contracts);
        Assert.That(found, Is.EqualTo(Audit.Whole(In(fresh), contracts)), string.Join('\n', history));
        Assert.That(await Audit.Parquet(In(folder), contracts), Is.EqualTo(Audit.Sqlite(In(folder), contracts)), string.Join('\n', history));
        Assert.That(Audit.Counts(In(folder), contracts), Is.Null, string.Join('\n', history));
    }

    static Settings In(TempFolder folder) => new(folder.At("landing"), folder.At("out"), folder.At("contracts")) { MaxRejectRate = 1 };

    /// <summary>Few keys, so that files take rows from each other; now and then a value that is no number.</summary>
    static string Content(string name, int version)
    {
        var chance = new Random(version);
        var rows = Enumerable.Range(0, chance.Next(5)).Select(_ => (Id: chance.Next(4), V: chance.Next(8) == 0 ? "x" : $"{chance.Next(4)}.5"));
        return name.EndsWith(".csv", StringComparison.Ordinal) ? "id,v\n" + string.Concat(rows.Select(r => $"{r.Id},{r.V}\n")) : string.Concat(rows.Select(r => $"{{\"id\":{r.Id},\"v\":\"{r.V}\"}}\n"));
    }
}
