namespace Orchestrator.Tests;

/// <summary>Histories of random DAGs in a world of failures, and the laws that hold of each.</summary>
[TestFixture, Category("Step8"), CancelAfter(60_000)]
sealed class SimulationTests
{
    static readonly DateTime Day1 = Play.Day1;
    static readonly Pool[] Pools = [new("default_pool", 128, ""), new("narrow", 2, ""), new("single", 1, "")];

    [TestCase(1), TestCase(7)]
    public void The_same_seed_plays_the_same_history(int seed)
    {
        var first = DigestOf(seed);
        Assert.That(DigestOf(seed), Is.EqualTo(first));
    }

    [Test]
    public void Another_seed_plays_another_history() => Assert.That(Enumerable.Range(1, 5).Select(seed => DigestOf(seed)).Distinct().Count(), Is.EqualTo(5));

    [Test]
    public void A_chance_is_the_same_on_every_machine() => Assert.That(Fate.Chance(1, "dag", "run", "task", 2, "fails"), Is.EqualTo(0.41066356271531623));

    [Test]
    public void Chances_are_spread_evenly_and_do_not_hang_together()
    {
        var drawn = Enumerable.Range(0, 20_000).Select(i => Fate.Chance(i % 10, "dag", $"run {i / 100}", $"task {i % 100}", i % 3, "takes")).ToList();
        for (var tenth = 0; tenth < 10; tenth++) Assert.That(drawn.Count(d => d >= tenth / 10.0 && d < (tenth + 1) / 10.0), Is.InRange(1850, 2150));
        Assert.That(Enumerable.Range(0, 10_000).Count(i => Fate.Chance(i, "d", "r", "t", 1, "a") < 0.5 == Fate.Chance(i, "d", "r", "t", 2, "a") < 0.5), Is.InRange(4800, 5200));
    }

    [Test]
    public void A_lost_attempt_never_comes_back_and_is_given_up_when_its_heartbeats_have_stopped()
    {
        var first = true;
        using var play = new Play(Play.Dag("a", "long") with { Retries = 1, RetryDelay = TimeSpan.FromSeconds(1) });
        play.Takes = a => a.TaskId == "long" ? TimeSpan.FromMinutes(10) : first && !(first = false) ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(1);
        play.Trigger();
        play.Run();
        Assert.That(play.Life("a"), Is.EqualTo("scheduled queued running up_for_retry scheduled queued running success"));
        Assert.That(play.One<string>("SELECT reason FROM attempt WHERE state = 'given_up'"), Is.EqualTo("no heartbeat for 10 s"));
        Assert.That(play.Life("long"), Is.EqualTo("scheduled queued running success"), "it gave its heartbeats for ten minutes");
    }

    [Test]
    public void A_year_of_daily_flights_keeps_all_laws()
    {
        var dag = DailyFlights.Dag with { EndDate = new DateTime(2013, 12, 31, 0, 0, 0, DateTimeKind.Utc), OnAlert = null };
        var (invariants, year) = History(5, [dag], 0.1, Day1, 40);
        Assert.That(invariants.Where(i => i.Broken is not null), Is.Empty);
        Assert.That(invariants.Single(i => i.Law == "each interval has exactly one run").Checked, Is.EqualTo(365));
        Assert.That(year.TakeOvers, Is.EqualTo(40));
    }

    /// <summary>Each case is ten seeds, each seed two DAGs.</summary>
    [Test]
    public void Random_DAGs_keep_all_laws([Range(0, 19)] int tens)
    {
        for (var seed = tens * 10; seed < tens * 10 + 10; seed++)
        {
            var dags = new[] { RandomDag(new(seed * 2), "first"), RandomDag(new(seed * 2 + 1), "second") };
            var (invariants, _) = History(seed, dags, seed % 4 * 0.1, Day1.AddDays(seed % 3), seed % 5);
            Assert.That(invariants.Where(i => i.Broken is not null), Is.Empty, $"seed {seed}: {string.Join("; ", dags.Select(d => $"{d.Id}: {string.Join(' ', d.Tasks.Select(t => $"{t.GetType().Name}:{t.Id}<{string.Join(',', t.Upstream)}/{t.TriggerRule}{(t.DependsOnPast ? "/past" : "")}"))}"))}");
        }
    }

