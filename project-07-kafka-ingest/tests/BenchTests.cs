namespace KafkaIngest.Tests;

public class BenchTests
{
    [Test]
    public async Task Bench_measures_everything_and_asserts_nothing() => Assert.That(await Bench.Run(2_000, 1, "", CancellationToken.None), Is.Zero);

    [Test]
    public void The_events_are_valid_and_have_ids_of_their_own()
    {
        var events = BenchEvents.Of(0, 30_000);
        Assert.Multiple(() =>
        {
            Assert.That(() => Producing.Validate(events, EventSchemas.Load(ProjectFolder.At("schemas"))), Throws.Nothing);
            Assert.That(events.Select(e => e.Id).Distinct().Count(), Is.EqualTo(events.Count));
            Assert.That(events.Average(e => e.Payload.Length), Is.InRange(180, 220));
        });
    }
}
