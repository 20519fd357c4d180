namespace KafkaIngest;
// placeholder until the lake branch is merged
sealed class LakeSink(EventStore store, Settings settings) : ISink
{
    public string Name => "lake";
    public long Next(int partition) => Offsets.Next(store, Name, partition);
    public IReadOnlyList<(int Partition, long Next)> Write(Batch batch) => throw new NotSupportedException(settings.Topic);
    public IReadOnlyList<(int Partition, long Next)> Due() => [];
    public IReadOnlyList<(int Partition, long Next)> Flush(IReadOnlyCollection<int> partitions) => [];
    public void Abandon(IReadOnlyCollection<int> partitions) { }
    public void Dispose() => store.Dispose();
}
sealed record LakeRow(string EventId, string EventType, DateTime EventTimeUtc, string? Key, int SchemaVersion, int Partition, long Offset, DateTime ProducedAtUtc, string Payload);
static class Manifest
{
    public static string? Problem(Microsoft.Data.Sqlite.SqliteConnection db, string output) => null;
    public static async IAsyncEnumerable<LakeRow> Rows(Microsoft.Data.Sqlite.SqliteConnection db, string output) { await Task.CompletedTask; yield break; }
    public static IReadOnlyList<string> Sweep(Microsoft.Data.Sqlite.SqliteConnection db, string output) => [];
}
