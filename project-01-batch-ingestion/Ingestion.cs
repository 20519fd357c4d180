using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;

namespace BatchIngestion;

/// <summary>The table of contents: the whole flow of a run, in order.</summary>
sealed class Ingestion(Settings settings, Store store, Lake? lake, long runId, CancellationToken stop)
{
    /// <summary>Raise it when the code gives a contract another meaning: every file is then read again.</summary>
    const string RulesVersion = "2";

    readonly List<FileResult> results = [];

    /// <summary>Brings the store to what the landing folder holds now.</summary>
    public static async Task<RunResult> Run(Settings settings, CancellationToken stop)
    {
        var contracts = Contracts.Load(settings.ContractFolder);
        if (File.Exists(settings.Output)) throw new UserException($"{settings.Output} is a file. Expected a folder for the store.", 2);
        if (Path.GetFullPath(settings.Output) == Path.GetFullPath(settings.Landing)) throw new UserException($"{settings.Output} is the landing folder. The store needs a folder of its own.", 2);
        Directory.CreateDirectory(settings.Output);
        using var alone = Lock(settings.Output);
        var landed = Land.Run(settings.Landing, settings.Raw, stop);
        try
        {
            using var store = new Store(settings.Warehouse);
            var lake = settings.WithLake ? new Lake(settings.LakeFolder) : null;
            var runId = (long)store.Scalar("INSERT INTO ingestion_runs (started_utc, status) VALUES (?, 'running') RETURNING run_id", Iso(settings.UtcNow()))!;
            var run = new Ingestion(settings, store, lake, runId, stop);

            try
            {
                await run.Moved(contracts);
                foreach (var contract in contracts)                     // reference tables come first
                {
                    run.RequireRawCopies(contract);
                    store.EnsureTable(contract);
                    if (lake is not null) await lake.Repair(store, contract);       // finishes what a kill left
                    await run.Table(contract, [.. landed.Where(f => Takers(f.Name) is [var only] && only == contract)]);
                }
                foreach (var file in landed.Where(f => Takers(f.Name).Length != 1)) run.NotOneContract(file, Takers(file.Name));
                lake?.Sweep();
            }
            catch (Exception e)
            {
                store.Rollback();
                run.End(e is OperationCanceledException ? "interrupted" : "failed");
                throw;
            }
            var result = new RunResult(runId, run.results);
            run.End(result.Failed ? "failed" : "done");
            return result;

            Contract[] Takers(string file) => [.. contracts.Where(c => c.Names(file))];
        }
        catch (SqliteException e) when (e.SqliteErrorCode is 5 or 8 or 10 or 11 or 13 or 14 or 26)      // busy, read-only, I/O, corrupt, full, can't open, no database
        {
            throw new UserException($"{settings.Warehouse}: {e.Message}");
        }
    }

    void End(string status) => store.Execute("UPDATE ingestion_runs SET ended_utc = ?, status = ?, files = ?, rows_loaded = ? WHERE run_id = ?", Iso(settings.UtcNow()), status, results.Count, results.Sum(f => f.Loaded), runId);

