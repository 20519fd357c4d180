namespace DataQuality;

/// <summary>Answers about the texts of a pool, each worked out once for each text, however many rows have it: an array with the answer
/// for NULL first and that for text n at n + 1.</summary>
/// <param name="ask">Works out the answers for the texts in the window and writes them from the index on.</param>
sealed class PerText<T>(TextWindow window, Action<TextWindow, T[], int> ask)
{
    T[] answers = new T[256];
    TextPool? pool;
    int generation, known;

    /// <summary>The answers for all texts that the column's pool holds now.</summary>
    public T[] Of(TextPool pool)
    {
        if (this.pool != pool || generation != pool.Generation)
        {
            (this.pool, generation, known) = (pool, pool.Generation, 0);
            window.ShowNull();
            ask(window, answers, 0);
        }
        if (answers.Length < pool.Count + 1) Array.Resize(ref answers, Math.Max(answers.Length * 2, pool.Count + 1));
        while (known < pool.Count)
        {
            window.Show(pool, known);
            ask(window, answers, known + 1);
            known += window.Rows.Count;
        }
        return answers;
    }
}

/// <summary>Shows the texts of a pool as if they were the rows of a batch: the leaf of an expression that is worked out per text.</summary>
sealed class TextWindow() : ValueNode<string>(ValueKind.Text)
{
    readonly string[] texts = new string[Batch.Capacity];
    readonly byte[] nulls = new byte[Batch.Capacity];

    /// <summary>A batch without columns, as long as the window.</summary>
    public Batch Rows { get; } = new([]);

    /// <summary>Shows the texts from a number on, as many as fit.</summary>
    public void Show(TextPool pool, int from)
    {
        Rows.Count = Math.Min(Batch.Capacity, pool.Count - from);
        for (var i = 0; i < Rows.Count; i++) texts[i] = pool[from + i];
        nulls[0] = 0;
    }

    /// <summary>Shows one row whose text is absent.</summary>
    public void ShowNull() => (Rows.Count, texts[0], nulls[0]) = (1, "", 1);

    public override void Evaluate(Batch batch, out ReadOnlySpan<string> values, out ReadOnlySpan<byte> nulls)
    {
        values = texts.AsSpan(0, Rows.Count);
        nulls = this.nulls.AsSpan(0, Rows.Count);
    }
}

/// <summary>A predicate about one text column alone: a row costs a look-up.</summary>
sealed class PerTextTruthNode(int column, TextWindow window, TruthNode predicate) : TruthNode
{
    readonly PerText<byte> verdicts = new(window, (shown, to, at) => predicate.Evaluate(shown.Rows, to.AsSpan(at, shown.Rows.Count)));

    public override void Evaluate(Batch batch, Span<byte> truth)
    {
        // step 4: decide what is true, false or unknown
        var data = batch.Columns[column];
        Look(verdicts.Of(data.Pool), data, truth);
        // end of step 4
    }

    /// <summary>Looks each row's answer up. An absent text has the code 0, so its place is 0, without a branch.</summary>
    public static void Look<T>(T[] answers, ColumnData data, Span<T> to)
    {
        var codes = data.Codes.AsSpan(0, to.Length);
        var nulls = data.Null.AsSpan(0, to.Length);
        for (var i = 0; i < to.Length; i++) to[i] = answers[codes[i] + 1 - nulls[i]];
    }
}

/// <summary>A value made of one text column alone, as <c>length(t)</c> or <c>lower(t)</c>.</summary>
sealed class PerTextValueNode<T>(int column, TextWindow window, ValueNode<T> value) : ComputedNode<T>(value.Kind)
{
    readonly PerText<T> values = new(window, (shown, to, at) => { value.Evaluate(shown.Rows, out var from, out _); from.CopyTo(to.AsSpan(at)); });
    readonly PerText<byte> nulls = new(window, (shown, to, at) => { value.Evaluate(shown.Rows, out _, out var from); from.CopyTo(to.AsSpan(at)); });

    protected override void Fill(Batch batch, Span<T> values, Span<byte> nulls)
    {
        var data = batch.Columns[column];
        PerTextTruthNode.Look(this.values.Of(data.Pool), data, values);
        PerTextTruthNode.Look(this.nulls.Of(data.Pool), data, nulls);
    }
}
