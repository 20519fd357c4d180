namespace DataQuality;

/// <summary>Counts what breaks each rule in one Parquet file: the engine alone, without layers. One pass over the data, on every
/// processor; row groups are handed out one by one.</summary>
static class Scan
{
    /// <summary>What one thread has counted.</summary>
    sealed class Counts(TableRules table)
    {
        readonly IReadOnlyList<(string Name, ColumnType Type)> columns = [.. table.Columns.Select(c => (c.Name, c.Type))];
        readonly byte[] truth = new byte[Batch.Capacity];
        readonly List<(Rule Rule, Predicate Predicate)> predicates = [];
        readonly List<(Rule Rule, UniqueKeys Keys)> uniques = [];
        readonly List<(Distribution Rule, int Column, Figures Figures)> figures = [];
        long[] broken = [];

        public long Rows { get; private set; }

        public Counts Compile()
        {
            int At(string name) => columns.ToList().FindIndex(c => c.Name == name);
            predicates.AddRange(table.Rules.OfType<RowRule>().Select(r => ((Rule)r, Predicate.Compile(r.Predicate, columns))));
            uniques.AddRange(table.Rules.OfType<Unique>().Select(r => ((Rule)r, new UniqueKeys([.. r.Columns.Select(At)]))));
            figures.AddRange(table.Rules.OfType<Distribution>().Select(r => (r, At(r.Column), new Figures(r.Figure == Figure.Quantile))));
            broken = new long[predicates.Count];
            return this;
        }

        public void Add(Batch batch, long firstRow)
        {
            for (var i = 0; i < predicates.Count; i++)
            {
                predicates[i].Predicate.Evaluate(batch, truth);
                broken[i] += truth.AsSpan(0, batch.Count).Count(Truth.False);
            }
            foreach (var (_, keys) in uniques) keys.Add(batch, firstRow);
            foreach (var (_, column, found) in figures) found.Add(batch.Columns[column], batch.Count);
            Rows += batch.Count;
        }

        public void Merge(Counts other)
        {
            for (var i = 0; i < broken.Length; i++) broken[i] += other.broken[i];
            for (var i = 0; i < uniques.Count; i++) uniques[i].Keys.Merge(other.uniques[i].Keys);
            for (var i = 0; i < figures.Count; i++) figures[i].Figures.Merge(other.figures[i].Figures);
            Rows += other.Rows;
        }

        /// <summary>For each rule the rows that broke it; for a rule about the whole table 1 or 0.</summary>
        public IEnumerable<(string Rule, long Broken)> Results()
        {
            for (var i = 0; i < predicates.Count; i++) yield return (predicates[i].Rule.Id, broken[i]);
            foreach (var (rule, keys) in uniques) yield return (rule.Id, keys.Finish().Count);
            foreach (var (rule, _, found) in figures)
            {
                var figure = rule.Figure switch { Figure.Mean => found.Mean, Figure.NullRate => found.NullRate, _ => found.Quantile(rule.Quantile!.Value) };
                yield return (rule.Id, figure < rule.Min || figure > rule.Max ? 1 : 0);
            }
            foreach (var rule in table.Rules.OfType<RowCount>()) yield return (rule.Id, Rows < rule.Min || Rows > rule.Max ? 1 : 0);
        }
    }

    /// <summary>Judges the file by the rules that need no other file: neither references nor freshness.</summary>
    /// <returns>Rule and rows that broke it, in the order of the rules' kinds.</returns>
    /// <exception cref="UserException">The file or the rules do not fit; exit code 2.</exception>
    public static async Task<IReadOnlyList<(string Rule, long Broken)>> Run(string path, TableRules table, CancellationToken stop)
    {
        var columns = table.Columns.Select(c => (c.Name, c.Type)).ToList();
        var next = -1;
        var threads = await Task.WhenAll(Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Task.Run(async () =>
        {
            var counts = new Counts(table).Compile();
            await using var file = await ReadParquet.Open(path, columns);
            for (int group; (group = Interlocked.Increment(ref next)) < file.RowGroups;)
            {
                stop.ThrowIfCancellationRequested();
                await file.RowGroup(group, (batch, from) => counts.Add(batch, ((long)group << 32) + from));
            }
            return counts;
        }, stop)));
        foreach (var other in threads.Skip(1)) threads[0].Merge(other);
        return [.. threads[0].Results()];
    }
}
