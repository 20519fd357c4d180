namespace Orchestrator;

/// <summary>Brings the day's file from the source into the staging folder, byte for byte. From here on the source is not asked any more, so
/// that what is computed can be computed again from the same bytes.</summary>
static class Extract
{
    /// <summary>Where the source delivers the day's file.</summary>
    public static string SourceOf(TaskContext context) => Path.Combine(context.Input, $"flights_{context.Day}.csv");

    /// <returns>The number of rows, the header not counted.</returns>
    public static object? Run(TaskContext context)
    {
        Incidents.WhileReadingTheSource(context);
        using var source = File.OpenRead(SourceOf(context));
        using var staged = new PartitionFile(context, "staging");
        var (lines, last) = (0L, (byte)'\n');
        var buffer = new byte[1 << 16];
        while (source.Read(buffer) is > 0 and var length)
        {
            context.Stop.ThrowIfCancellationRequested();
            staged.Stream.Write(buffer, 0, length);
            lines += buffer.AsSpan(0, length).Count((byte)'\n');
            last = buffer[length - 1];
        }
        staged.Complete();
        context.Fenced(staged.Rename);
        var rows = Math.Max(0, lines + (last == '\n' ? 0 : 1) - 1);
        context.Log($"{rows:N0} rows from {Path.GetFileName(SourceOf(context))}");
        return rows;
    }
}
