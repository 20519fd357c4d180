namespace Orchestrator.Tests;

[TestFixture, Category("Step9")]
sealed class CrashTests
{
    [Test]
    public async Task A_run_that_is_killed_at_a_failpoint_and_run_again_gives_the_warehouse_of_an_undisturbed_one()
    {
        using var folder = new TempFolder();
        var kills = await Crash.Run(CrashLab.Plan(folder.Path) with { Failpoints = ["committed:4", "written:2"] }, folder.Path, 0, 1, _ => { }, default);
        Assert.That(kills.Select(k => (k.Killed, k.Same, k.Problem)), Is.All.EqualTo((true, true, (string?)null)));
    }

    [Test]
    public async Task A_failpoint_that_no_code_calls_is_named()
    {
        using var folder = new TempFolder();
        var kills = await Crash.Run(CrashLab.Plan(folder.Path) with { Failpoints = ["nowhere:2"] }, folder.Path, 0, 1, _ => { }, default);
        Assert.That(kills.Single().Problem, Is.EqualTo("the failpoint was not reached: no code calls Failpoint.Hit(\"nowhere\"), or not so often"));
    }
}
