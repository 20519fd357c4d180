using System.IO.Compression;
using System.Text;

namespace BatchIngestion;

/// <summary>The evaluation checklist as code. Each proof runs the real pipeline in an empty folder. The delegates are the places
/// where a test puts a broken pipeline, to see that the item can turn red.</summary>
sealed class Checklist
{
    /// <summary>How many implementation steps the README has.</summary>
    public const int Steps = 8;

    public CancellationToken Stop { get; init; }
    public Func<string, IReadOnlyList<Contract>> LoadContracts { get; init; } = Contracts.Load;
    public Func<Settings, Task<RunResult>> Ingest { get; init; } = settings => Ingestion.Run(settings, default);
    public Func<Stream, string, Contract, RowReader> Open { get; init; } = RowReader.Open;
    public Func<ZoneClock, int, int, long?> ToUtc { get; init; } = (clock, day, minutes) => clock.ToUtc(day, minutes, out _);
    public Action<string, string> Ask { get; init; } = (warehouse, sql) =>
    {
        using var db = Query.Open(warehouse);
        using var command = db.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        while (reader.NextResult()) { }
    };
    public Func<CrashPlan, CrashPlan> Crashes { get; init; } = plan => plan;

    public IReadOnlyList<Check> Items() =>
    [
        new("P1-1", "A wrong contract is refused before any data is read", WrongContract),
        new("P1-2", "What arrived is kept byte for byte", RawIsKept),
        new("P1-3", "CSV, JSON and JSON Lines, plain or gzip, give the same rows", Formats),
        new("P1-4", "A row that breaks the contract is not loaded", ContractEnforced),
        new("P1-5", "A rejected row says where it stands and why", RejectsExplained),
        new("P1-6", "Local times become UTC, also when the clocks change", LocalTimes),
        new("P1-7", "Rows read = loaded + rejected + duplicates", Reconciled),
        new("P1-8", "A file that can't be read fails alone", FailsAlone),
        new("P1-9", "A second run loads nothing", SecondRun),
        new("P1-10", "A query can read everything and write nothing", ReadOnly),
        new("P1-11", "A file that comes under another name is skipped", Renamed),
        new("P1-12", "A corrected file replaces its rows, and back", Corrected),
        new("P1-13", "The order in which files come makes no difference", AnyOrder),
        new("P1-14", "SQLite and Parquet hold the same rows, nulls too", SameInLake),
        new("P1-15", "Killed anywhere and run again, nothing is lost and nothing doubled", Killed),
    ];

    async Task<string> WrongContract(string scratch)
    {
        var good = File.ReadAllText(ProjectFolder.At("contracts", "airlines.json"));
        (string What, string Text)[] wrong =
        [
            ("no JSON", good.Replace("\"key\":", "\"key\"", StringComparison.Ordinal)),
            ("an unknown word", good.Replace("\"required\"", "\"requird\"", StringComparison.Ordinal)),
            ("an unknown type", good.Replace("\"text\"", "\"string\"", StringComparison.Ordinal)),
            ("a key that is no column", good.Replace("[\"carrier\"]", "[\"code\"]", StringComparison.Ordinal)),
            ("a pattern that is none", good.Replace("[A-Z0-9]{2}", "[A-Z", StringComparison.Ordinal)),
            ("two columns of one name", good.Replace("\"name\": \"name\"", "\"name\": \"carrier\", \"source\": \"name\"", StringComparison.Ordinal)),
        ];
        foreach (var (what, text) in wrong)
        {
            Directory.CreateDirectory(Path.Combine(scratch, "contracts"));
            File.WriteAllText(Path.Combine(scratch, "contracts", "airlines.json"), text);
            try { LoadContracts(Path.Combine(scratch, "contracts")); }
            catch (UserException e) when (e.ExitCode == 2) { continue; }
            throw new CheckFailed($"a contract with {what} was taken");
        }
        var right = LoadContracts(ProjectFolder.At("contracts")).Count;
        return await Task.FromResult($"{wrong.Length} wrong contracts refused, {right} right ones read");
    }

    async Task<string> RawIsKept(string scratch)
    {
        var settings = Sample.In(scratch);
        var landing = Directory.GetFiles(settings.Landing);
        Land.Run(settings.Landing, settings.Raw, default);
        await Optionally(settings);
        foreach (var path in landing)
        {
            var kept = Path.Combine(settings.Raw, Land.Hash(path), Path.GetFileName(path));
            CheckFailed.Unless(File.Exists(kept) && Land.Hash(kept) == Land.Hash(path), $"{Path.GetFileName(path)} is not kept as it came");
        }
        return $"{landing.Length} files, {landing.Sum(p => new FileInfo(p).Length):N0} bytes, each under its SHA-256";

        // before the later steps are built, landing alone is the pipeline
        async Task Optionally(Settings s) { try { await Ingest(s); } catch (NotImplementedException) { } }
    }

