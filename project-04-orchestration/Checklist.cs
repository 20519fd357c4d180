namespace Orchestrator;

sealed class Checklist
{
    public const int Steps = 8;
    public IReadOnlyList<Check> Items() => [];
}
