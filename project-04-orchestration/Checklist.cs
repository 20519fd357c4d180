using System.Globalization;

namespace Orchestrator;

/// <summary>The evaluation checklist as code. Each proof runs the real code in an empty folder. The delegates are the places where a
/// test puts a broken scheduler, to see that the item can turn red.</summary>
sealed class Checklist
{
    /// <summary>How many implementation steps the README has.</summary>
    public const int Steps = 9;

    static readonly DateTime Day1 = Playground.Day1;

    public CancellationToken Stop { get; init; }
    public Func<Dag, IReadOnlyList<DagTask>> Order { get; init; } = dag => new DagGraph(dag).Order;
    public Func<string, string, Timetable> Cron { get; init; } = (expression, zone) => new CronDataIntervalTimetable(expression, zone);
    public Func<Dag, Dag> Scheduled { get; init; } = dag => dag;
    public Func<TriggerRule, IReadOnlyCollection<TaskState>, Verdict> Judge { get; init; } = TriggerRules.Judge;
    public Func<Dag, DagTask, DateTime, int, TimeSpan> Delay { get; init; } = Retry.Delay;
    /// <summary>Is called on the warehouse between the first time and the second.</summary>
    public Action<Warehouse> Meanwhile { get; init; } = _ => { };
    /// <summary>Is called on a store before anything is scheduled in it.</summary>
    public Action<StateStore> Prepared { get; init; } = _ => { };
    public Func<DagTask, DagTask> Written { get; init; } = task => task;
    public TimeSpan LeaseLength { get; init; } = TimeSpan.FromSeconds(3);
    public bool Isolated { get; init; } = true;
    public Func<CrashPlan, CrashPlan> Crashes { get; init; } = plan => plan;

    public IReadOnlyList<Check> Items() =>
    [
        new("P4-1", "Tasks come after all that they wait for, and a cycle is named", Sync(Ordered)),
        new("P4-2", "Data intervals touch, and a run comes after its end, also when clocks change", Sync(Intervals)),
        new("P4-3", "Catchup makes up for every missed interval; without it only the latest runs", Sync(CaughtUp)),
        new("P4-4", "The trigger rules judge as Airflow's", Sync(Judged)),
        new("P4-5", "A retry waits longer each time, between once and twice its backoff", Sync(Delayed)),
        new("P4-6", "Running every task a second time changes nothing", Sync(Twice)),
        new("P4-7", "An attempt that was given up can't write when it wakes", Sync(Stale)),
        new("P4-8", "Of two schedulers one leads, and the other takes over", Sync(TwoSchedulers)),
        new("P4-9", "A task that brings its process down brings nothing else down", Sync(IsolatedTasks)),
        new("P4-10", "A failure and a missed deadline are told of, once each", Sync(Told)),
        new("P4-11", "Every change of a state is kept, and every state can be seen", Sync(Visible)),
        new("P4-12", "A backfill gives what daily runs give, forwards and backwards", Sync(Backfilled)),
        new("P4-13", "Killed anywhere and run again, the result is that of an undisturbed run", Killed),
    ];

    static Func<string, Task<string>> Sync(Func<string, string> prove) => scratch => Task.FromResult(prove(scratch));

    string Ordered(string scratch)
    {
        var chance = new Random(1);
        var (edges, tasks) = (0, 0);
        for (var graphs = 0; graphs < 200; graphs++)
        {
            var dag = Playground.Random(chance, 50);
            var order = Order(dag);
            var place = order.Select((task, i) => (task.Id, i)).ToDictionary();
            CheckFailed.Unless(place.Count == dag.Tasks.Count, $"{dag.Tasks.Count} tasks, {place.Count} in order");
            foreach (var task in order)
                foreach (var upstream in task.Upstream)
                {
                    CheckFailed.Unless(place[upstream] < place[task.Id], $"{task.Id} comes before {upstream}, which it waits for");
                    edges++;
                }
            tasks += order.Count;
        }
        var refused = "";
        try { Order(Playground.Dag("a<c", "b<a", "c<b")); } catch (UserException e) { refused = e.Message; }
        CheckFailed.Unless(refused.Contains("a → b → c → a", StringComparison.Ordinal), $"a cycle of three: '{refused}'");
        return $"{tasks:N0} tasks of 200 random DAGs, {edges:N0} edges, a → b → c → a refused";
    }

