namespace Orchestrator;

/// <summary>What the checklist plays its proofs with.</summary>
static class Playground
{
    public static readonly DateTime Day1 = new(2013, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>A DAG of actions that do nothing, by ids with what they wait for: <c>"a", "b&lt;a", "c&lt;a,b"</c>.</summary>
    public static Dag Dag(params IEnumerable<string> tasks) => new("test")
    {
        Schedule = new NullTimetable(),
        StartDate = Day1,
        Tasks = [.. tasks.Select(t => t.Split('<')).Select(t => new ActionTask(t[0], _ => null) { Upstream = t.Length > 1 ? t[1].Split(',') : [] })],
    };

    /// <summary>A DAG of tasks in a random order with random edges and no cycle.</summary>
    public static Dag Random(Random chance, int tasks)
    {
        var ids = Enumerable.Range(0, tasks).Select(i => $"t{i:000}").ToArray();
        chance.Shuffle(ids);
        var lines = ids.Select((id, i) => i == 0 || chance.Next(4) == 0 ? id : $"{id}<{string.Join(',', Enumerable.Range(0, chance.Next(1, 4)).Select(_ => ids[chance.Next(i)]).Distinct())}").ToArray();
        chance.Shuffle(lines);
        return Dag(lines);
    }

    public static string Trigger(StateStore store, DagGraph graph, DateTime at)
    {
        string? id = null;
        store.InTransaction(() => id = Runs.Create(store, graph, new(new(at, at), at), RunType.Manual, at));
        return id!;
    }

    /// <summary>The files of some days of January 2013 in a folder of their own.</summary>
    public static string Source(string folder, params IEnumerable<int> days)
    {
        Directory.CreateDirectory(folder);
        foreach (var day in days)
        {
            var name = $"flights_2013-01-{day:00}.csv";
            if (!File.Exists(Path.Combine(folder, name))) File.Copy(ProjectFolder.At("data", "source", name), Path.Combine(folder, name));
        }
        return folder;
    }
}
