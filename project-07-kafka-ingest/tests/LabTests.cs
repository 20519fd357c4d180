namespace KafkaIngest.Tests;

/// <summary>The labs, with small inputs.</summary>
[TestFixture]
sealed class LabTests
{
    [Test]
    public void An_aircraft_is_out_of_order_when_an_earlier_event_is_read_after_a_later_one()
    {
        var seen = OrderLab.Look(KeyBy.None, "", 2, [(0, 0, "f1-departed", "A"), (0, 4, "f3-arrived", "B"), (1, 1, "f2-departed", "A"), (1, 2, "f3-departed", "B"), (0, 5, "f1-arrived", "A")]);
        Assert.That(seen.Records, Is.EqualTo(new[] { 3, 2 }));
        Assert.That(seen.Home, Is.EquivalentTo(new Dictionary<string, int> { ["A"] = -1, ["B"] = -1 }));
        Assert.That((seen.OutOfOrder, seen.LandedFirst), Is.EqualTo((1, 1)));
    }

    [Test]
    public async Task With_a_key_no_aircraft_is_out_of_order_and_without_one_many_are()
    {
        await using var room = new LabRoom();
        var seen = await OrderLab.Run(room, 4_000, CancellationToken.None);
        Assert.That(seen.Select(s => s.Records.Sum()), Is.All.EqualTo(4_000));
        foreach (var keyed in seen.Take(2))
        {
            Assert.That((keyed.OutOfOrder, keyed.LandedFirst), Is.EqualTo((0, 0)));
            Assert.That(keyed.Home.Values, Has.None.EqualTo(-1));
        }
        Assert.That(seen[0].Home, Is.Not.EquivalentTo(seen[1].Home), "the partitioners differ");
        Assert.That(seen[2].OutOfOrder, Is.GreaterThan(0));
    }

    [Test]
    public async Task Of_poison_every_good_one_is_stored_and_every_bad_one_is_kept_with_its_reason()
    {
        await using var room = new LabRoom();
        var seen = await PoisonLab.Run(room, 60, 2, CancellationToken.None);
        Assert.That(seen.Rows[0], Is.EqualTo(new PoisonRow("good", null, 60, 60, 0, 0)));
        Assert.That(seen.Rows.Skip(1).Select(r => r.Reason), Is.EquivalentTo(Reasons.All));
        foreach (var bad in seen.Rows.Skip(1)) Assert.That((bad.Sent, bad.Stored, bad.Kept, bad.Pointers), Is.EqualTo((2L, 0L, 2L, 2L)), bad.Kind);
        Assert.That((seen.Replayed, seen.StoredByReplay), Is.EqualTo((2L, 2L)));
    }

    [Test]
    public async Task A_slow_consumer_loses_nothing_and_holds_two_batches()
    {
        await using var room = new LabRoom();
        var plan = new SlowPlan(Events: 800, PerSecond: 2_000, BatchEvents: 25, Write: 0.4, SlowFor: 2, MostUncommitted: 256 * 1024);
        var seen = await SlowConsumerLab.Run(room, plan, CancellationToken.None);
        Assert.That((seen.Rows, seen.Counts), Is.EqualTo((800L, new Counts(800, 0, 0))));
        Assert.That(seen.MostUncommitted, Is.LessThanOrEqualTo(plan.MostUncommitted));
        Assert.That(seen.MostHeld, Is.LessThanOrEqualTo(3 * plan.BatchEvents));
    }

    [Test]
    public async Task A_member_that_joins_and_leaves_loses_nothing_and_doubles_nothing()
    {
        await using var room = new LabRoom();
        var seen = (await RebalanceLab.Run(room, [RebalanceLab.Kinds[0]], kill: false, CancellationToken.None)).Single();
        Assert.That(seen.Steps.Select(s => s.Happens), Is.EqualTo(new[] { "a member joins", "it leaves" }));
        Assert.That(seen.Sent, Is.Positive);
        Assert.That((seen.Stored, seen.Duplicates), Is.EqualTo((seen.Sent, 0L)));
    }
}
