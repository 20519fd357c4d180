using System.Globalization;
using System.Text.Json;

namespace Orchestrator;

/// <summary>One attempt of one task as a process of its own, for a scheduler that is not ours: no state database, no lease, no retries.
/// It speaks by exit code and by the last line of stdout; everything else goes to stderr.</summary>
static class TaskCommand
{
    /// <summary>The task is done; of a sensor: what it waits for is there.</summary>
    public const int Done = 0;
    /// <summary>The attempt failed; another one may succeed.</summary>
    public const int Failed = 1;
    /// <summary>A sensor: not there yet. The number is EX_TEMPFAIL of sysexits.h; it must not be 1, which <c>dotnet</c> itself ends with
    /// when the app is missing: a sensor would wait for its whole timeout instead of saying so.</summary>
    public const int NotYet = 75;
    /// <summary>There was nothing to do. Airflow's BashOperator takes 99 for skipped unless told otherwise.</summary>
    public const int Skipped = 99;
    /// <summary>The attempt failed, and so would every further one.</summary>
    public const int FailedForGood = 100;
    /// <summary>The process was told to stop.</summary>
    public const int Interrupted = 130;

    /// <summary>Runs a task and prints its XCom as JSON in one line, <c>null</c> when it has none: Airflow's BashOperator reads stderr
    /// and stdout as one stream and keeps the last line, so there must be one of ours. A sensor looks once and prints nothing.</summary>
    /// <param name="xcoms">What upstream tasks returned, as JSON texts by task.</param>
    /// <param name="now">The clock, UTC.</param>
    /// <param name="stdout">Null: the process's own.</param>
    /// <param name="log">Null: the process's stderr.</param>
    public static int Run(Dag dag, string taskId, DataInterval interval, int tryNumber, string input, string output,
        IReadOnlyDictionary<string, string> xcoms, Func<DateTime> now, CancellationToken stop, TextWriter? stdout = null, TextWriter? log = null)
    {
        var task = dag[taskId];
        log ??= Console.Error;
        if (stdout is null)
        {
            stdout = Console.Out;
            Console.SetOut(Console.Error);      // a task that prints must not spoil the last line
        }
        var context = new TaskContext
        {
            DagId = dag.Id,
            TaskId = taskId,
            RunId = $"external__{interval.Start:yyyy-MM-ddTHH:mm:ssZ}",
            Interval = interval,
            TryNumber = tryNumber,
            Input = input,
            Output = output,
            Log = log.WriteLine,
            // Nothing tells this process that it was given up: the other scheduler has to kill it. Tasks stay idempotent all the same.
            Fenced = action => action(),
            PullJson = (from, key) => key == "return_value" ? xcoms.GetValueOrDefault(from)
                : throw new TaskFailedForGood($"'{taskId}' asks for XCom '{key}' of '{from}', but a command can only hand over what a task returns."),
            Stop = stop,
        };
        // The waiting is the other scheduler's: look once, and let it count the time.
        if (task is SensorTask sensor) task = sensor with { Mode = SensorMode.Reschedule, Timeout = TimeSpan.MaxValue };

        switch (Outcome.Of(task, context, since: now(), now))
        {
            case Outcome.Succeeded done:
                foreach (var key in done.Pushed.Keys) log.WriteLine($"XCom '{key}' stays here: a command hands over only what a task returns.");
                if (task is not SensorTask) stdout.WriteLine(done.ReturnValue ?? "null");
                return Done;
            case Outcome.Waiting:
                return NotYet;
            case Outcome.Skipped skipped:
                log.WriteLine($"Skipped: {skipped.Reason}");
                return Skipped;
            case Outcome.Failed failed:
                log.WriteLine($"Failed{(failed.Retry ? "" : " for good")}: {failed.Reason}");
                return failed.Retry ? Failed : FailedForGood;
            default:
                return Interrupted;
        }
    }

    /// <summary>Reads <c>START/END</c>, two moments of ISO 8601 with Z or an offset.</summary>
    /// <exception cref="UserException">Exit code 2: it is something else, or ends before it starts.</exception>
    public static DataInterval ParseInterval(string text)
    {
        var ends = text.Split('/');
        if (ends.Length == 2 && Moment(ends[0]) is { } start && Moment(ends[1]) is { } end && start <= end) return new(start, end);
        throw new UserException($"--interval: expected START/END, both with Z or an offset and not in reverse, found '{text}'.\nFor example: --interval 2026-01-14T00:00:00Z/2026-01-15T00:00:00Z", 2);
    }

    /// <summary>Reads values of <c>--xcom TASK=JSON</c>. A task whose XCom is <c>null</c> has none.</summary>
    /// <exception cref="UserException">Exit code 2: a value is not of that form.</exception>
    public static IReadOnlyDictionary<string, string> ParseXComs(IEnumerable<string> values)
    {
        var found = new Dictionary<string, string>();
        foreach (var value in values)
        {
            var at = value.IndexOf('=', StringComparison.Ordinal);
            if (at < 1 || !IsJson(value[(at + 1)..])) throw new UserException($"--xcom: expected TASK=JSON, found '{value}'.\nFor example: --xcom 'extract={{\"rows\": 3}}'", 2);
            if (value[(at + 1)..].Trim() is var json and not "null") found[value[..at]] = json;
        }
        return found;
    }

    static DateTime? Moment(string text)
    {
        string[] shapes = ["yyyy-MM-dd'T'HH:mm'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", "yyyy-MM-dd'T'HH:mmzzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz"];
        return DateTimeOffset.TryParseExact(text, shapes, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment) ? moment.UtcDateTime : null;
    }

    static bool IsJson(string text)
    {
        try
        {
            using var _ = JsonDocument.Parse(text);
            return true;
        }
        catch (JsonException) { return false; }
    }
}
