using System.Globalization;

namespace DataQuality;

/// <summary>Judges a drop as a whole, on what was written: the share of rows that pass each rule, and the rules about the table.
/// The gate holds when one of them fails.</summary>
sealed class Audit(Store store, TableRules table, string? drop, DateTime? asOf)
{
    string Checked => "next_checked_" + table.Table;
    /// <summary>The rows of the run: one drop's, or all.</summary>
    string Ours => drop is null ? "TRUE" : $"_drop = {Sql.Literal(drop)}";

    /// <summary>Finds the rows that share what must be unique, among those that are still clean, and quarantines them.</summary>
    public void Uniqueness(Judge judge, Tally tally)
    {
        // step 6: take out the duplicates
        foreach (var rule in table.Rules.OfType<Unique>())
        {
            var columns = rule.Columns.Select(name => table.Columns.Single(c => c.Name == name)).ToList();
            var keys = new UniqueKeys([.. Enumerable.Range(0, columns.Count)]);
            var rows = store.Query($"SELECT _seq, _drop, _file, _row FROM {Checked} WHERE _verdict = 'clean' ORDER BY _seq", r => (Seq: r.GetInt64(0), Drop: r.GetString(1), File: r.GetString(2), Row: r.GetInt64(3)));
            long first = 0;
            foreach (var batch in Layers.Batches(store, Checked, columns, "_verdict = 'clean' ORDER BY _seq"))
            {
                keys.Add(batch, first);
                first += batch.Count;
            }
            foreach (var shared in keys.Finish())
            {
                var row = rows[(int)shared];
                var reason = new Reason(rule.Id, null, $"no other row with the same {string.Join(", ", rule.Columns)}", "another row has the same");
                judge.Because(row.Seq, reason);
                if (drop is null || row.Drop == drop) tally.Add(reason, $"{row.Drop}/{row.File}", row.Row);
                if (rule.Severity == Severity.Error) store.Execute($"UPDATE {Checked} SET _verdict = 'quarantined' WHERE _seq = ?", row.Seq);
            }
        }
        // end of step 6
    }

    /// <summary>Every rule's result, the built-in ones first.</summary>
    /// <remarks>In this order: structure; for each column its type, and not null where its policy is reject; the rules as in their file.</remarks>
    /// <param name="wholeTable">Whether the rules about a drop as a whole (row_count, freshness, distribution) are judged.</param>
    public IEnumerable<RuleResult> Results(Tally tally, bool wholeTable)
    {
        // step 7: hold back what is not good enough, publish the rest at once
        yield return Shares(Judge.Structure, "structure", Severity.Error, null, tally.Judged + tally.Unreadable, tally, "a CSV record that can be read", $"SELECT * FROM raw_{table.Table} WHERE _problem IS NOT NULL AND {Ours}");
        foreach (var column in table.Columns)
        {
            yield return Shares(column.Name + Judge.Type, "type", Severity.Error, null, tally.Judged, tally, Conform.Expected(column.Type), InQuarantine(column.Name + Judge.Type));
            if (column.Nulls == NullPolicy.Reject) yield return Shares(column.Name + Judge.Null, "not_null", Severity.Error, null, tally.Judged, tally, $"{Sql.Name(column.Name)} IS NOT NULL", InQuarantine(column.Name + Judge.Null));
        }
        foreach (var rule in table.Rules.Where(r => wholeTable || r is not (RowCount or Freshness or Distribution)))
            yield return rule switch
            {
                RowRule row => Shares(rule.Id, RuleFiles.KindOf(rule), rule.Severity, rule.PassRate, tally.Judged, tally, row.Predicate, Listing($"NOT ({row.Predicate})")),
                References to => Shares(rule.Id, RuleFiles.KindOf(rule), rule.Severity, rule.PassRate, tally.Judged, tally, $"{to.Column} in {to.Table}.{to.To}", Listing($"{Sql.Name(to.Column)} IS NOT NULL AND {Sql.Name(to.Column)} NOT IN (SELECT {Sql.Name(to.To)} FROM clean_{to.Table} WHERE {Sql.Name(to.To)} IS NOT NULL)")),
                Unique unique => Shares(rule.Id, RuleFiles.KindOf(rule), rule.Severity, rule.PassRate, tally.Judged, tally, $"no two rows share {string.Join(", ", unique.Columns)}", Listing($"({string.Join(", ", unique.Columns.Select(Sql.Name))}) IN (SELECT {string.Join(", ", unique.Columns.Select(Sql.Name))} FROM checked_{table.Table} WHERE _verdict IN ('clean', 'quarantined') GROUP BY {string.Join(", ", unique.Columns.Select(Sql.Name))} HAVING count(*) > 1)")),
                RowCount count => Whole(rule, Clean("count(*)"), count.Min, count.Max, "rows"),
                Freshness fresh => Age(fresh),
                Distribution distribution => Shift(distribution),
                _ => throw new InvalidOperationException($"no audit for {rule.GetType().Name}"),
            };
        // end of step 7
    }

