namespace Orchestrator;

/// <summary>Notes that a day was published with a warning. Production would also tell somebody; here the table is where people look.</summary>
static class QualityAlert
{
    public static object? Run(TaskContext context)
    {
        // step 7: write partitions by interval
        var validation = Validate.ResultOf(context);
        using var warehouse = new Warehouse(context.Output);
        using var transaction = warehouse.Begin();
        warehouse.Execute("DELETE FROM quality_alert WHERE day = $1", context.Day);
        warehouse.Execute("INSERT INTO quality_alert (day, rows, missing_tail_numbers, warning) VALUES ($1, $2, $3, $4)", context.Day, validation.Rows, validation.MissingTailNumbers, validation.Warning);
        context.Fenced(transaction.Commit);
        context.Log(validation.Warning ?? "");
        return null;
        // end of step 7
    }
}
