namespace KafkaIngest;

/// <summary>Numbers as JSON writes them, compared digit by digit: a <c>double</c> takes 9007199254740993 for 9007199254740992, and 1e400 for
/// infinity.</summary>
static class JsonNumber
{
    /// <summary>Whether the number has no fraction; 1.0 and 1e3 have none.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> number)
    {
        var parts = Split(number);
        var digits = parts.Digits.Length - (parts.Digits.Contains((byte)'.') ? 1 : 0);
        return digits <= parts.Magnitude || digits == 0;
    }

    /// <summary>Negative where <paramref name="a"/> is the smaller, 0 where they are equal, else positive.</summary>
    public static int Compare(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        var x = Split(a);
        var y = Split(b);
        if (x.Sign != y.Sign) return x.Sign.CompareTo(y.Sign);
        if (x.Magnitude != y.Magnitude) return x.Magnitude.CompareTo(y.Magnitude) * x.Sign;
        for (int i = 0, j = 0; ; i++, j++)
        {
            if (i < x.Digits.Length && x.Digits[i] == '.') i++;
            if (j < y.Digits.Length && y.Digits[j] == '.') j++;
            if (i >= x.Digits.Length || j >= y.Digits.Length) return i < x.Digits.Length ? x.Sign : j < y.Digits.Length ? -x.Sign : 0;
            if (x.Digits[i] != y.Digits[j]) return x.Digits[i].CompareTo(y.Digits[j]) * x.Sign;
        }
    }

    /// <param name="sign">−1, 0 or 1.</param>
    /// <param name="magnitude">How many digits stand before the point, when the first is no 0: 12.5 has 2, 0.005 has −2. 0 for zero.</param>
    /// <param name="digits">From the first digit that is no 0 to the last, with the point where it stands between them.</param>
    readonly ref struct Parts(int sign, long magnitude, ReadOnlySpan<byte> digits)
    {
        public int Sign { get; } = sign;
        public long Magnitude { get; } = magnitude;
        public ReadOnlySpan<byte> Digits { get; } = digits;
    }

    static Parts Split(ReadOnlySpan<byte> number)
    {
        var sign = number[0] == '-' ? -1 : 1;
        if (sign < 0) number = number[1..];
        var exponent = 0L;
        if (number.IndexOfAny((byte)'e', (byte)'E') is >= 0 and var e)
        {
            exponent = Exponent(number[(e + 1)..]);
            number = number[..e];
        }
        var first = number.IndexOfAnyExcept((byte)'0', (byte)'.');
        if (first < 0) return new(0, 0, []);
        var point = number.IndexOf((byte)'.') is >= 0 and var at ? at : number.Length;
        var magnitude = first < point ? point - first : point - first + 1;
        return new(sign, magnitude + exponent, number[first..(number.LastIndexOfAnyExcept((byte)'0', (byte)'.') + 1)]);
    }

    /// <summary>An exponent; one beyond 10^15, which no number that fits into memory can make up for, is 10^15.</summary>
    static long Exponent(ReadOnlySpan<byte> text)
    {
        var negative = text[0] == '-';
        var value = 0L;
        foreach (var c in text)
            if (c is not ((byte)'-' or (byte)'+')) value = Math.Min(value * 10 + (c - '0'), 1_000_000_000_000_000);
        return negative ? -value : value;
    }
}
