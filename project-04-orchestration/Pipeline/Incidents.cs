namespace Orchestrator;

/// <summary>What goes wrong on purpose, so that a run of the month shows more than sunshine. Each happens on one day; the third incident,
/// the tail numbers that are missing on the 20th, is in the data.</summary>
static class Incidents
{
    /// <summary>The source's file of this day arrives after all others: its run waits, and no other waits for it.</summary>
    public static DateOnly LateDay => new(2013, 1, 9);

    /// <summary>The first attempt to read this day fails, the second does not.</summary>
    public static DateOnly BrokenDay => new(2013, 1, 14);

    /// <exception cref="IOException">The source is gone; trying again helps.</exception>
    public static void WhileReadingTheSource(TaskContext context)
    {
        if (context.Date == BrokenDay && context.TryNumber == 1) throw new IOException("the source closed the connection");
    }
}
