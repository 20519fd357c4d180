namespace Orchestrator.Tests;

[TestFixture, Category("Step3")]
sealed class TriggerRuleTests
{
    [TestCase(TriggerRule.AllSuccess, Verdict.Run)]
    [TestCase(TriggerRule.AllFailed, Verdict.Skip)]
    [TestCase(TriggerRule.OneSuccess, Verdict.Run)]
    public void Two_successes_mean(TriggerRule rule, Verdict verdict) => Assert.That(TriggerRules.Judge(rule, [TaskState.Success, TaskState.Success]), Is.EqualTo(verdict));

    [Test]
    public void What_can_not_come_true_any_more_ends_the_task_without_waiting_for_the_rest() =>
        Assert.That(TriggerRules.Judge(TriggerRule.AllSuccess, [TaskState.Failed, TaskState.Running]), Is.EqualTo(Verdict.UpstreamFailed));

    [Test]
    public void One_failed_does_not_wait_for_the_rest() =>
        Assert.That(TriggerRules.Judge(TriggerRule.OneFailed, [TaskState.Failed, TaskState.Running]), Is.EqualTo(Verdict.Run));

    [Test]
    public void A_task_that_waits_for_nothing_runs([Values] TriggerRule rule) => Assert.That(TriggerRules.Judge(rule, []), Is.EqualTo(Verdict.Run));

    [Test]
    public void Always_does_not_wait() => Assert.That(TriggerRules.Judge(TriggerRule.Always, [TaskState.None]), Is.EqualTo(Verdict.Run));

    /// <summary>The table was made by Airflow 3.3 (<c>tests/data/make_trigger_rule_cases.py</c>).</summary>
    [Test]
    public void Each_rule_judges_as_Airflows([Values] TriggerRule rule)
    {
        var wrong = File.ReadLines(ProjectFolder.At("tests", "data", "airflow-trigger-rules.csv")).Select(line => line.Split(',')).Where(row => row[0] == rule.Text())
            .Select(row => (Row: row, Verdict: TriggerRules.Judge(rule, [.. row[1].Split(' ').Select(s => States.Task(s == "none" ? null : s))])))
            .Where(case_ => !case_.Verdict.ToString().Equals(case_.Row[2].Replace("_", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase))
            .Select(case_ => $"{string.Join(',', case_.Row)}: {case_.Verdict}");
        Assert.That(wrong, Is.Empty);
    }
}
