namespace Orchestrator;

/// <summary>A UTC moment as the store keeps it: <c>2013-01-31T06:00:00.000Z</c>, cut to the millisecond. Written by hand, for each statement of the
/// scheduler has a moment or two, and the formats of the library cost more than the statement.</summary>
static class MomentText
{
    public const int Length = 24;

    public static void Write(DateTime moment, Span<byte> to)
    {
        "0000-00-00T00:00:00.000Z"u8.CopyTo(to);
        Digits(to[..4], moment.Year);
        Digits(to[5..7], moment.Month);
        Digits(to[8..10], moment.Day);
        Digits(to[11..13], moment.Hour);
        Digits(to[14..16], moment.Minute);
        Digits(to[17..19], moment.Second);
        Digits(to[20..23], moment.Millisecond);

        static void Digits(Span<byte> to, int number)
        {
            for (var i = to.Length - 1; i >= 0; i--, number /= 10) to[i] = (byte)('0' + number % 10);
        }
    }

    /// <exception cref="FormatException">It is none.</exception>
    public static DateTime Read(ReadOnlySpan<byte> text)
    {
        if (text.Length != Length || text[4] != '-' || text[10] != 'T' || text[23] != 'Z') throw new FormatException($"'{System.Text.Encoding.UTF8.GetString(text)}' is no moment of the store.");
        return new DateTime(Number(text[..4]), Number(text[5..7]), Number(text[8..10]), Number(text[11..13]), Number(text[14..16]), Number(text[17..19]), Number(text[20..23]), DateTimeKind.Utc);

        static int Number(ReadOnlySpan<byte> text)
        {
            var number = 0;
            foreach (var digit in text) number = number * 10 + (digit is >= (byte)'0' and <= (byte)'9' ? digit - '0' : throw new FormatException("A moment of the store has something other than digits."));
            return number;
        }
    }
}
