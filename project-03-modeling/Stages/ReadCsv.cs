using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using CsvHelper;

namespace DimensionalModel;

/// <summary>Reads a curated CSV file row by row. Its columns are found by the header. The input has been cleaned before (project 02 is
/// about that), so a row that is not as expected is an error that ends the load, and nothing of the load stays.</summary>
sealed class ReadCsv : IDisposable
{
    readonly CsvReader csv;
    readonly string name;
    readonly string[] columns;
    readonly int[] at;
    bool malformed;

    /// <summary>1 is the first row under the header.</summary>
    public long Row { get; private set; }

    /// <param name="path">The file.</param>
    /// <param name="columns">The columns that are read; <see cref="Utf8"/> and its kin take their place in this list.</param>
    public ReadCsv(string path, params string[] columns)
    {
        this.columns = columns;
        name = Path.Combine(Path.GetFileName(Path.GetDirectoryName(path))!, Path.GetFileName(path));
        csv = CsvReader.Create(File.OpenRead(path), new CsvReaderOptions { Separator = ',', MaxRecordSize = 1 << 20, Encoding = new UTF8Encoding(false), OnMalformedRecord = _ => malformed = true });
        Guard(() => { csv.ReadHeader(); return true; });
        var header = csv.Headers.ToList();
        if (header.Count == 0) throw new UserException($"{name} is empty. Expected a header with the columns {string.Join(", ", columns)}.");
        if (header.GroupBy(h => h).FirstOrDefault(g => g.Count() > 1) is { } twice) throw new UserException($"{name}: the header names the column '{Short(twice.Key)}' {twice.Count()} times.");
        at = [.. columns.Select(c => header.IndexOf(c) is >= 0 and var found ? found : throw new UserException($"{name} has no column '{c}'. Found: {Short(string.Join(", ", header))}."))];
    }

    public bool Read()
    {
        malformed = false;
        if (!Guard(csv.Read)) return false;
        Row++;
        if (malformed || csv.FieldCount != csv.Headers.Count || !System.Text.Unicode.Utf8.IsValid(csv.RawRecord)) throw Wrong($"{csv.Headers.Count} fields in UTF-8, quoted as in RFC 4180", Encoding.UTF8.GetString(csv.RawRecord).Trim());
        return true;
    }

    /// <summary>The bytes of a field. They change with the next row.</summary>
    public ReadOnlySpan<byte> Utf8(int column) => csv.GetSpan(at[column]);

    /// <summary>Null where the field is empty.</summary>
    public string? Text(int column) => Utf8(column) is { IsEmpty: false } field ? Encoding.UTF8.GetString(field) : null;

    public string Required(int column) => Text(column) ?? throw Wrong($"a value in {columns[column]}", "none");

    /// <summary>A natural key: a value, and not the name of a member that stands for nothing.</summary>
    public string Natural(int column) => Required(column) is var text && text is "unknown" or "not applicable" ? throw Wrong(column, "another text: it is the name of the member -1 or -2") : text;

    public int? Int(int column)
    {
        var field = Utf8(column);
        if (field.IsEmpty) return null;
        return Utf8Parser.TryParse(field, out int value, out var used) && used == field.Length ? value : throw Wrong(column, "a whole number");
    }

    public int RequiredInt(int column) => Int(column) ?? throw Wrong(column, "a whole number");

    public double? Real(int column)
    {
        var field = Utf8(column);
        if (field.IsEmpty) return null;
        return Utf8Parser.TryParse(field, out double value, out var used) && used == field.Length && double.IsFinite(value) ? value : throw Wrong(column, "a number");
    }

    /// <summary>An instant such as 2013-01-31T10:15:00Z, in seconds since 1970.</summary>
    public long Instant(int column) => Iso.Seconds(Utf8(column)) ?? throw Wrong(column, "an instant such as 2013-01-31T10:15:00Z");

    /// <summary>A local time such as 2013-01-31T05:15, as the keys of its day and of its minute; null where the field is empty.</summary>
    public (int Date, int Time)? Local(int column) => Utf8(column).IsEmpty ? null : Iso.Local(Utf8(column)) ?? throw Wrong(column, "a local time such as 2013-01-31T05:15");

    /// <summary>A date such as 2013-01-31, as it is; '' where the field is empty.</summary>
    public string DateOrEmpty(int column) => Text(column) is not { } text ? "" : DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _) ? text : throw Wrong(column, "a date such as 2013-01-31, or nothing");

    public UserException Wrong(int column, string expected) => Wrong($"{expected} in {columns[column]}", $"'{Encoding.UTF8.GetString(Utf8(column))}'");

    public UserException Wrong(string expected, string found) => new($"{name}, row {Row:N0}: expected {expected}, found {Short(found)}. Nothing of this load was kept.");

    /// <summary>A text of a file as a message shows it.</summary>
    public static string Short(string text) => Terminal.Plain(text.Length > 100 ? text[..99] + "…" : text);

    bool Guard(Func<bool> read)
    {
        try { return read(); }
        catch (CsvFormatException e) { throw new UserException($"{name}, row {Row + 1:N0}, near byte {e.ByteOffset:N0}: a row is longer than a megabyte, or a quote is opened and never closed. Nothing of this load was kept."); }
    }

    public void Dispose() => csv.Dispose();
}

/// <summary>Times as they are written in the files.</summary>
static class Iso
{
    static readonly int Epoch = DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;

    // years from 1970 to 2100: another one is a slip of the pen, and every aircraft has a row on every day between

    /// <summary>Of YYYY-MM-DDThh:mm:ssZ the seconds since 1970; null where it is not one.</summary>
    public static long? Seconds(ReadOnlySpan<byte> text) =>
        text.Length == 20 && text[19] == 'Z' && text[16] == ':' && Two(text, 17) is >= 0 and < 60 and var second && Minutes(text[..16]) is var (day, _, minute) ? day * 86_400L + minute * 60 + second : null;

    /// <summary>Of YYYY-MM-DDThh:mm the keys of the day, 20130131, and of the minute of the day.</summary>
    public static (int Date, int Time)? Local(ReadOnlySpan<byte> text) => text.Length == 16 && Minutes(text) is var (_, key, minute) ? (key, minute) : null;

    static (long Day, int Key, int Minute)? Minutes(ReadOnlySpan<byte> text)
    {
        if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':') return null;
        int century = Two(text, 0), rest = Two(text, 2), month = Two(text, 5), day = Two(text, 8), hour = Two(text, 11), minute = Two(text, 14);
        if (century < 0 || rest < 0 || century * 100 + rest is < 1970 or > 2100 || month is < 1 or > 12 || hour is < 0 or > 23 || minute is < 0 or > 59) return null;
        var year = century * 100 + rest;
        if (day < 1 || day > DateTime.DaysInMonth(year, month)) return null;
        return (new DateOnly(year, month, day).DayNumber - Epoch, (year * 100 + month) * 100 + day, hour * 60 + minute);
    }

    static int Two(ReadOnlySpan<byte> text, int at) => text[at] is >= (byte)'0' and <= (byte)'9' && text[at + 1] is >= (byte)'0' and <= (byte)'9' ? (text[at] - '0') * 10 + text[at + 1] - '0' : -1;
}
