using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Orchestrator;

/// <summary>What can be read: JSON for the page, and <c>/metrics</c> for Prometheus. Each request opens a connection of its own, and sees one
/// snapshot of the database however the scheduler goes on meanwhile.</summary>
static class Api
{
    const int MostRuns = 400;

    public static void Map(IEndpointRouteBuilder app, Settings settings, IReadOnlyDictionary<string, DagGraph> graphs, CancellationToken stopping)
    {
        app.MapGet("/api/dags", () => Read(settings, store => Results.Json(Queries.Overview(store, graphs, DateTime.UtcNow))));
        app.MapGet("/api/dags/{dag}/grid", (string dag, int? runs) => Read(settings, store => OfDag(graphs, dag, graph =>
            Results.Json(Queries.Grid(store, graph, Math.Clamp(runs ?? 60, 1, MostRuns))))));
        app.MapGet("/api/dags/{dag}/graph", (string dag) => OfDag(graphs, dag, graph => Results.Json(Queries.Graph(graph))));
        app.MapGet("/api/runs/{dag}/{run}", (string dag, string run) => Read(settings, store => OfRun(store, graphs, dag, run, (graph, row) =>
            Results.Json(Queries.Run(store, graph, row.RunId, DateTime.UtcNow)))));
        app.MapGet("/api/logs/{dag}/{run}/{task}/{tryNumber:int}", (string dag, string run, string task, int tryNumber) => Read(settings, store =>
            Queries.LogFile(store, settings, dag, run, task, tryNumber) is { } file ? Results.Json(LogTail.Of(file)) : Missing($"{task} has no try {tryNumber} in the run '{run}' of '{dag}'.")));
        app.MapGet("/api/alerts", () => Read(settings, store => Results.Json(Queries.Alerts(store))));
        app.MapGet("/api/events", (CancellationToken gone) => TypedResults.ServerSentEvents(Changes.Watch(settings.Database, gone, stopping)));
        app.MapGet("/metrics", () =>
        {
            using var store = new StateStore(settings.Database);
            return Results.Text(Prometheus.Text(store, DateTime.UtcNow), "text/plain; version=0.0.4; charset=utf-8");
        });
    }

    static IResult Read(Settings settings, Func<StateStore, IResult> answer)
    {
        using var store = new StateStore(settings.Database);
        store.Execute("BEGIN");         // a snapshot for reading, which holds nobody up
        var result = answer(store);
        store.Execute("COMMIT");
        return result;
    }

    public static IResult OfDag(IReadOnlyDictionary<string, DagGraph> graphs, string dag, Func<DagGraph, IResult> answer) =>
        graphs.TryGetValue(dag, out var graph) ? answer(graph) : Missing($"There is no DAG '{dag}'. There are: {string.Join(", ", graphs.Keys)}.");

    public static IResult OfRun(StateStore store, IReadOnlyDictionary<string, DagGraph> graphs, string dag, string run, Func<DagGraph, RunRow, IResult> answer) => OfDag(graphs, dag, graph =>
        store.Query($"SELECT {RunRow.Columns} FROM dag_run r WHERE r.dag_id = $1 AND r.run_id = $2", RunRow.Of, dag, run).FirstOrDefault() is { } row ? answer(graph, row) : Missing($"{dag} has no run '{run}'."));

    public static IResult Missing(string sentence) => Results.Json(new { error = sentence }, statusCode: StatusCodes.Status404NotFound);
}
