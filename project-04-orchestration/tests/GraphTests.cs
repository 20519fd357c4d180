namespace Orchestrator.Tests;

[TestFixture, Category("Step1")]
sealed class GraphTests
{
    [Test]
    public void Each_task_comes_after_its_upstream_and_otherwise_as_listed() =>
        Assert.That(new DagGraph(Play.Dag("z<b", "b<a", "c", "a")).Order.Select(t => t.Id), Is.EqualTo(new[] { "a", "b", "z", "c" }));

    [Test]
    public void A_cycle_is_refused_and_its_path_is_named() =>
        Assert.That(() => new DagGraph(Play.Dag("start", "a<start,c", "b<a", "c<b")), Throws.TypeOf<UserException>().With.Message.EqualTo("test: a cycle: a → b → c → a.").And.Property("ExitCode").EqualTo(2));

    [Test]
    public void A_task_that_waits_for_itself_is_a_cycle() =>
        Assert.That(() => new DagGraph(Play.Dag("a<a")), Throws.TypeOf<UserException>().With.Message.EqualTo("test: a cycle: a → a."));

    [Test]
    public void Two_tasks_of_one_id_are_refused() =>
        Assert.That(() => new DagGraph(Play.Dag("a", "a")), Throws.TypeOf<UserException>().With.Message.EqualTo("test: two tasks have the id 'a'."));

    [Test]
    public void An_upstream_that_is_no_task_is_refused() =>
        Assert.That(() => new DagGraph(Play.Dag("a", "b<c")), Throws.TypeOf<UserException>().With.Message.EqualTo("test: 'b' waits for 'c', which is no task. Tasks: a, b."));

    [Test]
    public void What_holds_up_more_weighs_more()
    {
        var graph = new DagGraph(Play.Dag("a", "b<a", "c<b", "d<a,c"));
        Assert.That(graph.Order.Select(t => (t.Id, graph.Weight(t))), Is.EqualTo(new[] { ("a", 4), ("b", 3), ("c", 2), ("d", 1) }));
        Assert.That(graph.AllDownstream("b"), Is.EquivalentTo(new[] { "c", "d" }));
    }
}
