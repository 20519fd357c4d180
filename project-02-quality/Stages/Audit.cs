using System.Globalization;

namespace DataQuality;

/// <summary>Judges a drop as a whole, on what was written: the share of rows that pass each rule, and the rules about the table.
/// The gate holds when one of them fails.</summary>
sealed class Audit(Store store, TableRules table, string? drop, DateTime? asOf)
{
    string Checked => "next_checked_" + table.Table;
    /// <summary>The rows of the run: one drop's, or all.</summary>
    string Ours => drop is null ? "TRUE" : $"_drop = {Sql.Literal(drop)}";

    /// <summary>Finds the survivors that share what must be unique. Those to blame (<c>Sql/unique.sql</c>) go to quarantine, and the other
    /// versions of their keys come back. All rules look at the same survivors, so their order does not matter; a warning looks at the last ones.</summary>
    /// <returns>Whether rows went: the survivors are then to be chosen anew, and to be looked at again.</returns>
    public bool Uniqueness(Judge judge, Tally tally)
    {
        // step 6: take out the duplicates
        var gone = new HashSet<long>();
        foreach (var rule in table.Rules.OfType<Unique>().Where(r => r.Severity == Severity.Error))
            gone.UnionWith(Blame(rule, Store.Resource("unique.sql").Replace("{checked}", Checked).Replace("{columns}", Names(rule))));
        var blamed = $"[{string.Join(',', gone)}]";
        store.Execute($"UPDATE {Checked} SET _verdict = 'quarantined' WHERE _seq IN (SELECT value FROM json_each(?))", blamed);
        store.Execute($"UPDATE {Checked} SET _verdict = 'clean', _kept = NULL WHERE _verdict = 'version' AND _kept IN (SELECT value FROM json_each(?))", blamed);
        if (gone.Count > 0) return true;
        foreach (var rule in table.Rules.OfType<Unique>().Where(r => r.Severity == Severity.Warn)) Blame(rule, $"SELECT _seq, _drop, _file, _row FROM {Checked} WHERE {Shared(rule, Checked)} ORDER BY _seq");
        return false;

        List<long> Blame(Unique rule, string sql)
        {
            var reason = new Reason(rule.Id, null, $"no other row with the same {string.Join(", ", rule.Columns)}", "another row has the same");
            var rows = new List<long>();
            foreach (var (row, from, file, number) in store.Query(sql, r => (r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetInt64(3))))
            {
                rows.Add(row);
                judge.Because(row, reason);
                if (drop is null || from == drop) tally.Add(reason, $"{from}/{file}", number);
            }
            return rows;
        }
        // end of step 6
    }

    static string Names(Unique rule) => string.Join(", ", rule.Columns.Select(Sql.Name));

    /// <summary>The clean rows that share the rule's values; where one of these is NULL, none.</summary>
    static string Shared(Unique rule, string layer) => $"_verdict = 'clean' AND ({Names(rule)}) IN (SELECT {Names(rule)} FROM {layer} WHERE _verdict = 'clean' GROUP BY {Names(rule)} HAVING count(*) > 1)";

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
                Unique unique => Shares(rule.Id, RuleFiles.KindOf(rule), rule.Severity, rule.PassRate, tally.Judged, tally, $"no two rows share {string.Join(", ", unique.Columns)}", rule.Severity == Severity.Error ? InQuarantine(rule.Id) : Listing(Shared(unique, $"checked_{table.Table}"))),
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

    /// <summary>A rule about one figure of the drop.</summary>
    RuleResult Whole(Rule rule, double figure, double? min, double? max, string unit)
    {
        var expected = (min, max) switch { ({ } low, { } high) => $"{Text(low)} to {Text(high)} {unit}", ({ } low, null) => $"at least {Text(low)} {unit}", (null, { } high) => $"at most {Text(high)} {unit}", _ => unit };
        return Whole(rule, figure, !(figure < min) && !(figure > max), expected.TrimEnd());
    }

    /// <summary>A rule that has nothing to judge does not hold: nobody knows whether it would.</summary>
    RuleResult NotJudged(Rule rule, string why) => Whole(rule, null, false, "not judged: " + why);

    RuleResult Whole(Rule rule, double? figure, bool holds, string expected) =>
        new(table.Table, rule.Id, RuleFiles.KindOf(rule), rule.Severity, 1, holds ? 0 : 1, 1, figure, expected, holds ? RuleStatus.Pass : rule.Severity == Severity.Error ? RuleStatus.Fail : RuleStatus.Warn, null, []);

    /// <summary>Rows that were sent again are fresh too, so copies and versions count. Quarantined ones do not: a year mistyped says nothing.</summary>
    RuleResult Age(Freshness rule)
    {
        if (asOf is not { } now) return NotJudged(rule, "neither --as-of nor drop.json says from when");
        if (store.Scalar($"SELECT max({Sql.Name(rule.Column)}) FROM {Checked} c WHERE {Ours} AND coalesce((SELECT k._verdict FROM {Checked} k WHERE c._verdict = 'copy' AND k._seq = c._kept), _verdict) <> 'quarantined'") is not string newest) return NotJudged(rule, $"no good row has a {rule.Column}");
        var age = (now - DateTime.Parse(newest, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal)).TotalHours;
        return Whole(rule, age, age < 0 ? 0 : null, rule.MaxAgeHours, $"hours old on {now:yyyy-MM-dd HH:mm}");
    }

    RuleResult Shift(Distribution rule)
    {
        var column = table.Columns.Single(c => c.Name == rule.Column);
        var figures = new Figures(quantiles: rule.Figure == DataQuality.Figure.Quantile);
        foreach (var batch in Layers.Batches(store, "next_clean_" + table.Table, [column], Ours)) figures.Add(batch.Columns[0], batch.Count);
        if ((rule.Figure switch { DataQuality.Figure.Mean => figures.Mean, DataQuality.Figure.NullRate => figures.NullRate, _ => figures.Quantile(rule.Quantile!.Value) }) is not { } figure) return NotJudged(rule, $"no clean row of the drop has a {rule.Column}");
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
            else unit = before.Count == 0 ? "(no history yet)" : $"(no history yet: {before.Count} of {rule.MinHistory} drops)";
        }
        if (rule.Figure == DataQuality.Figure.NullRate) (min, max) = (min < 0 ? 0 : min, max > 1 ? 1 : max);       // a rate lies between
        return Whole(rule, figure, min, max, unit);
    }

    double Clean(string figure) => Convert.ToDouble(store.Scalar($"SELECT {figure} FROM next_clean_{table.Table} WHERE {Ours}"), CultureInfo.InvariantCulture);

    static string Text(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
