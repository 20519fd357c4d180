using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace BatchIngestion;

/// <summary>Turns rows of text into typed rows by contract: a row is either typed or rejected, with the first rule it breaks.</summary>
sealed class Validator
{
    readonly Contract contract;
    readonly Cell[] cells;
    readonly IReadOnlyDictionary<(string, string, string), ZoneTable> zones;

    /// <param name="zones">By <see cref="ZoneLookup.Source"/>.</param>
    public Validator(Contract contract, IReadOnlyDictionary<(string, string, string), ZoneTable> zones)
    {
        this.contract = contract;
        this.zones = zones;
        cells = [.. contract.Columns.Select(c => new Cell(c, contract.NullTokens))];
    }

    /// <summary>Empties the batch and fills it with the next rows of the reader, until it holds <see cref="Batch.Capacity"/> good or
    /// as many rejected rows, or <see cref="Batch.MostBytes"/>. A rejected row leaves no warning behind.</summary>
    /// <returns>False when not one row was read: the reader was at its end. It may be asked again then.</returns>
    public bool Fill(Batch batch, RowReader reader)
    {
        // step 4: reject what breaks the contract
        batch.Clear();
        while (batch.Count < Batch.Capacity && batch.Rejected.Count < Batch.Capacity && batch.Bytes < Batch.MostBytes)
        {
            if (!reader.Read()) break;
            batch.Bytes += reader.Raw.Length;
            var warnings = batch.Warnings.Count;
            if (Row(batch, reader) is { } why)
            {
                batch.Warnings.RemoveRange(warnings, batch.Warnings.Count - warnings);
                batch.Rejected.Add(new(reader.Row, reader.ByteOffset, why, RowReader.Show(reader.Raw, Limits.RawText)));
            }
            else batch.Count++;
        }
        return batch.Count + batch.Rejected.Count > 0;
        // end of step 4
    }

    /// <summary>Takes one row to the place <c>batch.Count</c>: its number first, for the derived columns warn with it; then the
    /// contract's columns, <c>_extra</c> where unknown columns are kept (the last of the batch), and the derived columns in order. A
    /// violation names a column as the file does.</summary>
    Violation? Row(Batch batch, RowReader reader)
    {
        // step 4: reject what breaks the contract
        if (reader.Broken is { } broken) return broken;
        var at = batch.Count;
        batch.SourceRow[at] = reader.Row;
        for (var i = 0; i < cells.Length; i++)
        {
            var present = reader.TryGet(i, out var value);
            if (cells[i].Take(present, value, batch.Columns[i], at) is { } violation) return violation;
        }
        if (contract.UnknownColumns == UnknownColumns.Keep)
        {
            var extra = (TextData)batch.Columns[^1];
            var json = reader.Extra();
            extra.IsNull[at] = json is null;
            if (json is not null) extra.Values[at] = Text.Of(json);
        }
        foreach (var rule in contract.Derived)
            if (LocalTime.Derive(rule, batch.ByName, rule.ZoneLookup is { } zone ? zones.GetValueOrDefault(zone.Source) : null, batch, at) is { } violation)
                return violation with { Column = contract.Columns.FirstOrDefault(c => c.Name == violation.Column)?.Source ?? violation.Column };
        return null;
        // end of step 4
    }
}

/// <summary>Reads one column's fields: null or not, normalized, typed, within its bounds.</summary>
sealed class Cell
{
    const int CacheLimit = 50_000;
    readonly Column column;
    readonly byte[][] nullTokens;
    readonly bool[] startsToken = new bool[256];
    readonly bool emptyIsNull;
    readonly double min, max;
    readonly Regex? pattern;
    readonly HashSet<string>? allowed;
    readonly Dictionary<byte[], Text> seen = new(Bytes.Comparer);
    readonly Dictionary<byte[], Text>.AlternateLookup<ReadOnlySpan<byte>> seenBySpan;

