namespace DataQuality;

/// <summary>What a run works on.</summary>
/// <param name="Input">The folder of drops, or one drop.</param>
/// <param name="Output">The folder of the store and the report.</param>
/// <param name="RulesFolder">The folder of the rules, one file a table.</param>
sealed record Settings(string Input, string Output, string RulesFolder)
{
    /// <summary>The folder of the business columns, TABLE.sql; the project's own when null. A table without such a file has no curated layer.</summary>
    public string? CuratedFolder { get; init; }
    /// <summary>What freshness is measured from; the drop's own word (drop.json) when null. Never the clock.</summary>
    public DateTime? AsOf { get; init; }
    /// <summary>For the account of the runs alone.</summary>
    public Func<DateTime> UtcNow { get; init; } = () => DateTime.UnixEpoch;
    public Action<string> Progress { get; init; } = _ => { };

    public string Database => Path.Combine(Output, "quality.db");
    public string ReportFile => Path.Combine(Output, "report.html");
}

/// <summary>How many rows of a table and drop are where.</summary>
readonly record struct Counts(long Raw, long Clean, long Quarantined, long Duplicates)
{
    /// <summary>No row is lost and none is in two places.</summary>
    public bool Conserved => Raw == Clean + Quarantined + Duplicates;
    public static Counts operator +(Counts a, Counts b) => new(a.Raw + b.Raw, a.Clean + b.Clean, a.Quarantined + b.Quarantined, a.Duplicates + b.Duplicates);
}

enum RuleStatus
{
    /// <summary>Of severity error: no row broke the rule. Of severity warn: enough rows passed.</summary>
    Pass,
    /// <summary>Of severity error: rows broke the rule, and enough passed. Of severity warn: too few passed. The drop may pass.</summary>
    Warn,
    /// <summary>Of severity error alone: too few rows passed, and the gate holds the drop back.</summary>
    Fail,
}

/// <summary>What one rule said of one run's rows: a row of <c>quality_results</c>, which says what each value means.</summary>
sealed record RuleResult(string Table, string Rule, string Check, Severity Severity, long Rows, long Broken, double Required, double? Measured, string Expected, RuleStatus Status, string? Sql, IReadOnlyList<Example> Examples)
{
    /// <summary>A rule about the drop as a whole points at no row.</summary>
    public bool OfDrop => Check is "row_count" or "freshness" or "distribution";
    public double PassRate => Rows == 0 ? 1 : (double)(Rows - Broken) / Rows;
}

/// <summary>A row that broke a rule, as a person looks for it.</summary>
sealed record Example(string File, long Row, string Column, string Found);

/// <summary>Where a file differs from what the rules expect.</summary>
/// <param name="Change">added, missing, reordered or retyped.</param>
/// <param name="Detail">For a person.</param>
/// <param name="Decimals">Of a retyped column: all wrong values are decimal numbers.</param>
sealed record DriftFinding(string Table, string File, string Change, string Column, DriftPolicy Policy, string Detail, bool Decimals = false);

/// <summary>What became of a drop, or of a replay.</summary>
/// <param name="Status">published, held, failed, skipped (it is in the layers already), or not tried (one before it was held or has failed).</param>
sealed record RunResult(long RunId, string Name, string Status, IReadOnlyList<string> Reasons, IReadOnlyList<(string Table, Counts Counts)> Counts, IReadOnlyList<RuleResult> Results, IReadOnlyList<DriftFinding> Drift)
{
    public string Reason => string.Join("; ", Reasons);
    /// <summary>Rows of earlier drops (in a replay: of all) that left the quarantine, and that went there.</summary>
    public long Released { get; init; }
    public long Confined { get; init; }
    /// <summary>Rows that the drop brought.</summary>
    public long Brought { get; init; }
}
