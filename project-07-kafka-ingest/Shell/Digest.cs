using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace KafkaIngest;

/// <summary>A canonical digest of a set of rows, the same whichever engine read them and in whatever order: the SHA-256 of
/// each row, added up modulo 2^256. A doubled row counts twice. Null is distinct from empty; reals have nine decimals.</summary>
sealed class Digest
{
    static readonly BigInteger Modulus = BigInteger.One << 256;
    readonly StringBuilder row = new();
    BigInteger sum;

    public long Rows { get; private set; }

    public void Add(params ReadOnlySpan<object?> values)
    {
        row.Clear();
        foreach (var value in values)
        {
            var text = value switch
            {
                null or DBNull => "\u0001",
                double d => (d == 0 ? 0d : d).ToString("F9", CultureInfo.InvariantCulture),
                bool b => b ? "1" : "0",
                IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
                _ => value.ToString()!,
            };
            row.Append(text.Length).Append(':').Append(text).Append('\u001f');
        }
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(row.ToString()));
        sum = (sum + new BigInteger(hash, isUnsigned: true, isBigEndian: true)) % Modulus;
        Rows++;
    }

    /// <summary>The first 16 hexadecimal digits; enough to compare by eye, and by program.</summary>
    public override string ToString()
    {
        Span<byte> count = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(count, Rows);
        return Convert.ToHexStringLower(SHA256.HashData([.. sum.ToByteArray(isUnsigned: true, isBigEndian: true), .. count]))[..16];
    }
}
