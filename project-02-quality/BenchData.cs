using System.IO.Compression;
using System.Text.Json;
using Parquet;
using Parquet.Schema;

namespace DataQuality;

/// <summary>The files and rules of the benchmark, the same in every run.</summary>
static class BenchData
{
    const int RowGroup = 100_000;

    /// <summary>The expressions of both rule sets as pandas code, written by hand.</summary>
    public static readonly IReadOnlyDictionary<string, string> ByHand = new Dictionary<string, string>
    {
        ["departed_has_tailnum"] = "(d.dep_time.notna() & d.tailnum.isna()).sum()",
        ["arrived_has_departed"] = "(d.arr_time.notna() & d.dep_time.isna()).sum()",
        ["cancelled_did_not_fly"] = "(d.dep_time.isna() & (d.air_time.notna() | d.arr_delay.notna())).sum()",
        ["delay_of_departure"] = "(d.dep_time.isna() != d.dep_delay.isna()).sum()",
        ["flown_is_measured"] = "(d.arr_delay.isna() != d.air_time.isna()).sum()",
        ["dep_delay_adds_up"] = "((d.dep_time // 100 * 60 + d.dep_time % 100 - d.sched_dep_time // 100 * 60 - d.sched_dep_time % 100 - d.dep_delay) % 1440).fillna(0).ne(0).sum()",
        ["arr_delay_adds_up"] = "((d.arr_time // 100 * 60 + d.arr_time % 100 - d.sched_arr_time // 100 * 60 - d.sched_arr_time % 100 - d.arr_delay) % 1440).fillna(0).ne(0).sum()",
        ["hour_of_schedule"] = "(d.hour - d.sched_dep_time // 100).fillna(0).ne(0).sum()",
        ["minute_of_schedule"] = "(d.minute - d.sched_dep_time % 100).fillna(0).ne(0).sum()",
        ["speed_plausible"] = "(d.air_time.notna() & d.distance.notna() & (d.air_time != 0) & ~(d.distance * 60 // d.air_time).between(90, 700)).sum()",
        ["time_made_up"] = "((d.arr_delay - d.dep_delay).abs() > 120).sum()",
    }.Concat(Enumerable.Range(0, 12).Select(i => KeyValuePair.Create($"when_{i}", $"((d.b{i % 10} == True) & d.i{i}.notna() & (d.i{i} < 5)).sum()"))).ToDictionary();

    /// <summary>1 million rows × 80 columns × 226 checks is the shape that benchmarks of data-quality engines have: 20 columns of whole
    /// numbers, reals and texts each, 10 of dates and of booleans, most with nulls, each check broken by some rows.</summary>
    public static TableRules Wide()
    {
        var columns = new List<Column>();
        var rules = new List<Rule>();
        void Add(string prefix, int count, ColumnType type) { for (var i = 0; i < count; i++) columns.Add(new() { Name = $"{prefix}{i}", Type = type }); }
        Add("i", 20, ColumnType.Integer);
        Add("r", 20, ColumnType.Real);
        Add("t", 20, ColumnType.Text);
        Add("d", 10, ColumnType.Date);
        Add("b", 10, ColumnType.Boolean);
        foreach (var column in columns) rules.Add(new NotNull { Id = $"not_null_{column.Name}", Column = column.Name });                                                  // 80
        for (var i = 0; i < 20; i++) rules.Add(new InRange { Id = $"range_i{i}", Column = $"i{i}", Min = Json(2), Max = Json(990) });                                    // 20
        for (var i = 0; i < 20; i++) rules.Add(new InRange { Id = $"range_r{i}", Column = $"r{i}", Min = Json(0.5), Max = Json(99.5) });                                 // 20
        for (var i = 0; i < 10; i++) rules.Add(new InRange { Id = $"range_d{i}", Column = $"d{i}", Min = Json("2020-01-05"), Max = Json("2022-09-01") });                // 10
        for (var i = 0; i < 10; i++) rules.Add(new InSet { Id = $"set_t{i}", Column = $"t{i}", Values = [.. "alpha beta gamma delta epsilon zeta eta".Split(' ').Select(Json)] });   // 10
        for (var i = 10; i < 15; i++) rules.Add(new MatchesPattern { Id = $"pattern_t{i}", Column = $"t{i}", Pattern = "[A-F]-[0-9]{5}" });                             // 5
        for (var i = 0; i < 20; i++) rules.Add(new HasLength { Id = $"length_t{i}", Column = $"t{i}", Min = 4, Max = 12 });                                              // 20
        for (var i = 0; i < 10; i++) rules.Add(new InSet { Id = $"set_i{i}", Column = $"i{i + 10}", Values = [.. Enumerable.Range(1, 12).Select(v => Json(v * 7))] });    // 10
        for (var i = 0; i < 15; i++) rules.Add(new Compare { Id = $"compare_i{i}", Left = $"i{i}", Operator = "<=", Right = $"i{i + 1}" });                              // 15
        for (var i = 0; i < 10; i++) rules.Add(new Compare { Id = $"compare_r{i}", Left = $"r{i}", Operator = "<", Right = $"r{i + 10}" });                              // 10
        for (var i = 0; i < 5; i++) rules.Add(new Compare { Id = $"compare_d{i}", Left = $"d{i}", Operator = "<>", Right = $"d{i + 5}" });                               // 5
        for (var i = 0; i < 12; i++) rules.Add(new Expression { Id = $"when_{i}", When = $"b{i % 10}", Text = $"i{i} >= 5" });                                           // 12
        rules.Add(new Unique { Id = "unique_t15", Columns = ["t15"] });
        rules.Add(new Unique { Id = "unique_i_t", Columns = ["i0", "t11", "t12"] });
        for (var i = 0; i < 4; i++) rules.Add(new Distribution { Id = $"mean_r{i}", Column = $"r{i}", Figure = Figure.Mean, Min = 40, Max = 60 });
        for (var i = 0; i < 2; i++) rules.Add(new Distribution { Id = $"nulls_t{i}", Column = $"t{i}", Figure = Figure.NullRate, Min = 0, Max = 0.01 });
        rules.Add(new RowCount { Id = "rows", Min = 1, Max = 100_000_000 });
        return new() { Table = "wide", Grain = "one row", Files = ["wide*"], Key = ["t15"], Columns = columns, Rules = rules };
    }

