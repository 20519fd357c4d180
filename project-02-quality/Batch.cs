namespace DataQuality;

/// <summary>Some typed rows, column by column: what rules are evaluated on. Batches are used again and again.</summary>
sealed class Batch(IReadOnlyList<(string Name, ColumnType Type)> columns)
{
    /// <summary>Small enough that the columns of a rule stay in the processor's first cache.</summary>
    public const int Capacity = 2048;

    public IReadOnlyList<ColumnData> Columns { get; } = [.. columns.Select(c => new ColumnData(c.Name, c.Type))];
    public int Count { get; set; }

    public ColumnData this[string name] => Columns.First(c => c.Name == name);
}

/// <summary>The values of one column in a batch; <see cref="Null"/> says which are absent (1) and which are there (0).</summary>
sealed class ColumnData(string name, ColumnType type)
{
    public string Name => name;
    public ColumnType Type => type;
    public byte[] Null { get; } = new byte[Batch.Capacity];
    /// <summary>Integers and times of day as they are, booleans as 0 and 1, dates as days and timestamps as seconds since
    /// 1970-01-01 UTC. 0 where absent. Empty for other types.</summary>
    public long[] Longs { get; } = type is ColumnType.Text or ColumnType.Real ? [] : new long[Batch.Capacity];
    /// <summary>Reals; 0 where absent. Never NaN: SQL has none.</summary>
    public double[] Reals { get; } = type is ColumnType.Real ? new double[Batch.Capacity] : [];
    /// <summary>Texts by their number in <see cref="Pool"/>; 0 where absent.</summary>
    public int[] Codes { get; } = type is ColumnType.Text ? new int[Batch.Capacity] : [];
    /// <summary>The texts that this column has brought.</summary>
    public TextPool Pool { get; set; } = new();
}

/// <summary>Numbers for texts: what is asked of a text is asked once, however many rows have it. Number 0 is the empty text. A column
/// whose texts hardly repeat gains nothing from that: there each row's text gets a number of its own, and no text is looked for.</summary>
sealed class TextPool
{
    /// <summary>So many texts, then the pool begins anew at the next batch: memory stays flat.</summary>
    public const int Most = 1 << 16;
    readonly Dictionary<string, int> codes = new(StringComparer.Ordinal) { [""] = 0 };
    readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> bySpan;
    readonly List<string> texts = [""];
    long asked;
    bool repeats = true;

    public TextPool() => bySpan = codes.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Rises when the numbers begin anew; whoever remembers something by number forgets it then.</summary>
    public int Generation { get; private set; }
    public int Count => texts.Count;
    public string this[int code] => texts[code];

    public int Add(ReadOnlySpan<char> text)
    {
        asked++;
        if (repeats && bySpan.TryGetValue(text, out var code)) return code;
        if (text.IsEmpty) return 0;
        code = texts.Count;
        var added = text.ToString();
        if (repeats) codes.Add(added, code);
        texts.Add(added);
        return code;
    }

    /// <summary>To be called before a batch is filled.</summary>
    public void Trim()
    {
        if (repeats && texts.Count <= Most) return;
        repeats = repeats && asked > 2L * texts.Count;
        (asked, Generation) = (0, Generation + 1);
        codes.Clear();
        texts.Clear();
        codes.Add("", 0);
        texts.Add("");
    }
}
