namespace Orchestrator;

/// <summary>A pipeline as data: its tasks, what they wait for, and when it runs. The words and the defaults are those of Apache Airflow 3.</summary>
sealed record Dag(string Id)
{
    public string Description { get; init; } = "";
    public required Timetable Schedule { get; init; }
    /// <summary>The first logical date; UTC.</summary>
    public required DateTime StartDate { get; init; }
    /// <summary>The last logical date, inclusive; UTC, null for none.</summary>
    public DateTime? EndDate { get; init; }
    /// <summary>Whether intervals that were missed are made up for.</summary>
    public bool Catchup { get; init; }
    /// <summary>How many runs may be at work at once; backfills count for themselves.</summary>
    public int MaxActiveRuns { get; init; } = 16;
    /// <summary>How many tasks of one run may be at work at once.</summary>
    public int MaxActiveTasks { get; init; } = 16;
    /// <summary>A run that takes longer fails, and what is left of it is skipped; null for no limit.</summary>
    public TimeSpan? DagrunTimeout { get; init; }
    /// <summary>An alert is raised when a run has not succeeded this long after it was queued; null for none.</summary>
    public TimeSpan? Deadline { get; init; }
    /// <summary>How often a failed task is tried again, where it does not say so itself.</summary>
    public int Retries { get; init; }
    /// <summary>The wait before a retry, where the task does not say so itself.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMinutes(5);
    /// <summary>Is called for a task that failed for good and for a missed deadline, at least once; the alert's id tells a repetition.</summary>
    public Action<Alert>? OnAlert { get; init; }
    public required IReadOnlyList<DagTask> Tasks { get; init; }

    public DagTask this[string task] => Tasks.FirstOrDefault(t => t.Id == task) ?? throw new UserException($"{Id} has no task '{task}'. It has: {string.Join(", ", Tasks.Select(t => t.Id))}.", 2);
}

/// <summary>One task of a DAG. What it does is one of the four kinds below.</summary>
abstract record DagTask(string Id)
{
    /// <summary>The tasks that it waits for, by id.</summary>
    public IReadOnlyList<string> Upstream { get; init; } = [];
    public TriggerRule TriggerRule { get; init; } = TriggerRule.AllSuccess;
    /// <summary>Null: as the DAG says.</summary>
    public int? Retries { get; init; }
    /// <summary>Null: as the DAG says.</summary>
    public TimeSpan? RetryDelay { get; init; }
    /// <summary>Each further wait is this many times as long, with jitter; 0 for waits of one length.</summary>
    public double RetryExponentialBackoff { get; init; }
    public TimeSpan? MaxRetryDelay { get; init; }
    /// <summary>An attempt that takes longer fails; null for no limit.</summary>
    public TimeSpan? ExecutionTimeout { get; init; }
    /// <summary>Waits until the same task of the run before has succeeded or was skipped.</summary>
    public bool DependsOnPast { get; init; }
    public string Pool { get; init; } = "default_pool";
    public int PoolSlots { get; init; } = 1;
    /// <summary>Of two tasks that could start, the one with the higher weight does. The weights of all tasks downstream are added to it.</summary>
    public int PriorityWeight { get; init; } = 1;
}

/// <summary>Does something; what it returns is kept as XCom <c>return_value</c>, null is not.</summary>
sealed record ActionTask(string Id, Func<TaskContext, object?> Run) : DagTask(Id);

/// <summary>Chooses which of its direct downstream tasks are run; the others are skipped.</summary>
sealed record BranchTask(string Id, Func<TaskContext, IReadOnlyList<string>> Choose) : DagTask(Id);

/// <summary>When its condition is false, everything downstream is skipped.</summary>
sealed record ShortCircuitTask(string Id, Func<TaskContext, bool> Condition) : DagTask(Id);

/// <summary>Waits until something is there.</summary>
sealed record SensorTask(string Id, Func<TaskContext, bool> Poke) : DagTask(Id)
{
    public SensorMode Mode { get; init; } = SensorMode.Poke;
    public TimeSpan PokeInterval { get; init; } = TimeSpan.FromMinutes(1);
    /// <summary>A sensor that has waited longer fails, without retry, or is skipped when <see cref="SoftFail"/> is set.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromDays(7);
    public bool SoftFail { get; init; }
}

/// <summary><see cref="Poke"/> keeps its slot while it waits; <see cref="Reschedule"/> gives it back between two looks.</summary>
enum SensorMode { Poke, Reschedule }

/// <summary>When a task may run, by the states of its direct upstream tasks. The twelve rules of Airflow that need no setup tasks.</summary>
enum TriggerRule { AllSuccess, AllFailed, AllDone, AllDoneMinOneSuccess, AllSkipped, OneSuccess, OneFailed, OneDone, NoneFailed, NoneFailedMinOneSuccess, NoneSkipped, Always }

/// <summary>The state of a task instance; <see cref="None"/> is not yet scheduled.</summary>
enum TaskState { None, Scheduled, Queued, Running, Success, Failed, Skipped, UpstreamFailed, UpForRetry, UpForReschedule, Restarting, Removed }

enum RunState { Queued, Running, Success, Failed }

enum RunType { Scheduled, Manual, Backfill }

/// <summary>Something a person should know of: <c>failure</c> of a task, or a missed <c>deadline</c> of a run (the task is then null).</summary>
sealed record Alert(long Id, string Kind, string DagId, string RunId, string? TaskId, DateTime At, string Text);
