using System.Globalization;
using Microsoft.Data.Sqlite;

namespace DataQuality;

/// <summary>The evaluation checklist as code. Each proof runs the real pipeline in an empty folder. The delegates are the places
/// where a test puts a broken pipeline, to see that the item can turn red.</summary>
sealed class Checklist
{
    /// <summary>How many implementation steps the README has.</summary>
    public const int Steps = 8;

    public CancellationToken Stop { get; init; }
    public Func<Settings, IReadOnlyList<RunResult>> Run { get; init; } = settings => Quality.Run(settings, default);
    public Func<Settings, RunResult> Replay { get; init; } = settings => Quality.Replay(settings, default);
    public Func<TableRules, string, IReadOnlyList<string>, IEnumerable<DriftFinding>> DriftOf { get; init; } = Drift.OfHeader;
    public Action<Predicate, Batch, byte[]> Evaluate { get; init; } = (predicate, batch, truth) => predicate.Evaluate(batch, truth);
    public Func<Store, TableRules, int> TakeOut { get; init; } = Deduplicate.Run;
    /// <summary>Is called on what a stage has written, before it is looked at.</summary>
    public Action<Store> Stored { get; init; } = _ => { };
    public Func<TableRules, TableRules> Rules { get; init; } = rules => rules;
    public Func<CrashPlan, CrashPlan> Crashes { get; init; } = plan => plan;

    public IReadOnlyList<Check> Items() =>
    [
        new("P2-1", "Raw is what came, text for text", Sync(RawIsKept)),
        new("P2-2", "Schema drift is found and handled by its policy", Sync(DriftIsFound)),
        new("P2-3", "Types, nulls and normalization do what the rules say", Sync(Conformed)),
        new("P2-4", "Only FALSE breaks a rule, as in SQL: NULL passes", Sync(ThreeValued)),
        new("P2-5", "A bad row names every rule that it broke", Sync(EveryRule)),
        new("P2-6", "Of duplicates the same row stays, in whatever order they are stored", Sync(Deduplicated)),
        new("P2-7", "Raw = clean + quarantined + duplicates, and no row is in two places", Sync(Conserved)),
        new("P2-8", "The layers are there, and each clean row leads back to its file", Sync(Materialized)),
        new("P2-9", "Every defect of the ledger is found, and nothing else", Sync(Scored)),
        new("P2-10", "The gate holds a bad drop back and keeps the last good layers", Sync(Gate)),
        new("P2-11", "A mended rule lets rows out of the quarantine", Sync(Released)),
        new("P2-12", "The history keeps what each rule said of each drop", Sync(Remembered)),
        new("P2-13", "Killed anywhere, the layers are the old ones or the new ones", Killed),
    ];

    static Func<string, Task<string>> Sync(Func<string, string> prove) => scratch => Task.FromResult(prove(scratch));

    string RawIsKept(string scratch)
    {
        using var store = new Store(Path.Combine(scratch, "quality.db"));
        long rows = 0, cells = 0;
        foreach (var drop in Drops.Find(ProjectFolder.At("data", "raw")))
        {
            var path = drop.Files.Single(f => Path.GetFileName(f) == "flights.csv");
            using var file = new ReadFile(path, []);
            var raw = new RawLayer(store, "flights");
            var columns = raw.Begin(file.Header);
            using (var reader = new ReadFile(path, columns)) store.InTransaction(() => raw.Stage(drop.Name, "flights.csv", reader.Rows(), columns.Count, _ => { }));
            Stored(store);
            // read again with nothing but a split at commas: lines with quotes or bytes that are no UTF-8 are left out
            var lines = File.ReadLines(path).Skip(1).ToList();
            CheckFailed.Unless((long)store.Scalar("SELECT count(*) FROM next_raw_flights")! == lines.Count, $"{drop.Name}: {lines.Count:N0} lines came, {store.Scalar("SELECT count(*) FROM next_raw_flights"):N0} rows are kept");
            foreach (var (row, texts, problem) in store.Query($"SELECT _row, {string.Join(", ", columns.Select(Sql.Name))}, _problem FROM next_raw_flights", r => (r.GetInt64(0), Enumerable.Range(1, columns.Count).Select(i => r.IsDBNull(i) ? null : r.GetString(i)).ToArray(), r.IsDBNull(columns.Count + 1) ? null : r.GetString(columns.Count + 1))))
            {
                if (problem is null) CheckFailed.Unless(lines[(int)row - 1] == string.Join(',', texts), $"{drop.Name}, row {row}: '{lines[(int)row - 1]}' came, '{string.Join(',', texts)}' is kept");
                cells += texts.Length;
            }
            rows += lines.Count;
            store.InTransaction(raw.Publish);
        }
        return $"{rows:N0} rows, {cells:N0} texts";
    }

