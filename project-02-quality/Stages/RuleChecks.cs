using System.Text.Json;

namespace DataQuality;

/// <summary>What is wrong with a table's rules by themselves. A rule that can never be broken, or never be kept, is a slip of the pen.</summary>
static class RuleChecks
{
    /// <summary>Each as one sentence; none when they are right.</summary>
    public static IEnumerable<string> Problems(TableRules t)
    {
        if (new IEnumerable<object?>[] { t.Files, t.Key, t.Columns, t.Rules }.Any(list => list.Contains(null))) { yield return "a list holds null"; yield break; }
        if (!RuleFiles.IsIdentifier(t.Table)) yield return $"the table's name '{t.Table}' is not lower-case letters, digits and underscores";
        if (t.Columns.Count == 0) yield return "it has no columns";
        if (t.Files.Count == 0) yield return "it names no files";
        if (t.Files.Any(string.IsNullOrWhiteSpace)) yield return "the name of a file is empty";
        if (t.PassRate is < 0 or > 1) yield return $"pass_rate is a share from 0 to 1, found {t.PassRate}";
        foreach (var column in t.Columns.Where(c => !RuleFiles.IsIdentifier(c.Name))) yield return $"the column name '{column.Name}' is not lower-case letters, digits and underscores that begin with a letter";
        if (Twice(t.Columns.Select(c => c.Name)) is { } column2) yield return $"two columns are called '{column2}'";
        if (t.Key.Count == 0) yield return "it has no key";
        if (Twice(t.Key) is { } key2) yield return $"the key names '{key2}' twice";
        foreach (var key in t.Key.Where(k => t.Columns.All(c => c.Name != k))) yield return $"the key column '{key}' is not among its columns";
        foreach (var problem in t.Columns.SelectMany(Problems)) yield return problem;
        if (t.Drift.Missing == DriftPolicy.Evolve || t.Drift.Reordered == DriftPolicy.Evolve) yield return "drift: evolve is for added and retyped columns";
        var builtIn = t.Columns.SelectMany(c => new[] { c.Name + Judge.Type, c.Name + Judge.Null }).Append(Judge.Structure);
        if (Twice(t.Rules.Select(r => r.Id).Concat(builtIn)) is { } id) yield return $"two rules are called '{id}'";
        foreach (var rule in t.Rules)
        {
            if (!RuleFiles.IsIdentifier(rule.Id)) yield return $"the rule's id '{rule.Id}' is not lower-case letters, digits and underscores";
            if (rule.PassRate is < 0 or > 1) yield return $"{rule.Id}: pass_rate is a share from 0 to 1, found {rule.PassRate}";
            foreach (var used in RuleFiles.ColumnsOf(rule).Where(u => t.Columns.All(c => c.Name != u))) yield return $"{rule.Id}: there is no column '{used}'";
            foreach (var problem in Problems(rule, name => t.Columns.FirstOrDefault(c => c.Name == name))) yield return $"{rule.Id}: {problem}";
        }
    }

    static IEnumerable<string> Problems(Column c)
    {
        if (c.Nulls == NullPolicy.Default != c.Default is not null) yield return $"'{c.Name}': a default value and the policy \"nulls\": \"default\" belong together";
        if (c.Nulls == NullPolicy.Derive != c.Derive is not null) yield return $"'{c.Name}': an expression (derive) and the policy \"nulls\": \"derive\" belong together";
        if (c.Default is not null && !Conform.TryType(c.Default, c.Type, out _, out _)) yield return $"'{c.Name}': the default '{c.Default}' is not {Conform.Expected(c.Type)}";
        if (c.Case is not null && c.Type != ColumnType.Text) yield return $"'{c.Name}': case is for text";
        foreach (var code in c.Codes.Keys.Where(code => (c.Trim && code != code.Trim()) || (c.Case == TextCase.Upper && code != code.ToUpperInvariant()) || (c.Case == TextCase.Lower && code != code.ToLowerInvariant())))
            yield return $"'{c.Name}': no text is '{code}' after trim and case, so this code is never used";
    }

