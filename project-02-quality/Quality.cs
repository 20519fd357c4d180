using Microsoft.Data.Sqlite;

namespace DataQuality;

/// <summary>The table of contents: the whole flow of a run, in order.</summary>
sealed class Quality(Settings settings, Store store, IReadOnlyList<TableRules> rules, CancellationToken stop)
{
    /// <summary>The rules, with the columns that drops have added or widened.</summary>
    List<TableRules> tables = [];

    /// <summary>Takes in the drops of the input, one after the other. A drop that is held back ends the run: later ones may build on it.</summary>
    /// <param name="done">Is told of each drop as soon as it is known what became of it: whoever catches what is thrown has these.</param>
    /// <returns>What became of each drop.</returns>
    public static IReadOnlyList<RunResult> Run(Settings settings, CancellationToken stop, Action<RunResult>? done = null)
    {
        var drops = Drops.Find(settings.Input);
        var results = new List<RunResult>();
        return Open(settings, stop, quality =>
        {
            foreach (var drop in drops)
            {
                results.Add(quality.TakeIn(drop, results.LastOrDefault()?.Status));
                done?.Invoke(results[^1]);
            }
            return results;
        });
    }

    /// <param name="before">What became of the drop before.</param>
    RunResult TakeIn(Drop drop, string? before)
    {
        if (before is "held" or "failed" or "not tried") return new(0, drop.Name, "not tried", ["a drop before it is not in the layers"], [], [], []);
        if (IsIn(drop)) return new(0, drop.Name, "skipped", ["it is in the layers already"], [], [], []);
        SameRules();
        return Build(drop);
    }

    /// <summary>Judges all rows again, after a rule or a code map was mended: what is good now leaves the quarantine.</summary>
    public static RunResult Replay(Settings settings, CancellationToken stop)
    {
        // step 8: let mended rows out, and look back
        var nothing = new UserException($"There is nothing to replay in {settings.Output}: no drop was published. Take some in: dotnet run", 2);
        if (!File.Exists(settings.Database)) throw nothing;
        return Open(settings, stop, quality => quality.HasDrops ? quality.Build(null) : throw nothing);
        // end of step 8
    }

    static T Open<T>(Settings settings, CancellationToken stop, Func<Quality, T> work)
    {
        var rules = RuleFiles.Load(settings.RulesFolder);
        if (settings.CuratedFolder is { } curated) Layers.CheckCurated(curated, rules);
        if (File.Exists(settings.Output)) throw new UserException($"{settings.Output} is a file. Expected a folder for the store.", 2);
        Directory.CreateDirectory(settings.Output);
        using var alone = Lock(settings.Output);
        try
        {
            using var store = new Store(settings.Database);
            if (RawLayer.Tables(store).FirstOrDefault(held => rules.All(t => t.Table != held)) is { } other) throw new UserException($"The store in {settings.Output} holds the table {other}, which no file in {settings.RulesFolder} describes. Add its rules, or choose another --output.", 2);
            Layers.Sweep(store);
            store.Execute("UPDATE quality_runs SET status = 'failed', reasons = json_array('it was killed') WHERE status = 'running'");
            return work(new(settings, store, rules, stop));
        }
        catch (SqliteException e) when (e.SqliteErrorCode is 5 or 8 or 10 or 11 or 13 or 14 or 26)      // busy, read-only, I/O, corrupt, full, can't open, no database
        {
            throw Store.Told(settings.Database, e);
        }
    }

    /// <summary>Builds the new layers aside, audits them, and swaps them in when the gate holds nothing against them.</summary>
    /// <param name="drop">The drop that is taken in; null for a replay.</param>
    RunResult Build(Drop? drop)
    {
        var run = new Account(store, settings, drop, RuleFiles.Sha256(settings.RulesFolder));
        try
        {
            foreach (var path in drop?.Files ?? []) ReadFile.RefuseOther(path);
            foreach (var file in drop?.Files ?? [])
            {
                var (name, named) = ($"{drop!.Name}/{Path.GetFileName(file)}", rules.Where(t => t.Names(Path.GetFileName(file))).Select(t => t.Table + ".json").ToList());
                if (named.Count == 0) throw new UserException($"{name}: no rules name this file. Propose some: dotnet run -- profile \"{file}\"");
                if (named.Count > 1) throw new UserException($"{name}: both {named[0]} and {named[1]} name this file. A file carries one table.", 2);
            }
            var layers = new Layers(store, rules);
            layers.Begin();
            tables = Evolution.Of(store, rules);
            for (var i = 0; i < tables.Count; i++)                          // tables that others refer to come first
            {
                settings.Progress($"{run.Name}: {tables[i].Table}");
                tables[i] = Table(tables[i], drop, layers, run);
            }
            layers.Curate(settings.CuratedFolder ?? ProjectFolder.At("curated"));
            Failpoint.Hit("curated");
            return run.Held ? run.Hold() : Publish(layers, run, drop);
        }
        catch (UserException e)
        {
            run.Fail(e.Message);
            if (e.ExitCode == 2) throw;
            return run.Result("failed", [e.Message]);
        }
        catch (Exception e)
        {
            run.Fail(e is OperationCanceledException ? "interrupted" : e.Message);
            throw;
        }
    }

