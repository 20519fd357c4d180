using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;

namespace DataQuality;

/// <summary>What becomes of a row: <c>_verdict</c> in <c>checked_T</c>.</summary>
static class Verdict
{
    public const string Clean = "clean", Quarantined = "quarantined";
    /// <summary>Duplicates: all texts are those of an earlier row; the business key is that of a row that stands for it.</summary>
    public const string Copy = "copy", Version = "version";
}

/// <summary>Counts, for each rule, the rows of the run's drop that it judged and those that broke it.</summary>
sealed class Tally
{
    public const int MostExamples = 5;
    readonly Dictionary<string, (long Broken, List<Example> Examples)> rules = [];

    /// <summary>Rows that were judged: neither copies nor unreadable. Every rule but <c>structure</c> is measured on them.</summary>
    public long Judged { get; set; }
    /// <summary>Rows that could not be read as CSV and are no copies. <c>structure</c> is measured on these and the judged ones.</summary>
    public long Unreadable { get; set; }

    public long Broken(string rule) => rules.TryGetValue(rule, out var found) ? found.Broken : 0;
    public IReadOnlyList<Example> Examples(string rule) => rules.TryGetValue(rule, out var found) ? found.Examples : [];

    /// <param name="file">drop/file, such as drop-1/flights.csv.</param>
    public void Add(Reason reason, string file, long row)
    {
        ref var rule = ref CollectionsMarshal.GetValueRefOrAddDefault(rules, reason.Rule, out _);
        rule.Examples ??= [];
        rule.Broken++;
        if (rule.Examples.Count < MostExamples) rule.Examples.Add(new(file, row, reason.Column ?? "", reason.Found));
    }
}

/// <summary>Types every raw row and judges it by the rules that need no other row of the table. Writes <c>next_checked_T</c>
/// (typed, with a verdict) and <c>next_reasons_T</c> (why).</summary>
sealed class Judge
{
    /// <summary>Built-in rules, of severity error: the row is a CSV record with the header's number of fields, in UTF-8; a text is
    /// of its column's type; a value is there where the policy says so.</summary>
    public const string Structure = "structure", Type = "_type", Null = "_not_null";

    readonly Store store;
    readonly TableRules table;
    readonly Conform conform;
    readonly IReadOnlyList<(RowRule Rule, Predicate Predicate)> predicates;
    readonly IReadOnlyList<(References Rule, int Column, KeySet Keys)> references;
    readonly HashSet<string> warnings;
    readonly Dictionary<string, int> places;
    readonly Dictionary<UInt128, long> seen = [];
    readonly Inserter checks, reasonRows;
    long seq;

    public Judge(Store store, TableRules table, Func<string, string, KeySet> keysOf)
    {
        (this.store, this.table) = (store, table);
        conform = new(table);
        var columns = table.Columns.Select(c => (c.Name, c.Type)).ToList();
        places = columns.Index().ToDictionary(c => c.Item.Name, c => c.Index);
        predicates = [.. table.Rules.OfType<RowRule>().Select(r => (r, Predicate.Compile(r.Predicate, columns)))];
        references = [.. table.Rules.OfType<References>().Select(r => (r, places[r.Column], keysOf(r.Table, r.To)))];
        warnings = [.. table.Rules.Where(r => r.Severity == Severity.Warn).Select(r => r.Id)];
        var typed = string.Concat(table.Columns.Select(c => $"{Sql.Name(c.Name)} {Sql.Type(c.Type)}, "));
        // _seq      the row's number in the order of drops, files and rows, 1 the first
        // _drop_no  the drop's number; the staged drop has the largest
        // _drop, _file, _row   where it came from
        // …         the typed columns
        // _judged   1: the rules were asked; 0: it is a copy or no CSV record
        // _filled   how many of the typed columns have a value
        // _kept     of a copy or a version the _seq of the row that stands for it; else NULL
        // _verdict  see Verdict
        store.Execute($"CREATE TABLE next_checked_{table.Table} (_seq INTEGER PRIMARY KEY, _drop_no INTEGER NOT NULL, _drop TEXT NOT NULL, _file TEXT NOT NULL, _row INTEGER NOT NULL, {typed}_judged INTEGER NOT NULL, _filled INTEGER NOT NULL, _kept INTEGER, _verdict TEXT NOT NULL)");
        store.Execute($"CREATE TABLE next_reasons_{table.Table} (_seq INTEGER NOT NULL, rule TEXT NOT NULL, severity TEXT NOT NULL, column_name TEXT, expected TEXT NOT NULL, found TEXT NOT NULL)");
        checks = new(store, "next_checked_" + table.Table, table.Columns.Count + 9);
        reasonRows = new(store, "next_reasons_" + table.Table, 6);
    }

