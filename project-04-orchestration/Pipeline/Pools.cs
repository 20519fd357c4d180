namespace Orchestrator;

/// <summary>A number of slots that tasks of all DAGs share: a task takes its slots when it starts and gives them back when it ends.</summary>
sealed record Pool(string Name, int Slots, string Description);

/// <summary>The pools that there are.</summary>
static class Pools
{
    public const string Warehouse = "warehouse";

    public static IReadOnlyList<Pool> All =>
    [
        new("default_pool", 128, "All tasks that name no other pool."),
        // SQLite has one writer at a time. A second one would wait inside its task, and hold a worker meanwhile; a slot makes it wait in the queue.
        new(Warehouse, 1, "Tasks that write into the warehouse."),
    ];
}
