namespace BatchIngestion;

/// <summary>What a run works on.</summary>
/// <param name="Landing">The folder where files arrive.</param>
/// <param name="Output">The folder of the store, the lake and the raw copies.</param>
/// <param name="ContractFolder">The folder of the contracts.</param>
sealed record Settings(string Landing, string Output, string ContractFolder)
{
    /// <summary>The share of rejected rows above which a file fails as a whole, 0 to 1.</summary>
    public double MaxRejectRate { get; init; } = 0.05;
    /// <summary>Whether the rows are written as Parquet too.</summary>
    public bool WithLake { get; init; } = true;
    public Func<DateTime> UtcNow { get; init; } = () => DateTime.UnixEpoch;
    public Action<string> Progress { get; init; } = _ => { };

    public string Warehouse => Path.Combine(Output, "warehouse.db");
    public string Raw => Path.Combine(Output, "raw");
    public string LakeFolder => Path.Combine(Output, "lake");
}

/// <summary>What became of one file.</summary>
/// <param name="Status">loaded, replaced, reloaded, skipped or failed.</param>
sealed record FileResult(string Name, string? Table, string Sha256, long Bytes, long Read, long Loaded, long Rejected, long Duplicate, string Status, string? Reason);

sealed record RunResult(long RunId, IReadOnlyList<FileResult> Files)
{
    public bool Failed => Files.Any(f => f.Status == "failed");
}
