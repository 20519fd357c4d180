namespace BatchIngestion.Tests;

[TestFixture, Category("Step8")]
sealed class CrashTests
{
    [Test]
    public async Task Killed_at_random_moments_and_run_again_the_store_is_as_undisturbed()
    {
        var scratch = Directory.CreateTempSubdirectory("crash-").FullName;
        var plan = CrashLab.Plan(Contracts.Load(ProjectFolder.At("contracts")), scratch) with { Failpoints = ["before-commit", "committed"] };
        var kills = await Crash.Run(plan, scratch, kills: 4, seed: 3, _ => { }, default);
        Assert.That(kills.Where(k => !k.Same), Is.Empty);
        Assert.That(kills.Count(k => k.Killed), Is.GreaterThanOrEqualTo(2));
        Crash.Delete(scratch);
    }
}
