using System.Net;
using System.Text;

namespace KafkaIngest;

/// <summary>Answers Prometheus on 127.0.0.1, and nobody else: there is no password.</summary>
static class MetricsServer
{
    /// <summary>Serves <c>/metrics</c> until it is stopped.</summary>
    /// <param name="text">What is served, made for each request.</param>
    /// <param name="started">Gets the address when it can be asked.</param>
    /// <exception cref="UserException">Exit code 2: the port is taken.</exception>
    public static async Task Run(int port, Func<Task<string>> text, Action<string>? started, CancellationToken stop)
    {
        using var listener = new HttpListener();
        listener.Prefixes.Add($"http://127.0.0.1:{port}/");
        try { listener.Start(); }
        catch (HttpListenerException e) { throw new UserException($"127.0.0.1:{port} can't be listened on: {e.Message}. Choose another: --port {(port < 65535 ? port + 1 : 9107)}", 2); }
        using var end = stop.Register(listener.Abort);
        started?.Invoke($"http://127.0.0.1:{port}/metrics");
        while (!stop.IsCancellationRequested)
        {
            try { await Answer(await listener.GetContextAsync(), text); }
            catch (Exception e) when (stop.IsCancellationRequested && e is HttpListenerException or ObjectDisposedException or InvalidOperationException) { return; }
            catch (Exception e) when (e is HttpListenerException or IOException) { }       // whoever asked has gone
        }
    }

    static async Task Answer(HttpListenerContext context, Func<Task<string>> text)
    {
        var (request, response) = (context.Request, context.Response);
        try
        {
            if (request.Url?.AbsolutePath != "/metrics") (response.StatusCode, response.ContentType) = (404, "text/plain");
            else if (request.HttpMethod != "GET")
            {
                (response.StatusCode, response.ContentType) = (405, "text/plain");
                response.AddHeader("Allow", "GET");
            }
            else await Write(response, text);
        }
        finally { response.Close(); }
    }

    static async Task Write(HttpListenerResponse response, Func<Task<string>> text)
    {
        byte[] bytes;
        try
        {
            bytes = Encoding.UTF8.GetBytes(await text());
            response.ContentType = Metrics.ContentType;
        }
        catch (UserException e)
        {
            (response.StatusCode, response.ContentType) = (503, "text/plain; charset=utf-8");
            bytes = Encoding.UTF8.GetBytes(e.Message + "\n");
        }
        response.ContentLength64 = bytes.Length;
        await response.OutputStream.WriteAsync(bytes);
    }
}

/// <summary>Takes snapshots for <see cref="Metrics"/>. A broker that is away does not hold up the answer.</summary>
/// <param name="find">The cluster; throws <see cref="UserException"/> where no broker runs.</param>
sealed class MetricsSource(Func<Cluster> find, string topic, string output)
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    Task<(Topic?, IReadOnlyList<long>?)>? asking;

    public async Task<string> Text()
    {
        var (up, found, ends) = await Broker();
        return Metrics.Text(new(topic, up, ends, StoreCounts.Read(output, topic, found?.Incarnation)));
    }

    async Task<(bool Up, Topic? Topic, IReadOnlyList<long>? Ends)> Broker()
    {
        try
        {
            var (found, ends) = await (asking ??= Task.Run(Ask)).WaitAsync(Patience);
            asking = null;
            return (true, found, ends);
        }
        catch (TimeoutException) { return (false, null, null); }        // the next scrape waits for the same answer
        catch (Exception e) when (e is UserException or Confluent.Kafka.KafkaException)
        {
            asking = null;
            return (false, null, null);
        }
    }

    async Task<(Topic?, IReadOnlyList<long>?)> Ask()
    {
        var cluster = find();
        if (await Topics.Get(cluster, topic) is not { } found) return (null, null);
        using var offsets = new TopicOffsets(cluster, found);
        return (found, [.. offsets.All().Select(e => e.End)]);
    }
}