    string Intervals(string scratch)
    {
        (string Expression, string Zone, int Runs)[] schedules = [("0 0 * * *", "UTC", 365), ("0 0 * * *", "America/New_York", 365), ("30 2 * * *", "America/New_York", 365), ("0 6 * * 1", "Europe/Berlin", 52), ("0 0 1 * *", "UTC", 12), ("0 * * * *", "UTC", 8760)];
        var (from, to) = (Day1, Day1.AddYears(1));
        var intervals = 0;
        foreach (var (expression, zone, runs) in schedules)
        {
            DataInterval? last = null;
            var made = 0;
            var timetable = Cron(expression, zone);
            foreach (var info in timetable.Between(from, to.AddTicks(-1)))
            {
                CheckFailed.Unless(info.Interval.Start < info.Interval.End, $"{expression} {zone}: {info.Interval.Start:u} to {info.Interval.End:u}");
                CheckFailed.Unless(last is null || last.Value.End == info.Interval.Start, $"{expression} {zone}: after {last?.End:u} comes {info.Interval.Start:u}");
                CheckFailed.Unless(info.RunAfter >= info.Interval.End, $"{expression} {zone}: a run at {info.RunAfter:u} for data until {info.Interval.End:u}");
                last = info.Interval;
                made++;
            }
            CheckFailed.Unless(made == runs, $"{expression} {zone}: {made} intervals in a year instead of {runs}");
            intervals += made;
        }
        // the night in which 02:30 does not exist in New York, and the one in which the day has 25 hours
        var spring = Cron("30 2 * * *", "America/New_York").Between(new(2013, 3, 9, 0, 0, 0, DateTimeKind.Utc), new(2013, 3, 9, 12, 0, 0, DateTimeKind.Utc)).Single();
        CheckFailed.Unless(spring.RunAfter == new DateTime(2013, 3, 10, 7, 30, 0, DateTimeKind.Utc), $"10 March: {spring.RunAfter:u}");
        var autumn = Cron("0 0 * * *", "America/New_York").Between(new(2013, 11, 3, 0, 0, 0, DateTimeKind.Utc), new(2013, 11, 3, 12, 0, 0, DateTimeKind.Utc)).Single();
        CheckFailed.Unless(autumn.Interval.End - autumn.Interval.Start == TimeSpan.FromHours(25), $"3 November has {(autumn.Interval.End - autumn.Interval.Start).TotalHours} hours");
        return $"{schedules.Length} schedules, {intervals:N0} intervals, 10 March at 03:30, 3 November of 25 hours";
    }

    string CaughtUp(string scratch)
    {
        var now = Day1.AddDays(40).AddHours(5);
        var found = new List<string>();
        foreach (var catchup in (bool[])[true, false])
        {
            var dag = Scheduled(new Dag("daily") { Schedule = Cron("0 0 * * *", "UTC"), StartDate = Day1, Catchup = catchup, Tasks = [] });
            var runs = new List<DagRunInfo>();
            for (var next = dag.Schedule.Next(null, DagSync.Restriction(dag), now); next is not null && next.RunAfter <= now; next = dag.Schedule.Next(next.Interval, DagSync.Restriction(dag), now)) runs.Add(next);
            found.Add($"{runs.Count} {(runs.Count == 1 ? "run" : "runs")} {(catchup ? "with" : "without")} catchup, the last for {runs[^1].Interval.Start:yyyy-MM-dd}");
            CheckFailed.Unless(runs.Count == (catchup ? 40 : 1) && runs[^1].Interval.Start == Day1.AddDays(39), found[^1]);
        }
        return $"40 days after the start, {string.Join("; ", found)}";
    }

    string Judged(string scratch)
    {
        var rows = File.ReadLines(ProjectFolder.At("tests", "data", "airflow-trigger-rules.csv")).Skip(1).Select(line => line.Split(',')).ToList();
        var rules = Enum.GetValues<TriggerRule>().ToDictionary(r => r.Text());
        foreach (var row in rows)
        {
            var verdict = Judge(rules[row[0]], [.. row[1].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(s => States.Task(s == "none" ? null : s))]);
            var expected = Enum.Parse<Verdict>(row[2].Replace("_", "", StringComparison.Ordinal), ignoreCase: true);
            CheckFailed.Unless(verdict == expected, $"{row[0]} of {row[1]}: {verdict} instead of {expected}");
        }
        return $"{rows.Count:N0} cases of {rows.Select(r => r[0]).Distinct().Count()} rules";
    }