    string DriftIsFound(string scratch)
    {
        var table = Sample.Orders with { Drift = new() { Added = DriftPolicy.Evolve, Missing = DriftPolicy.Fail } };
        var header = new[] { "country", "id", "price", "pieces", "paid", "shipped", "colour" };
        var found = DriftOf(table, "orders.csv", header).ToList();
        var retyped = Drift.OfValues(table, table.Columns.Single(c => c.Name == "pieces"), "orders.csv", 10, 6, 6);
        var changes = string.Join(", ", found.Append(retyped).Select(f => $"{f?.Change} {f?.Column} ({f?.Policy})"));
        CheckFailed.Unless(changes == "added colour (Evolve), missing total (Fail), reordered country (Ignore), retyped pieces (Fail)", changes);
        var after = Evolution.Apply(table, found[0]).Table;
        CheckFailed.Unless(after.Columns[^1] is { Name: "colour", Type: ColumnType.Text } && !DriftOf(after, "orders.csv", header).Any(f => f.Change == "added"), "the added column is not taken up");
        return "4 changes found, 1 column taken up";
    }

    string Conformed(string scratch)
    {
        var table = Rules(Sample.Orders);
        var batch = new Batch([.. table.Columns.Select(c => (c.Name, c.Type))]) { Count = 3 };
        var conform = new Conform(table);
        var reasons = new List<Reason>[] { [], [], [] };
        string?[][] rows = [["1", " uk ", "2.5", "4", "NA", "2024-02-29", null], ["2", "de", "1e2", "", "7", "2023-02-29", ""], ["3.5", "NA", "x", "2", "", "", ""]];
        for (var at = 0; at < 3; at++) conform.Row(batch, at, new(at + 1, rows[at], null, null), reasons[at]);
        conform.Nulls(batch, _ => true, at => reasons[at]);
        var typed = string.Join("; ", Enumerable.Range(0, 3).Select(at => string.Join(' ', batch.Columns.Select(c => Shown(c, at)))));
        var why = string.Join("; ", reasons.Select(r => string.Join(' ', r.Select(x => x.Rule))));
        CheckFailed.Unless(typed == "1 GB 2.5 4 10 2024-02-29 NULL; 2 DE 100 1 7 NULL NULL; NULL NULL NULL 2 NULL NULL NULL", typed);
        CheckFailed.Unless(why == "; paid_type; id_type price_type country_not_null", why);
        return "21 cells, 4 mended, 5 refused";

        static string Shown(ColumnData c, int at) => c.Null[at] == 1 ? "NULL" : c.Type switch
        {
            ColumnType.Text => c.Pool[c.Codes[at]],
            ColumnType.Real => c.Reals[at].ToString(CultureInfo.InvariantCulture),
            ColumnType.Date => IsoText.Date(c.Longs[at]),
            _ => c.Longs[at].ToString(CultureInfo.InvariantCulture),
        };
    }

