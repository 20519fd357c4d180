namespace DataQuality;

/// <summary>Finds where a file's header differs from the columns that the rules expect.</summary>
static class Drift
{
    /// <returns>The added columns in the order of the header, the missing ones in the order of the rules, and last, if the columns that
    /// both name stand in another order, one finding: it names the first of them in the file that is not where it is expected.</returns>
    /// <param name="table">With the columns that earlier drops have added.</param>
    public static IEnumerable<DriftFinding> OfHeader(TableRules table, string file, IReadOnlyList<string> header)
    {
        // step 2: detect schema drift
        var expected = table.Columns.Select(c => c.Name).ToList();
        foreach (var column in header.Except(expected))
            yield return new(table.Table, file, "added", column, table.Drift.Added, "a column that the rules do not know");
        foreach (var column in table.Columns.Where(c => !c.Optional).Select(c => c.Name).Except(header))
            yield return new(table.Table, file, "missing", column, table.Drift.Missing, "the header does not name it: every value is null");
        var (common, came) = (expected.Intersect(header).ToList(), header.Intersect(expected).ToList());
        if (!common.SequenceEqual(came))
        {
            var first = Enumerable.Range(0, common.Count).First(i => common[i] != came[i]);
            yield return new(table.Table, file, "reordered", came[first], table.Drift.Reordered, $"it stands where {common[first]} is expected; columns are found by name");
        }
        // end of step 2
    }

    /// <summary>The finding with a guess why a column is missing: it is there with other letters, or the first line is no header. Given.</summary>
    public static DriftFinding Guess(TableRules table, DriftFinding finding, IReadOnlyList<string> header)
    {
        if (finding.Change != "missing") return finding;
        if (header.FirstOrDefault(h => h.Trim().Equals(finding.Column, StringComparison.OrdinalIgnoreCase)) is { } near) return finding with { Detail = $"{finding.Detail}. It names '{near}': names must be the same letter for letter" };
        return table.Key.Contains(finding.Column) ? finding with { Detail = finding.Detail + ". It is in the key: is the first line a header?" } : finding;
    }

    /// <summary>A column is retyped when most of its values are not of its type any more. The finding has the policy of the rules;
    /// <see cref="Evolution.Apply"/> decides whether the column can be widened.</summary>
    /// <param name="values">How many cells of the file's column hold a value.</param>
    /// <param name="wrong">How many of them are not of the type.</param>
    /// <param name="decimals">How many of those are decimal numbers.</param>
    public static DriftFinding? OfValues(TableRules table, Column column, string file, long values, long wrong, long decimals)
    {
        // step 2: detect schema drift
        if (wrong * 2 <= values) return null;
        var found = decimals == wrong ? "decimal numbers" : $"other values than {Conform.Expected(column.Type)}";
        return new(table.Table, file, "retyped", column.Name, table.Drift.Retyped, $"{wrong:N0} of {values:N0} values are {found}", Decimals: decimals == wrong);
        // end of step 2
    }
}

/// <summary>Counts, while a file is read, how many values of each column are of its type.</summary>
sealed class TypeCensus(TableRules table, IReadOnlyList<string> columns)
{
    readonly Conform conform = new(table);
    readonly int[] positions = [.. table.Columns.Select(c => columns.ToList().IndexOf(c.Name))];
    readonly long[] values = new long[table.Columns.Count], wrong = new long[table.Columns.Count], decimals = new long[table.Columns.Count];

    /// <summary>Counts the values of a row that has no problem: what is left of each cell after <see cref="Conform.Normalize"/>, if
    /// anything. Normalize and TryType are built in step 3; this is called by a whole run alone, from step 7 on.</summary>
    public void Add(RawRow row)
    {
        // step 2: detect schema drift
        if (row.Problem is not null) return;
        for (var i = 0; i < positions.Length; i++)
        {
            var column = table.Columns[i];
            if (conform.Normalize(column, row.Fields[positions[i]]) is not { } text) continue;
            values[i]++;
            if (Conform.TryType(text, column.Type, out _, out _)) continue;
            wrong[i]++;
            if (Conform.TryType(text, ColumnType.Real, out _, out _)) decimals[i]++;
        }
        // end of step 2
    }

    public IEnumerable<DriftFinding> Findings(string file) =>
        table.Columns.Select((column, i) => Drift.OfValues(table, column, file, values[i], wrong[i], decimals[i])).OfType<DriftFinding>();
}

/// <summary>What the policy <c>evolve</c> does: the layers take up a column, or a wider type.</summary>
static class Evolution
{
    /// <summary>The table after a finding. A name that is not as in <see cref="RuleFiles.IsIdentifier"/>, or a type that does not widen, is a failure instead
    /// (the policy becomes <c>fail</c>). A whole-number column widens to a real one when all wrong values are decimal numbers. A finding with another
    /// policy than <c>evolve</c> changes nothing.</summary>
    public static (TableRules Table, DriftFinding Finding) Apply(TableRules table, DriftFinding finding)
    {
        // step 2: detect schema drift
        if (finding.Policy != DriftPolicy.Evolve) return (table, finding);
        var known = table.Columns.FirstOrDefault(c => c.Name == finding.Column);
        if (finding.Change == "added" && RuleFiles.IsIdentifier(finding.Column))
            return (table with { Columns = [.. table.Columns, new() { Name = finding.Column, Type = ColumnType.Text, Optional = true }] }, finding with { Detail = "a new text column" });
        var why = "";
        if (finding.Change == "retyped" && finding.Decimals && known?.Type == ColumnType.Integer)
        {
            var after = table with { Columns = [.. table.Columns.Select(c => c == known ? c with { Type = ColumnType.Real } : c)] };
            if (RuleChecks.Broken(after) is not { } broken) return (after, finding with { Detail = finding.Detail + ": now a real column" });
            why = ": " + broken;
        }
        return (table, finding with { Policy = DriftPolicy.Fail, Detail = $"{finding.Detail}; it can't evolve{why}" });
        // end of step 2
    }

    /// <summary>The tables with what earlier drops have added or widened. What the rules say of a column by now goes before what drops have
    /// added; a whole number that they have widened stays a real one.</summary>
    /// <exception cref="UserException">A rule does not compile with a column that drops have widened.</exception>
    public static List<TableRules> Of(Store store, IReadOnlyList<TableRules> rules) =>
    [
        .. rules.Select(table =>
        {
            var evolved = store.Query("SELECT column_name, type FROM evolved_columns WHERE table_name = ? ORDER BY run_id, column_name", r => (Name: r.GetString(0), Type: Enum.Parse<ColumnType>(r.GetString(1))), table.Table);
            var columns = table.Columns.Select(c => c.Type == ColumnType.Integer && evolved.Contains((c.Name, ColumnType.Real)) ? c with { Type = ColumnType.Real } : c);
            var all = table with { Columns = [.. columns, .. evolved.Where(e => table.Columns.All(c => c.Name != e.Name)).Select(e => new Column { Name = e.Name, Type = e.Type, Optional = true })] };
            return RuleChecks.Broken(all) is { } broken ? throw new UserException($"{table.Table}, {broken}. Drops have brought other types than its rules name: {string.Join(", ", evolved.Select(e => $"{e.Name} is {e.Type.ToString().ToLowerInvariant()}"))}.") : all;
        }),
    ];
}
