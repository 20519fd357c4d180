namespace Orchestrator;

/// <summary>The tasks of a DAG with their edges looked up both ways, in an order in which each comes after all it waits for.</summary>
sealed class DagGraph
{
    readonly Dictionary<string, string[]> downstream;
    readonly Dictionary<string, IReadOnlySet<string>> allDownstream;

    /// <exception cref="UserException">A doubled id, an unknown upstream or a cycle; the message names the path.</exception>
    public DagGraph(Dag dag)
    {
        Dag = dag;
        Order = Sort(dag);
        downstream = Order.ToDictionary(t => t.Id, t => Order.Where(other => other.Upstream.Contains(t.Id)).Select(other => other.Id).ToArray());
        allDownstream = [];
        foreach (var task in Order.Reverse()) allDownstream[task.Id] = downstream[task.Id].Concat(downstream[task.Id].SelectMany(id => allDownstream[id])).ToHashSet();
        DependsOnPast = Order.Any(t => t.DependsOnPast);
    }

    public Dag Dag { get; }
    public IReadOnlyList<DagTask> Order { get; }
    public bool DependsOnPast { get; }

    public IReadOnlyList<string> Downstream(string task) => downstream[task];
    /// <summary>All tasks that wait for this one, directly or by others.</summary>
    public IReadOnlySet<string> AllDownstream(string task) => allDownstream[task];
    public bool IsLeaf(string task) => downstream[task].Length == 0;
    /// <summary>The task's own weight and those of all that wait for it: what holds up most goes first.</summary>
    public int Weight(DagTask task) => task.PriorityWeight + allDownstream[task.Id].Sum(id => Dag[id].PriorityWeight);

    /// <summary>The tasks so that each comes after its upstream, and otherwise as they were listed.</summary>
    static IReadOnlyList<DagTask> Sort(Dag dag)
    {
        // step 1: put the tasks in order
        var byId = new Dictionary<string, DagTask>();
        foreach (var task in dag.Tasks)
            if (!byId.TryAdd(task.Id, task)) throw new UserException($"{dag.Id}: two tasks have the id '{task.Id}'.", 2);
        var order = new List<DagTask>();
        var done = new HashSet<string>();
        var path = new List<string>();
        foreach (var task in dag.Tasks) Visit(task);
        return order;

        void Visit(DagTask task)
        {
            if (done.Contains(task.Id)) return;
            if (path.IndexOf(task.Id) is >= 0 and var from) throw new UserException($"{dag.Id}: a cycle: {string.Join(" → ", path.Skip(from).Append(task.Id).Reverse())}.", 2);
            path.Add(task.Id);
            foreach (var id in task.Upstream)
                Visit(byId.GetValueOrDefault(id) ?? throw new UserException($"{dag.Id}: '{task.Id}' waits for '{id}', which is no task. Tasks: {string.Join(", ", byId.Keys)}.", 2));
            path.RemoveAt(path.Count - 1);
            done.Add(task.Id);
            order.Add(task);
        }
        // end of step 1
    }
}