    string ThreeValued(string scratch)
    {
        string[] predicates = ["a = b", "a <> b", "a < 1", "a IS NULL", "a IS NOT NULL AND b > 0", "a > 0 OR b > 0", "NOT (a > 0 AND b > 0)", "a IN (0, 2)", "a NOT IN (1, NULL)", "a BETWEEN b AND 2",
            "a / b = 1", "a + b * 2 > 3", "t = ''", "t <> 'x'", "t IN ('x', '')", "length(t) = 1", "t REGEXP '^[a-z]$'", "NOT (t IS NULL) OR (a = 1)", "t < 'é'", "-a % 2 = 0", "coalesce(a, b, 0) >= 0"];
        IReadOnlyList<(string, ColumnType)> columns = [("a", ColumnType.Integer), ("b", ColumnType.Integer), ("t", ColumnType.Text)];
        var batch = new Batch(columns);
        long?[] numbers = [null, 0, 1, 2];
        string?[] texts = [null, "", "x", "é"];
        using var connection = new SqliteConnection("Data Source=:memory:");
        connection.Open();
        Store.Functions(connection);
        using var create = connection.CreateCommand();
        create.CommandText = "CREATE TABLE r (a INTEGER, b INTEGER, t TEXT)";
        create.ExecuteNonQuery();
        foreach (var a in numbers)
            foreach (var b in numbers)
                foreach (var t in texts)
                {
                    Conform.Put(batch.Columns[0], batch.Count, a?.ToString(CultureInfo.InvariantCulture));
                    Conform.Put(batch.Columns[1], batch.Count, b?.ToString(CultureInfo.InvariantCulture));
                    Conform.Put(batch.Columns[2], batch.Count++, t);
                    create.CommandText = $"INSERT INTO r VALUES ({a?.ToString(CultureInfo.InvariantCulture) ?? "NULL"}, {b?.ToString(CultureInfo.InvariantCulture) ?? "NULL"}, {(t is null ? "NULL" : Sql.Literal(t))})";
                    create.ExecuteNonQuery();
                }
        var truth = new byte[Batch.Capacity];
        foreach (var sql in predicates)
        {
            Evaluate(Predicate.Compile(sql, columns), batch, truth);
            create.CommandText = $"SELECT ({sql}) FROM r ORDER BY rowid";
            using var reader = create.ExecuteReader();
            for (var at = 0; reader.Read(); at++)
            {
                var expected = reader.IsDBNull(0) ? Truth.Unknown : reader.GetDouble(0) != 0 ? Truth.True : Truth.False;
                CheckFailed.Unless(truth[at] == expected, $"{sql}, row {at + 1}: {truth[at]} instead of SQLite's {expected} (0 false, 1 unknown, 2 true)");
            }
        }
        return $"{predicates.Length} predicates, {predicates.Length * batch.Count:N0} verdicts as SQLite's";
    }

    string EveryRule(string scratch)
    {
        using var store = Judged(scratch, Sample.OrderRows, out _);
        Stored(store);
        var expected = Sample.OrderRows.Split('\n').Skip(1).Select(l => l.Split(',') is { Length: 8 } f ? f[7].Trim() : "structure").Select((why, i) => $"{i + 1}: {(why.StartsWith("clean:", StringComparison.Ordinal) ? why.Contains("many_pieces", StringComparison.Ordinal) ? "clean many_pieces" : "clean" : "quarantined " + why)}");
        var found = store.Query("SELECT _row || ': ' || _verdict || coalesce((SELECT ' ' || group_concat(rule, ' ') FROM (SELECT rule FROM next_reasons_orders r WHERE r._seq = c._seq ORDER BY rule)), '') FROM next_checked_orders c ORDER BY _row", r => r.GetString(0));
        foreach (var (want, have) in expected.Zip(found)) CheckFailed.Unless(want == have, $"expected row {want}, found {have}");
        var reasons = (long)store.Scalar("SELECT count(*) FROM next_reasons_orders")!;
        return $"{found.Count} rows, {found.Count(f => f.Contains("quarantined", StringComparison.Ordinal))} quarantined, {reasons} reasons";
    }

    string Deduplicated(string scratch)
    {
        const string Rows = "id,country,price,pieces,total,paid,shipped\n1,DE,1,1,1,,\n1,DE,1,1,1,,\n1,DE,1,1,1,2024-01-01,\n1,FR,1,1,1,2024-01-01,\n2,DE,1,1,1,,\n2,XX,1,1,1,2024-01-01,2024-01-02\n,DE,1,1,1,,\n9,DE,1,1,1,,\n9,FR,1,1,1,,\n9,DE,1,1,1,,\n";
        var digests = new List<string>();
        for (var order = 0; order < 6; order++)
        {
            using var store = Judged(Directory.CreateDirectory(Path.Combine(scratch, $"{order}")).FullName, Rows, out var table);
            store.Execute("UPDATE next_checked_orders SET _drop_no = _drop_no + max(0, _row - 8)");       // rows 9 and 10 came in later drops
            if (order > 0)      // the same rows, stored in another order
                store.Execute($"CREATE TABLE t AS SELECT * FROM next_checked_orders ORDER BY (_seq * {order + 6}) % 11; UPDATE t SET _seq = rowid + 100, _kept = (SELECT x.rowid + 100 FROM t x WHERE x._row = t._kept); DROP TABLE next_checked_orders; ALTER TABLE t RENAME TO next_checked_orders");
            TakeOut(store, table);
            digests.Add(string.Join(", ", store.Query("SELECT _row || ' ' || _verdict FROM next_checked_orders ORDER BY _row", r => r.GetString(0))));
            CheckFailed.Unless(digests[^1] == digests[0], $"order {order}: {digests[^1]}; before: {digests[0]}");
        }
        CheckFailed.Unless(digests[0] == "1 version, 2 copy, 3 clean, 4 version, 5 clean, 6 quarantined, 7 quarantined, 8 clean, 9 version, 10 copy", digests[0]);
        return $"{digests.Count} orders, one answer; a state that came back is the latest";
    }