    static JsonElement Json<T>(T value) => JsonSerializer.SerializeToElement(value);

    public static async Task WriteWide(string path, long rows, CancellationToken stop)
    {
        var fields = Wide().Columns.Select(Field).ToArray();
        var chance = new Random(226);
        string[] words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"];
        await Write(path, fields, rows, stop, (field, count, from) => field.Name[0] switch
        {
            'i' => (object)Column<long>(count, () => chance.Next(1, 1000)),
            'r' => Column<double>(count, () => Math.Round(chance.NextDouble() * 100, 3)),
            'd' => Column<DateTime>(count, () => new DateTime(2020, 1, 1).AddDays(chance.Next(1000))),
            'b' => Column<bool>(count, () => chance.Next(2) == 0),
            _ => Column<ReadOnlyMemory<char>>(count, int.Parse(field.Name[1..]) switch
            {
                < 10 => () => words[chance.Next(words.Length)].AsMemory(),
                < 15 => () => $"{(char)('A' + chance.Next(7))}-{chance.Next(100_000):00000}".AsMemory(),
                15 => () => $"id-{from++ % (rows - rows / 1000)}".AsMemory(),       // one in a thousand comes twice
                _ => () => new string('x', chance.Next(3, 14)).AsMemory(),
            }),
        });

        T?[] Column<T>(int count, Func<T> value) where T : struct
        {
            var values = new T?[count];
            for (var at = 0; at < count; at++) values[at] = chance.Next(33) == 0 ? null : value();
            return values;
        }
    }

    /// <summary>The project's rules of flights, but for references and freshness, which need more than one file; the null policies of the columns are rules here.</summary>
    public static TableRules Flights()
    {
        var flights = RuleFiles.Load(ProjectFolder.At("rules")).Single(t => t.Table == "flights");
        var rules = flights.Rules.Where(r => r is not (References or Freshness or Distribution { Figure: Figure.Mean })).Select(r => r switch { RowCount c => c with { Min = 0, Max = 1_000_000_000 }, Distribution { Figure: Figure.NullRate } d => d with { Min = 0 }, _ => r });
        return flights with { Rules = [.. rules, .. flights.Columns.Where(c => c.Nulls == NullPolicy.Reject).Select(c => new NotNull { Id = "given_" + c.Name, Column = c.Name })] };
    }

