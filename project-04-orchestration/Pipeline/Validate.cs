using System.Text;
using System.Text.Json.Serialization;
using CsvHelper;

namespace Orchestrator;

/// <summary>What <see cref="Validate"/> found, as XCom. <c>MissingTailNumbers</c> counts flights that were flown.</summary>
sealed record Validation(
    [property: JsonPropertyName("rows")] long Rows,
    [property: JsonPropertyName("rejected")] long Rejected,
    [property: JsonPropertyName("missing_tail_numbers")] long MissingTailNumbers,
    [property: JsonPropertyName("warning")] string? Warning);

/// <summary>Parts the staged file into rows that keep the rules and rows that do not, and looks at the day as a whole. Project 02 is about
/// how much more there is to it.</summary>
static class Validate
{
    /// <summary>What the run's validation found.</summary>
    public static Validation ResultOf(TaskContext context) => context.Pull<Validation>("validate") ?? throw new InvalidOperationException("validate has left no result.");

    /// <exception cref="TaskFailedForGood">The file is not one of flights, or more than half of it is rejected: another try would read the same bytes.</exception>
    public static object? Run(TaskContext context)
    {
        using var file = new FlightFile(context.FileIn("staging"), context.Date);
        using var validated = new PartitionFile(context, "validated");
        using var rejected = new PartitionFile(context, "rejected");
        // what is rejected is opened by people, in spreadsheets: a cell that begins like a formula is escaped
        var rejects = CsvWriter.Create(rejected.Stream, new CsvWriterOptions { NewLine = "\n", Injection = CsvInjection.Escape }, leaveOpen: true);
        rejects.WriteRecord("line", "reason", "row");
        validated.Stream.Write(Encoding.UTF8.GetBytes(FlightFile.Header + "\n"));
        var (rows, bad, flown, missing) = (0L, 0L, 0L, 0L);
        while (file.Read() is { } row)
        {
            if (rows++ % 1000 == 0) context.Stop.ThrowIfCancellationRequested();
            if (row is Rejected r)
            {
                bad++;
                rejects.WriteField(r.Line);
                rejects.WriteField(r.Reason);
                rejects.WriteField(r.Raw);
                rejects.EndRecord();
            }
            else if (row is Flight flight)
            {
                validated.Stream.Write(file.Raw);
                validated.Stream.WriteByte((byte)'\n');
                if (flight.DepTime is null) continue;       // a cancelled flight may never have had an aircraft
                flown++;
                if (flight.TailNumber is null) missing++;
            }
        }
        rejects.Dispose();
        rejected.Complete();
        validated.Complete();
        if (rows == 0) throw new TaskFailedForGood($"the file of {context.Day} has no rows");
        if (bad * 2 > rows)
        {
            context.Fenced(rejected.Rename);        // so that somebody can see why
            throw new TaskFailedForGood($"{bad:N0} of {rows:N0} rows are rejected, more than half; see rejected/{context.Day}.csv");
        }
        context.Fenced(() =>
        {
            if (bad > 0) rejected.Rename();
            else rejected.RemoveOld();
            validated.Rename();
        });
        var warning = missing * 20 > flown ? $"{missing:N0} of {flown:N0} flown flights have no tail number ({100.0 * missing / flown:0.0} %); up to 5 % is usual" : null;
        context.Log($"{rows:N0} rows, {bad:N0} rejected{(warning is null ? "" : "; " + warning)}");
        return new Validation(rows, bad, missing, warning);
    }
}
