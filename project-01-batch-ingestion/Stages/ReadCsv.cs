using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using CsvHelper;

namespace BatchIngestion;

/// <summary>CSV by RFC 4180: quotes, doubled quotes, newlines in fields, a byte order mark, CR LF, no final newline; columns
/// are found by the header, in any order. CsvHelper parses; what it is lenient about is refused here.</summary>
sealed class CsvRows : RowReader
{
    readonly CsvReader csv;
    readonly int[] positions;
    readonly (string Name, int Position)[] unknown;
    CsvMalformedReason? malformed;

    // CsvHelper 34: CsvReader.Create, ReadHeader, Headers, Read, GetSpan, FieldCount, RawRecord, ByteOffset. OnMalformedRecord is
    // called while Read works. Headers are searched here because CsvHelper's own look-up ignores case.
    public CsvRows(Stream stream, Contract contract)
    {
        // step 3: read CSV, JSON and JSON Lines, plain or gzip
        csv = CsvReader.Create(stream, new CsvReaderOptions
        {
            Separator = contract.Separator,
            MaxRecordSize = Limits.Record,
            BufferSize = 1 << 18,
            Encoding = new UTF8Encoding(false),
            OnMalformedRecord = record => malformed = record.Reason,
        });
        Guard(csv.ReadHeader);
        var headers = csv.Headers;
        if (headers.Count == 0) throw new UserException("The file is empty. Expected a header with the columns' names.");
        if (headers.GroupBy(h => h).FirstOrDefault(g => g.Count() > 1) is { } twice) throw new UserException($"The header names the column '{twice.Key}' {twice.Count()} times.");
        positions = [.. contract.Columns.Select(c => headers.ToList().IndexOf(c.Source))];
        if (Array.IndexOf(positions, -1) is >= 0 and var missing)
            throw new UserException($"The header has no column '{contract.Columns[missing].Source}'. Found: {Show(Encoding.UTF8.GetBytes(string.Join(", ", headers)))}.");
        unknown = [.. headers.Select((name, at) => (name, at)).Where(h => !positions.Contains(h.at))];
        // end of step 3
    }

    public override bool Read()
    {
        // step 3: read CSV, JSON and JSON Lines, plain or gzip
        malformed = null;
        if (!Guard(csv.Read)) return false;
        Row++;
        if (malformed == CsvMalformedReason.UnterminatedQuote)
            throw new UserException($"Row {Row:N0}, at byte {csv.ByteOffset:N0}: a quote is opened and never closed.");
        return true;
        // end of step 3
    }

    public override Violation? Broken
    {
        get
        {
            // step 3: read CSV, JSON and JSON Lines, plain or gzip
            if (malformed is { } reason) return new(null, "quoting", "quotes as in RFC 4180", reason switch { CsvMalformedReason.StrayQuote => "a quote inside an unquoted field", _ => "text after a closing quote" });
            if (csv.FieldCount != csv.Headers.Count) return new(null, "ragged", $"{csv.Headers.Count} fields", $"{csv.FieldCount} fields");
            if (Utf8.IsValid(csv.RawRecord)) return null;
            var at = Enumerable.Range(0, csv.FieldCount).First(i => !Utf8.IsValid(csv.GetSpan(i)));
            return new(csv.Headers[at], "utf8", "UTF-8 text", Show(csv.GetSpan(at)));
            // end of step 3
        }
    }

    public override long ByteOffset => csv.ByteOffset;
    public override ReadOnlySpan<byte> Raw => csv.RawRecord;

    public override bool TryGet(int index, out ReadOnlySpan<byte> value)
    {
        value = csv.GetSpan(positions[index]);
        return true;
    }

    public override IReadOnlyDictionary<string, long> UnknownColumns => unknown.ToDictionary(u => u.Name, _ => Row);

    public override string? Extra() => unknown.Length == 0 ? null : JsonSerializer.Serialize(unknown.ToDictionary(u => u.Name, u => csv.GetString(u.Position)));

    bool Guard(Func<bool> read)
    {
        try { return read(); }
        catch (CsvFormatException e) { throw new UserException($"Row {Row + 1:N0}, near byte {e.ByteOffset:N0}: a row is longer than {Limits.Record:N0} bytes, or a quote is opened and never closed."); }
        catch (DecoderFallbackException e) { throw new UserException($"Row {Row + 1:N0}: {e.Message}"); }
    }

    void Guard(Action read) => Guard(() => { read(); return true; });

    public override void Dispose() => csv.Dispose();
}
