using System.Diagnostics;

namespace BatchIngestion;

/// <summary>A second reader of the lake, which we did not write: DuckDB, where the environment variable PYTHON names an
/// interpreter that has it.</summary>
static class DuckDb
{
    /// <summary>The digest of a folder of Parquet files as <see cref="BatchIngestion.Digest"/> makes it, but made in Python; null where there is no DuckDB.</summary>
    public static async Task<string?> Digest(string folder)
    {
        if (Environment.GetEnvironmentVariable("PYTHON") is not { Length: > 0 } python) return null;
        var start = new ProcessStartInfo(python, ["-c", Script, folder]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var digest = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? digest.Trim() : (await error).Contains("No module named 'duckdb'", StringComparison.Ordinal) ? null : throw new UserException($"DuckDB can't read {folder}: {await error}");
    }

    const string Script = """
        import sys, hashlib, datetime, duckdb
        db = duckdb.connect()
        db.execute("SET TimeZone = 'UTC'")
        db.execute("SET enable_progress_bar = false")
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
}
