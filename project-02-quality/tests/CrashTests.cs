namespace DataQuality.Tests;

[TestFixture, Category("Step8")]
sealed class CrashTests
{
    [Test]
    public async Task Killed_at_random_moments_the_layers_are_old_or_new_and_then_as_undisturbed()
    {
        using var folder = new TempFolder();
        var plan = CrashLab.Plan(folder.Path) with { Failpoints = ["before-commit", "published"] };
        var kills = await Crash.Run(plan, folder.Path, kills: 2, seed: 3, _ => { }, default);
        Assert.That(kills.Where(k => !k.Same), Is.Empty);
        Assert.That(kills.Count(k => k.Killed), Is.GreaterThanOrEqualTo(2));
    }
}
