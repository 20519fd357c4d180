namespace Orchestrator.Tests;

[TestFixture, Category("Step7")]
sealed class AlertTests
{
    static readonly DateTime Day1 = Playground.Day1;
    readonly StateStore store = new(":memory:");

    [TearDown]
    public void Close() => store.Dispose();

    [Test]
    public void An_alert_is_delivered_in_order_and_once()
    {
        Alerts.Raise(store, "failure", "d", "r", "first", "one", Day1);
        Alerts.Raise(store, "failure", "d", "r", "second", "two", Day1);
        var told = new List<string>();
        Alerts.Deliver(store, a => told.Add(a.Text), Day1);
        Alerts.Deliver(store, a => told.Add(a.Text), Day1);
        Assert.That(told, Is.EqualTo(new[] { "one", "two" }));
    }

    [Test]
    public void When_a_delivery_fails_it_is_tried_again_with_the_same_number()
    {
        Alerts.Raise(store, "failure", "d", "r", "t", "one", Day1);
        Assert.That(() => Alerts.Deliver(store, _ => throw new IOException("the pager is off"), Day1), Throws.TypeOf<IOException>());
        var told = new List<long>();
        Alerts.Deliver(store, a => told.Add(a.Id), Day1);
        Assert.That(told, Is.EqualTo(new[] { 1L }));
    }

    [Test]
    public void A_run_that_is_not_done_by_its_deadline_raises_one_alert()
    {
        var graph = new DagGraph(Playground.Dag("a") with { Deadline = TimeSpan.FromMinutes(1) });
        Playground.Trigger(store, graph, Day1);
        Alerts.Deadlines(store, Day1.AddSeconds(59));
        Assert.That(store.Scalar("SELECT count(*) FROM alert"), Is.Zero);
        Alerts.Deadlines(store, Day1.AddSeconds(60));
        Alerts.Deadlines(store, Day1.AddSeconds(61));
        Assert.That(store.Query("SELECT kind || ' ' || dag_id FROM alert", r => r.GetString(0)), Is.EqualTo(new[] { "deadline test" }));
    }
}
