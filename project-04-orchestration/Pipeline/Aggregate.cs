namespace Orchestrator;

/// <summary>Replaces the day's rows of daily_carrier by what the day's flights add up to.</summary>
static class Aggregate
{
    /// <returns>The number of rows.</returns>
    public static object? Run(TaskContext context)
    {
        // step 7: write partitions by interval
        using var warehouse = new Warehouse(context.Output);
        using var transaction = warehouse.Begin();
        warehouse.Execute("DELETE FROM daily_carrier WHERE day = $1", context.Day);
        var rows = warehouse.Execute(Warehouse.Sql("pipeline-aggregate.sql"), context.Day);
        context.Fenced(transaction.Commit);
        return rows;
        // end of step 7
    }
}
