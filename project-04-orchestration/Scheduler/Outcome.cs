using System.Text.Json;

namespace Orchestrator;

/// <summary>How an attempt ended.</summary>
abstract record Outcome
{
    /// <param name="ReturnValue">JSON; null when there is none.</param>
    /// <param name="Followed">Of a branch: the tasks it chose.</param>
    /// <param name="Stopped">Of a short circuit: its condition was false.</param>
    public sealed record Succeeded(string? ReturnValue = null, IReadOnlyList<string>? Followed = null, bool Stopped = false) : Outcome
    {
        public IReadOnlyDictionary<string, string> Pushed { get; init; } = new Dictionary<string, string>();
    }

    public sealed record Skipped(string Reason) : Outcome;

    /// <param name="Retry">False when trying again would not help.</param>
    public sealed record Failed(string Reason, bool Retry = true) : Outcome;

    /// <summary>A sensor in reschedule mode: not yet.</summary>
    public sealed record Waiting(TimeSpan PokeInterval) : Outcome;

    /// <summary>The attempt was told to stop before it was done; it does not count.</summary>
    public sealed record Interrupted : Outcome;

    /// <summary>Runs the body of a task to its end. What the task throws is an outcome, but for <see cref="StaleAttempt"/> and a step
    /// of the exercise that is not built.</summary>
    /// <param name="since">When the sensor began to wait, over all its attempts; UTC.</param>
    /// <param name="now">The clock, UTC.</param>
    public static Outcome Of(DagTask task, TaskContext context, DateTime since, Func<DateTime> now)
    {
        try
        {
            switch (task)
            {
                case ActionTask action:
                    var value = action.Run(context);
                    return new Succeeded(value is null ? null : JsonSerializer.Serialize(value)) { Pushed = context.Pushed };
                case BranchTask branch:
                    var followed = branch.Choose(context);
                    return new Succeeded(JsonSerializer.Serialize(followed), followed) { Pushed = context.Pushed };
                case ShortCircuitTask circuit:
                    var holds = circuit.Condition(context);
                    return new Succeeded(holds ? "true" : "false", Stopped: !holds) { Pushed = context.Pushed };
                case SensorTask sensor:
                    while (!sensor.Poke(context))
                    {
                        if (now() - since >= sensor.Timeout) return sensor.SoftFail ? new Skipped($"nothing came in {sensor.Timeout}") : new Failed($"nothing came in {sensor.Timeout}", Retry: false);
                        if (sensor.Mode == SensorMode.Reschedule) return new Waiting(sensor.PokeInterval);
                        if (context.Stop.WaitHandle.WaitOne(sensor.PokeInterval)) return new Interrupted();
                    }
                    return new Succeeded() { Pushed = context.Pushed };
                default: throw new NotSupportedException(task.GetType().Name);
            }
        }
        catch (OperationCanceledException) when (context.Stop.IsCancellationRequested) { return new Interrupted(); }
        catch (TaskSkipped e) { return new Skipped(e.Message); }
        catch (TaskFailedForGood e) { return new Failed(e.Message, Retry: false); }
        catch (Exception e) when (e is not (StaleAttempt or NotImplementedException))
        {
            context.Log(e.ToString());
            return new Failed($"{e.GetType().Name}: {e.Message}");
        }
    }
}
