using System.Diagnostics;

namespace KafkaIngest;

/// <summary>Tells who works for long when the topic is another one than at its start: its offsets mean other records then.</summary>
sealed class TopicWatch(Cluster cluster, Topic topic, string output)
{
    static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    long asked = Stopwatch.GetTimestamp();
    Task<Topic?>? asking;

    /// <summary>Looks once a second, and never waits.</summary>
    /// <exception cref="UserException">The embedded broker was started again, or a topic of a real cluster was deleted and made again.</exception>
    public void Look()
    {
        if (asking is { IsCompletedSuccessfully: true, Result: { } found } && found.Incarnation != topic.Incarnation) throw new UserException($"The topic {topic.Name} was deleted and made again while it was read. Start this command again: it then reads the new one from its beginning.");
        if (asking is { IsCompleted: false } || Stopwatch.GetElapsedTime(asked) < Every) return;
        asked = Stopwatch.GetTimestamp();
        if (cluster.Embedded is null) asking = Task.Factory.StartNew(() => Topics.Get(cluster, topic.Name), TaskCreationOptions.LongRunning).Unwrap();     // a broker that is away answers later
        else if (EmbeddedBroker.Running(output) is { } now && now.Embedded != cluster.Embedded) throw new UserException($"The embedded broker in {output} was started again, and is another one: what the one before had is gone. Start this command again.");
    }
}
