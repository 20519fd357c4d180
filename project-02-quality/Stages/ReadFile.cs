using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using CsvHelper;

namespace DataQuality;

/// <summary>A row as it came, all text.</summary>
/// <param name="Row">1 is the first row under the header. Where the header names several columns, an empty line is no row.</param>
/// <param name="Fields">A text for each expected column; null where the row has none.</param>
/// <param name="Extra">JSON object of what no expected column takes: added columns, and <c>_line</c>, the whole text of a row with a
/// problem, without its line end; null where there is none. Written by <see cref="RuleFiles.Json"/>.</param>
/// <param name="Problem">What is wrong with the row as a CSV record; its cells are kept as far as there are any, and not typed.</param>
sealed record RawRow(long Row, string?[] Fields, string? Extra, string? Problem);

/// <summary>Reads a CSV file (RFC 4180) row by row. CsvHelper parses; what it is lenient about is named as the row's problem.</summary>
sealed class ReadFile : IDisposable
{
    const int MostBytes = 4 << 20;      // of one row
    readonly CsvReader csv;
    readonly int[] positions;
    readonly (string Name, int Position)[] added;
    readonly string name;
    CsvMalformedReason? malformed;      // of the row that was read last: CsvHelper calls back while it reads it
    long row;

    /// <summary>The header, as it came.</summary>
    public IReadOnlyList<string> Header { get; }

    /// <param name="path">The file.</param>
    /// <param name="columns">The expected columns; they are found by the header, in any order. Names must be the same letter for letter.</param>
    /// <exception cref="UserException">There is no header, or it names a column twice.</exception>
    public ReadFile(string path, IReadOnlyList<string> columns)
    {
        // step 1: read the drops as they came
        name = Path.GetFileName(path);
        csv = CsvReader.Create(File.OpenRead(path), new CsvReaderOptions { Separator = ',', SkipEmptyLines = false, MaxRecordSize = MostBytes, Encoding = new UTF8Encoding(false), OnMalformedRecord = record => malformed = record.Reason });
        Guard(() => { csv.ReadHeader(); return true; });
        Header = [.. csv.Headers];
        if (Header is [] or [""]) throw new UserException($"{name} is empty. Expected a header with the columns' names.");
        if (Header.GroupBy(h => h).FirstOrDefault(g => g.Count() > 1) is { } twice) throw new UserException($"{name}: the header names the column '{twice.Key}' {twice.Count()} times.");
        positions = [.. columns.Select(c => Header.ToList().IndexOf(c))];
        added = [.. Header.Select((column, at) => (column, at)).Where(h => !positions.Contains(h.at))];
        // end of step 1
    }

    /// <summary>The rows one by one. Bad quoting is the problem of its row alone (CsvHelper mends it and goes on), but for a quote that
    /// is never closed: what stands behind it can't be told from it.</summary>
    /// <exception cref="UserException">A quote is never closed. Where more than 4 MiB stand behind it, CsvHelper throws, and
    /// <see cref="Guard"/> puts that into words; where less, it calls back and goes on, and to throw is this method's work.</exception>
    public IEnumerable<RawRow> Rows()
    {
        // step 1: read the drops as they came
        while (true)
        {
            malformed = null;
            if (!Guard(csv.Read)) yield break;
            if (Header.Count > 1 && csv.RawRecord.IndexOfAnyExcept((byte)'\r', (byte)'\n') < 0) continue;       // in a file of one column, a blank line is a row without its value
            row++;
            if (malformed == CsvMalformedReason.UnterminatedQuote) throw new UserException($"{name}, row {row:N0}, at byte {csv.ByteOffset:N0}: a quote is opened and never closed.");
            var problem = Problem();
            var fields = Array.ConvertAll(positions, at => at < 0 || at >= csv.FieldCount ? null : csv.GetString(at));
            var extra = added.Where(a => a.Position < csv.FieldCount).ToDictionary(a => a.Name, a => csv.GetString(a.Position));
            if (problem is not null) extra["_line"] = Encoding.UTF8.GetString(csv.RawRecord).TrimEnd('\r', '\n');
            yield return new(row, fields, extra.Count == 0 ? null : JsonSerializer.Serialize(extra, RuleFiles.Json), problem);
        }
        // end of step 1
    }

    /// <summary>What is wrong with the row that was read, in the words of <c>ReadTests</c>; null when nothing is. The first that holds:
    /// bad quoting, another number of fields than the header, bytes that are not UTF-8, a NUL character.</summary>
    string? Problem()
    {
        // step 1: read the drops as they came
        if (malformed is not null) return "quotes are not as in RFC 4180";
        if (csv.FieldCount != Header.Count) return $"expected {Header.Count} fields, found {csv.FieldCount}";
        if (!Utf8.IsValid(csv.RawRecord)) return "the row is not UTF-8";
        return csv.RawRecord.Contains((byte)0) ? "the row has a NUL character" : null;
        // end of step 1
    }

    bool Guard(Func<bool> read)
    {
        try { return read(); }
        catch (CsvFormatException e) { throw new UserException($"{name}, row {row + 1:N0}, near byte {e.ByteOffset:N0}: a row is longer than {MostBytes:N0} bytes, or a quote is opened and never closed."); }
        catch (DecoderFallbackException e) { throw new UserException($"{name}, row {row + 1:N0}: {e.Message}"); }
    }

    /// <summary>Says of a file that is no CSV what to do with it: of one that begins like a gzip, zip or Parquet file, or whose first line
    /// has NUL bytes. (UTF-16 has such bytes too; with the mark in front CsvHelper reads it.)</summary>
    /// <exception cref="UserException">It is no CSV file.</exception>
    public static void RefuseOther(string path)
    {
        using var file = File.OpenRead(path);
        Span<byte> bytes = stackalloc byte[4096];
        ReadOnlySpan<byte> head = bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
        var name = Path.GetFileName(path);
        if (head.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]) || head.StartsWith("PK\u0003\u0004"u8)) throw new UserException($"{name} is compressed. Unpack it, and give the CSV file that is in it.");
        if (head.StartsWith("PAR1"u8)) throw new UserException($"{name} is a Parquet file. A drop holds CSV files; for one Parquet file there is: dotnet run -- scan --help");
        var line = head.IndexOf((byte)'\n') is >= 0 and var end ? head[..end] : head;
        if (line.Contains((byte)0) && !head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) && !head.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF])) throw new UserException($"{name} is no text in UTF-8: its first line has NUL bytes. Save it as CSV in UTF-8.");
    }

    /// <summary>A text of a file as a message can carry it.</summary>
    public static string Short(string text, int most = 80) => Terminal.Plain(text.Length > most ? text[..(most - 1)] + "…" : text);

    public void Dispose() => csv.Dispose();
}
