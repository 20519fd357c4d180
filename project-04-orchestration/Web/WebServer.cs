using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Orchestrator;

/// <summary>The monitoring page. It schedules nothing: it reads the state database and writes there what a person asks for, and whichever scheduler
/// leads acts on it. So it may be stopped and started at any time, and work goes on without it.</summary>
static class WebServer
{
    static readonly Dictionary<string, string> Files = new()
    {
        ["page.css"] = "text/css; charset=utf-8",
        ["page.js"] = "text/javascript; charset=utf-8",
        ["draw.js"] = "text/javascript; charset=utf-8",
        ["dom.js"] = "text/javascript; charset=utf-8",
    };

    /// <summary>Serves until it is told to stop, and prints the address on stdout.</summary>
    /// <param name="port">0 for any that is free.</param>
    /// <returns>The exit code: being stopped is how it ends, so 0.</returns>
    public static async Task<int> Run(Settings settings, IReadOnlyList<Dag> dags, int port, CancellationToken stop)
    {
        await using var app = await Start(settings, dags, port);
        Console.WriteLine($"Watch at {app.Urls.First()} (Ctrl+C ends it)");
        await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await app.StopAsync(CancellationToken.None);
        return 0;
    }

    /// <summary>Listens on 127.0.0.1 and returns at once; <see cref="WebApplication.Urls"/> has the address.</summary>
    public static async Task<WebApplication> Start(Settings settings, IReadOnlyList<Dag> dags, int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.Sources.Clear();      // no appsettings.json or ASPNETCORE_URLS of this machine may open another address
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting", LogLevel.None).AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Error).AddConsole(o => o.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, port);
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 64 * 1024;
        });
        var app = builder.Build();
        var guard = new Guard();
        app.Use(guard.Check);
        // an answer without a body gets a sentence: nothing at this address, or not with this method or content
        app.UseStatusCodePages(context => context.HttpContext.Response.WriteAsJsonAsync(new { error = $"{context.HttpContext.Response.StatusCode}: {context.HttpContext.Request.Method} {context.HttpContext.Request.Path} is not something this server answers." }));

        var page = Resource("page.html").Replace("{{token}}", guard.Token, StringComparison.Ordinal);
        app.MapGet("/", () => Results.Content(page, "text/html; charset=utf-8"));
        app.MapGet("/favicon.ico", () => Results.NoContent());
        foreach (var (name, type) in Files)
        {
            var text = Resource(name);
            app.MapGet("/" + name, () => Results.Content(text, type));
        }
        var graphs = dags.ToDictionary(d => d.Id, d => new DagGraph(d));
        Api.Map(app, settings, graphs, app.Lifetime.ApplicationStopping);
        Actions.Map(app, settings, graphs);

        using (new StateStore(settings.Database)) { }       // makes it when no scheduler has been here, and refuses what is not a scheduler's
        try { await app.StartAsync(); }
        catch (IOException)
        {
            await app.DisposeAsync();
            throw new UserException($"127.0.0.1:{port} is taken by another program. Choose another --port, or 0 for any that is free.", 2);
        }
        return app;
    }

    static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(WebServer).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
