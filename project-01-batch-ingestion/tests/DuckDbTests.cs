namespace BatchIngestion.Tests;

/// <summary>A reader that we did not write, DuckDB, finds the same rows in the lake.</summary>
[TestFixture, Category("Step8")]
sealed class DuckDbTests
{
    [Test]
    public async Task DuckDB_reads_from_the_lake_what_SQLite_holds()
    {
        if (Environment.GetEnvironmentVariable("PYTHON") is not { Length: > 0 } python) { Assert.Ignore("PYTHON names no interpreter with duckdb."); return; }
        using var folder = new TempFolder();
        var settings = new Settings(ProjectFolder.At("data", "landing"), folder.At("out"), ProjectFolder.At("contracts"));
        await Ingestion.Run(settings, default);
        foreach (var (table, digest) in Audit.Sqlite(settings, Contracts.Load(settings.ContractFolder)))
        {
            if (await DuckDb.Digest(Path.Combine(settings.LakeFolder, table)) is not { } found) { Assert.Ignore($"{python} has no module duckdb."); return; }
            Assert.That(found, Is.EqualTo(digest), table);
        }
    }
}
