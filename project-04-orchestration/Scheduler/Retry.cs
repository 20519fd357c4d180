using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Orchestrator;

/// <summary>Whether and when a failed task is tried again.</summary>
static class Retry
{
    static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>Whether a try that failed is followed by another: a task with two retries has three tries.</summary>
    public static bool Again(int tryNumber, int maxTries) => tryNumber <= maxTries;

    /// <summary>The wait before the next try. With exponential backoff it lies between once and twice
    /// <c>delay × multiplier^(try − 1)</c>; where, is drawn by a hash of the attempt's name. So a hundred tasks that failed together do not come back
    /// together, and a simulation is the same each time. The formula is Airflow 3.3's (<c>TaskInstance.next_retry_datetime</c>).</summary>
    /// <param name="tryNumber">The try that has failed; the first is 1.</param>
    public static TimeSpan Delay(Dag dag, DagTask task, DateTime logicalDate, int tryNumber)
    {
        // step 4: try again, later and later
        var delay = task.RetryDelay ?? dag.RetryDelay;
        if (task.RetryExponentialBackoff is 0 or 1) return delay;
        var least = Math.Max(1, Math.Ceiling(delay.TotalSeconds * Math.Pow(task.RetryExponentialBackoff, tryNumber - 1)));
        if (least >= Longest.TotalSeconds) return Shorter(Longest, task.MaxRetryDelay);
        var name = string.Create(CultureInfo.InvariantCulture, $"{dag.Id}#{task.Id}#{logicalDate:yyyy-MM-dd HH:mm:ss}+00:00#{tryNumber}");
        var hash = new BigInteger(SHA1.HashData(Encoding.UTF8.GetBytes(name)), isUnsigned: true, isBigEndian: true);
        var seconds = least + (double)(hash % new BigInteger(least));
        return Shorter(Shorter(TimeSpan.FromSeconds(seconds), Longest), task.MaxRetryDelay);

        static TimeSpan Shorter(TimeSpan a, TimeSpan? b) => b is { } other && other < a ? other : a;
        // end of step 4
    }
}