    /// <returns>The table with what the drop has added or widened.</returns>
    TableRules Table(TableRules table, Drop? drop, Layers layers, Account run)
    {
        var raw = new RawLayer(store, table.Table);
        var files = drop?.Files.Where(f => table.Names(Path.GetFileName(f))).ToList() ?? [];
        store.InTransaction(() => table = Land(table, drop, files, raw, run));
        Failpoint.Hit("raw");
        store.InTransaction(() =>
        {
            var judge = new Judge(store, table, Keys);
            var tally = judge.Run(raw.Rows([.. table.Columns.Select(c => c.Name)]), row => drop is null || row.Drop == drop.Name, stop);
            Failpoint.Hit("judged");
            Deduplicate.Run(store, table);
            var audit = new Audit(store, table, drop?.Name, settings.AsOf ?? drop?.AsOf);
            while (audit.Uniqueness(judge, tally)) Deduplicate.Run(store, table);      // whoever goes gives its place back to another version
            layers.Split(table, raw);
            run.Counts(table.Table, layers.Count(table, raw));
            if (files.Count > 0 || drop is null) run.Results(audit.Results(tally, wholeTable: drop is not null));
        });
        Failpoint.Hit("split");
        return table;
    }

    /// <summary>Stages the raw rows of the drop's files, and finds where they differ from what is expected.</summary>
    /// <returns>The table with the columns that the drop has added or widened, where the policy says so.</returns>
    TableRules Land(TableRules table, Drop? drop, IReadOnlyList<string> files, RawLayer raw, Account run)
    {
        foreach (var path in files)
        {
            using var file = new ReadFile(path, [.. table.Columns.Select(c => c.Name)]);
            foreach (var finding in Drift.OfHeader(table, Path.GetFileName(path), file.Header)) table = run.Drift(table, Drift.Guess(table, finding, file.Header));
        }
        if (files.Count == 0) return table;
        var columns = raw.Begin(table.Columns.Select(c => c.Name));
        foreach (var path in files)
        {
            using var file = new ReadFile(path, columns);
            var census = new TypeCensus(table, columns);
            raw.Stage(drop!.Name, Path.GetFileName(path), file.Rows(), columns.Count, census.Add);
            foreach (var finding in census.Findings(Path.GetFileName(path))) table = run.Drift(table, finding);
            stop.ThrowIfCancellationRequested();
        }
        return table;
    }

    /// <summary>The values of a column among the clean rows that this run has built.</summary>
    KeySet Keys(string table, string column)
    {
        var keys = new KeySet();
        foreach (var batch in Layers.Batches(store, "next_clean_" + table, [tables.Single(t => t.Table == table).Columns.Single(c => c.Name == column)])) keys.Add(batch.Columns[0], batch.Count);
        return keys;
    }

    /// <summary>In one transaction: counts who leaves the quarantine and who goes there, swaps the layers, enters the drop (if there is one) and
    /// the account, and passes the failpoint <c>before-commit</c>. Behind the commit stands <c>published</c>.</summary>
    RunResult Publish(Layers layers, Account run, Drop? drop)
    {
        // step 7: hold back what is not good enough, publish the rest at once
        long released = 0, confined = 0;
        store.InTransaction(() =>
        {
            const string Elsewhere = "(table_name, _drop, _file, _row) NOT IN (SELECT table_name, _drop, _file, _row FROM";
            released = (long)store.Scalar($"SELECT count(*) FROM quarantine WHERE {Elsewhere} next_quarantine)")!;
            confined = (long)store.Scalar($"SELECT count(*) FROM next_quarantine WHERE _drop IS NOT ? AND {Elsewhere} quarantine)", drop?.Name)!;
            layers.Swap();
            if (drop is not null) store.Execute("INSERT INTO drops SELECT ?, coalesce(max(drop_no), 0) + 1, ?, ? FROM drops", drop.Name, drop.Sha256, run.Id);
            run.Write("published", []);
            Failpoint.Hit("before-commit");
        });
        Failpoint.Hit("published");
        return run.Result("published", []) with { Released = released, Confined = confined };
        // end of step 7
    }

    /// <summary>The gate looks at the rows of the drop alone. With other rules it would not see what they do to the rows that are there:
    /// a replay judges these, and its gate looks at all.</summary>
    void SameRules()
    {
        var last = store.Query("SELECT coalesce(drop_name, 'the last replay'), rules_sha256 FROM quality_runs WHERE status = 'published' ORDER BY run_id DESC LIMIT 1", r => (Name: r.GetString(0), Rules: r.GetString(1)));
        if (last is [var (name, sha256)] && sha256 != RuleFiles.Sha256(settings.RulesFolder)) throw new UserException($"The rules have changed since {name} was published. Judge what is there first: dotnet run -- replay-quarantine", 2);
    }

    bool HasDrops => store.Scalar("SELECT 1 FROM drops") is not null;

    /// <summary>Whether the drop is in the layers. One that comes again with other content is refused: what is published under a
    /// name is not changed.</summary>
    bool IsIn(Drop drop)
    {
        if (store.Scalar("SELECT sha256 FROM drops WHERE drop_name = ?", drop.Name) is not string known) return false;
        if (known != drop.Sha256) throw new UserException($"The drop {drop.Name} is in the layers with other content. Expected a new name for a correction, such as {drop.Name}-corrected.");
        return true;
    }

    /// <summary>One run at a time in an output folder. The operating system lifts the lock when the process ends, however it ends.</summary>
    static FileStream Lock(string output)
    {
        try { return new FileStream(Path.Combine(output, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None); }
        catch (IOException e) when (e.HResult is 11 or 35 or unchecked((int)0x80070020)) { throw new UserException($"Another run is working in {output}. Wait for it, or choose another --output."); }
    }
}
