namespace DataQuality.Tests;

[TestFixture, Category("Step6")]
sealed class UniqueTests
{
    static readonly IReadOnlyList<(string, ColumnType)> Columns = [("i", ColumnType.Integer), ("r", ColumnType.Real), ("t", ColumnType.Text), ("u", ColumnType.Text)];

    static UniqueKeys Keys(int[] key, long firstRow, params (string? I, string? R, string? T, string? U)[] rows)
    {
        var batch = new Batch(Columns) { Count = rows.Length };
        foreach (var (at, row) in rows.Index())
            foreach (var (c, text) in new[] { row.I, row.R, row.T, row.U }.Index()) Conform.Put(batch.Columns[c], at, text);
        var keys = new UniqueKeys(key);
        keys.Add(batch, firstRow);
        return keys;
    }

    [Test]
    public void All_rows_that_share_a_key_are_found_and_no_other() =>
        Assert.That(Keys([0], 100, ("5", null, null, null), ("6", null, null, null), ("5", null, null, null), ("-5", null, null, null), ("5", null, null, null)).Finish(), Is.EqualTo(new long[] { 100, 102, 104 }));

    [Test]
    public void A_row_with_a_NULL_shares_its_key_with_none() =>
        Assert.That(Keys([0, 2], 0, ("1", null, null, null), ("1", null, null, null), (null, null, "a", null), (null, null, "a", null)).Finish(), Is.Empty);

    [Test]
    public void The_border_between_two_texts_is_part_of_the_key() =>
        Assert.That(Keys([2, 3], 0, (null, null, "ab", "c"), (null, null, "a", "bc"), (null, null, "", "abc"), (null, null, "a", "bc")).Finish(), Is.EqualTo(new long[] { 1, 3 }));

    [Test]
    public void Zero_is_minus_zero([Values] bool alone) =>
        Assert.That(Keys(alone ? [1] : [1, 0], 0, ("1", "0.0", null, null), ("1", "-0.0", null, null), ("1", "1.0", null, null)).Finish(), Is.EqualTo(new long[] { 0, 1 }));

    [Test]
    public void Texts_longer_than_the_buffer_are_compared_to_their_end()
    {
        var text = new string('x', 5000);
        Assert.That(Keys([2], 0, (null, null, text + "1", null), (null, null, text + "2", null), (null, null, text + "1", null)).Finish(), Is.EqualTo(new long[] { 0, 2 }));
    }

    [Test]
    public void Without_rows_nothing_is_shared() => Assert.That(new UniqueKeys([0]).Finish(), Is.Empty);

    [Test]
    public void What_two_threads_have_found_is_merged_whatever_the_border([Values(1, 3)] int key)
    {
        var (chance, one, two) = (new Random(5), new UniqueKeys(key == 1 ? [0] : [2, 0]), new UniqueKeys(key == 1 ? [0] : [2, 0]));
        var seen = new Dictionary<string, List<long>>();
        var batch = new Batch(Columns);
        for (long first = 0; first < 300 * Batch.Capacity; first += Batch.Capacity)
        {
            batch.Count = Batch.Capacity;
            for (var at = 0; at < batch.Count; at++)
            {
                var (number, text) = (chance.Next(3_000_000), key == 1 ? "" : $"{chance.Next(3)}");
                (batch["i"].Longs[at], batch["t"].Codes[at]) = (number, batch["t"].Pool.Add(text));
                var name = $"{number} {text}";
                if (!seen.TryGetValue(name, out var rows)) seen.Add(name, rows = []);
                rows.Add(first + at);
            }
            (chance.Next(2) == 0 ? one : two).Add(batch, first);
        }
        one.Merge(two);
        Assert.That(one.Finish().SequenceEqual(seen.Values.Where(rows => rows.Count > 1).SelectMany(rows => rows).Order()), Is.True);
    }

    [Test]
    public void A_key_that_is_absent_is_unknown_also_in_an_empty_set()
    {
        var batch = new Batch(Columns) { Count = 2 };
        Conform.Put(batch["t"], 0, null);
        Conform.Put(batch["t"], 1, "a");
        var (truth, keys) = (new byte[2], new KeySet());
        keys.Evaluate(batch, 2, truth);
        Assert.That(truth, Is.EqualTo(new[] { Truth.Unknown, Truth.False }));
        keys.Add(batch["t"], 2);
        keys.Evaluate(batch, 2, truth);
        Assert.That(truth, Is.EqualTo(new[] { Truth.Unknown, Truth.True }), "what was remembered is forgotten when keys are added");
    }
}

[TestFixture, Category("Step7")]
sealed class FiguresTests
{
    static Figures Of(bool quantiles, params string?[] values)
    {
        var column = new ColumnData("r", ColumnType.Real);
        foreach (var (at, value) in values.Index()) Conform.Put(column, at, value);
        var figures = new Figures(quantiles);
        figures.Add(column, values.Length);
        return figures;
    }

    [TestCase(0, 1)]
    [TestCase(0.25, 1.75)]
    [TestCase(0.5, 2.5)]
    [TestCase(0.99, 3.97)]
    [TestCase(1, 4)]
    public void A_quantile_lies_between_its_neighbours_as_in_R_type_7(double share, double expected) =>
        Assert.That(Of(true, "3", "1", null, "4", "2").Quantile(share), Is.EqualTo(expected).Within(1e-12));

    [Test]
    public void NULLs_count_for_the_null_rate_alone()
    {
        var figures = Of(false, "1", null, "2", null);
        Assert.That((figures.Rows, figures.Nulls, figures.NullRate, figures.Mean), Is.EqualTo((4L, 2L, (double?)0.5, (double?)1.5)));
    }

    [Test]
    public void Figures_that_are_merged_are_those_of_all_rows()
    {
        var (one, two) = (Of(true, "1", null, "7"), Of(true, "3"));
        one.Merge(two);
        Assert.That((one.Rows, one.Nulls, one.Mean, one.Quantile(0.5)), Is.EqualTo((4L, 1L, (double?)(11 / 3.0), (double?)3)));
    }

    [Test]
    public void Without_values_there_is_no_figure()
    {
        Assert.That((Of(true).Mean, Of(true).NullRate, Of(true, [null]).Quantile(0.5)), Is.EqualTo(((double?)null, (double?)null, (double?)null)));
        Assert.That(() => Of(false, "1").Quantile(0.5), Throws.InvalidOperationException);
    }
}
