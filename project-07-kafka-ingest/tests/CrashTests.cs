using System.Diagnostics;

namespace KafkaIngest.Tests;

/// <summary>A small sample of the crash lab; <c>dotnet run -- crash</c> plays all of it.</summary>
[TestFixture, Category("Step8")]
sealed class CrashTests
{
    [Test, CancelAfter(60_000)]
    public async Task Killed_in_the_middle_and_run_again_it_has_what_an_undisturbed_run_has(CancellationToken stop)
    {
        using var folder = new TempFolder();
        var kills = await Crash.Run(CrashLab.Plan(folder.Path) with { Failpoints = ["lake-before-commit:3"] }, folder.Path, kills: 0, seed: 1, _ => { }, stop);
        Assert.That(kills.Select(k => (k.Where, k.Killed, k.Lost, k.Doubled, k.Problem)), Is.EqualTo(new[] { ("lake-before-commit:3", true, 0L, 0L, (string?)null) }));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_replay_that_was_killed_when_it_had_sent_is_sent_again_and_stored_once(CancellationToken stop)
    {
        using var folder = new TempFolder();
        using var scene = await Scene.Open(folder.Path);
        scene.SendRaw(Scene.Events(10).Select(e => Scene.Message(e with { SchemaVersion = 3 })), partition: 0);
        foreach (var sink in new ISink[] { new SqliteSink(scene.Store(), TimeProvider.System), new LakeSink(scene.Store(), scene.Settings) }) await scene.Consume(sink);
        foreach (var failpoint in new[] { "replayed", "" })
        {
            var start = new ProcessStartInfo("dotnet", ["exec", typeof(Checklist).Assembly.Location, "dlq", "replay", "--output", folder.Path]) { RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment["FAILPOINT"] = failpoint;
            using var process = Process.Start(start)!;
            await process.WaitForExitAsync(stop);
            Assert.That(process.ExitCode, failpoint.Length > 0 ? Is.Not.Zero : Is.Zero, failpoint);
        }
        var accept = scene.Settings with { UnknownVersion = UnknownVersion.Accept };
        foreach (var sink in new ISink[] { new SqliteSink(scene.Store(), TimeProvider.System), new LakeSink(scene.Store(), accept) }) await scene.Consume(sink, accept);
        using var store = scene.Store();
        Assert.That(EventStore.Query(store.Connection, "SELECT sink || ' ' || stored || ' ' || duplicates || ' ' || dead_lettered FROM offsets WHERE partition = 0 ORDER BY sink", r => r.GetString(0)), Is.EqualTo(new[] { "lake 10 10 10", "sqlite 10 10 10" }));
    }
}