    string Delayed(string scratch)
    {
        var dag = Playground.Dag("a", "b") with { RetryDelay = TimeSpan.FromSeconds(100) };
        var growing = dag.Tasks[0] with { RetryExponentialBackoff = 2, MaxRetryDelay = TimeSpan.FromHours(1) };
        var waits = Enumerable.Range(1, 7).Select(n => Delay(dag, growing, Day1, n)).ToList();
        for (var n = 1; n <= waits.Count; n++)
        {
            var least = Math.Min(100 * Math.Pow(2, n - 1), 3600);
            CheckFailed.Unless(waits[n - 1].TotalSeconds >= least && waits[n - 1].TotalSeconds <= Math.Min(2 * least, 3600), $"after try {n}: {waits[n - 1].TotalSeconds} s");
            CheckFailed.Unless(n == 1 || waits[n - 1] >= waits[n - 2], $"after try {n} it waits less than before");
        }
        CheckFailed.Unless(Enumerable.Range(0, 50).Select(day => Delay(dag, growing, Day1.AddDays(day), 1)).Distinct().Count() > 30, "tasks that failed together come back together");
        CheckFailed.Unless(Delay(dag, dag.Tasks[1], Day1, 5) == dag.RetryDelay, "without backoff the waits are not of one length");
        return string.Create(CultureInfo.InvariantCulture, $"{string.Join(", ", waits.Select(w => w.TotalSeconds))} s");
    }

    string Twice(string scratch)
    {
        var settings = new Settings(Playground.Source(Path.Combine(scratch, "source"), 19, 20, 21), Path.Combine(scratch, "out"));
        var (first, tasks) = OnceThrough(settings);
        using (var warehouse = new Warehouse(settings.Output)) Meanwhile(warehouse);
        var (second, _) = OnceThrough(settings);
        CheckFailed.Unless(first == second, $"{first} at first, {second} then");
        return $"3 days, {tasks} tasks twice, {first} both times";

        (string, int) OnceThrough(Settings settings)
        {
            var ran = 0;
            for (var day = Day1.AddDays(18); day <= Day1.AddDays(20); day = day.AddDays(1))
            {
                var values = new Dictionary<string, string>();
                IReadOnlyList<string>? chosen = null;
                foreach (var task in DailyFlights.Dag.Tasks)
                {
                    if (task.Id == "quality_alert" && chosen?.Contains(task.Id) == false) continue;
                    var context = new TaskContext { DagId = DailyFlights.Id, TaskId = task.Id, RunId = "check", Interval = new(day, day.AddDays(1)), TryNumber = 2, Input = settings.Input, Output = settings.Output, Log = _ => { }, Fenced = write => write(), PullJson = (id, _) => values.GetValueOrDefault(id) };
                    if (Outcome.Of(task, context, day, () => day) is not Outcome.Succeeded done) throw new CheckFailed($"{task.Id} of {day:yyyy-MM-dd} did not succeed");
                    if (done.ReturnValue is { } value) values[task.Id] = value;
                    chosen = done.Followed ?? chosen;
                    ran++;
                }
            }
            return (Warehouse.Digest(Warehouse.PathIn(settings.Output)), ran);
        }
    }

