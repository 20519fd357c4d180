namespace DimensionalModel;

/// <summary>What a run works on.</summary>
/// <param name="Input">A folder of loads, or one load: a folder with <c>load.json</c>.</param>
/// <param name="Output">The folder of the warehouse.</param>
sealed record Settings(string Input, string Output)
{
    /// <summary>Empties the warehouse first, but for the key map, and takes in all loads in one transaction.</summary>
    public bool Rebuild { get; init; }
    /// <summary>For the account of the loads alone.</summary>
    public Func<DateTime> UtcNow { get; init; } = () => DateTime.UnixEpoch;
    public Action<string> Progress { get; init; } = _ => { };

    public string Database => Path.Combine(Output, "warehouse.db");
}

/// <summary>What became of the rows that a load brought for one table: a row of <c>load_audit</c>, which says what each count means.</summary>
sealed record Audited(string Table)
{
    public long Read { get; set; }
    public long Inserted { get; set; }
    public long Changed { get; set; }
    public long Unchanged { get; set; }
    public long Stale { get; set; }
    public long Inferred { get; set; }
    public long Repointed { get; set; }
    public long Removed { get; set; }
}

/// <summary>What became of a load.</summary>
/// <param name="Status">loaded, skipped (it is in the warehouse already), or gone (a rebuild has left it out, for the input does not have it).</param>
sealed record LoadResult(string Name, string Status, IReadOnlyList<Audited> Tables);
