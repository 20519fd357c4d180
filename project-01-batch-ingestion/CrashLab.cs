namespace BatchIngestion;

/// <summary>The crash lab of this project: a first load is there, then a corrected file, a new one and a renamed one arrive, and
/// the run that takes them in is killed.</summary>
static class CrashLab
{
    /// <summary>Where a run is killed. In <c>Land</c>: raw-copied (the copy lies aside), raw-kept (it has its name). In
    /// <c>Ingestion.Load</c>: old-rows-gone, before-commit, committed, published (the lake has its files); in <c>Alias</c>:
    /// before-commit and committed only. In <c>LoadFile</c>: rows-inserted, after each batch. In <c>SettleAndStage</c>: settled. In
    /// <c>LakeFile.Finish</c>: lake-staged (the Parquet file lies aside under its hash). <c>:2</c> is the second time that the place is
    /// passed.</summary>
    public static readonly IReadOnlyList<string> Failpoints =
        ["raw-copied", "raw-kept", "old-rows-gone", "rows-inserted", "settled", "lake-staged", "lake-staged:2", "before-commit", "before-commit:2", "committed", "committed:2", "published"];

    public static CrashPlan Plan(IReadOnlyList<Contract> contracts, string scratch)
    {
        var prepared = Path.Combine(scratch, "prepared");
        return new(Failpoints, Prepare, folder => ["run", "--input", Path.Combine(folder, "landing"), "--output", Path.Combine(folder, "out")], Compare);

        async Task Prepare(string folder)
        {
            if (!Directory.Exists(prepared))
            {
                var settings = Sample.In(prepared);
                File.WriteAllLines(Path.Combine(settings.Landing, "flights-b.csv"), Sample.Lines(300, 200));
                await Ingestion.Run(settings, default);
                File.WriteAllLines(Path.Combine(settings.Landing, "flights-sample.csv"), Sample.Lines(100, 350));
                File.WriteAllLines(Path.Combine(settings.Landing, "flights-a.csv"), Sample.Lines(350, 9000));
                File.Move(Path.Combine(settings.Landing, "airlines.csv"), Path.Combine(settings.Landing, "airlines-0.csv"));
            }
            foreach (var file in Directory.EnumerateFiles(prepared, "*", SearchOption.AllDirectories))
            {
                var copy = Path.Combine(folder, Path.GetRelativePath(prepared, file));
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }
        }

        async Task<(long, long, string?)> Compare(string undisturbed, string folder)
        {
            var (expected, found) = (Of(undisturbed), Of(folder));
            long lost = 0, doubled = 0;
            foreach (var contract in contracts)
            {
                var count = $"SELECT count(*) FROM {SqlText.Quote(contract.Table)}";
                var difference = Audit.Count(found, count) - Audit.Count(expected, count);
                if (difference < 0) lost -= difference; else doubled += difference;
            }
            var (want, have) = (Audit.Whole(expected, contracts), Audit.Whole(found, contracts));
            var parquet = await Audit.Parquet(found, contracts);
            var problem = want.SequenceEqual(have) ? Audit.Counts(found, contracts) : "another store: " + string.Join(", ", want.Where(w => have[w.Key] != w.Value).Select(w => w.Key));
            problem ??= parquet.All(p => want[p.Key] == p.Value) ? null : "the Parquet files differ from the store";
            problem ??= Directory.Exists(Path.Combine(found.LakeFolder, ".staged")) || Directory.GetFiles(found.Raw, ".part-*").Length > 0 ? "half-written files were left" : null;
            return (lost, doubled, problem);
        }

        Settings Of(string folder) => new(Path.Combine(folder, "landing"), Path.Combine(folder, "out"), ProjectFolder.At("contracts"));
    }
}
