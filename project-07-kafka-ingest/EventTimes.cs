namespace KafkaIngest;

/// <summary>How an event time is written: UTC, with six decimals of a second where it has any.</summary>
static class EventTimes
{
    public const string Whole = "yyyy-MM-ddTHH:mm:ssZ", Fraction = "yyyy-MM-ddTHH:mm:ss.ffffffZ";

    public static string Format(DateTime utc) => utc.Ticks % TimeSpan.TicksPerSecond < TimeSpan.TicksPerMicrosecond ? Whole : Fraction;

    public static string Text(DateTime utc) => utc.ToString(Format(utc), System.Globalization.CultureInfo.InvariantCulture);
}
