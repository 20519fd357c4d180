using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;

namespace Orchestrator.Tests;

/// <summary>A page in a temporary folder, on a port that was free, and a state database with what a simulated scheduler has done.</summary>
sealed class Served : IAsyncDisposable
{
    public static readonly DateTime Day1 = Play.Day1;
    readonly TempFolder folder = new();
    WebApplication? app;

    public Settings Settings => new(folder.Path, folder.At("out"));
    public HttpClient Client { get; } = new(new SocketsHttpHandler { UseProxy = false });
    public Uri Address => new(app!.Urls.First());
    public StateStore Open() => new(Settings.Database);

    /// <summary>Starts the server and fetches the token, as the page does.</summary>
    public static async Task<Served> Start(params Dag[] dags)
    {
        var served = new Served();
        served.app = await WebServer.Start(served.Settings, dags, 0);
        served.Client.BaseAddress = served.Address;
        var page = await served.Client.GetStringAsync("/");
        served.Client.DefaultRequestHeaders.Add("X-Token", Regex.Match(page, "name=\"token\" content=\"([0-9a-f]{64})\"").Groups[1].Value);
        served.Client.DefaultRequestHeaders.Add("Origin", served.Address.ToString().TrimEnd('/'));
        return served;
    }

    /// <summary>Runs a DAG by hand on some days, each attempt for three seconds of simulated time.</summary>
    public void Simulate(Dag dag, int days, Func<Attempt, Outcome> ends)
    {
        using var store = Open();
        var executor = new SimulatedExecutor(8, a => (TimeSpan.FromSeconds(3), ends(a)));
        using var scheduler = new Scheduler(store, [dag], executor, new());
        for (var day = 0; day < days; day++)
        {
            var date = Day1.AddDays(day);
            store.InTransaction(() => Runs.Create(store, new(dag), new(new(date, date.AddDays(1)), date.AddDays(1)), RunType.Manual, date));
            Simulation.Run(store, scheduler, executor, date, date.AddHours(12));
        }
    }

    public async Task<JsonElement> Get(string path) => await Client.GetFromJsonAsync<JsonElement>(path);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (app is not null) await app.DisposeAsync();
        folder.Dispose();
    }
}

/// <summary>The real server over HTTP: what it tells, what it does, and whom it refuses.</summary>
[TestFixture, Category("Web")]
sealed class WebTests
{
    const string Markup = "<img src=x onerror=alert(1)>";
    static readonly Dag Dag = Play.Dag("a", "b<a", "c<b") with { Deadline = TimeSpan.FromHours(1) };
    static string Run(int day) => Uri.EscapeDataString($"manual__2013-01-{day + 1:00}T00:00:00+00:00");

    /// <summary>Two runs: on the second day b fails.</summary>
    static async Task<Served> TwoDays()
    {
        var served = await Served.Start(Dag);
        served.Simulate(Dag, 2, a => a.TaskId == "b" && a.Interval.Start > Play.Day1 ? new Outcome.Failed(Markup) : new Outcome.Succeeded());
        return served;
    }

    [Test]
    public async Task The_grid_the_graph_and_the_run_tell_what_the_database_has()
    {
        await using var served = await TwoDays();
        var grid = await served.Get("/api/dags/test/grid");
        Assert.That(grid.GetProperty("tasks").EnumerateArray().Select(t => t.GetString()), Is.EqualTo(new[] { "a", "b", "c" }));
        Assert.That(grid.GetProperty("runs").EnumerateArray().Select(r => r.GetProperty("state").GetString()), Is.EqualTo(new[] { "success", "failed" }));
        var cells = grid.GetProperty("runs")[1].GetProperty("cells");
        Assert.That(cells.GetProperty("b").ToString(), Is.EqualTo("""{"state":"failed","tryNumber":1,"seconds":3}"""));
        Assert.That(cells.GetProperty("c").GetProperty("state").GetString(), Is.EqualTo("upstream_failed"));
        Assert.That((await served.Get("/api/dags/test/grid?runs=1")).GetProperty("runs").GetArrayLength(), Is.EqualTo(1));

        var graph = await served.Get("/api/dags/test/graph");
        Assert.That(graph.EnumerateArray().Select(n => n.GetProperty("depth").GetInt32()), Is.EqualTo(new[] { 0, 1, 2 }));
        Assert.That(graph[1].GetProperty("upstream")[0].GetString(), Is.EqualTo("a"));

        var run = await served.Get($"/api/runs/test/{Run(2)}");
        Assert.That(run.GetProperty("attempts").GetArrayLength(), Is.EqualTo(2));
        Assert.That(run.GetProperty("attempts")[1].GetProperty("end").GetString(), Is.EqualTo("2013-01-02T00:00:06.000Z"));

        var overview = await served.Get("/api/dags");
        Assert.That(overview.GetProperty("leader").ValueKind, Is.EqualTo(JsonValueKind.Null), "its lease of 2013 has run out");
        Assert.That(overview.GetProperty("all")[0].GetProperty("failed").GetInt32(), Is.EqualTo(1));
    }

