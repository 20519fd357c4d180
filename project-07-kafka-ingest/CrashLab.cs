namespace KafkaIngest;

static class CrashLab
{
    public static CrashPlan Plan(string scratch) => throw new NotSupportedException(scratch);
}
