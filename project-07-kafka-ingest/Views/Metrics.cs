using System.Globalization;
using System.Text;

namespace KafkaIngest;

/// <summary>What Prometheus is told.</summary>
/// <param name="Ends">Where each partition ends; null: the broker does not answer, or has no such topic.</param>
sealed record MetricsSnapshot(string Topic, bool BrokerUp, IReadOnlyList<long>? Ends, StoreCounts Store);

/// <summary>Writes metrics as text, format 0.0.4 of Prometheus.</summary>
static class Metrics
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static string Text(MetricsSnapshot now)
    {
        var text = new StringBuilder();
        void Metric(string name, string type, string help, IEnumerable<(long Value, (string, string)[] Labels)> samples)
        {
            text.Append(CultureInfo.InvariantCulture, $"# HELP kafka_ingest_{name} {help.Replace("\\", "\\\\").Replace("\n", "\\n")}\n# TYPE kafka_ingest_{name} {type}\n");
            foreach (var (value, labels) in samples) text.Append(CultureInfo.InvariantCulture, $"kafka_ingest_{name}{Labels(labels)} {value}\n");
        }

        var topic = ("topic", now.Topic);
        var store = now.Store;
        Metric("broker_up", "gauge", "1 when the broker answers.", [(now.BrokerUp ? 1 : 0, [])]);
        if (now.Ends is { } ends)
        {
            Metric("topic_end", "gauge", "The offset after the last record of the partition.", ends.Select((end, p) => (end, ((string, string)[])[topic, ("partition", $"{p}")])));
            Metric("lag", "gauge", "Records in the topic that the sink does not have.", store.Partitions.Where(s => s.Partition < ends.Count).Select(s => (Math.Max(0, ends[s.Partition] - s.Next), Of(s))));
        }
        Metric("offset", "gauge", "The offset that the sink needs next.", store.Partitions.Select(s => (s.Next, Of(s))));
        Metric("events_stored_total", "counter", "Records that the sink has stored as events.", store.Totals.Select(t => (t.Value.Stored, Sink(t.Key))));
        Metric("duplicates_total", "counter", "Records whose event the sink had already.", store.Totals.Select(t => (t.Value.Duplicates, Sink(t.Key))));
        Metric("dead_lettered_total", "counter", "Records that are no valid events.", store.Totals.Select(t => (t.Value.DeadLettered, Sink(t.Key))));
        Metric("events", "gauge", "Events in SQLite.", [(store.Events, [topic])]);
        Metric("lake_files", "gauge", "Parquet files of the lake.", [(store.LakeFiles, [topic])]);
        Metric("lake_bytes", "gauge", "Bytes of the lake's Parquet files.", [(store.LakeBytes, [topic])]);
        return text.ToString();

        (string, string)[] Of(SinkPartition s) => [.. Sink(s.Sink), ("partition", $"{s.Partition}")];
        (string, string)[] Sink(SinkKind sink) => [("sink", sink.ToString().ToLowerInvariant()), topic];
    }

    static string Labels((string Name, string Value)[] labels) => labels.Length == 0 ? "" : $"{{{string.Join(',', labels.Select(l => $"{l.Name}=\"{Escape(l.Value)}\""))}}}";

    /// <summary>A label's value, as the format wants it.</summary>
    public static string Escape(string value) => value.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n");
}