    /// <summary>Decides for each name of the table, in the order of names, what is to be done, and does it.</summary>
    async Task Table(Contract contract, IReadOnlyList<Landed> landed)
    {
        var zones = contract.Derived.Select(d => d.ZoneLookup).OfType<ZoneLookup>().DistinctBy(z => z.Source).ToDictionary(z => z.Source, z => ZoneTable.Of(store, z));
        var madeBy = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(RulesVersion + contract.Sha256 + string.Concat(zones.Values.Select(z => z.Digest)))))[..16];
        foreach (var file in landed.Concat(Absent(contract, landed)).OrderBy(f => f.Name, SqlText.Order))
        {
            stop.ThrowIfCancellationRequested();
            var began = settings.UtcNow();
            var now = store.Find(contract.Table, file.Sha256);
            var before = store.ShaOf(contract.Table, file.Name);
            FileResult result;
            if (file.Problem is not null)
                result = Failed(contract, file, file.Problem);
            else if (now?.MadeBy == madeBy && before == file.Sha256)
                result = Skipped(contract, file, "nothing new");
            else if (now is not null && before != file.Sha256 && !RowReader.SameFormat(now.SourceFile, file.Name))
                result = Failed(contract, file, $"It has the bytes of {now.SourceFile} and the ending of another format. One of the two names is wrong.");
            else if (now?.MadeBy == madeBy)
                result = await Alias(contract, file, now);
            else
                result = await Load(contract, file, zones, madeBy, before is null ? "loaded" : before == file.Sha256 ? "reloaded" : "replaced");
            // the new content is broken and the one before was made by another contract: that one is read again, and its
            // rejects take the place of the broken one's
            if (result.Status == "failed" && before is not null && before != file.Sha256 && store.Find(contract.Table, before)?.MadeBy != madeBy)
                await Load(contract, new(file.Name, before, 0, Path.Combine(settings.Raw, before, file.Name)), zones, madeBy, "reloaded");
            if (result.Status == "skipped" && !landed.Contains(file)) continue;
            Record(result, began);
        }
    }

    /// <summary>Loads one file in one transaction: its old rows go, its new rows come, or nothing happens.
    /// In this order: begin; require the raw copy unless it is fresh; unload this content where it was made by an older contract;
    /// release what the name had before; give the name its new content; forget the older rejects of the name, and of the smallest
    /// of the content's names; load under that one; too many rejects fail the file; write the content down; settle and stage;
    /// commit; publish. On a user's fault: roll back, then in a transaction of its own forget the older rejects of the name that
    /// arrived and keep the first of this run as examples, and tell why. Such a file has loaded 0 rows; where it was read to its
    /// end (too many rejects) it keeps its read and rejected counts, else these are 0 and it has no examples.</summary>
    async Task<FileResult> Load(Contract contract, Landed file, IReadOnlyDictionary<(string, string, string), ZoneTable> zones, string madeBy, string status)
    {
        // step 6: load each file in one transaction
        LoadFile.Result? loaded = null;
        try
        {
            store.Begin();
            if (!file.Fresh) Land.RequireCopy(file);
            if (store.Find(contract.Table, file.Sha256) is { } stale) store.Unload(stale);
            Release(contract.Table, file.Name, except: file.Sha256);
            Failpoint.Hit("old-rows-gone");
            store.SetName(contract.Table, file.Name, file.Sha256);
            var sourceFile = store.NamesOf(contract.Table, file.Sha256).Min(SqlText.Order)!;
            store.ForgetRejects(file.Name);
            store.ForgetRejects(sourceFile);
            loaded = await LoadFile.Run(store, lake, contract, zones, file.RawPath, sourceFile, runId, rows => settings.Progress($"{file.Name}: {rows:N0} rows"), stop);
            if (loaded.Read > 0 && loaded.Rejected > settings.MaxRejectRate * loaded.Read)
                throw new UserException($"{loaded.Rejected:N0} of {loaded.Read:N0} rows were rejected, more than {settings.MaxRejectRate:P1}. None of the file's rows was loaded. See: dotnet run -- rejects");
            store.Add(new(contract.Table, file.Sha256, sourceFile, madeBy, runId, loaded.Read, loaded.Loaded, loaded.Rejected, loaded.Duplicate, loaded.LakeSha256));
            await SettleAndStage(contract);
            Failpoint.Hit("before-commit");
            store.Commit();
            Failpoint.Hit("committed");
            lake?.Publish(store, contract.Table);
            Failpoint.Hit("published");
            var now = store.Find(contract.Table, file.Sha256)!;
            return new(file.Name, contract.Table, file.Sha256, file.Bytes, now.Read, now.Loaded, now.Rejected, now.Duplicate, status, null);
        }
        catch (UserException e)
        {
            store.Rollback();
            store.Begin();
            store.ForgetRejects(file.Name);
            foreach (var bad in loaded?.Examples ?? []) store.Reject(runId, file.Name, bad);
            store.Commit();
            return Failed(contract, file, e.Message) with { Read = loaded?.Read ?? 0, Rejected = loaded?.Rejected ?? 0 };
        }
        catch
        {
            store.Rollback();
            throw;
        }
        // end of step 6
    }

    /// <summary>Content that is loaded already arrives under another name: the name is written down, no row is loaded.
    /// In this order: begin; release what the name had before; give the name this content; where the name is smaller than the one
    /// that the content belongs to, relabel; forget the name's older rejects; settle and stage; commit; publish. The result is
    /// skipped, and says which file has the same content.</summary>
    async Task<FileResult> Alias(Contract contract, Landed file, Content content)
    {
        // step 7: make the store depend on which files are there, not on when each came
        store.Begin();
        Release(contract.Table, file.Name, except: file.Sha256);
        store.SetName(contract.Table, file.Name, file.Sha256);
        if (SqlText.Order.Compare(file.Name, content.SourceFile) < 0) store.Relabel(content, file.Name);
        store.ForgetRejects(file.Name);
        await SettleAndStage(contract);
        Failpoint.Hit("before-commit");
        store.Commit();
        Failpoint.Hit("committed");
        lake?.Publish(store, contract.Table);
        return Skipped(contract, file, $"same content as {content.SourceFile}");
        // end of step 7
    }

    /// <summary>The name gives up the content that it had. Other names may still have it; else its rows go.</summary>
    /// <param name="except">The content that the name has now, which stays.</param>
    void Release(string table, string name, string? except)
    {
        // step 6: load each file in one transaction
        if (store.ShaOf(table, name) is not { } old || old == except) return;
        store.Execute("DELETE FROM source_names WHERE table_name = ? AND name = ?", table, name);
        if (store.Find(table, old) is not { } content) return;
        var others = store.NamesOf(table, old);
        if (others.Count == 0) store.Unload(content);
        else if (content.SourceFile == name) store.Relabel(content, others.Min(SqlText.Order)!);
        // end of step 6
    }

    /// <summary>Settles the duplicates, and stages the Parquet file of every content that it touched.</summary>
    async Task SettleAndStage(Contract contract)
    {
        var waiting = (long)store.Scalar("SELECT count(*) FROM (SELECT 1 FROM duplicate_rows WHERE table_name = ? LIMIT 1)", contract.Table)!;
        var touched = waiting == 0 ? new HashSet<string>() : Settle.Run(store, contract, stop);
        foreach (var file in touched) store.Execute("UPDATE source_contents SET lake_sha256 = NULL WHERE table_name = ? AND source_file = ?", contract.Table, file);
        Failpoint.Hit("settled");
        if (lake is null) return;
        foreach (var content in store.Contents(contract.Table).Where(c => c.LakeSha256 is null))
        {
            var sha = await lake.StageFromStore(store, contract, content.SourceFile, content.RunId);
            store.Execute("UPDATE source_contents SET lake_sha256 = ? WHERE table_name = ? AND sha256 = ?", sha, content.Table, content.Sha256);
        }
    }

    /// <summary>Files that came in an earlier run and are not in the landing folder now. Their raw copies stand for them: when the
    /// contract or a reference table has changed, they are read again.</summary>
    IEnumerable<Landed> Absent(Contract contract, IReadOnlyList<Landed> landed) =>
        from known in store.Names(contract.Table)
        where landed.All(f => f.Name != known.Name)
        let path = Path.Combine(settings.Raw, known.Sha256, known.Name)
        select new Landed(known.Name, known.Sha256, File.Exists(path) ? new FileInfo(path).Length : 0, path);

    /// <summary>Refuses to make a table anew in another shape while a file of its can't be read again.</summary>
    void RequireRawCopies(Contract contract)
    {
        if (!store.HasOtherShape(contract)) return;
        if (store.Names(contract.Table).FirstOrDefault(n => !File.Exists(Path.Combine(settings.Raw, n.Sha256, n.Name))) is { Name: { } lost })
            throw new UserException($"The contract gives the table {contract.Table} another shape, so its files must be read again, and the raw copy of {lost} is gone. Nothing was changed. Put {lost} into the landing folder again.");
    }

    /// <summary>Takes the rows of a file out of a table that another contract has taken the file from.</summary>
    async Task Moved(IReadOnlyList<Contract> contracts)
    {
        foreach (var (name, table) in store.Query("SELECT name, table_name FROM source_names", r => (r.GetString(0), r.GetString(1))))
        {
            if (contracts.Where(c => c.Names(name)).ToList() is not [var taker] || taker.Table == table) continue;
            store.Begin();
            Release(table, name, except: null);
            if (contracts.FirstOrDefault(c => c.Table == table) is { } left && !store.HasOtherShape(left)) await SettleAndStage(left);
            store.Commit();
            lake?.Publish(store, table);
        }
    }

    static FileResult Skipped(Contract contract, Landed file, string why) => new(file.Name, contract.Table, file.Sha256, file.Bytes, 0, 0, 0, 0, "skipped", why);

    static FileResult Failed(Contract? contract, Landed file, string why) => new(file.Name, contract?.Table, file.Sha256, file.Bytes, 0, 0, 0, 0, "failed", why);

    void NotOneContract(Landed file, Contract[] takers) => Record(Failed(null, file, takers.Length == 0
        ? $"No contract names this file. Propose one: dotnet run -- infer \"{Path.Combine(settings.Landing, file.Name)}\""
        : $"More than one contract names this file: {string.Join(", ", takers.Select(c => c.Table))}. Narrow their 'files'."), settings.UtcNow());

    void Record(FileResult f, DateTime began)
    {
        store.Execute("INSERT OR REPLACE INTO ingestion_files VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)", runId, f.Name, f.Table, f.Sha256, f.Bytes, f.Read, f.Loaded, f.Rejected, f.Duplicate, f.Status, f.Reason, Iso(began), Iso(settings.UtcNow()));
        results.Add(f);
    }

    /// <summary>One run at a time in an output folder. The operating system lifts the lock when the process ends, however it ends.</summary>
    static FileStream Lock(string output)
    {
        try { return new FileStream(Path.Combine(output, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None); }
        catch (IOException e) when (e.HResult is 11 or 35 or unchecked((int)0x80070020)) { throw new UserException($"Another run is working in {output}. Wait for it, or choose another --output."); }
    }

    static string Iso(DateTime utc) => utc.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture);
}