    /// <summary>The first attempt waits; it is given up, and a second one does the work, which can't be given up while it writes; then the first one wakes.</summary>
    string Stale(string scratch)
    {
        var settings = new Settings(scratch, scratch);
        var dag = LabDags.Slow with { Tasks = [Written(LabDags.Slow["write"])] };
        var graph = new DagGraph(dag);
        using var store = new StateStore(settings.Database);
        var run = store.Query($"SELECT {RunRow.Columns} FROM dag_run r WHERE r.run_id = $1", RunRow.Of, Playground.Trigger(store, graph, Day1))[0];
        var (sleeper, end) = Begin(1);
        store.InTransaction(() => TaskLife.GiveUp(store, graph, sleeper, "no heartbeat", Day1));
        foreach (var file in (string[])["go-2", "hold-2"]) File.WriteAllText(Path.Combine(scratch, file), "");
        var (second, done) = Begin(2);
        var givenUp = GivenUpWhileItWrites(second, done);
        CheckFailed.Unless(done.Result is Outcome.Succeeded, $"the second attempt did not succeed: {done.Result}");
        store.InTransaction(() => TaskLife.Finish(store, graph, second, done.Result!, Day1));
        File.WriteAllText(Path.Combine(scratch, "go-1"), "");
        var woken = end.Result;
        var result = File.ReadAllLines(Path.Combine(scratch, "result"));
        CheckFailed.Unless(result is ["try 2"], $"the result holds: {string.Join(", ", result)}");
        CheckFailed.Unless(!givenUp, "try 2 was given up while it wrote");
        var noted = true;
        store.InTransaction(() => noted = TaskLife.Finish(store, graph, sleeper, new Outcome.Failed("late"), Day1));
        CheckFailed.Unless(woken is null && !noted && store.Scalar("SELECT state FROM task_instance") is "success", "the first attempt has changed the task's state");
        return "try 1 was given up, try 2 wrote and could not be given up meanwhile, try 1 woke and was refused";

        // another connection asks while the attempt stands still inside its fence, which then lets it go on
        bool GivenUpWhileItWrites(Attempt attempt, Task ends)
        {
            while (!File.Exists(Path.Combine(scratch, $"writes-{attempt.TryNumber}")) && !ends.IsCompleted) Thread.Sleep(5);
            using var other = new StateStore(settings.Database);
            other.Run("PRAGMA busy_timeout = 100");
            try
            {
                other.InTransaction(() => TaskLife.GiveUp(other, graph, attempt, "no heartbeat", Day1));
                return true;
            }
            catch (Microsoft.Data.Sqlite.SqliteException e) when (e.SqliteErrorCode == Sqlite.Busy) { return false; }
            finally { File.Delete(Path.Combine(scratch, $"hold-{attempt.TryNumber}")); }
        }

        // a try of the task, on a thread of its own; its outcome is null when it was refused
        (Attempt, Task<Outcome?>) Begin(int tryNumber)
        {
            Attempt? attempt = null;
            store.InTransaction(() =>
            {
                store.Execute("UPDATE task_instance SET state = 'scheduled', try_number = $1", tryNumber);
                attempt = TaskLife.Queue(store, store.Query($"SELECT {TaskRow.Columns} FROM task_instance t", TaskRow.Of)[0], run, "check", Day1);
                TaskLife.Start(store, attempt, null, Day1);
            });
            var ends = Task.Factory.StartNew(() =>
            {
                using var context = new AttemptContext(settings, attempt!, default);
                try { return Outcome.Of(dag["write"], context.Context, Day1, () => Day1); }
                catch (StaleAttempt) { return null; }
            }, TaskCreationOptions.LongRunning);
            while (!File.Exists(Path.Combine(scratch, $"began-{tryNumber}")) && !ends.IsCompleted) Thread.Sleep(5);
            return (attempt!, ends);
        }
    }

