namespace Orchestrator;

/// <summary>What a backfill does with a logical date that has a run already: leave it; run it again when it failed; run it again when it is done.</summary>
enum ReprocessBehavior { None, Failed, Completed }

/// <summary>Runs a DAG for a stretch of the past.</summary>
static class Backfill
{
    /// <param name="From">First logical date, UTC, inclusive.</param>
    /// <param name="To">Last logical date, UTC, inclusive.</param>
    public sealed record Request(DateTime From, DateTime To, ReprocessBehavior Reprocess = ReprocessBehavior.None, bool RunBackwards = false, int MaxActiveRuns = 10);

    /// <param name="Id">Null when nothing was to do.</param>
    public sealed record Result(long? Id, int Created, int Cleared, int Left);

    /// <summary>Makes the runs of a backfill, or takes up the unfinished one of the same request. Its rules are those of Airflow 3.</summary>
    public static Result Create(StateStore store, DagGraph graph, Request request, DateTime now)
    {
        // step 9: make a backfill
        var dag = graph.Dag;
        if (request.From > request.To) throw new UserException($"--from {request.From:yyyy-MM-dd} is after --to {request.To:yyyy-MM-dd}.", 2);
        if (request.MaxActiveRuns < 1) throw new UserException($"--max-active-runs is 1 at least, found {request.MaxActiveRuns}.", 2);
        if (!dag.Schedule.Periodic) throw new UserException($"{dag.Id} has no schedule: there is nothing to fill in.", 2);
        if (graph.DependsOnPast && request.RunBackwards) throw new UserException($"{dag.Id} has tasks that depend on the past: it can't run backwards.", 2);
        if (graph.DependsOnPast && request.Reprocess == ReprocessBehavior.None) throw new UserException($"{dag.Id} has tasks that depend on the past: say --reprocess-behavior failed or completed.", 2);
        var result = new Result(null, 0, 0, 0);
        store.InTransaction(() =>
        {
            if (store.Query("SELECT id, from_date, to_date FROM backfill WHERE dag_id = $1 AND completed_at IS NULL", r => (Id: r.GetInt64(0), From: r.Moment(1), To: r.Moment(2)), dag.Id).FirstOrDefault() is { Id: > 0 } active)
            {
                if ((active.From, active.To) != (request.From, request.To)) throw new UserException($"{dag.Id} is being backfilled from {active.From:yyyy-MM-dd} to {active.To:yyyy-MM-dd}. Let that end first: dotnet run -- backfill --from {active.From:yyyy-MM-dd} --to {active.To:yyyy-MM-dd}");
                result = new(active.Id, 0, 0, (int)(long)store.Scalar("SELECT count(*) FROM dag_run WHERE backfill_id = $1", active.Id)!);
                return;
            }
            var infos = dag.Schedule.Between(request.From > dag.StartDate ? request.From : dag.StartDate, request.To < (dag.EndDate ?? request.To) ? request.To : dag.EndDate ?? request.To).Where(i => i.RunAfter <= now);
            var id = (long)store.Scalar("INSERT INTO backfill (dag_id, from_date, to_date, reprocess_behavior, run_backwards, max_active_runs, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
                dag.Id, request.From, request.To, request.Reprocess.ToString().ToLowerInvariant(), request.RunBackwards ? 1 : 0, request.MaxActiveRuns, now)!;
            var (created, cleared, left) = (0, 0, 0);
            foreach (var info in request.RunBackwards ? infos.Reverse() : infos)
            {
                var ordinal = created + cleared + left + 1;
                if (Runs.Create(store, graph, info, RunType.Backfill, now, id, ordinal) is not null) { created++; continue; }
                var run = store.Query($"SELECT {RunRow.Columns} FROM dag_run r WHERE r.dag_id = $1 AND r.logical_date = $2", RunRow.Of, dag.Id, info.Interval.Start)[0];
                if (!(run.State.IsFinished() && (request.Reprocess == ReprocessBehavior.Completed || request.Reprocess == ReprocessBehavior.Failed && run.State == RunState.Failed))) { left++; continue; }
                Clear.Tasks(store, graph, run.RunId, graph.Order.Select(t => t.Id).ToHashSet(), onlyFailed: false, now);
                store.Execute("UPDATE dag_run SET run_type = 'backfill', backfill_id = $3, sort_ordinal = $4 WHERE dag_id = $1 AND run_id = $2", dag.Id, run.RunId, id, ordinal);
                cleared++;
            }
            if (created + cleared == 0) store.Execute("DELETE FROM backfill WHERE id = $1", id);       // nothing was done, so it never was
            result = new(created + cleared == 0 ? null : id, created, cleared, left);
        });
        return result;
        // end of step 9
    }

    public static bool IsDone(StateStore store, long id) => store.Scalar("SELECT completed_at FROM backfill WHERE id = $1", id) is not null;
}