    /// <summary>The three drops of the project again and again, a year apart in their aircraft's marks, so that they stay as unique as they are.</summary>
    public static async Task WriteFlights(string path, long rows, CancellationToken stop)
    {
        var table = Flights();
        var conform = new Conform(table);
        var batch = new Batch([.. table.Columns.Select(c => (c.Name, c.Type))]);
        var real = new List<object?[]>();
        foreach (var drop in Drops.Find(ProjectFolder.At("data", "raw")))
        {
            using var file = new ReadFile(drop.Files.Single(f => Path.GetFileName(f) == "flights.csv"), [.. table.Columns.Select(c => c.Name)]);
            foreach (var row in file.Rows().Where(r => r.Problem is null))
            {
                conform.Row(batch, 0, row, []);
                real.Add([.. batch.Columns.Select(c => c.Null[0] == 1 ? null : c.Type == ColumnType.Text ? c.Pool[c.Codes[0]] : c.Type == ColumnType.Timestamp ? DateTime.UnixEpoch.AddSeconds(c.Longs[0]) : (object)c.Longs[0])]);
            }
        }
        await Write(path, [.. table.Columns.Select(Field)], rows, stop, (field, count, from) =>
        {
            var at = table.Columns.ToList().FindIndex(c => c.Name == field.Name);
            object? Of(long row) => real[(int)(row % real.Count)][at];
            if (field.Name == "tailnum") return Enumerable.Range(0, count).Select(i => Of(from + i) is string mark ? (ReadOnlyMemory<char>?)(mark.Length == 6 ? mark[..3] + (char)('0' + (from + i) / real.Count % 10) + mark[4..] : mark).AsMemory() : null).ToArray();
            if (table.Columns[at].Type == ColumnType.Text) return Enumerable.Range(0, count).Select(i => Of(from + i) is string text ? (ReadOnlyMemory<char>?)text.AsMemory() : null).ToArray();
            if (table.Columns[at].Type == ColumnType.Timestamp) return Enumerable.Range(0, count).Select(i => Of(from + i) is DateTime time ? (DateTime?)time.AddDays((from + i) / real.Count / 10 * 28) : null).ToArray();
            return Enumerable.Range(0, count).Select(i => Of(from + i) is long number ? (long?)number : null).ToArray();
        });
    }

    static DataField Field(Column column) => column.Type switch
    {
        ColumnType.Text => new DataField(column.Name, typeof(string), true),
        ColumnType.Real => new DataField<double>(column.Name, true),
        ColumnType.Boolean => new DataField<bool>(column.Name, true),
        ColumnType.Date => new DateTimeDataField(column.Name, DateTimeFormat.Date, isNullable: true),
        ColumnType.Timestamp => new DateTimeDataField(column.Name, DateTimeFormat.Timestamp, isAdjustedToUTC: false, unit: DateTimeTimeUnit.Micros, isNullable: true),
        _ => new DataField<long>(column.Name, true),
    };

    static async Task Write(string path, DataField[] fields, long rows, CancellationToken stop, Func<DataField, int, long, object> values)
    {
        var options = new ParquetOptions { CompressionMethod = CompressionMethod.Zstd, CompressionLevel = CompressionLevel.Fastest };
        foreach (var field in fields.Where(f => f.ClrType == typeof(ReadOnlyMemory<char>))) options.ColumnEncodingHints[field.Path.ToString()] = EncodingHint.Dictionary;
        await using var stream = File.Create(path);
        await using var writer = await ParquetWriter.CreateAsync(new ParquetSchema(fields.Cast<Parquet.Schema.Field>()), stream, options);
        for (long from = 0; from < rows; from += RowGroup)
        {
            stop.ThrowIfCancellationRequested();
            using var group = writer.CreateRowGroup();
            foreach (var field in fields)
                await (values(field, (int)Math.Min(RowGroup, rows - from), from) switch
                {
                    long?[] longs => group.WriteAsync<long>(field, new ReadOnlyMemory<long?>(longs)),
                    double?[] reals => group.WriteAsync<double>(field, new ReadOnlyMemory<double?>(reals)),
                    bool?[] booleans => group.WriteAsync<bool>(field, new ReadOnlyMemory<bool?>(booleans)),
                    DateTime?[] times => group.WriteAsync<DateTime>(field, new ReadOnlyMemory<DateTime?>(times)),
                    var texts => group.WriteAsync<ReadOnlyMemory<char>>(field, new ReadOnlyMemory<ReadOnlyMemory<char>?>((ReadOnlyMemory<char>?[])texts)),
                });
            group.CompleteValidate();
        }
    }
}