    async Task<string> Formats(string scratch)
    {
        var contract = LoadContracts(ProjectFolder.At("contracts")).Single(c => c.Table == "airlines");
        var csv = "﻿name,carrier\r\n\"Endeavor \"\"9E\"\", Inc.\",9E\r\n\"Two\nlines\",AA\r\nÅland Air,ÅL"u8.ToArray();
        var json = "[{\"carrier\":\"9E\",\"name\":\"Endeavor \\\"9E\\\", Inc.\"}, {\"name\":\"Two\\nlines\",\"carrier\":\"AA\"},\n {\"carrier\":\"\\u00c5L\",\"name\":\"Åland Air\"}]"u8.ToArray();
        var lines = "{\"carrier\":\"9E\",\"name\":\"Endeavor \\\"9E\\\", Inc.\"}\r\n{\"name\":\"Two\\nlines\",\"carrier\":\"AA\"}\n\n{\"carrier\":\"ÅL\",\"name\":\"Åland Air\"}"u8.ToArray();
        var digests = new Dictionary<string, string>();
        foreach (var (name, bytes) in new[] { ("a.csv", csv), ("a.json", json), ("a.jsonl", lines) })
            foreach (var gzip in new[] { false, true })
            {
                var digest = new Digest();
                using var reader = Open(new MemoryStream(gzip ? Gzip(bytes) : bytes), gzip ? name + ".gz" : name, contract);
                while (reader.Read())
                {
                    CheckFailed.Unless(reader.Broken is null, $"{name}, row {reader.Row}: {reader.Broken}");
                    digest.Add([.. Enumerable.Range(0, 2).Select(i => reader.TryGet(i, out var value) ? Encoding.UTF8.GetString(value) : null)]);
                }
                CheckFailed.Unless(digest.Rows == 3, $"{name}: {digest.Rows} rows instead of 3");
                digests[gzip ? name + ".gz" : name] = digest.ToString();
            }
        CheckFailed.Unless(digests.Values.Distinct().Count() == 1, string.Join(", ", digests.Select(d => $"{d.Key} {d.Value}")));
        return await Task.FromResult($"6 files, one digest {digests.Values.First()}");
    }

    async Task<string> ContractEnforced(string scratch)
    {
        var contract = LoadContracts(ProjectFolder.At("contracts")).Single(c => c.Table == "weather");
        using var reader = Open(new MemoryStream(Encoding.UTF8.GetBytes(Sample.BadWeather)), "weather.csv", contract);
        var batch = new Batch(contract);
        new Validator(contract, new Dictionary<(string, string, string), ZoneTable>()).Fill(batch, reader);
        var rules = batch.Rejected.Select(r => r.Why.Rule).Distinct().Count();
        CheckFailed.Unless(batch.Count == 1 && batch.Rejected.Count == 8, $"{batch.Count} rows taken and {batch.Rejected.Count} rejected, expected 1 and 8");
        return await Task.FromResult($"1 row taken, 8 rejected by {rules} rules");
    }

    async Task<string> RejectsExplained(string scratch)
    {
        var contract = LoadContracts(ProjectFolder.At("contracts")).Single(c => c.Table == "weather");
        var bytes = Encoding.UTF8.GetBytes(Sample.BadWeather);
        using var reader = Open(new MemoryStream(bytes), "weather.csv", contract);
        var batch = new Batch(contract);
        new Validator(contract, new Dictionary<(string, string, string), ZoneTable>()).Fill(batch, reader);
        CheckFailed.Unless(batch.Rejected.Count > 0, "nothing was rejected");
        foreach (var bad in batch.Rejected)
        {
            var there = Encoding.UTF8.GetString(bytes, (int)bad.ByteOffset, Encoding.UTF8.GetByteCount(bad.Raw));
            CheckFailed.Unless(there == bad.Raw && bad.Why.Expected.Length > 0 && bad.Why.Found.Length > 0, $"row {bad.Row}: at byte {bad.ByteOffset} stands '{there}', not '{bad.Raw}'");
        }
        var first = batch.Rejected[0];
        return await Task.FromResult($"{batch.Rejected.Count} found again at their byte; row {first.Row}: {first.Why.Column}, found {first.Why.Found}");
    }