    [Test]
    public void A_law_that_is_broken_is_found()
    {
        using var play = new Play(Play.Dag("a", "b<a"));
        play.Trigger();
        play.Run();
        Assert.That(Broken(play), Is.Empty);
        foreach (var (harm, law) in new[]
        {
            ("UPDATE task_instance SET state = 'running' WHERE task_id = 'a'", "no task that was a success runs again"),
            ("UPDATE transition SET to_state = 'success' WHERE task_id = 'b' AND to_state = 'queued'", "every transition is an allowed one"),
            ("DELETE FROM transition WHERE task_id = 'a'", "no task begins before what it waits for has ended"),
            ("UPDATE dag_run SET state = 'running'", "every run ends, unless it waits for a past that has failed"),
            ("UPDATE dag_run SET state = 'failed'", "a run succeeds exactly when none of its last tasks failed"),
            ("UPDATE transition SET try_number = 2", "no task has more tries than its retries allow"),
            ("UPDATE attempt SET state = 'running'", "no attempt is left at work"),
        })
        {
            play.Store.Execute("BEGIN");
            play.Store.Execute(harm);
            Assert.That(Broken(play), Does.Contain(law), harm);
            play.Store.Execute("ROLLBACK");
        }

        static IEnumerable<string> Broken(Play play) => new Invariants(play.Store, new Dictionary<string, DagGraph> { ["test"] = play.Graph }, Orchestrator.Pools.All).Check().Where(i => i.Broken is not null).Select(i => i.Law);
    }

    static (IReadOnlyList<Invariant> Invariants, SimulatedYear Year) History(int seed, IReadOnlyList<Dag> dags, double failures, DateTime from, int deaths)
    {
        using var store = new StateStore(":memory:");
        return History(store, seed, dags, failures, from, deaths);
    }

    static (IReadOnlyList<Invariant> Invariants, SimulatedYear Year) History(StateStore store, int seed, IReadOnlyList<Dag> dags, double failures, DateTime from, int deaths)
    {
        var graphs = dags.ToDictionary(d => d.Id, d => new DagGraph(d));
        var year = new SimulatedYear(store, dags, new(seed, failures, graphs), new() { Pools = Pools.Concat(Orchestrator.Pools.All.Where(p => p.Name == Orchestrator.Pools.Warehouse)).ToArray() }, slots: 1 + seed % 20);
        var moments = Enumerable.Range(0, deaths).Select(i => from.AddDays(i + 1).AddSeconds(60 * Fate.Chance(seed, "", "", "", i, "death")));
        year.Play(from, Day1.AddYears(3), moments, TestContext.CurrentContext.CancellationToken);
        return (new Invariants(store, graphs, [.. Pools, .. Orchestrator.Pools.All.Where(p => p.Name == Orchestrator.Pools.Warehouse)]).Check(), year);
    }

    static string DigestOf(int seed)
    {
        using var store = new StateStore(":memory:");
        History(store, seed, [RandomDag(new(3), "first"), RandomDag(new(4), "second")], 0.2, Day1, 3);
        return Simulate.DigestOf(store);
    }

    static Dag RandomDag(Random chance, string id)
    {
        var rules = Enum.GetValues<TriggerRule>();
        var count = chance.Next(1, 13);
        var tasks = Enumerable.Range(0, count).Select(i => Task($"t{i:00}", [.. Enumerable.Range(0, i).Where(_ => chance.Next(Math.Max(3, i)) < 2).Select(u => $"t{u:00}")])).ToList();
        var start = Day1.AddHours(chance.Next(24));
        return new Dag(id)
        {
            Schedule = new DeltaDataIntervalTimetable(TimeSpan.FromHours(chance.Next(1, 25))),
            StartDate = start,
            EndDate = start.AddDays(chance.Next(1, 6)),
            Catchup = chance.Next(2) == 0,
            MaxActiveRuns = chance.Next(1, 6),
            MaxActiveTasks = chance.Next(1, 6),
            Retries = chance.Next(3),
            RetryDelay = TimeSpan.FromSeconds(chance.Next(1, 60)),
            DagrunTimeout = chance.Next(5) == 0 ? TimeSpan.FromSeconds(chance.Next(5, 100)) : null,
            Deadline = chance.Next(3) == 0 ? TimeSpan.FromSeconds(20) : null,
            Tasks = tasks,
        };

        DagTask Task(string name, string[] upstream)
        {
            DagTask task = chance.Next(10) switch
            {
                0 => new BranchTask(name, _ => []),
                1 => new ShortCircuitTask(name, _ => true),
                2 => new SensorTask(name, _ => true) { Mode = chance.Next(2) == 0 ? SensorMode.Poke : SensorMode.Reschedule, PokeInterval = TimeSpan.FromSeconds(chance.Next(1, 10)), Timeout = TimeSpan.FromMinutes(1), SoftFail = chance.Next(2) == 0 },
                _ => new ActionTask(name, _ => null),
            };
            return task with
            {
                Upstream = upstream,
                TriggerRule = chance.Next(2) == 0 ? TriggerRule.AllSuccess : rules[chance.Next(rules.Length)],
                Retries = chance.Next(3) == 0 ? chance.Next(3) : null,
                RetryExponentialBackoff = chance.Next(3) == 0 ? 2 : 0,
                DependsOnPast = chance.Next(10) == 0,
                PriorityWeight = chance.Next(1, 4),
                ExecutionTimeout = chance.Next(4) == 0 ? TimeSpan.FromSeconds(5) : null,
                Pool = Pools[chance.Next(Pools.Length)].Name,
                PoolSlots = 1,
            };
        }
    }
}
