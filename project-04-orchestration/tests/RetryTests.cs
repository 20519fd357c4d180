namespace Orchestrator.Tests;

[TestFixture, Category("Step4")]
sealed class RetryTests
{
    /// <summary>The waits that Airflow 3.3's <c>TaskInstance.next_retry_datetime</c> has computed for test#a.</summary>
    [TestCase(100, 2.0, 0, 1, 1, 127.0)]
    [TestCase(100, 2.0, 0, 2, 1, 275.0)]
    [TestCase(100, 2.0, 0, 3, 1, 415.0)]
    [TestCase(100, 2.0, 3600, 7, 1, 3600.0)]
    [TestCase(1, 2.0, 0, 1, 2, 1.0)]
    [TestCase(0.5, 2.0, 0, 3, 2, 2.0)]
    [TestCase(300, 1.5, 0, 4, 3, 1248.0)]
    [TestCase(300, 0, 0, 4, 3, 300.0)]
    [TestCase(0, 2.0, 0, 1, 3, 1.0)]
    [TestCase(300, 2.0, 0, 12, 5, 86400.0)]
    [TestCase(300, 2.0, 0, 60, 5, 86400.0)]
    public void A_wait_is_as_long_as_Airflows(double delay, double backoff, double most, int tryNumber, int day, double seconds)
    {
        var dag = Playground.Dag("a");
        var task = dag.Tasks[0] with { RetryDelay = TimeSpan.FromSeconds(delay), RetryExponentialBackoff = backoff, MaxRetryDelay = most == 0 ? null : TimeSpan.FromSeconds(most) };
        Assert.That(Retry.Delay(dag, task, Playground.Day1.AddDays(day - 1), tryNumber).TotalSeconds, Is.EqualTo(seconds));
    }

    [Test]
    public void Two_retries_are_three_tries() => Assert.That(Enumerable.Range(1, 4).Select(n => Retry.Again(n, 2)), Is.EqualTo(new[] { true, true, false, false }));
}
