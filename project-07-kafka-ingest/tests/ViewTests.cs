using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace KafkaIngest.Tests;

/// <summary>What one sees of a run, and what Prometheus is told.</summary>
[TestFixture]
sealed partial class ViewTests
{
    static readonly StoreCounts Store = new([new(SinkKind.Sqlite, 0, 8), new(SinkKind.Sqlite, 1, 5)], new Dictionary<SinkKind, Counts> { [SinkKind.Sqlite] = new(10, 2, 1) }, 10, 3, 4567);

    /// <summary>Reads the text format strictly: HELP, TYPE, then samples of that name only.</summary>
    static Dictionary<string, double> Parse(string text)
    {
        Assert.That(text, Does.EndWith("\n").And.Not.Contain("\r"));
        var (samples, name, type) = (new Dictionary<string, double>(), "", "");
        foreach (var line in text.TrimEnd('\n').Split('\n'))
            if (line.StartsWith("# HELP ", StringComparison.Ordinal)) (name, type) = (line.Split(' ')[2], "");
            else if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                Assert.That(line.Split(' ')[2], Is.EqualTo(name));
                type = line.Split(' ')[3];
                Assert.That(type, Is.EqualTo(name.EndsWith("_total", StringComparison.Ordinal) ? "counter" : "gauge"));
            }
            else
            {
                var sample = Sample().Match(line);
                Assert.That(sample.Success, line);
                Assert.That(sample.Groups["name"].Value, Is.EqualTo(name));
                Assert.That(type, Is.Not.Empty);
                Assert.That(samples.TryAdd(sample.Groups["name"].Value + sample.Groups["labels"].Value, double.Parse(sample.Groups["value"].Value)), line);
            }
        return samples;
    }

    [GeneratedRegex("""^(?<name>[a-z_]+)(?<labels>\{[a-z]+="([^"\\\n]|\\[\\"n])*"(,[a-z]+="([^"\\\n]|\\[\\"n])*")*\})? (?<value>-?\d+)$""")] private static partial Regex Sample();

    [Test]
    public void Metrics_are_text_that_Prometheus_reads()
    {
        var samples = Parse(Metrics.Text(new("flights", true, [11, 5], Store)));
        Assert.That(samples, Is.EquivalentTo(new Dictionary<string, double>
        {
            ["kafka_ingest_broker_up"] = 1,
            ["""kafka_ingest_topic_end{topic="flights",partition="0"}"""] = 11,
            ["""kafka_ingest_topic_end{topic="flights",partition="1"}"""] = 5,
            ["""kafka_ingest_lag{sink="sqlite",topic="flights",partition="0"}"""] = 3,
            ["""kafka_ingest_lag{sink="sqlite",topic="flights",partition="1"}"""] = 0,
            ["""kafka_ingest_offset{sink="sqlite",topic="flights",partition="0"}"""] = 8,
            ["""kafka_ingest_offset{sink="sqlite",topic="flights",partition="1"}"""] = 5,
            ["""kafka_ingest_events_stored_total{sink="sqlite",topic="flights"}"""] = 10,
            ["""kafka_ingest_duplicates_total{sink="sqlite",topic="flights"}"""] = 2,
            ["""kafka_ingest_dead_lettered_total{sink="sqlite",topic="flights"}"""] = 1,
            ["""kafka_ingest_events{topic="flights"}"""] = 10,
            ["""kafka_ingest_lake_files{topic="flights"}"""] = 3,
            ["""kafka_ingest_lake_bytes{topic="flights"}"""] = 4567,
        }));
    }

    [Test]
    public void A_label_can_not_break_out_of_its_quotes()
    {
        Assert.That(Metrics.Escape("a\"b\\c\nd"), Is.EqualTo("""a\"b\\c\nd"""));
        Assert.That(Parse(Metrics.Text(new("x\"} 1\nevil 1", true, [1], Store))).Keys, Has.None.StartsWith("evil"));
    }

    [Test]
    public async Task Without_a_broker_there_are_metrics_of_the_store_only()
    {
        using var folder = new TempFolder();
        var samples = Parse(await new MetricsSource(() => Cluster.Find(folder.Path, null, null), "flights", folder.Path).Text());
        Assert.That(samples["kafka_ingest_broker_up"], Is.Zero);
        Assert.That(samples.Keys, Has.None.Contains("lag").And.None.Contains("topic_end"));
        Assert.That(samples["""kafka_ingest_events{topic="flights"}"""], Is.Zero);
    }

    /// <summary>Finds a free port, and serves there.</summary>
    static async Task<(int Port, Task Serving)> Serve(Func<Task<string>> text, CancellationToken stop)
    {
        while (true)
        {
            using var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            var port = ((IPEndPoint)probe.LocalEndpoint).Port;
            probe.Stop();
            var started = new TaskCompletionSource();
            var serving = MetricsServer.Run(port, text, _ => started.SetResult(), stop);
            if (await Task.WhenAny(started.Task, serving) == started.Task) return (port, serving);      // else another took it in between
        }
    }

    [Test]
    public async Task Metrics_are_served_under_one_path_to_GET_only_and_a_busy_port_is_named()
    {
        using var stop = new CancellationTokenSource();
        var wrong = false;
        var (port, serving) = await Serve(() => wrong ? throw new UserException("the store is broken") : Task.FromResult("kafka_ingest_broker_up 1\n"), stop.Token);
        using var http = new HttpClient { BaseAddress = new($"http://127.0.0.1:{port}") };
        using var found = await http.GetAsync("/metrics");
        Assert.That(found.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(found.Content.Headers.ContentType!.ToString(), Is.EqualTo("text/plain; version=0.0.4; charset=utf-8"));
        Assert.That(await found.Content.ReadAsStringAsync(), Is.EqualTo("kafka_ingest_broker_up 1\n"));
        Assert.That((await http.GetAsync("/")).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That((await http.GetAsync("/metrics/x")).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That((await http.PostAsync("/metrics", new StringContent("x"))).StatusCode, Is.EqualTo(HttpStatusCode.MethodNotAllowed));
        wrong = true;
        Assert.That((await http.GetAsync("/metrics")).StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));

        var busy = (await Assert.ThrowsAsync<UserException>(() => MetricsServer.Run(port, () => Task.FromResult(""), null, stop.Token)))!;
        Assert.That(busy.ExitCode, Is.EqualTo(2));
        Assert.That(busy.Message, Does.StartWith($"127.0.0.1:{port} "));
        stop.Cancel();
        await serving;
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync("/metrics"));
    }

    [Test]
    public async Task Lag_topics_and_metrics_of_a_small_run()
    {
        using var folder = new TempFolder();
        using var scene = await Scene.Open(folder.Path);
        scene.SendRaw(Scene.Events(40).Select(e => Scene.Message(e)), partition: 1);
        scene.SendRaw(Scene.Events(2).Select(e => Scene.Message(e)), partition: 2);     // the same again
        var before = Lag.Read(scene.Cluster, scene.Topic, folder.Path);
        Assert.That(before, Has.Count.EqualTo(8));
        Assert.That(before[1], Is.EqualTo(new LagRow(SinkKind.Sqlite, 1, 0, 40, 0, null)));
        Assert.That(before.Where(r => r.Sink == SinkKind.Lake).Sum(r => r.Lag), Is.EqualTo(42));

        await Consuming.Run(scene.Cluster, scene.Settings, new([SinkKind.Sqlite], 1, UntilEnd: true, null, new("", Assign: [])), null, CancellationToken.None);
        var after = Lag.Read(scene.Cluster, scene.Topic, folder.Path);
        Assert.That(after[1], Is.EqualTo(new LagRow(SinkKind.Sqlite, 1, 0, 40, 40, 40)));
        Assert.That(after.Where(r => r.Sink == SinkKind.Sqlite).Sum(r => r.Lag), Is.Zero);
        Assert.That(after.Where(r => r.Sink == SinkKind.Lake).Sum(r => r.Lag), Is.EqualTo(42));

        var topics = TopicList.Read(scene.Cluster, scene.Topic);
        Assert.That(topics.Select(t => (t.Partition, t.Begin, t.End)), Is.EqualTo(new[] { (0, 0L, 0L), (1, 0L, 40L), (2, 0L, 2L), (3, 0L, 0L) }));
        Assert.That(topics.Select(t => t.Replicas.Single()), Is.EqualTo(topics.Select(t => t.Leader)));

        var samples = Parse(await new MetricsSource(() => scene.Cluster, scene.Topic.Name, folder.Path).Text());
        Assert.That(samples["kafka_ingest_broker_up"], Is.EqualTo(1));
        Assert.That(samples["""kafka_ingest_topic_end{topic="flights",partition="1"}"""], Is.EqualTo(40));
        Assert.That(samples["""kafka_ingest_offset{sink="sqlite",topic="flights",partition="2"}"""], Is.EqualTo(2));
        Assert.That(samples["""kafka_ingest_events_stored_total{sink="sqlite",topic="flights"}"""], Is.EqualTo(40));
        Assert.That(samples["""kafka_ingest_duplicates_total{sink="sqlite",topic="flights"}"""], Is.EqualTo(2));
        Assert.That(samples["""kafka_ingest_events{topic="flights"}"""], Is.EqualTo(40));
    }

    [Test]
    public void The_live_table_is_at_most_79_wide_and_no_lag_is_negative()
    {
        var now = new Moment(new(2013, 3, 8, 14, 5, 0, DateTimeKind.Utc), 12_345, 19_119, 2_730.4, TimeSpan.FromSeconds(12), [3_000, 1_234_567, 0, 9], [3_010, 1_234_000, 0, 9], [0, 1_000_000, 0, 9], 21, 43, true, new string('x', 200) + "\e[2J");
        var lines = LiveText.Table(now);
        Assert.That(lines.Select(l => l.Length), Has.All.LessThan(80));
        Assert.That(lines.SelectMany(l => l), Has.None.EqualTo('\e'));
        Assert.That(lines.SelectMany(l => l.Split(' ')), Has.None.EqualTo("-10"));
        Assert.That(lines[0], Is.EqualTo("2013-03-08 14:05   12,345 of 19,119 acknowledged   2,730 a second   12 s"));
        Assert.That(lines[3].Split(' ', StringSplitOptions.RemoveEmptyEntries), Is.EqualTo(new[] { "1", "1,234,567", "1,234,000", "567", "1,000,000", "234,567" }));
        Assert.That(LiveText.Line(now), Does.Contain("lag 567 and lake 237,567  producer to commit: p50 21 ms, p99 43 ms").And.Not.Contain("\n"));
    }

    [Test]
    public void The_accounting_says_what_is_wrong()
    {
        var good = new Findings(42, new(40, 2, 0), null, 40, [], "0123456789abcdef", 40);
        Assert.That(Live.Sentences(good), Is.EqualTo(new[] { "acknowledged 42 = stored 40 + duplicates 2 + dead-lettered 0", "The ids stored are the ids of the source: none missing, none doubled.", "Digest of the events 0123456789abcdef" }));
        Assert.That(Live.Sentences(good with { InTopic = 43, Problems = ["1 missing in SQLite: a"] }), Is.EqualTo(new[] { "acknowledged 43 ≠ stored 40 + duplicates 2 + dead-lettered 0", "✘ 1 missing in SQLite: a" }));
        Assert.That(Live.Sentences(good with { Source = null }), Has.Some.Contains("not compared").And.None.Contains("none missing"));
    }
}
