namespace DataQuality.Tests;

[TestFixture, Category("Step4")]
sealed class ExpressionTests
{
    [TestCase("i = 1", "TFU")]
    [TestCase("i <> 1", "FTU")]
    [TestCase("i IS NULL", "FFT")]
    [TestCase("NOT i = 1", "FTU")]
    [TestCase("i = 1 OR TRUE", "TTT")]
    [TestCase("i = 1 AND FALSE", "FFF")]
    [TestCase("i IN (1, NULL)", "TUU")]
    [TestCase("i NOT IN (1, 5)", "FTU")]
    [TestCase("i BETWEEN 1 AND 1", "TFU")]
    [TestCase("i / 0 = 1", "UUU")]
    [TestCase("i", "TTU")]
    [TestCase("1 + 1 = 2 AND 2 * 3 + 1 = 7 AND 7 / 2 = 3 AND -7 / 2 = -3 AND -7 % 2 = -1", "TTT")]
    [TestCase("NULL", "UUU")]
    [TestCase("coalesce(i, 9) = 9", "FFT")]
    public void A_predicate_is_true_false_or_unknown(string sql, string verdicts)
    {
        using var table = new Tables().Add("1").Add("2").Add([null]);
        Assert.That((table.Ours(sql), table.Theirs(sql)), Is.EqualTo((verdicts, verdicts)));
    }

    [TestCase("t = ''", "TFFU")]
    [TestCase("length(t) = 1", "FTFU")]
    [TestCase("t < 'ﾮ'", "TFTU")]
    [TestCase("lower(t) = 'äb'", "FFFU")]
    [TestCase("upper(t) = 'ÄB'", "FFTU")]
    [TestCase("t REGEXP '^.b$'", "FFTU")]
    [TestCase("t IN ('', '😀')", "TTFU")]
    [TestCase("t IS NULL OR t <> u", "UUUT")]
    public void Texts_are_compared_by_their_bytes_and_counted_by_code_points(string sql, string verdicts)
    {
        using var table = new Tables().Add(null, null, null, null, "").Add(null, null, null, null, "😀").Add(null, null, null, null, "Äb").Add([null]);
        Assert.That((table.Ours(sql), table.Theirs(sql)), Is.EqualTo((verdicts, verdicts)));
    }

    [TestCase("d >= '2013-02-01'", "TF")]
    [TestCase("d = '2013-03-10'", "TF")]
    [TestCase("z < '2013-01-01T05:00:00Z'", "FT")]
    public void Dates_and_timestamps_compare_with_texts_that_are_such(string sql, string verdicts)
    {
        using var table = new Tables().Add(null, null, null, null, null, null, null, "2013-03-10", "2013-03-10T07:00:00Z").Add(null, null, null, null, null, null, null, "0001-01-01", "2012-12-31T23:59:59Z");
        Assert.That((table.Ours(sql), table.Theirs(sql)), Is.EqualTo((verdicts, verdicts)));
    }

    [Test]
    public void A_pattern_means_the_whole_text_a_final_newline_too()
    {
        using var table = new Tables().Add(null, null, null, null, "ab").Add(null, null, null, null, "ab\n");
        Assert.That(table.Ours("t REGEXP '^(?:[a-z]{2})$'"), Is.EqualTo("TF"));
    }

    [TestCase("i = ", "at 5: expected a column, a value, a function or '(', found the end")]
    [TestCase("i == 1 x", "at 8: expected an operator or the end, found 'x'")]
    [TestCase("i = 't'", "at 3: a whole number and a text can't be compared")]
    [TestCase("k = 1", "at 1: there is no column 'k'")]
    [TestCase("length(i) = 1", "at 1: length takes a text")]
    [TestCase("sqrt(i) = 1", "at 1: there is no function 'sqrt'")]
    [TestCase("t", "at 1: expected something that is true or false, found a text")]
    [TestCase("d = 'yesterday'", "at 3: 'yesterday' is not a date")]
    [TestCase("i IN (j)", "at 6: IN takes a list of values")]
    [TestCase("t REGEXP '('", "the pattern '(' can't be used")]
    [TestCase("t = 'x", "at 5: a text is opened and never closed")]
    [TestCase("i ; 1", "at 3: ';' has no place")]
    [TestCase("r % 2 = 0", "at 3: % takes whole numbers")]
    public void A_wrong_expression_is_refused_with_its_place(string sql, string message)
    {
        var wrong = Assert.Throws<UserException>(() => Predicate.Compile(sql, Tables.Columns))!;
        Assert.That((wrong.Message, wrong.ExitCode), Is.EqualTo((wrong.Message, 2)));
        Assert.That(wrong.Message, Does.StartWith(message));
    }

    [Test]
    public void Deep_nesting_is_refused()
    {
        Assert.That(Assert.Throws<UserException>(() => Predicate.Compile(new string('(', 5000) + "i" + new string(')', 5000), Tables.Columns))!.Message, Does.Contain("nested deeper"));
        Assert.That(Assert.Throws<UserException>(() => Predicate.Compile(string.Concat(Enumerable.Repeat("- ", 5000)) + "i = 1", Tables.Columns))!.Message, Does.Contain("nested deeper"));
    }

    [Test]
    public void A_text_is_asked_again_when_the_pool_has_begun_anew()
    {
        var batch = new Batch([("t", ColumnType.Text)]) { Count = Batch.Capacity };
        var predicate = Predicate.Compile("t < '5'", [("t", ColumnType.Text)]);
        var truth = new byte[Batch.Capacity];
        for (var round = 0; round < 80; round++)
        {
            batch.Columns[0].Pool.Trim();
            for (var i = 0; i < batch.Count; i++) Conform.Put(batch.Columns[0], i, $"{(i + round) % 10}-{round * Batch.Capacity + i}");
            predicate.Evaluate(batch, truth);
            for (var i = 0; i < batch.Count; i++) Assert.That(truth[i], Is.EqualTo((i + round) % 10 < 5 ? Truth.True : Truth.False));
        }
        Assert.That(batch.Columns[0].Pool.Generation, Is.GreaterThan(0));
    }

    [Test]
    public void A_derivation_fills_what_is_missing_and_nothing_else()
    {
        var batch = new Batch(Tables.Columns) { Count = 3 };
        foreach (var (i, r, at) in new[] { ("3", (string?)null, 0), ("4", "1.5", 1), (null, null, 2) })
        {
            Conform.Put(batch["i"], at, i);
            Conform.Put(batch["r"], at, r);
        }
        Derivation.Compile("i * 2", Tables.Columns, ColumnType.Real).Fill(batch, batch["r"]);
        Assert.That(Enumerable.Range(0, 3).Select(at => batch["r"].Null[at] == 1 ? (double?)null : batch["r"].Reals[at]), Is.EqualTo(new double?[] { 6, 1.5, null }));
        Assert.That(Assert.Throws<UserException>(() => Derivation.Compile("t", Tables.Columns, ColumnType.Real))!.Message, Does.Contain("does not give a number"));
    }
}