    /// <summary>Schedules until it is done, for a minute at most.</summary>
    static void Work(Settings settings, Dag dag, bool createsRuns, bool isolated, Func<StateStore, bool> until)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        try { Orchestration.Run(settings, [dag], new() { CreatesRuns = createsRuns }, isolated, until, (_, _) => { }, limit.Token); }
        catch (OperationCanceledException) { throw new CheckFailed("it was not done in a minute"); }
    }

    string TwoSchedulers(string scratch)
    {
        using var store = new StateStore(Path.Combine(scratch, "state.db"));
        var (first, second) = (new Lease("first", LeaseLength), new Lease("second", LeaseLength));
        var (asked, tookOver) = (0, 0.0);
        for (var now = Day1; now < Day1.AddSeconds(20); now = now.AddSeconds(0.5), asked++)
        {
            var silent = now >= Day1.AddSeconds(8) && now < Day1.AddSeconds(15);        // the first one sleeps, and wakes
            var (one, two) = (!silent && Hold(first, now), Hold(second, now));
            CheckFailed.Unless(!(one && two), $"both lead after {(now - Day1).TotalSeconds} s");
            CheckFailed.Unless(now >= Day1.AddSeconds(8) || one, $"nobody leads after {(now - Day1).TotalSeconds} s");
            CheckFailed.Unless(now < Day1.AddSeconds(15) || two, "the one that woke up leads again");
            if (two && tookOver == 0) tookOver = (now - Day1.AddSeconds(8)).TotalSeconds;
        }
        first.Release(store, Day1.AddSeconds(20));
        CheckFailed.Unless(!Hold(first, Day1.AddSeconds(20)), "it gave back a lease that was not its own");
        return string.Create(CultureInfo.InvariantCulture, $"asked {asked} times, never two at once; the second led {tookOver} s after the first fell silent, and stayed when it woke");

        bool Hold(Lease lease, DateTime now)
        {
            var holds = false;
            store.InTransaction(() => holds = lease.Hold(store, now));
            return holds;
        }
    }

    string IsolatedTasks(string scratch)
    {
        var settings = new Settings(scratch, scratch);
        File.WriteAllText(Path.Combine(scratch, "go-1"), "");
        using (var store = new StateStore(settings.Database)) Playground.Trigger(store, new(LabDags.Slow), Day1);
        Work(settings, LabDags.Slow, createsRuns: false, Isolated, store => store.Scalar("SELECT state FROM dag_run") is "success" or "failed");
        using var after = new StateStore(settings.Database);
        var states = string.Join(", ", after.Query("SELECT task_id || ' ' || state || ' after ' || try_number FROM task_instance ORDER BY task_id", r => r.GetString(0)));
        var pids = after.Query("SELECT pid FROM attempt", r => r.IsDBNull(0) ? Environment.ProcessId : r.GetInt32(0));
        CheckFailed.Unless(!pids.Contains(Environment.ProcessId), "a task runs in the scheduler's process");
        CheckFailed.Unless(states == "crash failed after 3, write success after 1", states);
        CheckFailed.Unless(pids.Distinct().Count() == 4, $"{pids.Distinct().Count()} processes for 4 attempts");
        return $"{pids.Count} attempts in {pids.Distinct().Count()} processes: {states}";
    }

    string Told(string scratch)
    {
        using var store = new StateStore(":memory:");
        var dag = Playground.Dag("slow", "fails") with { Deadline = TimeSpan.FromMinutes(1), Retries = 1, RetryDelay = TimeSpan.FromSeconds(10) };
        var told = new List<Alert>();
        using var executor = new SimulatedExecutor(10, a => a.TaskId == "slow" ? (TimeSpan.FromMinutes(5), new Outcome.Succeeded()) : (TimeSpan.FromSeconds(1), new Outcome.Failed("no")));
        using var scheduler = new Scheduler(store, [dag], executor, new() { OnAlert = told.Add });
        Playground.Trigger(store, new(dag), Day1);
        Prepared(store);
        Simulation.Run(store, scheduler, executor, Day1, Day1.AddHours(1));
        scheduler.Tick(Day1.AddHours(2));
        var found = string.Join(", ", told.Select(a => string.Create(CultureInfo.InvariantCulture, $"{a.Kind} after {(a.At - Day1).TotalSeconds} s")));
        CheckFailed.Unless(found == "failure after 12 s, deadline after 60 s", found.Length == 0 ? "nobody was told" : found);
        CheckFailed.Unless(store.Scalar("SELECT count(*) FROM alert WHERE delivered_at IS NULL") is 0L, "a delivery was not noted");
        return found;
    }

    string Visible(string scratch)
    {
        using var store = new StateStore(":memory:");
        var dag = Playground.Dag("ok", "fails", "after<fails", "once", "sensor", "lost");
        dag = dag with { Tasks = [.. dag.Tasks, new ActionTask("skipped", _ => null) { Upstream = ["ok"], TriggerRule = TriggerRule.AllFailed }] };
        dag = dag with { Tasks = [.. dag.Tasks.Select(t => t.Id is "once" or "lost" ? t with { Retries = 1 } : t)] };
        var looks = 0;
        using var executor = new SimulatedExecutor(10, a => (TimeSpan.FromSeconds(1), a.TaskId switch
        {
            "fails" => new Outcome.Failed("no"),
            "once" or "lost" when a.TryNumber == 1 => new Outcome.Failed("no"),
            "sensor" when looks++ == 0 => new Outcome.Waiting(TimeSpan.FromMinutes(1)),
            _ => new Outcome.Succeeded(),
        }));
        using var scheduler = new Scheduler(store, [dag], executor, new());
        var graph = new DagGraph(dag);
        var run = Playground.Trigger(store, graph, Day1);
        Prepared(store);
        Simulation.Run(store, scheduler, executor, Day1, Day1.AddHours(1));
        Clear.Run(store, graph, [run], ["ok"], downstream: false, onlyFailed: false, Day1.AddHours(2));
        executor.Now = Day1.AddHours(2);
        scheduler.Tick(Day1.AddHours(2));
        Clear.Run(store, graph, [run], ["ok"], downstream: false, onlyFailed: false, Day1.AddHours(2));
        Simulation.Run(store, scheduler, executor, Day1.AddHours(2), Day1.AddHours(3));

        // the chain of transitions of each task begins at none, has no gap, and ends at its state
        var steps = 0;
        foreach (var task in graph.Order)
        {
            var chain = store.Query("SELECT from_state, to_state FROM transition WHERE task_id = $1 ORDER BY id", r => (From: r.Text(0), To: r.Text(1)), task.Id);
            for (var i = 0; i < chain.Count; i++) CheckFailed.Unless(chain[i].From == (i == 0 ? null : chain[i - 1].To), $"{task.Id}: {chain[i].From ?? "none"} comes after {(i == 0 ? "nothing" : chain[i - 1].To)}");
            var state = store.Scalar("SELECT state FROM task_instance WHERE task_id = $1", task.Id) as string;
            CheckFailed.Unless(chain.Count > 0 && chain[^1].To == state, $"{task.Id} is {state ?? "none"}, its last transition says {(chain.Count == 0 ? "nothing" : chain[^1].To)}");
            steps += chain.Count;
        }
        var seen = store.Query("SELECT DISTINCT to_state FROM transition WHERE to_state IS NOT NULL", r => r.GetString(0));
        var unseen = Enum.GetValues<TaskState>().Select(s => s.Text()).Where(s => s is not (null or "removed") && !seen.Contains(s)).ToList();
        CheckFailed.Unless(unseen.Count == 0, $"never seen: {string.Join(", ", unseen)}");
        var signs = Grid.Text(store, graph);
        CheckFailed.Unless(graph.Order.All(t => signs.Contains(t.Id, StringComparison.Ordinal)), "a task is not in the grid");
        return $"{graph.Order.Count} tasks, {steps} transitions without a gap, {seen.Count} states";
    }

    string Backfilled(string scratch)
    {
        var source = Playground.Source(Path.Combine(scratch, "source"), 17, 18, 19, 20);
        var dag = Scheduled(DailyFlights.Dag with { StartDate = Day1.AddDays(16), EndDate = Day1.AddDays(19) });
        var digests = new List<string>();
        foreach (var how in (string[])["daily runs", "backfill", "backfill backwards"])
        {
            var settings = new Settings(source, Path.Combine(scratch, how));
            var daily = how == "daily runs";
            if (!daily)
            {
                using var store = new StateStore(settings.Database);
                store.InTransaction(() => DagSync.Run(store, new Dictionary<string, DagGraph> { [dag.Id] = new(dag) }, Pools.All, DateTime.UtcNow));
                Backfill.Create(store, new(dag), new(Day1, Day1.AddDays(30), RunBackwards: how.EndsWith("backwards", StringComparison.Ordinal)), DateTime.UtcNow);
            }
            Work(settings, dag, createsRuns: daily, isolated: false, store => store.Scalar("SELECT count(*) FROM dag_run WHERE state = 'success'") is 4L || store.Scalar("SELECT 1 FROM dag_run WHERE state = 'failed'") is not null);
            using var after = new StateStore(settings.Database);
            CheckFailed.Unless(after.Scalar("SELECT count(*) FROM dag_run WHERE state = 'success'") is 4L, $"{how}: a run has failed");
            digests.Add(Warehouse.Digest(Warehouse.PathIn(settings.Output)));
            CheckFailed.Unless(digests[^1] == digests[0], $"{how}: {digests[^1]} instead of {digests[0]}");
        }
        return $"4 days, {digests[0]} three times";
    }

    async Task<string> Killed(string scratch)
    {
        var plan = Crashes(CrashLab.Plan(scratch));
        var kills = await Crash.Run(plan, scratch, 0, 1, _ => { }, Stop);
        CheckFailed.Unless(kills.All(k => k.Same), string.Join("; ", kills.Where(k => !k.Same).Select(k => $"{k.Where}: {k.Lost} lost, {k.Doubled} doubled {k.Problem}")));
        return $"{kills.Count(k => k.Killed)} kills on two days, {kills.Sum(k => k.Lost)} rows lost, {kills.Sum(k => k.Doubled)} doubled";
    }
}