    /// <summary>Judges all rows, in the order of drops, files and rows. A row is a copy before it is anything else: a copy has no reasons, even
    /// if it can't be read. The columns' text pools are to be trimmed before a batch is filled again (<see cref="TextPool.Trim"/>).
    /// The reason of a row that can't be read expects "a CSV record that can be read", of a reference "a value of TABLE.COLUMN".</summary>
    /// <param name="rows">Each with the texts of the table's columns.</param>
    /// <param name="counted">Whether a row counts in the tally; copies never do.</param>
    public Tally Run(IEnumerable<Located> rows, Func<Located, bool> counted, CancellationToken stop)
    {
        // step 5: judge the rows
        var tally = new Tally();
        var batch = new Batch([.. table.Columns.Select(c => (c.Name, c.Type))]);
        var truth = new byte[Batch.Capacity];
        foreach (var chunk in rows.Chunk(Batch.Capacity))
        {
            stop.ThrowIfCancellationRequested();
            var reasons = new List<Reason>[chunk.Length];
            var kept = new long?[chunk.Length];
            foreach (var column in batch.Columns) column.Pool.Trim();
            batch.Count = chunk.Length;
            for (var at = 0; at < chunk.Length; at++)
            {
                reasons[at] = [];
                kept[at] = FirstOf(chunk[at].Row, seq + at + 1);
                conform.Row(batch, at, chunk[at].Row, reasons[at]);
                if (chunk[at].Row.Problem is { } problem) reasons[at].Add(new(Structure, null, "a CSV record that can be read", problem));
            }
            conform.Nulls(batch, Judged, at => reasons[at]);
            foreach (var (rule, predicate) in predicates)
            {
                predicate.Evaluate(batch, truth);
                Broken(rule.Id, rule.Predicate, predicate.Columns);
            }
            foreach (var (rule, column, keys) in references)
            {
                keys.Evaluate(batch, column, truth);
                Broken(rule.Id, $"a value of {rule.Table}.{rule.To}", [rule.Column]);
            }
            for (var at = 0; at < chunk.Length; at++) Write(chunk[at], batch, at, Judged(at), kept[at], kept[at] is null ? reasons[at] : [], counted(chunk[at]) ? tally : null);

            bool Judged(int at) => kept[at] is null && chunk[at].Row.Problem is null;

            void Broken(string rule, string expected, IReadOnlyList<string> columns)
            {
                for (int at = 0, next; (next = truth.AsSpan(at, chunk.Length - at).IndexOf(Truth.False)) >= 0; at++)
                {
                    at += next;
                    if (Judged(at)) reasons[at].Add(new(rule, columns.Count == 1 ? columns[0] : null, expected, Found(chunk[at].Row, columns)));
                }
            }
        }
        return tally;
        // end of step 5
    }

    void Write(Located from, Batch batch, int at, bool judged, long? kept, List<Reason> reasons, Tally? tally)
    {
        // step 5: judge the rows
        var filled = 0;
        checks.Bind(0, ++seq);
        checks.Bind(1, from.DropNo);
        checks.Bind(2, from.Drop);
        checks.Bind(3, from.File);
        checks.Bind(4, from.Row.Row);
        for (var i = 0; i < batch.Columns.Count; i++)
        {
            var data = batch.Columns[i];
            if (data.Null[at] == 1) { checks.Null(5 + i); continue; }
            filled++;
            switch (data.Type)
            {
                case ColumnType.Text: checks.Bind(5 + i, data.Pool[data.Codes[at]]); break;
                case ColumnType.Real: checks.Bind(5 + i, data.Reals[at]); break;
                case ColumnType.Date: checks.Bind(5 + i, IsoText.Date(data.Longs[at])); break;
                case ColumnType.Timestamp: checks.Bind(5 + i, IsoText.Timestamp(data.Longs[at])); break;
                default: checks.Bind(5 + i, data.Longs[at]); break;
            }
        }
        var last = 5 + batch.Columns.Count;
        checks.Bind(last, judged ? 1 : 0);
        checks.Bind(last + 1, filled);
        if (kept is { } first) checks.Bind(last + 2, first); else checks.Null(last + 2);
        checks.Bind(last + 3, kept is not null ? Verdict.Copy : reasons.Any(r => !warnings.Contains(r.Rule)) ? Verdict.Quarantined : Verdict.Clean);
        checks.Insert();
        foreach (var reason in reasons) Because(seq, reason);
        if (tally is null || kept is not null) return;
        if (judged) tally.Judged++; else tally.Unreadable++;
        foreach (var reason in reasons) tally.Add(reason, $"{from.Drop}/{from.File}", from.Row.Row);
        // end of step 5
    }

    /// <summary>Writes down why a row is not clean, or what it was warned of.</summary>
    public void Because(long row, Reason reason)
    {
        reasonRows.Bind(0, row);
        reasonRows.Bind(1, reason.Rule);
        reasonRows.Bind(2, warnings.Contains(reason.Rule) ? "warn" : "error");
        reasonRows.Bind(3, reason.Column);
        reasonRows.Bind(4, reason.Expected);
        reasonRows.Bind(5, reason.Found);
        reasonRows.Insert();
    }

    /// <summary>The number of the first row that has the same texts; null when this is the first. All texts count, those of
    /// <see cref="RawRow.Extra"/> too; an absent one is not the empty one, and the borders between texts count.</summary>
    /// <remarks>128 bits of a fast hash (XXH128) stand for the texts; see the README's design notes.</remarks>
    long? FirstOf(RawRow row, long number)
    {
        // step 5: judge the rows
        var hash = new XxHash128();
        Span<byte> length = stackalloc byte[4];
        foreach (var text in row.Fields.Append(row.Extra))
        {
            BitConverter.TryWriteBytes(length, text?.Length ?? -1);         // null is not the empty text
            hash.Append(length);
            hash.Append(MemoryMarshal.AsBytes(text.AsSpan()));
        }
        ref var first = ref CollectionsMarshal.GetValueRefOrAddDefault(seen, hash.GetCurrentHashAsUInt128(), out var exists);
        if (exists) return first;
        first = number;
        return null;
        // end of step 5
    }

    string Found(RawRow row, IReadOnlyList<string> columns)
    {
        if (columns.Count == 1) return Of(columns[0]);
        var text = new StringBuilder();
        foreach (var column in columns) text.Append(text.Length > 0 ? ", " : "").Append(column).Append(" = ").Append(Of(column));
        return text.ToString();

        string Of(string name) => row.Fields[places[name]] ?? "NULL";
    }
}