    [Test]
    public async Task Markup_in_a_reason_stays_text()
    {
        await using var served = await TwoDays();
        using var answer = await served.Client.GetAsync($"/api/runs/test/{Run(2)}");
        Assert.That(answer.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/json"));
        Assert.That(answer.Headers.GetValues("X-Content-Type-Options").Single(), Is.EqualTo("nosniff"), "no browser may take it for HTML");
        Assert.That((await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("tasks")[1].GetProperty("reason").GetString(), Is.EqualTo(Markup));
        Assert.That((await served.Get("/api/alerts"))[1].GetProperty("text").GetString(), Does.Contain(Markup));
    }

    [TestCase("/api/dags/nope/grid", "There is no DAG 'nope'. There are: test.")]
    [TestCase("/api/dags/nope/graph", "There is no DAG 'nope'. There are: test.")]
    [TestCase("/api/runs/test/nope", "test has no run 'nope'.")]
    [TestCase("/api/logs/test/nope/a/1", "a has no try 1 in the run 'nope' of 'test'.")]
    [TestCase("/nope", "404: GET /nope is not something this server answers.")]
    public async Task What_is_not_there_is_told_in_a_sentence(string path, string sentence)
    {
        await using var served = await Served.Start(Dag);
        using var answer = await served.Client.GetAsync(path);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That((await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetString(), Is.EqualTo(sentence));
    }

    [Test]
    public async Task Pause_trigger_and_clear_change_the_database()
    {
        await using var served = await TwoDays();
        using var store = served.Open();
        await Post("/api/dags/test/pause");
        Assert.That(store.Scalar("SELECT is_paused FROM dag"), Is.EqualTo(1L));
        await Post("/api/dags/test/unpause");
        Assert.That(store.Scalar("SELECT is_paused FROM dag"), Is.EqualTo(0L));

        var run = (await Post("/api/dags/test/trigger")).GetProperty("run").GetString();
        Assert.That(store.Query("SELECT run_type || ' ' || state FROM dag_run WHERE run_id = $1", r => r.GetString(0), run), Is.EqualTo(new[] { "manual queued" }));

        Assert.That((await Post($"/api/runs/test/{Run(2)}/clear", new { task = "a", onlyFailed = true })).GetProperty("cleared").GetInt32(), Is.Zero, "a has not failed");
        Assert.That((await Post($"/api/runs/test/{Run(2)}/clear", new { onlyFailed = true })).GetProperty("cleared").GetInt32(), Is.EqualTo(2));
        Assert.That((await Post($"/api/runs/test/{Run(1)}/clear", new { task = "b", downstream = true })).GetProperty("cleared").GetInt32(), Is.EqualTo(2));
        Assert.That((await Post($"/api/runs/test/{Run(1)}/clear")).GetProperty("cleared").GetInt32(), Is.EqualTo(1), "a; b and c are cleared already");
        Assert.That(store.Scalar("SELECT count(*) FROM dag_run WHERE state = 'queued'"), Is.EqualTo(3L));
        using var unknown = await served.Client.PostAsJsonAsync($"/api/runs/test/{Run(1)}/clear", new { task = "nope" });
        Assert.That(unknown.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));

        async Task<JsonElement> Post(string path, object? body = null)
        {
            using var answer = body is null ? await served.Client.PostAsync(path, null) : await served.Client.PostAsJsonAsync(path, body);
            Assert.That(answer.IsSuccessStatusCode, $"{path}: {await answer.Content.ReadAsStringAsync()}");
            return await answer.Content.ReadFromJsonAsync<JsonElement>();
        }
    }

    [TestCase("X-Token", null)]
    [TestCase("X-Token", "0000000000000000000000000000000000000000000000000000000000000000")]
    [TestCase("Origin", null)]
    [TestCase("Origin", "null")]
    [TestCase("Origin", "http://evil.example")]
    [TestCase("Origin", "http://127.0.0.1:1")]
    [TestCase("Host", "evil.example")]
    [TestCase("Host", "127.0.0.1:1")]
    [TestCase("Host", "127.0.0.1.evil.example")]
    public async Task A_post_from_elsewhere_is_refused_and_changes_nothing(string header, string? value)
    {
        await using var served = await TwoDays();
        foreach (var path in (string[])["/api/dags/test/pause", "/api/dags/test/trigger", $"/api/runs/test/{Run(1)}/clear"])
        {
            if (header != "Host") served.Client.DefaultRequestHeaders.Remove(header);
            if (value is not null && header != "Host") served.Client.DefaultRequestHeaders.Add(header, value);
            using var request = new HttpRequestMessage(HttpMethod.Post, path);
            if (header == "Host") request.Headers.Host = value;
            using var answer = await served.Client.SendAsync(request);
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        }
        using var store = served.Open();
        Assert.That(store.Scalar("SELECT (SELECT count(*) FROM dag_run WHERE state = 'queued') + (SELECT sum(is_paused) FROM dag)"), Is.EqualTo(0L));
    }

    [Test]
    public async Task A_page_under_another_name_can_not_even_read()
    {
        await using var served = await TwoDays();
        using var rebound = new HttpRequestMessage(HttpMethod.Get, "/api/dags") { Headers = { Host = $"evil.example:{served.Address.Port}" } };
        Assert.That((await served.Client.SendAsync(rebound)).StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        using var local = new HttpRequestMessage(HttpMethod.Get, "/api/dags") { Headers = { Host = $"localhost:{served.Address.Port}" } };
        using var answer = await served.Client.SendAsync(local);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(answer.Headers.GetValues("Content-Security-Policy").Single(), Does.StartWith("default-src 'self';"));
        Assert.That(answer.Headers.GetValues("X-Frame-Options").Single(), Is.EqualTo("DENY"));
        Assert.That(answer.Headers.CacheControl!.NoStore);
    }

    [Test]
    public async Task The_page_has_no_script_of_its_own_and_loads_nothing_from_elsewhere()
    {
        await using var served = await Served.Start(Dag);
        foreach (var path in (string[])["/", "/page.js", "/draw.js", "/dom.js", "/page.css"])
        {
            var text = await served.Client.GetStringAsync(path);
            Assert.That(text.Replace("http://www.w3.org/2000/svg", ""), Does.Not.Contain("http:").And.Not.Contain("https:"));
            Assert.That(text, Does.Not.Contain("innerHTML").And.Not.Match("<script>| on[a-z]+=\"| style=\""));
        }
    }

    [Test]
    public async Task A_log_is_told_from_its_end_and_no_request_leads_out_of_the_logs()
    {
        await using var served = await TwoDays();
        var file = served.Settings.LogFile("test", Uri.UnescapeDataString(Run(1)), "a", 1);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, string.Concat(Enumerable.Range(0, 20_000).Select(i => $"line {i} ö\n")));
        var log = await served.Get($"/api/logs/test/{Run(1)}/a/1");
        Assert.That(log.GetProperty("text").GetString(), Does.StartWith("line ").And.EndWith("line 19999 ö\n").And.Length.LessThanOrEqualTo(64 * 1024));
        Assert.That(log.GetProperty("left").GetInt64() + System.Text.Encoding.UTF8.GetByteCount(log.GetProperty("text").GetString()!), Is.EqualTo(new FileInfo(file).Length));
        Assert.That((await served.Get($"/api/logs/test/{Run(1)}/b/1")).GetProperty("text").GetString(), Is.Empty, "it has written nothing");

        File.WriteAllText(Path.Combine(served.Settings.Output, "attempt=1.log"), "secret");
        foreach (var trick in (string[])["test/%2e%2e%2f%2e%2e/a/1", "%2e%2e/%2e%2e/%2e%2e/1", $"test/{Run(1)}/..%2F..%2F..%2F..%2F/1", $"test/{Run(1)}/a%00/1", $"test/{Run(1)}/a/..%2f1", "test/..\\..\\a/a/1", $"test/{Run(1)}/a/-1"])
        {
            // a raw socket, for a client would tidy the path up
            using var socket = new System.Net.Sockets.TcpClient("127.0.0.1", served.Address.Port);
            await socket.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes($"GET /api/logs/{trick} HTTP/1.1\r\nHost: {served.Address.Authority}\r\nConnection: close\r\n\r\n"));
            var answer = await new StreamReader(socket.GetStream()).ReadToEndAsync();
            Assert.That(answer, Does.Match("^HTTP/1.1 40[04] ").And.Not.Contain("secret"), trick);
        }
    }

    [Test]
    public async Task A_change_is_told_at_once()
    {
        await using var served = await Served.Start(Dag);
        using var stream = new StreamReader(await served.Client.GetStreamAsync("/api/events"));
        Assert.That(await Next(), Is.EqualTo("1"));
        using (var store = served.Open()) store.Execute("INSERT INTO dag (dag_id) VALUES ('other')");
        Assert.That(await Next(), Is.EqualTo("2"));

        async Task<string> Next()
        {
            for (; ; )
                if ((await stream.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(10)))?.Split("data: ") is [_, var version]) return version;
        }
    }

