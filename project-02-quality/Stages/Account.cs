using System.Globalization;
using System.Text.Json;

namespace DataQuality;

/// <summary>The account of one run: what is found is gathered here and written down when it is known how the run ends.</summary>
sealed class Account
{
    readonly Store store;
    readonly List<(string Table, string Drop, Counts Counts)> counts = [];
    readonly List<RuleResult> results = [];
    readonly List<DriftFinding> drift = [];
    readonly List<(string Table, Column Column)> evolved = [];

    public long Id { get; }
    /// <summary>The drop's name, or replay.</summary>
    public string Name { get; }

    public Account(Store store, Settings settings, Drop? drop, string rulesSha256)
    {
        this.store = store;
        Name = drop?.Name ?? "replay";
        var asOf = settings.AsOf ?? drop?.AsOf;
        Id = (long)store.Scalar("INSERT INTO quality_runs (kind, drop_name, as_of, started_utc, status, rules_sha256) VALUES (?, ?, ?, ?, 'running', ?) RETURNING run_id",
            drop is null ? "replay" : "drop", drop?.Name, asOf is { } known ? Iso(known) : null, Iso(settings.UtcNow()), rulesSha256)!;
    }

    /// <summary>Takes up a finding; gives the table that follows from it.</summary>
    public TableRules Drift(TableRules table, DriftFinding finding)
    {
        (var after, finding) = Evolution.Apply(table, finding);
        drift.Add(finding);
        if (!ReferenceEquals(after, table)) evolved.Add((table.Table, after.Columns.Single(c => c.Name == finding.Column)));
        return after;
    }

    /// <summary>Takes up the counts of a table. This is the law of the run: every raw row is in one place.</summary>
    public void Counts(string table, IReadOnlyList<(string Drop, Counts Counts)> found)
    {
        if (found.FirstOrDefault(f => !f.Counts.Conserved) is ({ } drop, var wrong)) throw new InvalidOperationException($"{table}, {drop}: {wrong.Raw} rows came, {wrong.Clean} are clean, {wrong.Quarantined} quarantined, {wrong.Duplicates} duplicates");
        counts.AddRange(found.Select(f => (table, f.Drop, f.Counts)));
    }

    public void Results(IEnumerable<RuleResult> found) => results.AddRange(found);

    /// <summary>Why the gate holds; none when it does not.</summary>
    IEnumerable<string> Reasons =>
    [
        .. drift.Where(d => d.Policy == DriftPolicy.Fail).Select(d => $"{d.Table}: column {d.Column} is {d.Change} ({d.Detail})"),
        .. results.Where(r => r.Status == RuleStatus.Fail).Select(r => $"{r.Table}.{r.Rule}: {Why(r)}"),
    ];

    static string Why(RuleResult r) => r.Measured is { } figure ? $"{figure.ToString("0.####", CultureInfo.InvariantCulture)}, expected {r.Expected}" : r.OfDrop ? r.Expected
        : $"{r.PassRate.ToString("P1", CultureInfo.InvariantCulture)} pass, {r.Required.ToString("P1", CultureInfo.InvariantCulture)} required";

    public bool Held => Reasons.Any();

    /// <summary>The gate holds: the layers stay as they were, and what was built stays aside until the next run, to be looked at. So the
    /// results' SQL is pointed at <c>next_…</c> (<see cref="Aside"/>, given). The account is written with the reasons, in a
    /// transaction.</summary>
    public RunResult Hold()
    {
        // step 7: hold back what is not good enough, publish the rest at once
        IReadOnlyList<string> why = [.. Reasons];
        for (var i = 0; i < results.Count; i++) results[i] = results[i] with { Sql = Aside(results[i].Sql) };
        store.InTransaction(() => Write("held", why));
        return Result("held", why);
        // end of step 7
    }

    static string? Aside(string? sql) => sql is null ? null
        : System.Text.RegularExpressions.Regex.Replace(sql, "(?<=FROM )(checked_|clean_|raw_|quarantine)", "next_$1");

    /// <summary>Where not even that can be written, the run stays one that is running: the next one finds it so.</summary>
    public void Fail(string why)
    {
        counts.Clear();
        try { store.InTransaction(() => Write("failed", [why])); }
        catch (Microsoft.Data.Sqlite.SqliteException) { }       // what is told is the first error
    }

    /// <summary>Writes everything down, in the caller's transaction.</summary>
    public void Write(string status, IReadOnlyList<string> reasons)
    {
        var all = counts.Aggregate(default(Counts), (sum, c) => sum + c.Counts);
        store.Execute("UPDATE quality_runs SET status = ?, reasons = ?, raw = ?, clean = ?, quarantined = ?, duplicates = ? WHERE run_id = ?", status, reasons.Count == 0 ? null : JsonSerializer.Serialize(reasons, RuleFiles.Json), all.Raw, all.Clean, all.Quarantined, all.Duplicates, Id);
        foreach (var (table, drop, c) in counts) store.Execute("INSERT INTO quality_counts VALUES (?,?,?,?,?,?,?)", Id, table, drop, c.Raw, c.Clean, c.Quarantined, c.Duplicates);
        foreach (var r in results)
            store.Execute("INSERT INTO quality_results VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)", Id, r.Table, r.Rule, r.Check, Word(r.Severity), r.Rows, r.Broken, r.PassRate, r.Required, r.Measured, r.Expected, Word(r.Status), r.Sql, JsonSerializer.Serialize(r.Examples, RuleFiles.Json));
        foreach (var d in drift) store.Execute("INSERT INTO schema_drift VALUES (?,?,?,?,?,?,?)", Id, d.Table, d.File, d.Change, d.Column, Word(d.Policy), d.Detail);
        if (status == "published")
            foreach (var (table, column) in evolved) store.Execute("INSERT OR REPLACE INTO evolved_columns VALUES (?,?,?,?)", table, column.Name, column.Type.ToString(), Id);
    }

    public RunResult Result(string status, IReadOnlyList<string> reasons) =>
        new(Id, Name, status, reasons, [.. counts.GroupBy(c => c.Table).Select(g => (g.Key, g.Aggregate(default(Counts), (sum, c) => sum + c.Counts)))], results, drift)
        {
            Brought = counts.Where(c => c.Drop == Name).Sum(c => c.Counts.Raw),
        };

    static string Word<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();

    static string Iso(DateTime utc) => utc.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