    async Task<string> LocalTimes(string scratch)
    {
        var newYork = ZoneClock.Of("America/New_York")!;
        (string Local, string? Utc)[] cases =
        [
            ("2013-01-01 05:15", "2013-01-01T10:15:00Z"), ("2013-07-01 05:15", "2013-07-01T09:15:00Z"),
            ("2013-03-10 01:59", "2013-03-10T06:59:00Z"), ("2013-03-10 02:30", null), ("2013-03-10 03:00", "2013-03-10T07:00:00Z"),
            ("2013-11-03 00:59", "2013-11-03T04:59:00Z"), ("2013-11-03 01:30", "2013-11-03T05:30:00Z"), ("2013-11-03 02:00", "2013-11-03T07:00:00Z"),
            ("2013-06-30 24:00", "2013-07-01T04:00:00Z"),
        ];
        foreach (var (local, expected) in cases)
        {
            var day = (int)SqlText.ParseDate(local[..10]);
            var found = ToUtc(newYork, day, int.Parse(local[11..13]) * 60 + int.Parse(local[14..])) is { } micros ? SqlText.Timestamp(micros) : null;
            CheckFailed.Unless(found == expected, $"{local} in New York: expected {expected ?? "no such time"}, found {found ?? "no such time"}");
        }
        // a whole flight: Newark 05:15, 2 minutes late, to Houston 08:30
        var contract = LoadContracts(ProjectFolder.At("contracts")).Single(c => c.Table == "flights");
        var clocks = new Dictionary<string, ZoneClock> { ["EWR"] = newYork, ["IAH"] = ZoneClock.Of("America/Chicago")! };
        using var reader = Open(new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', Sample.Lines(0, 1)))), "flights.csv", contract);
        var batch = new Batch(contract);
        new Validator(contract, contract.Derived.Select(d => d.ZoneLookup).OfType<ZoneLookup>().Select(z => z.Source).Distinct().ToDictionary(s => s, _ => new ZoneTable(clocks, ""))).Fill(batch, reader);
        var flight = string.Join(" → ", contract.Derived.Select(d => batch.ByName[d.Name]).Cast<LongData>().Select(d => d.IsNull[0] ? "NULL" : SqlText.Timestamp(d.Values[0])[11..16]));
        CheckFailed.Unless(flight == "10:15 → 10:17 → 14:30", $"a flight from Newark to Houston: {flight}");
        return $"{cases.Length} times, and a flight: {flight}";
    }

    async Task<string> Reconciled(string scratch)
    {
        var settings = Sample.In(scratch) with { WithLake = false, MaxRejectRate = 1 };
        File.WriteAllText(Path.Combine(settings.Landing, "weather-bad.csv"), Sample.BadWeather);
        var result = await Ingest(settings);
        CheckFailed.Unless(Audit.Counts(settings, LoadContracts(settings.ContractFolder)) is null, Audit.Counts(settings, LoadContracts(settings.ContractFolder))!);
        var (read, loaded, rejected, duplicate) = (result.Files.Sum(f => f.Read), result.Files.Sum(f => f.Loaded), result.Files.Sum(f => f.Rejected), result.Files.Sum(f => f.Duplicate));
        CheckFailed.Unless(read == loaded + rejected + duplicate && rejected == 8, $"{read} read, {loaded} loaded, {rejected} rejected, {duplicate} duplicates");
        return $"{read:N0} = {loaded:N0} + {rejected:N0} + {duplicate:N0}, and so many rows are there";
    }

    async Task<string> FailsAlone(string scratch)
    {
        var settings = Sample.In(scratch) with { WithLake = false };
        var weather = Gzip(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"origin\":\"EWR\"}\n", 50_000))));
        File.WriteAllBytes(Path.Combine(settings.Landing, "weather-cut.jsonl.gz"), weather[..(weather.Length / 2)]);
        File.WriteAllText(Path.Combine(settings.Landing, "planes.csv"), "");
        File.WriteAllText(Path.Combine(settings.Landing, "flights-twice.csv"), "year,year\n1,2\n");
        File.WriteAllText(Path.Combine(settings.Landing, "flights-lacks.csv"), "year,month\n1,2\n");
        File.WriteAllText(Path.Combine(settings.Landing, "airports-2.json"), "[{\"faa\":\"XXX\",]");
        var result = await Ingest(settings);
        var failed = result.Files.Where(f => f.Status == "failed").ToList();
        var loaded = result.Files.Where(f => f.Status == "loaded").ToList();
        CheckFailed.Unless(failed.Count == 5 && failed.All(f => f.Reason?.Length > 20) && loaded.Count == 3, $"{failed.Count} failed and {loaded.Count} loaded, expected 5 and 3");
        CheckFailed.Unless(Audit.Counts(settings, LoadContracts(settings.ContractFolder)) is null, "the counts do not add up");
        return $"5 failed, each with its reason, {loaded.Count} loaded with {loaded.Sum(f => f.Loaded):N0} rows";
    }

    async Task<string> SecondRun(string scratch)
    {
        var settings = Sample.In(scratch) with { WithLake = false };
        await Ingest(settings);
        var before = Audit.Count(settings, "SELECT count(*) FROM flights");
        var again = await Ingest(settings);
        var after = Audit.Count(settings, "SELECT count(*) FROM flights");
        CheckFailed.Unless(before == after && again.Files.All(f => f.Status == "skipped") && again.Files.Sum(f => f.Loaded) == 0, $"{before:N0} rows before, {after:N0} after, {again.Files.Sum(f => f.Loaded):N0} loaded again");
        return $"{before:N0} flights before, {after:N0} after, {again.Files.Count} files skipped";
    }

    async Task<string> ReadOnly(string scratch)
    {
        var settings = Sample.In(scratch) with { WithLake = false };
        await Ingest(settings);
        var before = Land.Hash(settings.Warehouse);
        string[] writes = ["DELETE FROM flights", "DROP TABLE flights", "CREATE TABLE t (x)", $"ATTACH '{scratch}/other.db' AS o", $"VACUUM INTO '{scratch}/copy.db'", "PRAGMA user_version = 7", "SELECT 1; DELETE FROM flights"];
        foreach (var sql in writes)
        {
            try { Ask(settings.Warehouse, sql); }
            catch (Microsoft.Data.Sqlite.SqliteException) { continue; }
            throw new CheckFailed($"{sql} was not refused");
        }
        Ask(settings.Warehouse, "SELECT * FROM flights JOIN airlines USING (carrier)");
        CheckFailed.Unless(Land.Hash(settings.Warehouse) == before && Directory.GetFiles(scratch, "*.db").Length == 0, "the store, or a file beside it, has changed");
        return $"{writes.Length} ways to write refused, the file is as before";
    }

    async Task<string> Renamed(string scratch)
    {
        var settings = Sample.In(scratch) with { WithLake = false };
        await Ingest(settings);
        var before = Audit.Count(settings, "SELECT count(*) FROM flights");
        File.Copy(Path.Combine(settings.Landing, "flights-sample.csv"), Path.Combine(settings.Landing, "flights-again.csv"));
        File.Move(Path.Combine(settings.Landing, "flights-sample.csv"), Path.Combine(settings.Landing, "flights-other.csv"));
        var result = await Ingest(settings);
        var after = Audit.Count(settings, "SELECT count(*) FROM flights");
        CheckFailed.Unless(before == after && result.Files.All(f => f.Status == "skipped"), $"{before:N0} rows before, {after:N0} after; {string.Join(", ", result.Files.Where(f => f.Status != "skipped").Select(f => $"{f.Name} {f.Status}"))}");
        return $"2 new names, {after:N0} rows before and after";
    }

    async Task<string> Corrected(string scratch)
    {
        var settings = Sample.In(scratch) with { WithLake = false };
        var path = Path.Combine(settings.Landing, "flights-sample.csv");
        var original = File.ReadAllLines(path);
        // another file brings one row that the sample has: it waits
        File.WriteAllLines(Path.Combine(settings.Landing, "flights-zz.csv"), original.Take(2));
        var contracts = LoadContracts(settings.ContractFolder);
        await Ingest(settings);
        var first = Audit.Whole(settings, contracts);
        var waited = Audit.Count(settings, "SELECT count(*) FROM duplicate_rows");
        // the correction lacks that row, and another row has a longer delay
        File.WriteAllLines(path, [original[0], original[2].Replace(",529,4,", ",529,40,", StringComparison.Ordinal), .. original.Skip(3)]);
        var replaced = (await Ingest(settings)).Files.Single(f => f.Status == "replaced");
        var moved = Audit.Count(settings, "SELECT count(*) FROM flights WHERE _source_file = 'flights-zz.csv'");
        var delayed = Audit.Count(settings, "SELECT count(*) FROM flights WHERE dep_delay = 40 AND flight = 1714 AND day = 1");
        File.WriteAllLines(path, original);
        await Ingest(settings);
        var back = Audit.Whole(settings, contracts);
        CheckFailed.Unless(waited == 1 && moved == 1 && delayed == 1, $"{waited} row waited, {moved} moved up, {delayed} was corrected; expected 1, 1, 1");
        CheckFailed.Unless(first.SequenceEqual(back), "back to the first content, the store is another: " + string.Join(", ", first.Where(f => back[f.Key] != f.Value).Select(f => f.Key)));
        return $"{replaced.Loaded:N0} replaced, {moved} moved up, back to {back["flights"]}";
    }

    async Task<string> AnyOrder(string scratch)
    {
        var contracts = LoadContracts(ProjectFolder.At("contracts"));
        var stores = new List<SortedDictionary<string, string>>();
        for (var seed = 0; seed < 6; seed++)
        {
            var settings = Sample.In(Path.Combine(scratch, $"order-{seed}")) with { WithLake = false };
            var chance = new Random(seed);
            // overlapping files, a copy under another name; some come first with other content and are corrected later
            var files = Sample.Overlapping().OrderBy(_ => seed == 0 ? 0 : chance.Next()).ToList();
            foreach (var (name, text) in files)
            {
                if (seed > 0 && chance.Next(3) == 0)
                {
                    File.WriteAllText(Path.Combine(settings.Landing, name), files[chance.Next(files.Count)].Text);
                    await Ingest(settings);
                }
                File.WriteAllText(Path.Combine(settings.Landing, name), text);
                if (seed > 0 && chance.Next(2) == 0) await Ingest(settings);
            }
            await Ingest(settings);
            stores.Add(Audit.Whole(settings, contracts));
            CheckFailed.Unless(Audit.Counts(settings, contracts) is null, $"order {seed}: {Audit.Counts(settings, contracts)}");
        }
        for (var i = 1; i < stores.Count; i++)
            CheckFailed.Unless(stores[0].SequenceEqual(stores[i]), $"order {i} differs in {string.Join(", ", stores[0].Where(s => stores[i][s.Key] != s.Value).Select(s => s.Key))}");
        return $"{stores.Count} orders, one store, flights {stores[0]["flights"]}";
    }

    async Task<string> SameInLake(string scratch)
    {
        var settings = Sample.In(scratch);
        File.WriteAllText(Path.Combine(settings.Landing, "weather-bad.csv"), Sample.BadWeather);
        await Ingest(settings with { MaxRejectRate = 1 });
        var contracts = LoadContracts(settings.ContractFolder);
        var sqlite = await Same();
        // files that take rows from each other, first in a run that leaves the lake out
        foreach (var (name, text) in Sample.Overlapping()) File.WriteAllText(Path.Combine(settings.Landing, name), text);
        await Ingest(settings with { MaxRejectRate = 1, WithLake = false });
        await Ingest(settings with { MaxRejectRate = 1 });
        sqlite = await Same();
        var nulls = Audit.Count(settings, "SELECT count(*) FROM flights WHERE arr_utc IS NULL");
        return $"{sqlite.Count} tables, {nulls} null arrivals, flights {sqlite["flights"]}{(await ReadByDuckDb() ? "; DuckDB reads the same" : "")}";

        async Task<SortedDictionary<string, string>> Same()
        {
            var (store, lake) = (Audit.Sqlite(settings, contracts), await Audit.Parquet(settings, contracts));
            CheckFailed.Unless(store.SequenceEqual(lake), string.Join(", ", store.Where(s => lake[s.Key] != s.Value).Select(s => $"{s.Key}: SQLite {s.Value}, Parquet {lake[s.Key]}")));
            return store;
        }

        // a reader that we did not write, where there is one
        async Task<bool> ReadByDuckDb()
        {
            foreach (var (table, digest) in sqlite)
            {
                var folder = Path.Combine(settings.LakeFolder, table);
                if (!Directory.Exists(folder) || Directory.GetFiles(folder, "*.parquet").Length == 0) continue;
                if (await DuckDb.Digest(folder) is not { } found) return false;
                CheckFailed.Unless(found == digest, $"{table}: SQLite {digest}, Parquet read by DuckDB {found}");
            }
            return true;
        }
    }

    async Task<string> Killed(string scratch)
    {
        var contracts = LoadContracts(ProjectFolder.At("contracts"));
        var plan = CrashLab.Plan(contracts, scratch);
        plan = plan with { Failpoints = [.. plan.Failpoints.Where(f => !f.Contains(':'))] };       // `crash` kills at the second pass too
        var kills = await Crash.Run(Crashes(plan), scratch, kills: 0, seed: 1, _ => { }, Stop);
        var bad = kills.FirstOrDefault(k => !k.Same);
        CheckFailed.Unless(bad is null, $"killed at {bad?.Where}: {bad?.Lost} rows lost, {bad?.Doubled} doubled{(bad?.Problem is null ? "" : "; " + bad.Problem)}");
        return $"{kills.Count} kills, 0 rows lost, 0 doubled";
    }

    static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(bytes);
        return packed.ToArray();
    }
}
