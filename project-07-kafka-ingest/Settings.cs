namespace KafkaIngest;

/// <summary>What to do with an event whose schema version is not known.</summary>
enum UnknownVersion
{
    /// <summary>It becomes a dead letter, to be replayed when the version is known.</summary>
    DeadLetter,
    /// <summary>It is checked against the latest version that is known; what that does not know is kept.</summary>
    Accept,
    /// <summary>The consumer stops with an error.</summary>
    Fail,
}

/// <summary>What all parts need to know: where the data, the schemas and the results are, and how the topic is called.</summary>
sealed record Settings
{
    /// <summary>The folder with <c>flights.csv</c> and <c>airports.csv</c>.</summary>
    public required string Input { get; init; }
    public required string Output { get; init; }
    public string SchemaFolder { get; init; } = ProjectFolder.At("schemas");
    public string Topic { get; init; } = "flights";
    public string DeadLetterTopic => Topic + ".dlq";
    public KeyBy Key { get; init; } = KeyBy.Tail;

    // producer
    /// <summary>Seconds of event time a second; null: as fast as it goes.</summary>
    public double? Speed { get; init; }
    /// <summary>librdkafka's name. <c>murmur2_random</c> gives a key the partition that Java's producer gives it.</summary>
    public string Partitioner { get; init; } = "murmur2_random";

    // consumer
    public UnknownVersion UnknownVersion { get; init; }
    /// <summary>A payload above it is a dead letter. Bytes.</summary>
    public int MaxEventBytes { get; init; } = 64 * 1024;
    /// <summary>A batch ends with so many records, so many payload bytes, or so long after its first record.</summary>
    public int BatchEvents { get; init; } = 5_000;
    public long BatchBytes { get; init; } = 1 << 20;
    public TimeSpan BatchTime { get; init; } = TimeSpan.FromMilliseconds(20);
    /// <summary>A Parquet file ends so long after its first record; and the largest one when all that is held has so many payload bytes.</summary>
    public long RollBytes { get; init; } = 4 << 20;
    public TimeSpan RollTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whoever needs the time takes it from here.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
