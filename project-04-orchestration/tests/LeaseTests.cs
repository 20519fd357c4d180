namespace Orchestrator.Tests;

[TestFixture, Category("Step7")]
sealed class LeaseTests
{
    static readonly DateTime Day1 = Playground.Day1;
    readonly StateStore store = new(":memory:");

    [TearDown]
    public void Close() => store.Dispose();

    Lease Of(string holder) => new(holder, TimeSpan.FromSeconds(3));

    [Test]
    public void The_first_that_asks_leads_and_another_has_to_wait_until_the_lease_has_run_out()
    {
        var (one, two) = (Of("one"), Of("two"));
        Assert.That((one.Hold(store, Day1), one.JustTaken), Is.EqualTo((true, true)));
        Assert.That(two.Hold(store, Day1.AddSeconds(2.9)), Is.False);
        Assert.That((two.Hold(store, Day1.AddSeconds(3)), two.JustTaken), Is.EqualTo((true, true)));
        Assert.That(one.Hold(store, Day1.AddSeconds(3)), Is.False);
    }

    [Test]
    public void A_leader_that_asks_again_goes_on_leading()
    {
        var (one, two) = (Of("one"), Of("two"));
        for (var second = 0; second < 60; second++) Assert.That((one.Hold(store, Day1.AddSeconds(second)), two.Hold(store, Day1.AddSeconds(second))), Is.EqualTo((true, false)));
        Assert.That(one.JustTaken, Is.False);
    }

    [Test]
    public void A_lease_is_renewed_when_half_of_it_is_over_and_not_before()
    {
        var one = Of("one");
        one.Hold(store, Day1);
        Assert.That((one.Hold(store, Day1.AddSeconds(1.4)), Lease.Leader(store, Day1)?.Until), Is.EqualTo((true, Day1.AddSeconds(3))), "most ticks need not write");
        Assert.That((one.Hold(store, Day1.AddSeconds(1.5)), Lease.Leader(store, Day1)?.Until), Is.EqualTo((true, Day1.AddSeconds(4.5))));
        Assert.That((one.JustTaken, store.Scalar("SELECT epoch FROM lease")), Is.EqualTo((false, (object)1L)), "renewed, not taken");
    }

    [Test]
    public void A_leader_that_slept_past_its_lease_goes_on_when_nobody_took_it_and_not_when_somebody_did()
    {
        var (one, two) = (Of("one"), Of("two"));
        one.Hold(store, Day1);
        Assert.That((one.Hold(store, Day1.AddSeconds(10)), one.JustTaken), Is.EqualTo((true, false)));
        two.Hold(store, Day1.AddSeconds(20));
        Assert.That(one.Hold(store, Day1.AddSeconds(20.1)), Is.False);
        Assert.That(store.Scalar("SELECT epoch FROM lease"), Is.EqualTo(2));
    }

    [Test]
    public void A_lease_that_was_given_back_is_free_at_once()
    {
        var one = Of("one");
        one.Hold(store, Day1);
        Assert.That(Lease.Leader(store, Day1)?.Holder, Is.EqualTo("one"));
        one.Release(store, Day1);
        Assert.That(Lease.Leader(store, Day1), Is.Null);
        Assert.That(Of("two").Hold(store, Day1), Is.True);
    }

    [Test]
    public void The_lease_of_a_process_that_is_gone_from_this_machine_is_free_and_that_of_another_machine_is_not()
    {
        using (var gone = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("dotnet", "--version") { RedirectStandardOutput = true })!)
        {
            gone.WaitForExit();
            Of($"{Environment.MachineName}:{gone.Id}:abc").Hold(store, Day1);
        }
        Assert.That(Of("two").Hold(store, Day1), Is.True);
        store.Run("DELETE FROM lease");
        Of("elsewhere:1234567:abc").Hold(store, Day1);
        Assert.That(Of("two").Hold(store, Day1), Is.False);
    }
}
