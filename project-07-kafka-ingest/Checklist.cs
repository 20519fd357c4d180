namespace KafkaIngest;

sealed class Checklist
{
    public const int Steps = 8;
    public CancellationToken Stop { get; init; }
    public IReadOnlyList<Check> Items() => [];
}
