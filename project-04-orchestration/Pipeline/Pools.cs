namespace Orchestrator;
sealed record Pool(string Name, int Slots, string Description);
static class Pools { public static readonly IReadOnlyList<Pool> All = [new("default_pool", 128, ""), new("warehouse", 1, "")]; }
