using System.Diagnostics;
using System.Globalization;

namespace Orchestrator;

/// <summary>The verb <c>simulate</c>: the real scheduler and the real store play a year in seconds.</summary>
static class Simulate
{
    const int MostRuns = 100_000;

    /// <param name="from">First logical date, UTC; the clock starts there.</param>
    /// <param name="to">Last logical date, UTC, inclusive.</param>
    /// <param name="output">The folder where the state is kept afterwards, as a scheduler's; null to forget it.</param>
    /// <exception cref="UserException">The range or a number is wrong; exit code 2.</exception>
    public static int Run(string dagId, DateTime from, DateTime to, long seed, double failures, string? output, CancellationToken stop)
    {
        if (from > to) throw new UserException($"--from {from:yyyy-MM-dd} is after --to {to:yyyy-MM-dd}.", 2);
        if (!(failures is >= 0 and <= 1)) throw new UserException($"--failures is a share from 0 to 1, found {failures.ToString(CultureInfo.InvariantCulture)}.", 2);
        var known = Dags.Find(dagId);
        if (!known.Schedule.Periodic) throw new UserException($"{known.Id} has no schedule: there is nothing to simulate.", 2);
        var dag = known with { StartDate = from > known.StartDate ? from : known.StartDate, EndDate = to, OnAlert = null };
        var called = dag.Schedule.Between(dag.StartDate, to).Take(MostRuns + 1).ToList();
        if (called.Count == 0) throw new UserException($"{dag.Id} has no interval between {from:yyyy-MM-dd} and {to:yyyy-MM-dd}; its first date is {known.StartDate:yyyy-MM-dd}.", 2);
        if (called.Count > MostRuns) throw new UserException($"{dag.Id} has more than {MostRuns:N0} runs between {from:yyyy-MM-dd} and {to:yyyy-MM-dd}. Choose a shorter range.", 2);
        var kept = output is null ? null : new Settings("", output).Database;
        if (File.Exists(kept)) throw new UserException($"{kept} is there already. Choose another folder to --keep.", 2);

        var watch = Stopwatch.StartNew();
        using var store = new StateStore(":memory:");
        var (graphs, alerts) = (new Dictionary<string, DagGraph> { [dag.Id] = new(dag) }, 0);
        var year = new SimulatedYear(store, [dag], new(seed, failures, graphs), new() { OnAlert = _ => alerts++ });
        var last = year.Play(from, called[^1].RunAfter + TimeSpan.FromDays(30), Deaths(called, seed), stop);
        var played = watch.Elapsed;

        Terminal.Table(["month", "runs", "succeeded", "failed", "tries", "retries", "lost", "alerts", "mean s", "longest s"], Months(store));
        var invariants = new Invariants(store, graphs, Pools.All).Check();
        foreach (var one in invariants) Console.WriteLine($"{(one.Broken is null ? '✔' : '✘')} {one.Law}: {(one.Broken is null ? one.Checked.ToString("N0", CultureInfo.InvariantCulture) : one.Broken)}");
        Console.WriteLine();
        Console.WriteLine($"{called.Count:N0} runs from {from:yyyy-MM-dd} to {last:yyyy-MM-dd}: {year.Ticks:N0} ticks, {store.Scalar("SELECT count(*) FROM transition"):N0} transitions, {alerts:N0} alerts, {year.TakeOvers} schedulers lost, in {played.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s.");
        Console.WriteLine($"Digest of all transitions (seed {seed}): {DigestOf(store)}");
        if (kept is not null)
        {
            Directory.CreateDirectory(output!);
            store.Execute("VACUUM INTO $1", kept);
            Console.WriteLine($"State: {kept}. Look at it: dotnet run -- serve --output {output}");
        }
        return invariants.All(i => i.Broken is null) ? 0 : 1;
    }

    /// <summary>One run in thirty sees its scheduler die, within its first minute.</summary>
    static IEnumerable<DateTime> Deaths(IEnumerable<DagRunInfo> called, long seed) => called
        .Where(c => Fate.Chance(seed, "", $"{c.RunAfter.Ticks}", "", 0, "death") < 1 / 30.0)
        .Select(c => c.RunAfter.AddMilliseconds((int)(60_000 * Fate.Chance(seed, "", $"{c.RunAfter.Ticks}", "", 0, "moment"))));

    /// <summary>The same for the same history, whatever the machine. The words of a reason do not count.</summary>
    public static string DigestOf(StateStore store)
    {
        var digest = new Digest();
        foreach (var row in store.Query("SELECT id, at, dag_id, run_id, task_id, try_number, from_state, to_state FROM transition ORDER BY id", r => (object?[])[r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetInt64(5), r.Text(6), r.Text(7)])) digest.Add(row);
        return digest.ToString();
    }

    static List<string[]> Months(StateStore store) => store.Query("""
        WITH run AS (SELECT *, substr(logical_date, 1, 7) AS month, (julianday(end_date) - julianday(data_interval_end)) * 86400 AS late FROM dag_run),
             task AS (SELECT r.month, sum(t.try_number) AS tries, sum(max(t.try_number - 1, 0)) AS retries FROM task_instance t JOIN run r USING (dag_id, run_id) GROUP BY r.month),
             lost AS (SELECT r.month, count(*) AS lost FROM attempt a JOIN run r USING (dag_id, run_id) WHERE a.state = 'given_up' GROUP BY r.month),
             told AS (SELECT r.month, count(*) AS alerts FROM alert a JOIN run r USING (dag_id, run_id) GROUP BY r.month)
        SELECT month, count(*), sum(state = 'success'), sum(state = 'failed'), tries, retries, coalesce(lost, 0), coalesce(alerts, 0), avg(late) FILTER (WHERE state = 'success'), max(late) FILTER (WHERE state = 'success')
        FROM run LEFT JOIN task USING (month) LEFT JOIN lost USING (month) LEFT JOIN told USING (month) GROUP BY month ORDER BY month
        """, r => (string[])[r.GetString(0), .. Enumerable.Range(1, 7).Select(i => r.GetInt64(i).ToString("N0", CultureInfo.InvariantCulture)), Text(r, 8), Text(r, 9)]);

    static string Text(StoreRow row, int column) => row.IsDBNull(column) ? "" : row.GetDouble(column).ToString("0.0", CultureInfo.InvariantCulture);
}