    static IEnumerable<string> Problems(Rule rule, Func<string, Column?> column)
    {
        switch (rule)
        {
            case Compare { Operator: not ("=" or "<>" or "<" or "<=" or ">" or ">=") } compare: yield return $"the operator '{compare.Operator}' is none of = <> < <= > >="; break;
            case InRange { Min: null, Max: null }: yield return "a range needs min or max"; break;
            case InRange r when new[] { r.Min, r.Max }.Any(v => v is { ValueKind: not (JsonValueKind.Number or JsonValueKind.String) }): yield return "min and max are numbers or texts"; break;
            case InRange { Min: { } min, Max: { } max } when min.ValueKind == max.ValueKind && (min.ValueKind == JsonValueKind.Number ? min.GetDouble() > max.GetDouble() : string.CompareOrdinal(min.GetString(), max.GetString()) > 0): yield return $"min {min} is greater than max {max}"; break;
            case HasLength { Min: < 0 } or HasLength { Max: < 0 }: yield return "a length is not negative"; break;
            case HasLength r when r.Min > r.Max: yield return $"min {r.Min} is greater than max {r.Max}"; break;
            case InSet { Values.Count: 0 } or Unique { Columns.Count: 0 }: yield return "its list is empty"; break;
            case InSet r when r.Values.FirstOrDefault(v => v.ValueKind is JsonValueKind.Null or JsonValueKind.Object or JsonValueKind.Array) is { ValueKind: not JsonValueKind.Undefined } odd: yield return $"values are numbers, texts, true or false, found {odd.GetRawText()}"; break;
            case Unique r when Twice(r.Columns) is { } twice: yield return $"it names '{twice}' twice"; break;
            case RowCount { Min: 0, Max: null }: yield return "it has no bound (min, max)"; break;
            case RowCount { Min: < 0 } or RowCount { Max: < 0 }: yield return "a number of rows is not negative"; break;
            case RowCount r when r.Min > r.Max: yield return $"min {r.Min} is greater than max {r.Max}"; break;
            case Freshness { MaxAgeHours: < 0 }: yield return "max_age_hours is not negative"; break;
            case Freshness r when column(r.Column) is { Type: not (ColumnType.Date or ColumnType.Timestamp) }: yield return $"{r.Column} is no date or timestamp"; break;
            case Distribution { Figure: not Figure.NullRate } d when column(d.Column) is { } measured && !IsNumber(measured): yield return $"{d.Column} is no number"; break;
            case Distribution { Figure: Figure.Quantile, Quantile: not (>= 0 and <= 1) }: yield return "a quantile needs its share, from 0 to 1"; break;
            case Distribution { Min: null, Max: null, MaxShift: null }: yield return "it has no bound (min, max, max_shift)"; break;
            case Distribution { MaxShift: < 0 } or Distribution { MinHistory: < 0 }: yield return "max_shift and min_history are not negative"; break;
            case Distribution d when d.Min > d.Max: yield return $"min {d.Min} is greater than max {d.Max}"; break;
        }
    }

    /// <summary>The first rule, or derived column, that does not compile with the table's columns, and why; null when all do.</summary>
    public static string? Broken(TableRules table)
    {
        var columns = table.Columns.Select(c => (c.Name, c.Type)).ToList();
        var derived = table.Columns.Where(c => c.Derive is not null).ToList();
        return table.Rules.OfType<RowRule>().Select(rule => Mistake($"rule {rule.Id}", () => Compiled(rule)))
            .Concat(derived.Select(column => Mistake($"column {column.Name}", () => Derivation.Compile(column.Derive!, columns, column.Type))))
            .FirstOrDefault(mistake => mistake is not null)
            ?? derived.Where(column => Sources(column).Contains(column.Name)).Select(column => $"column {column.Name}: it is derived from itself").FirstOrDefault();

        // each part by itself: "a) OR (b" is no expression, though it would be one between brackets
        void Compiled(RowRule rule)
        {
            if (rule is MatchesPattern pattern) Patterns.Of(pattern.Pattern);
            if (rule.When is not null) Parser.Parse(rule.When);
            Parser.Parse(rule.Then);
            Predicate.Compile(rule.Predicate, columns);
        }

        static string? Mistake(string where, Action compile)
        {
            try { compile(); return null; }
            catch (UserException e) { return $"{where}: {e.Message.TrimEnd('.')}"; }
        }

        // the columns that a derived one is made of, and those that these are made of
        HashSet<string> Sources(Column column)
        {
            var (all, next) = (new HashSet<string>(), new Queue<Column>([column]));
            while (next.TryDequeue(out var at))
                foreach (var name in Compiler.Names(Parser.Parse(at.Derive!)).Select(n => n.Column))
                    if (all.Add(name) && derived.Find(c => c.Name == name) is { } source) next.Enqueue(source);
            return all;
        }
    }

    public static bool IsNumber(Column column) => column.Type is ColumnType.Integer or ColumnType.Real;

    static string? Twice(IEnumerable<string> names) => names.GroupBy(n => n).FirstOrDefault(g => g.Count() > 1)?.Key;
}
