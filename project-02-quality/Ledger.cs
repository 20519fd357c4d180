namespace DataQuality;

/// <summary>How well one rule found what the ledger of defects names.</summary>
/// <param name="Found">Rows that the rule's own SQL lists.</param>
/// <param name="Counted">Rows that the run has counted.</param>
/// <param name="Missed">Rows of the ledger that it does not list.</param>
/// <param name="False">Rows that it lists and the ledger does not name.</param>
sealed record RuleScore(string Rule, int Found, long Counted, int Missed, int False)
{
    public double Precision => Found == 0 ? 1 : (double)(Found - False) / Found;
    public double Recall => Found - False + Missed == 0 ? 1 : (double)(Found - False) / (Found - False + Missed);
}

/// <summary>Compares the findings in the third drop with <c>data/defects.csv</c>, which says what was broken where.</summary>
static class Ledger
{
    public static IReadOnlyList<RuleScore> Score(Store store, RunResult run)
    {
        using var file = new ReadFile(ProjectFolder.At("data", "defects.csv"), ["file", "row", "rule"]);
        var ledger = file.Rows().ToLookup(r => r.Fields[2]!, r => (r.Fields[0]!, long.Parse(r.Fields[1]!)));
        var found = new Dictionary<string, (HashSet<(string, long)> Rows, long Counted)>();
        foreach (var result in run.Results.Where(r => r.Table == "flights" && !r.OfDrop))
            found[result.Rule] = (result.Sql is null ? [] : [.. store.Query($"SELECT _drop || '/' || _file, _row FROM ({result.Sql})", r => (r.GetString(0), r.GetInt64(1)))], result.Broken);
        foreach (var kind in new[] { Verdict.Copy, Verdict.Version })
        {
            HashSet<(string, long)> rows = [.. store.Query("SELECT _drop || '/' || _file, _row FROM duplicates WHERE table_name = 'flights' AND kind = ? AND _drop = ?", r => (r.GetString(0), r.GetInt64(1)), kind, run.Name)];
            found["duplicate_" + kind] = (rows, rows.Count);
        }
        return
        [
            .. found.Keys.Union(ledger.Select(l => l.Key)).Order(StringComparer.Ordinal).Select(rule =>
            {
                var (rows, counted) = found.GetValueOrDefault(rule, ([], 0));
                return new RuleScore(rule, rows.Count, counted, ledger[rule].Distinct().Count(r => !rows.Contains(r)), rows.Count(r => !ledger[rule].Contains(r)));
            }),
        ];
    }

    /// <summary>Takes in the drops of the project in a scratch folder, and prints a line for each rule that the ledger names or that found something.</summary>
    /// <returns>The exit code: 1 when a finding is missed or false.</returns>
    public static int Print(CancellationToken stop)
    {
        var scratch = Directory.CreateTempSubdirectory("score-").FullName;
        try
        {
            var settings = new Settings(ProjectFolder.At("data", "raw"), scratch, ProjectFolder.At("rules"));
            var run = Quality.Run(settings, stop)[^1];
            using var store = new Store(settings.Database);
            var scores = Score(store, run).Where(s => s.Found + s.Missed > 0).ToList();
            Terminal.Table(["rule", "in the ledger", "found", "missed", "false", "precision", "recall"], scores.Select(s => (IReadOnlyList<string>)
                [s.Rule, $"{s.Found - s.False + s.Missed}", $"{s.Found}", $"{s.Missed}", $"{s.False}", $"{s.Precision:P0}", $"{s.Recall:P0}"]));
            return scores.All(s => s.Missed == 0 && s.False == 0) ? 0 : 1;
        }
        finally { Crash.Delete(scratch); }
    }
}