    string Conserved(string scratch)
    {
        using var store = Judged(scratch, Sample.OrderRows + "\n1, uk ,2.5,4,NA,2024-01-02,2024-01-03,clean: GB 10.0\n2,DE,3,,,2024-01-02,2024-01-05,another version", out var table);
        TakeOut(store, table);
        var layers = new Layers(store, [table]);
        layers.Split(table, new RawLayer(store, "orders"));
        store.InTransaction(layers.Swap);
        Stored(store);
        CheckFailed.Unless(Inspect.Conservation(store) is null, Inspect.Conservation(store)!);
        long Count(string what) => (long)store.Scalar($"SELECT count(*) FROM {what}")!;
        return $"{Count("raw_orders")} = {Count("clean_orders")} + {Count("quarantine")} + {Count("duplicates")}";
    }

    string Materialized(string scratch)
    {
        var settings = Small(scratch, 1);
        Run(settings);
        using var store = Sample.Open(scratch);
        foreach (var layer in new[] { "raw", "clean", "curated" })
            foreach (var table in new[] { "flights", "airports", "planes" })
                CheckFailed.Unless(store.Has($"{layer}_{table}") && (long)store.Scalar($"SELECT count(*) FROM {layer}_{table}")! > 0, $"{layer}_{table} is not there, or is empty");
        var rows = (long)store.Scalar("SELECT count(*) FROM clean_flights")!;
        var back = (long)store.Scalar("SELECT count(*) FROM clean_flights c JOIN raw_flights r USING (_drop, _file, _row) WHERE c.tailnum IS r.tailnum OR (c.tailnum IS NULL AND r.tailnum = 'NA')")!;
        var business = (long)store.Scalar("SELECT count(*) FROM curated_flights WHERE sched_dep_utc IS NOT NULL AND sched_dep_local IS NOT NULL AND dep_delay_group IS NOT NULL AND distance_band IS NOT NULL AND route LIKE '___-___'")!;
        var local = (string?)store.Scalar("SELECT sched_dep_utc || ' is ' || sched_dep_local FROM curated_flights ORDER BY sched_dep_utc LIMIT 1");
        CheckFailed.Unless(rows == back && rows == business, $"{rows:N0} clean flights, {back:N0} lead back to their raw row, {business:N0} have their business columns");
        CheckFailed.Unless(local == "2013-01-01T10:15:00Z is 2013-01-01T05:15:00", $"the first flight: {local}");
        return $"9 layers, {back:N0} flights lead back";
    }

    string Scored(string scratch)
    {
        var settings = new Settings(ProjectFolder.At("data", "raw"), Path.Combine(scratch, "out"), ProjectFolder.At("rules"));
        var last = Run(settings)[^1];
        CheckFailed.Unless(last is { Name: "drop-3", Status: "published" }, $"{last.Name} is {last.Status}: {last.Reason}");
        using var store = new Store(settings.Database);
        var scores = Ledger.Score(store, last);
        var wrong = scores.FirstOrDefault(s => s.Missed > 0 || s.False > 0 || s.Found != s.Counted);
        CheckFailed.Unless(wrong is null, $"{wrong?.Rule}: {wrong?.Found} found ({wrong?.Counted} counted), {wrong?.Missed} missed, {wrong?.False} that the ledger does not name");
        return $"{scores.Count} rules, {scores.Sum(s => s.Found):N0} findings, none missed, none false";
    }

    string Gate(string scratch)
    {
        var settings = Small(scratch, 1);
        Run(settings);
        var before = Digest(settings);
        var bad = Run(settings with { Input = ProjectFolder.At("data", "bad-drop") })[^1];
        var after = Digest(settings);
        CheckFailed.Unless(bad.Status == "held", $"the bad drop is {bad.Status}");
        CheckFailed.Unless(before == after, $"the layers were {before}, now they are {after}");
        return $"{bad.Results.Count(r => r.Status == RuleStatus.Fail)} rules and {bad.Drift.Count(d => d.Policy == DriftPolicy.Fail)} column fail";
    }