    /// <summary>What has no type or no value is null in the checked layer: there it can't be told from a null that may be.</summary>
    string InQuarantine(string rule) => $"SELECT q.* FROM quarantine q, json_each(q.rules) WHERE table_name = '{table.Table}' AND value = '{rule}' AND {Ours}";

    string Listing(string condition) => $"SELECT * FROM checked_{table.Table} WHERE _judged AND {Ours} AND ({condition})";

    /// <summary>A rule about rows, by the share of them that passed; see <see cref="RuleStatus"/>. Enough pass when their share is at least
    /// the required one, or when no row broke the rule.</summary>
    /// <param name="required">The rule's own share; null for the table's (severity error) or 1 (severity warn).</param>
    /// <param name="sql">Lists the broken rows of the published layers; kept where there are any.</param>
    RuleResult Shares(string id, string check, Severity severity, double? required, long rows, Tally tally, string expected, string sql)
    {
        // step 7: hold back what is not good enough, publish the rest at once
        var broken = tally.Broken(id);
        var share = required ?? (severity == Severity.Error ? table.PassRate : 1);
        var under = broken > 0 && rows - broken < share * rows;
        var status = severity == Severity.Error ? under ? RuleStatus.Fail : broken > 0 ? RuleStatus.Warn : RuleStatus.Pass : under ? RuleStatus.Warn : RuleStatus.Pass;
        return new(table.Table, id, check, severity, rows, broken, share, null, expected, status, broken > 0 ? sql : null, tally.Examples(id));
        // end of step 7
    }

    /// <summary>A rule about one figure of the drop's clean rows.</summary>
    RuleResult Whole(Rule rule, double? figure, double? min, double? max, string unit)
    {
        var holds = figure is not { } value || (!(value < min) && !(value > max));
        var expected = (min, max) switch { ({ } low, { } high) => $"{Text(low)} to {Text(high)} {unit}", ({ } low, null) => $"at least {Text(low)} {unit}", (null, { } high) => $"at most {Text(high)} {unit}", _ => unit };
        return new(table.Table, rule.Id, RuleFiles.KindOf(rule), rule.Severity, 1, holds ? 0 : 1, 1, figure, expected.TrimEnd(), holds ? RuleStatus.Pass : rule.Severity == Severity.Error ? RuleStatus.Fail : RuleStatus.Warn, null, []);
    }

    RuleResult Age(Freshness rule)
    {
        if (asOf is not { } now) return Whole(rule, null, null, null, "not judged: neither --as-of nor drop.json says from when");
        var newest = store.Scalar($"SELECT max({Sql.Name(rule.Column)}) FROM next_clean_{table.Table} WHERE {Ours}") as string;
        double? age = newest is null ? null : (now - DateTime.Parse(newest, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal)).TotalHours;
        return Whole(rule, age, null, rule.MaxAgeHours, $"hours old on {now:yyyy-MM-dd HH:mm}");
    }

    RuleResult Shift(Distribution rule)
    {
        var column = table.Columns.Single(c => c.Name == rule.Column);
        var figures = new Figures(quantiles: rule.Figure == DataQuality.Figure.Quantile);
        foreach (var batch in Layers.Batches(store, "next_clean_" + table.Table, [column], Ours)) figures.Add(batch.Columns[0], batch.Count);
        var figure = rule.Figure switch { DataQuality.Figure.Mean => figures.Mean, DataQuality.Figure.NullRate => figures.NullRate, _ => figures.Quantile(rule.Quantile!.Value) };
        var (min, max, unit) = (rule.Min, rule.Max, "");
        if (rule.MaxShift is { } shift)
        {
            var before = store.Query("SELECT measured FROM quality_results r JOIN quality_runs q USING (run_id) WHERE table_name = ? AND rule = ? AND q.kind = 'drop' AND q.status = 'published' AND measured IS NOT NULL ORDER BY measured", r => r.GetDouble(0), table.Table, rule.Id);
            if (before.Count >= Math.Max(1, rule.MinHistory))
            {
                var median = (before[(before.Count - 1) / 2] + before[before.Count / 2]) / 2;
                (min, max) = (Math.Max(min ?? double.MinValue, median - shift), Math.Min(max ?? double.MaxValue, median + shift));
                unit = $"({Text(median)} ± {Text(shift)}, the median of {before.Count} drops before)";
            }
            else unit = "(no earlier drop to compare with)";
        }
        if (rule.Figure == DataQuality.Figure.NullRate) (min, max) = (min < 0 ? 0 : min, max > 1 ? 1 : max);       // a rate lies between
        return Whole(rule, figure, min, max, unit);
    }

    double? Clean(string figure) => Convert.ToDouble(store.Scalar($"SELECT {figure} FROM next_clean_{table.Table} WHERE {Ours}"), CultureInfo.InvariantCulture);

    static string Text(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
