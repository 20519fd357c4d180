using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace KafkaIngest;

/// <summary>Strings of JSON, as UTF-8.</summary>
static class JsonText
{
    /// <summary>How many Unicode characters (code points) valid UTF-8 has: every byte but those that continue one.</summary>
    public static int Length(ReadOnlySpan<byte> utf8)
    {
        var length = 0;
        foreach (var b in utf8) length += (b & 0xC0) == 0x80 ? 0 : 1;
        return length;
    }

    /// <summary>Whether each <c>\uD8xx</c> of a string, as it is written between its quotes, has its other half. JSON's grammar allows a lone
    /// half, but it stands for no character, and whoever reads the text later fails.</summary>
    public static bool HasWholeEscapes(ReadOnlySpan<byte> escaped)
    {
        for (var i = escaped.IndexOf((byte)'\\'); i >= 0 && i < escaped.Length; i++)
        {
            if (escaped[i] != '\\') continue;
            if (escaped[++i] != 'u') continue;
            var unit = Unit(escaped, i);
            i += 4;
            if (unit is < 0xD800 or > 0xDFFF) continue;
            if (unit > 0xDBFF || i + 6 >= escaped.Length || escaped[i + 1] != '\\' || escaped[i + 2] != 'u' || Unit(escaped, i + 2) is < 0xDC00 or > 0xDFFF) return false;
            i += 6;
        }
        return true;

        static int Unit(ReadOnlySpan<byte> text, int u) => Utf8Parser.TryParse(text.Slice(u + 1, 4), out ushort unit, out _, 'x') ? unit : 0;
    }

    /// <summary>Reads an instant: RFC 3339 in UTC, <c>2013-03-08T10:17:00Z</c>, perhaps with a fraction of the second, of which seven digits
    /// are kept. Not a leap second, which a <see cref="DateTime"/> can't hold.</summary>
    public static bool TryInstant(ReadOnlySpan<byte> text, out DateTime utc)
    {
        utc = default;
        if (text.Length < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' || text[^1] != 'Z') return false;
        if (!Digits(text[..4], out var year) || !Digits(text[5..7], out var month) || !Digits(text[8..10], out var day)
            || !Digits(text[11..13], out var hour) || !Digits(text[14..16], out var minute) || !Digits(text[17..19], out var second)) return false;
        if (year == 0 || month is 0 or > 12 || day == 0 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59) return false;
        utc = new DateTime(year, month, day, hour, minute, second, DateTimeKind.Utc);
        if (text.Length == 20) return true;

        var fraction = text[20..^1];
        if (text[19] != '.' || fraction.IsEmpty || fraction.ContainsAnyExceptInRange((byte)'0', (byte)'9')) return false;
        var unit = TimeSpan.TicksPerSecond;
        foreach (var digit in fraction) utc = utc.AddTicks((unit /= 10) * (digit - '0'));
        return true;
    }

    static bool Digits(ReadOnlySpan<byte> text, out int number)
    {
        number = 0;
        foreach (var c in text)
        {
            if (c is < (byte)'0' or > (byte)'9') return false;
            number = number * 10 + (c - '0');
        }
        return true;
    }
}

/// <summary>The names of event types, one string each: most events need no new one. Any thread.</summary>
sealed class TypeNames
{
    /// <summary>Names that come in events are kept up to so many; a schema's enum is kept whole.</summary>
    const int Most = 64;
    (byte[] Utf8, string Text)[] known;

    public TypeNames(IEnumerable<string> names) => known = [.. names.Distinct().Select(name => (Encoding.UTF8.GetBytes(name), name))];

    public string Of(ReadOnlySpan<byte> utf8)
    {
        var all = Volatile.Read(ref known);
        foreach (var (name, text) in all)
            if (utf8.SequenceEqual(name)) return text;
        var added = Encoding.UTF8.GetString(utf8);
        if (all.Length < Most && utf8.Length <= 64) Interlocked.CompareExchange(ref known, [.. all, (utf8.ToArray(), added)], all);       // who loses keeps its own
        return added;
    }
}

/// <summary>The names that an object has so far, to notice one that comes twice. The first 32 are kept as places in the payload, in
/// <paramref name="places"/>; more of them, or one with an escape, go into a set.</summary>
ref struct SeenNames(ReadOnlySpan<byte> payload, Span<Range> places)
{
    public const int Places = 32;
    readonly ReadOnlySpan<byte> payload = payload;
    readonly Span<Range> places = places;
    int count;
    HashSet<string>? set;

    /// <summary>Adds the property name at which the reader stands.</summary>
    /// <returns>False when the object has it already.</returns>
    public bool Add(in Utf8JsonReader reader)
    {
        if (set is null && !reader.ValueIsEscaped && count < places.Length)
        {
            foreach (var place in places[..count])
                if (payload[place].SequenceEqual(reader.ValueSpan)) return false;
            var start = (int)reader.TokenStartIndex + 1;        // after the quote
            places[count++] = start..(start + reader.ValueSpan.Length);
            return true;
        }
        if (set is null)
        {
            set = [];
            foreach (var place in places[..count]) set.Add(Encoding.UTF8.GetString(payload[place]));
        }
        return set.Add(reader.GetString()!);
    }
}
