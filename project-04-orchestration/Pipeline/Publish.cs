using CsvHelper;

namespace Orchestrator;

/// <summary>Writes the day's report for its readers, and notes that the day is published.</summary>
static class Publish
{
    /// <returns>The number of rows of the report.</returns>
    public static object? Run(TaskContext context)
    {
        // step 5: write partitions by interval
        using var warehouse = new Warehouse(context.Output);
        using var transaction = warehouse.Begin();
        using var report = new PartitionFile(context, "published");
        var (rows, flights, cancelled) = (0L, 0L, 0L);
        // the escape: a text that begins with = + - @, a tab or a line break is a formula to the spreadsheet that opens the report
        using (var csv = CsvWriter.Create(report.Stream, new CsvWriterOptions { NewLine = "\n", Injection = CsvInjection.Escape }, leaveOpen: true))
        {
            csv.WriteRecord("day", "carrier", "origin", "flights", "cancelled", "mean_dep_delay", "mean_arr_delay");
            foreach (var row in warehouse.Query("SELECT carrier, origin, flights, cancelled, dep_delay_sum, dep_delay_count, arr_delay_sum, arr_delay_count FROM daily_carrier WHERE day = $1 ORDER BY carrier, origin", context.Day))
            {
                csv.WriteField(context.Date);
                csv.WriteField((string)row[0]!);
                csv.WriteField((string)row[1]!);
                csv.WriteField((long)row[2]!);
                csv.WriteField((long)row[3]!);
                csv.WriteField(Mean(row[4], row[5]));
                csv.WriteField(Mean(row[6], row[7]));
                csv.EndRecord();
                (rows, flights, cancelled) = (rows + 1, flights + (long)row[2]!, cancelled + (long)row[3]!);
            }
        }
        report.Complete();
        warehouse.Execute("DELETE FROM published_day WHERE day = $1", context.Day);
        warehouse.Execute("INSERT INTO published_day (day, rows, flights, cancelled) VALUES ($1, $2, $3, $4)", context.Day, rows, flights, cancelled);

        // no transaction spans a file and a database: the file comes first, so that a day noted as published has its report. Killed in between,
        // the next attempt writes the same file again
        context.Fenced(() =>
        {
            report.Rename();
            transaction.Commit();
        });
        return rows;
        // end of step 5
    }

    /// <summary>Minutes with two decimals; null when there is nothing to divide by.</summary>
    static decimal? Mean(object? sum, object? count) => count is long n and > 0 ? decimal.Round((long)sum! / (decimal)n, 2) : null;
}
