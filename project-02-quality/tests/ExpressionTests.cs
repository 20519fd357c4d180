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
    [TestCase("NOT i = 1 AND TRUE OR i IS NULL", "FTT")]
    [TestCase("2 + 3 * 2 - -1 = 9 AND 1 < 2 = TRUE", "TTT")]
    [TestCase("i BETWEEN 0 AND 1 = TRUE", "TFU")]
    [TestCase("i NOT BETWEEN NULL AND 1", "UTU")]
    [TestCase("i < 1.5", "TFU")]
    [TestCase("1.5 <= i", "FTU")]
    [TestCase("i = 1.5 OR i IN (2.0, 0.5)", "FTU")]
    [TestCase("i > -9223372036854775808 AND i <= 9223372036854775807", "TTU")]
    [TestCase("i > 1e300 OR i >= -1e300", "TTU")]
    [TestCase("i * 1.0 / 0 IS NULL AND 1e308 * 10 * 0 IS NULL", "TTT")]
    [TestCase("i / 2 = 0.5 OR i / 2.0 = 0.5", "TFU")]
    [TestCase("\"i\" = 1", "TFU")]
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
    public void A_dollar_in_a_pattern_is_the_end_of_the_text_and_not_a_newline_before_it()
    {
        using var table = new Tables().Add(null, null, null, null, "ab").Add(null, null, null, null, "ab\n").Add(null, null, null, null, "ab$");
        Assert.That(table.Ours("t REGEXP '^(?:[a-z]{2})$'"), Is.EqualTo("TFF"));
        Assert.That(table.Ours("t REGEXP 'b$|zz'"), Is.EqualTo("TFF"));
        Assert.That(table.Ours(@"t REGEXP 'b\$'"), Is.EqualTo("FFT"));
        Assert.That(table.Ours("t REGEXP '[]$]'"), Is.EqualTo("FFT"));
        Assert.That(table.Ours("t REGEXP '[a-z-[b$]]b$'"), Is.EqualTo("TFF"));
    }

    [TestCase("i = ", "at 5: expected a column, a value, a function or '(', found the end")]
    [TestCase("i == 1 x", "at 8: expected an operator or the end, found 'x'")]
    [TestCase("i = 't'", "at 3: a whole number and a text can't be compared")]
    [TestCase("k = 1", "at 1: there is no column 'k'")]
    [TestCase("length(i) = 1", "at 1: length takes a text")]
    [TestCase("sqrt(i) = 1", "at 1: there is no function 'sqrt'")]
    [TestCase("t", "at 1: expected something that is true or false, found a text")]
    [TestCase("d = 'yesterday'", "at 3: 'yesterday' is not a date")]
    [TestCase("i IN (j)", "at 7: expected a value, for IN takes a list of them")]
    [TestCase("t REGEXP '('", "the pattern '(' can't be used")]
    [TestCase("t = 'x", "at 5: a text is opened and never closed")]
    [TestCase("i ; 1", "at 3: ';' has no place")]
    [TestCase("r % 2 = 0", "at 3: % takes whole numbers")]
    [TestCase("i NOT 1", "at 7: expected IN, BETWEEN or REGEXP, found '1'")]
    [TestCase("i BETWEEN 1", "at 12: expected 'AND', found the end")]
    [TestCase("(i = 1", "at 7: expected ')', found the end")]
    [TestCase("t REGEXP u", "at 10: expected a pattern in single quotes, found 'u'")]
    [TestCase("i --1", "at 3: '-' has no place")]
    [TestCase("1x = 1", "at 1: expected a column, a value, a function or '(', found '1x'")]
    [TestCase("select = 1", "at 1: select is a word of SQL")]
    [TestCase("t = 'a\0'", "at 7: a NUL character has no place")]
    [TestCase("t LIKE 'a%'", "at 3: expected an operator or the end, found 'LIKE'")]
    [TestCase("z > '2013-01-01'", "at 3: '2013-01-01' is not a timestamp")]
    [TestCase("z = '2013-01-01T01:00:00+01:00'", "at 3: '2013-01-01T01:00:00+01:00' is not a timestamp, as 2013-01-31T05:00:00Z is")]
    [TestCase("d < z", "at 3: a date and a timestamp can't be compared")]
    [TestCase("d + 1 > d", "at 3: + takes numbers, found a date")]
    [TestCase("-t = 1", "at 1: - takes numbers, found a text")]
    [TestCase("coalesce(r, 0) > 1", "at 1: coalesce takes values of one kind")]
    [TestCase("coalesce(i) = 1", "at 1: coalesce takes two values or more")]
    [TestCase("abs(i, j) = 1", "at 1: abs takes one value, found 2")]
    [TestCase("i IN (1, 'x')", "at 10: a whole number and a text can't be compared")]
    public void A_wrong_expression_is_refused_with_its_place(string sql, string message)
    {
        var wrong = Assert.Throws<UserException>(() => Predicate.Compile(sql, Tables.Columns))!;
        Assert.That(wrong.Message, Does.StartWith(message));
        Assert.That(wrong.ExitCode, Is.EqualTo(2));
    }

    [Test]
    public void Deep_nesting_is_refused()
    {
        Assert.That(Assert.Throws<UserException>(() => Predicate.Compile(new string('(', 5000) + "i" + new string(')', 5000), Tables.Columns))!.Message, Does.Contain("nested deeper"));
        Assert.That(Assert.Throws<UserException>(() => Predicate.Compile(string.Concat(Enumerable.Repeat("- ", 5000)) + "i = 1", Tables.Columns))!.Message, Does.Contain("nested deeper"));
        Assert.That(Assert.Throws<UserException>(() => Predicate.Compile(string.Concat(Enumerable.Repeat("NOT ", 5000)) + "i", Tables.Columns))!.Message, Does.Contain("nested deeper"));
        Assert.That(Assert.Throws<UserException>(() => Predicate.Compile(string.Join(" + ", Enumerable.Repeat("i", 5000)), Tables.Columns))!.Message, Does.Contain("nested deeper"));
        Predicate.Compile(string.Join(" AND ", Enumerable.Repeat("length(t) BETWEEN i AND r", 250)), Tables.Columns);
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

    [Test]
    public void A_derived_value_that_the_column_can_not_hold_stays_absent()
    {
        var batch = new Batch(Tables.Columns) { Count = 2 };
        foreach (var (at, i) in new[] { "1", "7" }.Index())
            foreach (var (name, text) in new[] { ("i", i), ("r", null), ("b", null) }) Conform.Put(batch[name], at, text);
        Derivation.Compile("i", Tables.Columns, ColumnType.Boolean).Fill(batch, batch["b"]);
        Assert.That(batch["b"].Null.Take(2), Is.EqualTo(new byte[] { 0, 1 }));
        Derivation.Compile("1e308 * i", Tables.Columns, ColumnType.Real).Fill(batch, batch["r"]);
        Assert.That(batch["r"].Null.Take(2), Is.EqualTo(new byte[] { 0, 1 }));
    }

    [Test]
    public void Batches_of_any_size_and_of_another_pool_give_the_same_verdicts([Values("t = 'b'", "i < 3", "r BETWEEN 1 AND 4", "i IN (1, 4)", "t IS NULL OR r = i", "length(t) + i > 3")] string sql)
    {
        var predicate = Predicate.Compile(sql, Tables.Columns);
        foreach (var count in new[] { 0, 1, 7, 31, 32, 33, 64, 100, Batch.Capacity })
        {
            var (all, truth) = (new Batch(Tables.Columns) { Count = count }, new byte[Batch.Capacity]);
            truth.AsSpan().Fill(9);
            for (var at = 0; at < count; at++) Put(all, at, at);
            predicate.Evaluate(all, truth);
            var (one, verdict) = (new Batch(Tables.Columns) { Count = 1 }, new byte[1]);
            for (var at = 0; at < count; at++)
            {
                Put(one, 0, at);
                predicate.Evaluate(one, verdict);
                Assert.That(truth[at], Is.EqualTo(verdict[0]), $"{count} rows, row {at}");
            }
            Assert.That(truth.Skip(count).All(t => t == 9), Is.True, "nothing is written beyond the batch");
        }

        static void Put(Batch batch, int at, int row)
        {
            Conform.Put(batch["i"], at, row % 7 == 0 ? null : $"{row % 6}");
            Conform.Put(batch["r"], at, row % 5 == 0 ? null : $"{row % 6}");
            Conform.Put(batch["t"], at, row % 4 == 0 ? null : row % 3 == 0 ? "b" : "abc");
        }
    }

    [Test]
    public void A_batch_costs_no_allocation()
    {
        var batch = new Batch(Tables.Columns) { Count = Batch.Capacity };
        for (var at = 0; at < batch.Count; at++) Conform.Put(batch["t"], at, at % 3 == 0 ? null : $"Text {at % 5}");
        var (truth, predicates) = (new byte[Batch.Capacity], ((string[])["lower(t) = 'text 1' AND t REGEXP '^T'", "i + j * 2 > 3 OR r / 2 < 1", "coalesce(t, u) <> u", "d > '2013-01-01' OR i IN (1, 2, NULL)"]).Select(sql => Predicate.Compile(sql, Tables.Columns)).ToList());
        foreach (var predicate in predicates) predicate.Evaluate(batch, truth);
        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var predicate in predicates) predicate.Evaluate(batch, truth);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }
}
