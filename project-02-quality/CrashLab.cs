namespace DataQuality;

/// <summary>The crash lab of this project: a drop is published, two more are waiting, and the run that takes them in is killed.</summary>
static class CrashLab
{
    /// <summary>Where a run is killed, in <c>Quality</c>: raw (the drop's rows are staged), judged, split (a table's layers are
    /// built), curated, before-commit (the swap is done and not committed), published. <c>:2</c> is the second time that the
    /// place is passed.</summary>
    public static readonly IReadOnlyList<string> Failpoints = ["raw", "raw:4", "judged", "judged:5", "split", "split:3", "curated", "before-commit", "before-commit:2", "published", "published:2"];

    public static CrashPlan Plan(string scratch)
    {
        var prepared = Path.Combine(scratch, "prepared");
        var states = new Dictionary<string, string>();      // the layers' digest after each drop
        return new(Failpoints, Prepare, folder => ["run", "--input", Path.Combine(folder, "drops"), "--output", Path.Combine(folder, "out"), "--rules", Path.Combine(folder, "rules"), "--curated", ProjectFolder.At("curated")], Compare, Left);

        Task Prepare(string folder)
        {
            if (!Directory.Exists(prepared)) states = Sample.Stages(prepared);
            Sample.Copy(prepared, folder);
            return Task.CompletedTask;
        }

        // old or new, and nothing between
        string? Left(string folder)
        {
            var (drops, digest) = Layers(folder);
            return states[drops] == digest ? null : $"with {drops}, the layers are {digest} instead of {states[drops]}";
        }

        Task<(long, long, string?)> Compare(string undisturbed, string folder)
        {
            using var expected = Sample.Open(undisturbed);
            using var found = Sample.Open(folder);
            long lost = 0, doubled = 0;
            foreach (var layer in Inspect.LayerNames(expected))
            {
                var difference = found.Has(layer) ? (long)found.Scalar($"SELECT count(*) FROM {layer}")! - (long)expected.Scalar($"SELECT count(*) FROM {layer}")! : -1;
                if (difference < 0) lost -= difference; else doubled += difference;
            }
            var problem = Inspect.Digest(expected) == Inspect.Digest(found) ? null : "other layers";
            problem ??= Inspect.Account(expected) == Inspect.Account(found) ? null : "another account of the published runs";
            return Task.FromResult((lost, doubled, problem));
        }

        static (string, string) Layers(string folder)
        {
            using var store = Sample.Open(folder);
            return (string.Join(", ", store.Query("SELECT drop_name FROM drops ORDER BY drop_no", r => r.GetString(0))), Inspect.Digest(store));
        }
    }
}
