using System.Runtime.CompilerServices;

namespace Orchestrator;

/// <summary>Says when the database has changed. SQLite can't call another process, but <c>PRAGMA data_version</c> tells a connection whether somebody
/// else has committed, and costs next to nothing to ask.</summary>
static class Changes
{
    static readonly TimeSpan Look = TimeSpan.FromMilliseconds(300), Silence = TimeSpan.FromSeconds(3);

    /// <summary>A number that grows with each change that was seen. Without any it is told again after a while, for what passes by the clock alone:
    /// the lease of a scheduler that has died.</summary>
    public static async IAsyncEnumerable<string> Watch(string database, [EnumeratorCancellation] CancellationToken gone, CancellationToken stopping)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(gone, stopping);
        using var store = new StateStore(database);
        var (seen, version, told) = ((long)0, 0, DateTime.MinValue);
        while (!end.IsCancellationRequested)
        {
            var found = (long)store.Scalar("PRAGMA data_version")!;
            if (found != seen || DateTime.UtcNow - told > Silence)
            {
                if (found != seen) version++;
                (seen, told) = (found, DateTime.UtcNow);
                yield return $"{version}";
            }
            await Task.Delay(Look, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
