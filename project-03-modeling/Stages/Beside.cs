using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace DimensionalModel;

/// <summary>Two stages side by side, on two threads.</summary>
static class Beside
{
    /// <summary>Makes the items on a thread of their own, a few ahead of whoever takes them.</summary>
    public static IEnumerable<T> Make<T>(Func<IEnumerable<T>> items, CancellationToken stop)
    {
        using var ahead = new BlockingCollection<T>(8);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Exception? failed = null;
        var thread = new Thread(() =>
        {
            try { foreach (var item in items()) ahead.Add(item, over.Token); }
            catch (Exception e) { failed = e; }
            finally { ahead.CompleteAdding(); }
        });
        thread.Start();
        try
        {
            foreach (var item in ahead.GetConsumingEnumerable(stop)) yield return item;
            if (failed is not null) ExceptionDispatchInfo.Throw(failed);
        }
        finally
        {
            over.Cancel();
            thread.Join();
        }
    }
}