    public Cell(Column column, IReadOnlyList<string> tokensOfTable)
    {
        this.column = column;
        nullTokens = [.. (column.NullTokens ?? tokensOfTable).Select(Encoding.UTF8.GetBytes)];
        foreach (var token in nullTokens) if (token.Length > 0) startsToken[token[0]] = true; else emptyIsNull = true;
        (min, max) = (column.Min ?? double.NegativeInfinity, column.Max ?? double.PositiveInfinity);
        pattern = column.PatternRegex;
        allowed = column.Allowed?.ToHashSet(StringComparer.Ordinal);
        seenBySpan = seen.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>Writes the field into the batch, or says what is wrong with it.</summary>
    public Violation? Take(bool present, ReadOnlySpan<byte> field, ColumnData data, int at)
    {
        // step 4: reject what breaks the contract
        if (column.Trim) field = field.Trim(" \t\r\n"u8);
        if (!present || (field.IsEmpty ? emptyIsNull : startsToken[field[0]] && IsNullToken(field)))
        {
            data.IsNull[at] = true;
            return column.Required ? new(column.Source, "required", "a value", present ? $"'{RowReader.Show(field)}', which means none" : "nothing") : null;
        }
        data.IsNull[at] = false;
        switch (data)
        {
            case LongData longs:
                if (!TryLong(field, out longs.Values[at])) return Wrong(field);
                if (longs.Values[at] < min || longs.Values[at] > max) return OutOfRange(field);
                return null;
            case RealData reals:
                if (!Utf8Parser.TryParse(field, out double real, out var used) || used != field.Length || !double.IsFinite(real)) return Wrong(field);
                if (column.Factor is { } factor && !double.IsFinite(real *= factor)) return Wrong(field);
                if (real < min || real > max) return OutOfRange(field);
                reals.Values[at] = real == 0 ? 0 : real;        // SQLite knows no negative zero
                return null;
            default:
                return TakeText(field, (TextData)data, at);
        }
        // end of step 4
    }

    bool IsNullToken(ReadOnlySpan<byte> field)
    {
        foreach (var token in nullTokens) if (field.SequenceEqual(token)) return true;
        return false;
    }

    /// <summary>A text that was seen before is not checked, decoded or kept again.</summary>
    Violation? TakeText(ReadOnlySpan<byte> field, TextData data, int at)
    {
        // step 4: reject what breaks the contract
        if (seenBySpan.TryGetValue(field, out var known)) { data.Values[at] = known; return null; }
        var value = Encoding.UTF8.GetString(field);
        if (column.Case is { } letters) value = letters == TextCase.Upper ? value.ToUpperInvariant() : value.ToLowerInvariant();
        if (value.Contains('\0', StringComparison.Ordinal)) return Wrong(field);
        if (allowed is not null && !allowed.Contains(value)) return new(column.Source, "allowed", "one of " + string.Join(", ", allowed), $"'{RowReader.Show(field)}'");
        if (pattern is not null && !pattern.IsMatch(value)) return new(column.Source, "pattern", column.Pattern!, $"'{RowReader.Show(field)}'");
        var keep = seen.Count < CacheLimit && field.Length <= 256;
        var bytes = Encoding.UTF8.GetByteCount(value) is var size && keep ? GC.AllocateUninitializedArray<byte>(size, pinned: true) : new byte[size];
        Encoding.UTF8.GetBytes(value, bytes);
        data.Values[at] = new Text(bytes, value, keep);
        if (keep) seen[field.ToArray()] = data.Values[at];
        return null;
        // end of step 4
    }

    /// <summary>Everything that is a whole number inside: see <see cref="LongData"/>.</summary>
    bool TryLong(ReadOnlySpan<byte> field, out long value)
    {
        // step 4: reject what breaks the contract
        switch (column.Type)
        {
            case ColumnType.Integer:
                return Utf8Parser.TryParse(field, out value, out var used) && used == field.Length;
            case ColumnType.Hhmm:       // 2400 ends the day; 1375 and 2401 are no times
                return Utf8Parser.TryParse(field, out value, out used) && used == field.Length && value is >= 0 and <= 2400 && value % 100 < 60;
            case ColumnType.Boolean:
                value = field is [(byte)'1'] || Ascii.EqualsIgnoreCase(field, "true"u8) ? 1 : 0;
                return value == 1 || field is [(byte)'0'] || Ascii.EqualsIgnoreCase(field, "false"u8);
            case ColumnType.Date:
                value = 0;
                if (field.Length != 10 || !DateOnly.TryParseExact(Encoding.UTF8.GetString(field), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)) return false;
                value = date.DayNumber - SqlText.EpochDay;
                return true;
            default:
                return TryTimestamp(field, out value);
        }
        // end of step 4
    }

    /// <summary>ISO 8601, with Z or an offset. The usual form, whole seconds in UTC, is read by hand: it is in every row.</summary>
    static bool TryTimestamp(ReadOnlySpan<byte> field, out long value)
    {
        // step 4: reject what breaks the contract
        value = 0;
        if (field.Length is < 17 or > 40 || field[10] is not ((byte)'T' or (byte)' ') || field[4] != '-' || field[7] != '-' || field[13] != ':' || Two(field, 0) < 0 || Two(field, 2) < 0 || !(field[^1] is (byte)'Z' or (byte)'z' || field[^6] is (byte)'+' or (byte)'-' || field[^3] is (byte)'+' or (byte)'-')) return false;
        if (field.Length == 20 && field[^1] == 'Z' && field[4] == '-' && field[7] == '-' && field[13] == ':' && field[16] == ':'
            && Two(field, 0) is >= 0 and var century && Two(field, 2) is >= 0 and var year && Two(field, 5) is >= 1 and <= 12 and var month && Two(field, 8) is >= 1 and <= 28 and var day
            && Two(field, 11) is >= 0 and < 24 and var hour && Two(field, 14) is >= 0 and < 60 and var minute && Two(field, 17) is >= 0 and < 60 and var second && century > 0)
        {
            var days = new DateOnly(century * 100 + year, month, day).DayNumber - SqlText.EpochDay;
            value = ((days * 24L + hour) * 60 + minute) * ZoneClock.MinuteMicros + second * 1_000_000L;
            return true;
        }
        if (!DateTimeOffset.TryParse(Encoding.UTF8.GetString(field), CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var parsed)) return false;
        value = (parsed.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
        return true;
        // end of step 4
    }

    static int Two(ReadOnlySpan<byte> text, int at) => text[at] is >= (byte)'0' and <= (byte)'9' && text[at + 1] is >= (byte)'0' and <= (byte)'9' ? (text[at] - '0') * 10 + text[at + 1] - '0' : -1;

    Violation Wrong(ReadOnlySpan<byte> field) => new(column.Source, "type", column.Type switch
    {
        ColumnType.Text => "text without NUL characters",
        ColumnType.Integer => "a whole number",
        ColumnType.Real => "a number",
        ColumnType.Boolean => "true, false, 1 or 0",
        ColumnType.Date => "a date, YYYY-MM-DD",
        ColumnType.Hhmm => "a time of day, hhmm from 0 to 2400",
        _ => "a timestamp with Z or an offset, YYYY-MM-DDThh:mm:ssZ",
    }, $"'{RowReader.Show(field).Replace("\0", "\\0", StringComparison.Ordinal)}'");

    Violation OutOfRange(ReadOnlySpan<byte> field) =>
        new(column.Source, "range", (column.Min, column.Max) switch { ({ } low, { } high) => $"{low} to {high}", ({ } low, null) => $"at least {low}", (_, var high) => $"at most {high}" }, $"'{RowReader.Show(field)}'");
}

/// <summary>Compares byte arrays by content, and with spans, so that a look-up allocates nothing.</summary>
sealed class Bytes : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    public static readonly Bytes Comparer = new();
    public bool Equals(byte[]? a, byte[]? b) => a.AsSpan().SequenceEqual(b);
    public int GetHashCode(byte[] key) => GetHashCode((ReadOnlySpan<byte>)key);
    public bool Equals(ReadOnlySpan<byte> a, byte[] b) => a.SequenceEqual(b);
    public byte[] Create(ReadOnlySpan<byte> key) => key.ToArray();

    public int GetHashCode(ReadOnlySpan<byte> key)
    {
        var hash = new HashCode();
        hash.AddBytes(key);
        return hash.ToHashCode();
    }
}
