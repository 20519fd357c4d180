namespace DimensionalModel;

/// <summary>The crash lab of this project: two loads are waiting, and the run that takes them in is killed.</summary>
static class CrashLab
{
    /// <summary>Where a run is killed, in <c>Modeling</c>: dimensions (they are merged), facts (they are merged), derived (aggregates and
    /// snapshot are made), before-commit, committed. <c>:2</c> is the second load.</summary>
    public static readonly IReadOnlyList<string> Failpoints = ["dimensions", "dimensions:2", "facts", "facts:2", "derived", "derived:2", "before-commit", "before-commit:2", "committed", "committed:2"];

    public static CrashPlan Plan(string scratch)
    {
        var prepared = Path.Combine(scratch, "prepared");
        var states = new Dictionary<string, string>();      // the warehouse's digest after each load
        return new(Failpoints, Prepare, folder => ["run", "--input", Path.Combine(folder, "loads"), "--output", Path.Combine(folder, "out")], Compare, Left);

        Task Prepare(string folder)
        {
            if (!Directory.Exists(prepared))
            {
                Sample.Small(Path.Combine(prepared, "loads"));
                states[""] = "";
                foreach (var load in Loads.Find(Path.Combine(prepared, "loads")))
                {
                    Modeling.Run(new(load.Folder, Path.Combine(scratch, "states")), default);
                    using var store = new Store(Path.Combine(scratch, "states", "warehouse.db"));
                    states[Taken(store)] = Inspect.Whole(store);
                }
            }
            foreach (var file in Directory.EnumerateFiles(prepared, "*", SearchOption.AllDirectories))
            {
                var copy = Path.Combine(folder, Path.GetRelativePath(prepared, file));
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }
            return Task.CompletedTask;
        }

        // a load is there whole or not at all
        string? Left(string folder)
        {
            if (!File.Exists(Path.Combine(folder, "out", "warehouse.db"))) return null;
            using var store = Sample.Open(folder);
            if (store.Scalar("SELECT 1 FROM sqlite_schema WHERE name = 'loads'") is null) return null;
            var taken = Taken(store);
            if (taken.Length == 0) return store.Count("SELECT count(*) FROM fact_flight") == 0 ? null : "facts of a load that is not there";
            return states[taken] == Inspect.Whole(store) ? null : $"after {taken}, the warehouse is not as it was";
        }

        static Task<(long, long, string?)> Compare(string undisturbed, string folder)
        {
            using var expected = Sample.Open(undisturbed);
            using var found = Sample.Open(folder);
            long lost = 0, doubled = 0;
            foreach (var table in Inspect.Digests(expected).Keys)
            {
                var difference = found.Count($"SELECT count(*) FROM {table}") - expected.Count($"SELECT count(*) FROM {table}");
                if (difference < 0) lost -= difference; else doubled += difference;
            }
            return Task.FromResult((lost, doubled, Inspect.Difference(expected, found)));
        }

        static string Taken(Store store) => string.Join(", ", store.Query("SELECT name FROM loads ORDER BY load_id", r => r.GetString(0)));
    }
}
