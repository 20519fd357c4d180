using System.Globalization;
using System.Text;

namespace BatchIngestion;

/// <summary>How values are written in SQLite: quoted names, dates and timestamps as ISO 8601 text.</summary>
static class SqlText
{
    /// <summary>1970-01-01 as <see cref="DateOnly.DayNumber"/> counts.</summary>
    public const int EpochDay = 719_162;
    /// <summary>0001-01-01T00:00:00Z and the last microsecond of the year 9999, in microseconds since 1970.</summary>
    public const long FirstInstant = -EpochDay * 86_400_000_000L, LastInstant = 2_932_897 * 86_400_000_000L - 1;

    /// <summary>The order of names everywhere: by their UTF-8 bytes, as SQLite compares text.</summary>
    public static readonly Comparer<string> Order = Comparer<string>.Create((a, b) => Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b)));

    public static string Quote(string name) => '"' + name.Replace("\"", "\"\"", StringComparison.Ordinal) + '"';

    public static string Type(ColumnType type) => type switch
    {
        ColumnType.Text or ColumnType.Date or ColumnType.TimestampUtc => "TEXT",
        ColumnType.Real => "REAL",
        _ => "INTEGER",
    };

    /// <summary>Microseconds since 1970 as YYYY-MM-DDThh:mm:ssZ, with six decimals where there is a fraction.</summary>
    public static string Timestamp(long micros)
    {
        Span<byte> text = stackalloc byte[32];
        return Encoding.ASCII.GetString(text[..Write(micros, text)]);
    }

    /// <summary>Days since 1970 as YYYY-MM-DD.</summary>
    public static string Date(long days) => DateOnly.FromDayNumber((int)days + EpochDay).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    public static long ParseTimestamp(string text) =>
        (DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal).UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    public static long ParseDate(string text) => DateOnly.ParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture).DayNumber - EpochDay;

    /// <summary>As <see cref="Timestamp"/>, into a buffer of at least 27 bytes; gives the length. By hand, for it is in every row.</summary>
    public static int Write(long micros, Span<byte> to)
    {
        var seconds = Math.DivRem(micros, 1_000_000, out var fraction);
        if (fraction < 0) { seconds--; fraction += 1_000_000; }
        var days = Math.DivRem(seconds, 86_400, out var second);
        if (second < 0) { days--; second += 86_400; }
        DateOnly.FromDayNumber((int)days + EpochDay).Deconstruct(out var year, out var month, out var day);
        Two(to, 0, year / 100); Two(to, 2, year % 100); to[4] = (byte)'-'; Two(to, 5, month); to[7] = (byte)'-'; Two(to, 8, day);
        to[10] = (byte)'T'; Two(to, 11, (int)second / 3600); to[13] = (byte)':'; Two(to, 14, (int)second / 60 % 60); to[16] = (byte)':'; Two(to, 17, (int)second % 60);
        if (fraction == 0) { to[19] = (byte)'Z'; return 20; }
        to[19] = (byte)'.';
        for (var i = 25; i > 19; i--, fraction /= 10) to[i] = (byte)('0' + fraction % 10);
        to[26] = (byte)'Z';
        return 27;
    }

    static void Two(Span<byte> to, int at, int value)
    {
        to[at] = (byte)('0' + value / 10);
        to[at + 1] = (byte)('0' + value % 10);
    }
}
