using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Orchestrator;

/// <summary>What a person can do on the page: pause, trigger, clear. Each is written to the state database in one transaction; the scheduler finds
/// it there in its next round.</summary>
static class Actions
{
    /// <param name="Task">Null for all tasks of the run.</param>
    sealed record ClearRequest(string? Task = null, bool Downstream = false, bool OnlyFailed = false);

    public static void Map(IEndpointRouteBuilder app, Settings settings, IReadOnlyDictionary<string, DagGraph> graphs)
    {
        app.MapPost("/api/dags/{dag}/pause", (string dag) => Pause(dag, true));
        app.MapPost("/api/dags/{dag}/unpause", (string dag) => Pause(dag, false));
        app.MapPost("/api/dags/{dag}/trigger", (string dag) => Act(store => Api.OfDag(graphs, dag, graph => Trigger(store, graph, DateTime.UtcNow))));
        app.MapPost("/api/runs/{dag}/{run}/clear", (string dag, string run, ClearRequest? what) => Act(store => Api.OfRun(store, graphs, dag, run, (graph, row) => ClearTasks(store, graph, row.RunId, what ?? new(), DateTime.UtcNow))));

        IResult Act(Func<StateStore, IResult> action)
        {
            using var store = new StateStore(settings.Database);
            return action(store);
        }

        // the row is missing as long as no scheduler has taken the DAG up
        IResult Pause(string dag, bool paused) => Act(store => Api.OfDag(graphs, dag, _ =>
        {
            store.Execute("INSERT INTO dag (dag_id, is_paused) VALUES ($1, $2) ON CONFLICT (dag_id) DO UPDATE SET is_paused = excluded.is_paused", dag, paused ? 1 : 0);
            return Results.Json(new { dag, paused });
        }));
    }

    static IResult Trigger(StateStore store, DagGraph graph, DateTime now)
    {
        string? run = null;
        store.InTransaction(() => run = Runs.Create(store, graph, new DagRunInfo(graph.Dag.Schedule.ManualInterval(now), now), RunType.Manual, now));
        return run is null ? Results.Json(new { error = "There is a run of this very moment already." }, statusCode: StatusCodes.Status409Conflict) : Results.Json(new { run });
    }

    static IResult ClearTasks(StateStore store, DagGraph graph, string run, ClearRequest what, DateTime now)
    {
        if (what.Task is { } task && graph.Order.All(t => t.Id != task)) return Api.Missing($"{graph.Dag.Id} has no task '{task}'.");
        return Results.Json(new { cleared = Clear.Run(store, graph, [run], what.Task is null ? null : [what.Task], what.Downstream, what.OnlyFailed, now) });
    }
}