    [Test]
    public async Task It_ends_when_told_although_somebody_is_watching()
    {
        using var folder = new TempFolder();
        using var stop = new CancellationTokenSource();
        await using var other = await Served.Start(Dag);
        await Assert.ThrowsAsync<UserException>(() => WebServer.Start(new(folder.Path, folder.At("out")), [Dag], other.Address.Port), "its port is taken");
        var app = await WebServer.Start(new(folder.Path, folder.At("out")), [Dag], 0);
        using var client = new HttpClient { BaseAddress = new(app.Urls.First()) };
        using var watching = new StreamReader(await client.GetStreamAsync("/api/events"));
        await app.StopAsync().WaitAsync(TimeSpan.FromSeconds(5));
        await app.DisposeAsync();

        var run = WebServer.Run(new(folder.Path, folder.At("out")), [Dag], 0, stop.Token);
        stop.CancelAfter(300);
        Assert.That(await run.WaitAsync(TimeSpan.FromSeconds(5)), Is.Zero);
    }

    [Test]
    public async Task Metrics_parse_and_agree_with_the_database()
    {
        await using var served = await TwoDays();
        using var store = served.Open();
        store.Execute("UPDATE pool SET description = 'x'");
        store.Execute("INSERT INTO dag (dag_id) VALUES ($1)", "quote \" and \\ and \n end");
        var text = Prometheus.Text(store, Play.Day1.AddDays(3));
        var typed = new HashSet<string>();
        var samples = new Dictionary<string, double>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("# TYPE ")) typed.Add(line.Split(' ')[2]);
            if (line.StartsWith('#')) { Assert.That(line, Does.Match("^# (HELP|TYPE) orchestrator_[a-z_]+ .+$")); continue; }
            var sample = Regex.Match(line, """^(orchestrator_[a-z_]+)((?:\{[a-z]+="(?:[^"\\]|\\["\\n])*"(?:,[a-z]+="(?:[^"\\]|\\["\\n])*")*\})?) (\S+)$""");
            Assert.That(sample.Success, line);
            Assert.That(typed, Does.Contain(Regex.Replace(sample.Groups[1].Value, "(?<=duration_seconds)_(bucket|sum|count)$", "")));
            Assert.That(samples.TryAdd(sample.Groups[1].Value + sample.Groups[2].Value, double.Parse(sample.Groups[3].Value, CultureInfo.InvariantCulture)), $"twice: {line}");
        }
        Assert.That(text, Does.EndWith("\n").And.Contain("""dag="quote \" and \\ and \n end" """.Trim()));
        var expected = new Dictionary<string, double>
        {
            ["""task_instances{dag="test",state="success"}"""] = 4,
            ["""task_instances{dag="test",state="failed"}"""] = 1,
            ["""task_instances{dag="test",state="running"}"""] = 0,
            ["""dag_runs{dag="test",state="failed"}"""] = 1,
            ["""task_attempts_total{dag="test",task="b",state="failed"}"""] = 1,
            ["""task_duration_seconds_bucket{dag="test",task="a",le="1"}"""] = 0,
            ["""task_duration_seconds_bucket{dag="test",task="a",le="+Inf"}"""] = 2,
            ["""task_duration_seconds_sum{dag="test",task="a"}"""] = 6,
            ["""dag_last_success_age_seconds{dag="test"}"""] = 3 * 86400 - 9,
            ["""pool_open_slots{pool="warehouse"}"""] = 1,
            ["scheduler_lease_held"] = 0,
            ["scheduler_lease_remaining_seconds"] = 0,
            ["alerts_undelivered"] = 0,
            ["""deadline_misses_total{dag="test"}"""] = 1,
        };
        Assert.Multiple(() =>
        {
            foreach (var (name, value) in expected) Assert.That(samples.GetValueOrDefault("orchestrator_" + name, double.NaN), Is.EqualTo(value), name);
        });
        Assert.That(samples.Where(s => s.Key.StartsWith("orchestrator_task_instances{")).Sum(s => s.Value), Is.EqualTo((double)(long)store.Scalar("SELECT count(*) FROM task_instance")!));
        using var answer = await served.Client.GetAsync("/metrics");
        Assert.That(answer.Content.Headers.ContentType!.ToString(), Is.EqualTo("text/plain; version=0.0.4; charset=utf-8"));
    }
}