    string Released(string scratch)
    {
        var settings = Small(scratch, 2);
        // a code that the map does not know yet: these rows go to quarantine
        Sample.Add(scratch, "drop-3", 400, lines => lines.Select((line, i) => i is > 0 and <= 5 ? string.Join(',', line.Split(',').Select((f, at) => at == 9 ? "Untd" : f)) : line), "drop-x");
        Run(settings);
        using (var store = Sample.Open(scratch)) CheckFailed.Unless((long)store.Scalar("SELECT count(*) FROM quarantine WHERE _drop = 'drop-x' AND raw ->> 'carrier' = 'Untd'")! == 5, "the unknown code is not in quarantine");
        Sample.Write(Sample.Rules().Select(t => t with { Columns = [.. t.Columns.Select(c => c.Name == "carrier" ? c with { Codes = new Dictionary<string, string>(c.Codes) { ["UNTD"] = "UA" } } : c)] }), settings.RulesFolder);
        var replay = Replay(settings);
        using var after = Sample.Open(scratch);
        var clean = (long)after.Scalar("SELECT count(*) FROM clean_flights c JOIN raw_flights r USING (_drop, _file, _row) WHERE r.carrier = 'Untd' AND c.carrier = 'UA'")!;
        CheckFailed.Unless(replay.Status == "published" && replay.Released == 5 && clean == 5, $"{replay.Status}: {replay.Released} rows left the quarantine, {clean} are clean, expected 5");
        CheckFailed.Unless(Inspect.Conservation(after) is null, Inspect.Conservation(after)!);
        return $"{replay.Released} rows released, {replay.Confined} confined";
    }

    string Remembered(string scratch)
    {
        var settings = Small(scratch, 3);
        var runs = Run(settings);
        using var store = Sample.Open(scratch);
        Stored(store);
        var points = 0;
        foreach (var result in runs[^1].Results.Where(r => r.Table == "flights"))
        {
            var kept = History.Of(store, "flights", result.Rule);
            CheckFailed.Unless(kept.Count == 3 && kept[^1].PassRate == result.PassRate && kept[^1].Broken == result.Broken, $"{result.Rule}: {kept.Count} runs are kept, the last with {(kept.Count > 0 ? kept[^1].Broken : 0)} broken rows instead of {result.Broken}");
            points += kept.Count;
        }
        return $"3 drops, {points} results";
    }

    async Task<string> Killed(string scratch)
    {
        var plan = CrashLab.Plan(scratch);
        plan = plan with { Failpoints = [.. plan.Failpoints.Where(f => !f.Contains(':'))] };        // `crash` kills at later passes too
        var kills = await Crash.Run(Crashes(plan), scratch, kills: 0, seed: 1, _ => { }, Stop);
        var bad = kills.FirstOrDefault(k => !k.Same);
        CheckFailed.Unless(bad is null, $"killed at {bad?.Where}: {bad?.Lost} rows lost, {bad?.Doubled} doubled{(bad?.Problem is null ? "" : "; " + bad.Problem)}");
        return $"{kills.Count} kills, 0 rows lost, 0 doubled";
    }

    /// <summary>A folder with the first rows of some drops.</summary>
    static Settings Small(string scratch, int drops)
    {
        for (var i = 1; i <= drops; i++) Sample.Add(scratch, $"drop-{i}", 400);
        return Sample.In(scratch);
    }

    static string Digest(Settings settings)
    {
        using var store = new Store(settings.Database);
        return Inspect.Digest(store);
    }

    /// <summary>A store in which rows of the small table are staged and judged.</summary>
    Store Judged(string folder, string csv, out TableRules table)
    {
        var path = Path.Combine(folder, "orders.csv");
        File.WriteAllText(path, csv);
        var store = new Store(Path.Combine(folder, "quality.db"));
        new Layers(store, []).Begin();
        table = Rules(Sample.Orders);
        var raw = new RawLayer(store, "orders");
        var columns = raw.Begin(table.Columns.Select(c => c.Name));
        using (var file = new ReadFile(path, columns)) raw.Stage("drop", "orders.csv", file.Rows(), columns.Count, _ => { });
        new Judge(store, table, (_, _) => new KeySet()).Run(raw.Rows(columns), _ => true, default);
        return store;
    }
}
