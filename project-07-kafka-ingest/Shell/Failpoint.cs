using System.Diagnostics;

namespace KafkaIngest;

/// <summary>Named places where the crash lab kills the process. Set <c>FAILPOINT=name</c>, or <c>name:3</c> for the third
/// time it is passed. Without the variable a failpoint is one comparison with null.</summary>
static class Failpoint
{
    static readonly string[]? Armed = Environment.GetEnvironmentVariable("FAILPOINT")?.Split(':');
    static int hits;

    public static void Hit(string name)
    {
        if (Armed is null || Armed[0] != name) return;
        if (Interlocked.Increment(ref hits) < (Armed.Length > 1 ? int.Parse(Armed[1]) : 1)) return;
        Process.GetCurrentProcess().Kill();     // SIGKILL: no finally block, no flush, no goodbye
        Thread.Sleep(Timeout.Infinite);
    }
}
