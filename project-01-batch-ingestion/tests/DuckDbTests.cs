using System.Diagnostics;

namespace BatchIngestion.Tests;

/// <summary>A reader that we did not write, DuckDB, finds the same rows in the lake: the same digest, made in Python.</summary>
[TestFixture, Category("Step8")]
sealed class DuckDbTests
{
    const string Script = """
        import sys, hashlib, datetime, duckdb
        db = duckdb.connect()
        db.execute("SET TimeZone = 'UTC'")
        def text(v):
            if v is None: return "\u0001"
            if isinstance(v, bool): return "1" if v else "0"
            if isinstance(v, float): return "%.9f" % (v if v != 0 else 0.0)
            if isinstance(v, datetime.datetime): return v.strftime("%Y-%m-%dT%H:%M:%S") + (".%06d" % v.microsecond if v.microsecond else "") + "Z"
            if isinstance(v, datetime.date): return v.isoformat()
            return str(v)
        total, rows = 0, 0
        files = f"read_parquet('{sys.argv[1]}/*.parquet')"
        columns = [f'"{c[0]}"' + ("::TIMESTAMP" if c[1] == "TIMESTAMP WITH TIME ZONE" else "") for c in db.execute(f"DESCRIBE SELECT * EXCLUDE (_run_id) FROM {files}").fetchall()]
        result = db.execute("SELECT " + ", ".join(columns) + " FROM " + files)
        while row := result.fetchone():
            canonical = "".join(f"{len(t.encode('utf-16-le')) // 2}:{t}\u001f" for t in map(text, row))
            total = (total + int.from_bytes(hashlib.sha256(canonical.encode()).digest(), "big")) % (1 << 256)
            rows += 1
        number = total.to_bytes(max(1, (total.bit_length() + 7) // 8), "big")
        print(hashlib.sha256(number + rows.to_bytes(8, "big")).hexdigest()[:16])
        """;

    [Test]
    public async Task DuckDB_reads_from_the_lake_what_SQLite_holds()
    {
        var python = Environment.GetEnvironmentVariable("PYTHON");
        if (python is null) Assert.Ignore("PYTHON names no interpreter with duckdb.");
        var folder = Directory.CreateTempSubdirectory("duckdb-").FullName;
        var settings = new Settings(ProjectFolder.At("data", "landing"), Path.Combine(folder, "out"), ProjectFolder.At("contracts"));
        await Ingestion.Run(settings, default);
        foreach (var (table, digest) in Audit.Sqlite(settings, Contracts.Load(settings.ContractFolder)))
        {
            var start = new ProcessStartInfo(python!, ["-c", Script, Path.Combine(settings.LakeFolder, table)]) { RedirectStandardOutput = true, RedirectStandardError = true };
            using var process = Process.Start(start)!;
            var error = process.StandardError.ReadToEndAsync();
            var found = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.That(found.Trim(), Is.EqualTo(digest), $"{table} {await error}");
        }
        Crash.Delete(folder);
    }
}
