namespace KafkaIngest;

/// <summary>Who writes to a lake holds its lock, with others. Who can have it alone removes what a killed process has left.</summary>
static class LakeLock
{
    /// <summary>Removes orphans if nobody else writes to the lake, and takes the lock. Dispose it at the end; the operating system lifts it when the
    /// process is killed.</summary>
    public static IDisposable Take(string output, Topic topic)
    {
        Directory.CreateDirectory(output);
        var path = Path.Combine(output, ".lake.lock");
        try
        {
            using var alone = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            using var store = EventStore.Open(output, topic.Name, topic.Incarnation, topic.Partitions);
            Manifest.Sweep(store.Connection, output);
        }
        catch (IOException) when (File.Exists(path)) { }        // another consumer writes here
        for (var attempt = 0; ; attempt++)
            try { return new FileStream(path, FileMode.OpenOrCreate, FileAccess.Read, FileShare.Read); }
            catch (IOException) when (File.Exists(path) && attempt < 100) { Thread.Sleep(100); }        // another one that starts has it alone for a moment
    }
}
