using System.Text.Json;

namespace Orchestrator;

/// <summary>What a task attempt knows of itself, and what it may do. A task that only writes under <see cref="Fenced"/> can be given up at any
/// moment: what it does afterwards changes nothing.</summary>
sealed class TaskContext
{
    public required string DagId { get; init; }
    public required string TaskId { get; init; }
    public required string RunId { get; init; }
    public required DataInterval Interval { get; init; }
    /// <summary>1 for the first attempt.</summary>
    public required int TryNumber { get; init; }
    /// <summary>The folder of the source data.</summary>
    public required string Input { get; init; }
    /// <summary>The folder that results go to.</summary>
    public required string Output { get; init; }
    /// <summary>A line for the attempt's log.</summary>
    public required Action<string> Log { get; init; }
    /// <summary>Runs the action only while this attempt is the current one, and lets nobody give it up meanwhile. Keep it short: a commit or a rename.
    /// Throws <see cref="StaleAttempt"/>, and does not run the action, when the attempt was given up.</summary>
    public required Action<Action> Fenced { get; init; }
    /// <summary>The JSON text of an XCom of this run, by task and key; null when there is none.</summary>
    public required Func<string, string, string?> PullJson { get; init; }
    public Dictionary<string, string> Pushed { get; } = [];
    public CancellationToken Stop { get; init; }

    /// <summary>The value that a task of this run has returned, or pushed under a key; default when it has not.</summary>
    public T? Pull<T>(string taskId, string key = "return_value") => PullJson(taskId, key) is { } json ? JsonSerializer.Deserialize<T>(json) : default;

    /// <summary>Keeps a value for other tasks of this run. It is stored when the attempt succeeds.</summary>
    public void Push(string key, object value) => Pushed[key] = JsonSerializer.Serialize(value);
}

/// <summary>Thrown by a task that has nothing to do: its state becomes skipped.</summary>
sealed class TaskSkipped(string reason) : Exception(reason);

/// <summary>Thrown by a task that will not succeed however often it is tried: it fails without retry.</summary>
sealed class TaskFailedForGood(string reason) : Exception(reason);

/// <summary>Thrown inside an attempt that was given up: it is no longer the current one and must not change anything.</summary>
sealed class StaleAttempt(string what) : Exception($"{what} was given up; it may not write any more.");
