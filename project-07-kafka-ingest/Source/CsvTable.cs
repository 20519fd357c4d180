using System.Buffers.Text;
using System.Text;
using System.Text.Unicode;
using CsvHelper;

namespace KafkaIngest;

/// <summary>A CSV file with a header, read row by row. Null is the text <c>NA</c>. CsvHelper parses; what it is lenient about is an error here.</summary>
sealed class CsvTable : IDisposable
{
    readonly string path;
    readonly CsvReader csv;
    readonly Dictionary<string, int> positions = [];

    /// <param name="columns">The columns that the header must have; it may have more.</param>
    /// <exception cref="UserException">The file is missing, or its header has not these columns.</exception>
    public CsvTable(string path, params ReadOnlySpan<string> columns)
    {
        this.path = path;
        if (!File.Exists(path)) throw new UserException($"{path} is not there. Name a folder that has it: --input DIR.");
        csv = CsvReader.FromFile(path, new CsvReaderOptions
        {
            Separator = ',',
            TrackLineNumbers = true,
            MaxRecordSize = 1 << 16,
            FieldCountMismatch = CsvFieldCountHandling.Throw,
            MalformedData = CsvMalformedDataHandling.Throw,
        });
        Guard(() => { csv.ReadHeader(); return true; });
        for (var i = 0; i < csv.Headers.Count; i++)
            if (!positions.TryAdd(csv.Headers[i], i)) throw new UserException($"{path} line 1: the header names the column '{csv.Headers[i]}' twice.");
        foreach (var column in columns)
            if (!positions.ContainsKey(column)) throw new UserException($"{path} line 1: the header has no column '{column}'. Found: {string.Join(", ", csv.Headers.Take(25))}.");
    }

    /// <summary>The line at which the row begins, from 1; the header's is 1.</summary>
    public long Line => csv.LineNumber;

    /// <summary>Goes to the next row.</summary>
    /// <exception cref="UserException">The row has too few or too many fields, or is no CSV.</exception>
    public bool Read() => Guard(csv.Read);

    /// <summary>A text; null for <c>NA</c> and for an empty field.</summary>
    public string? Text(string column)
    {
        var field = csv.GetSpan(positions[column]);
        if (!Utf8.IsValid(field)) throw Wrong(column, "UTF-8 text");
        return field.IsEmpty || field.SequenceEqual("NA"u8) ? null : Encoding.UTF8.GetString(field);
    }

    /// <summary>A text of capital letters and digits of a certain length.</summary>
    public string Code(string column, int length)
    {
        if (Text(column) is { } text && text.Length == length && text.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c))) return text;
        throw Wrong(column, $"{length} capital letters or digits");
    }

    /// <summary>A whole number; null for <c>NA</c>.</summary>
    public int? Number(string column, int least, int most)
    {
        var field = csv.GetSpan(positions[column]);
        if (field.SequenceEqual("NA"u8)) return null;
        if (Utf8Parser.TryParse(field, out int number, out var length) && length == field.Length && number >= least && number <= most) return number;
        throw Wrong(column, $"a number from {least} to {most}");
    }

    /// <summary>A time of day written <c>hhmm</c>, in minutes after midnight, 0 to 1440; null for <c>NA</c>.</summary>
    public int? TimeOfDay(string column) => Number(column, 0, 2400) switch
    {
        null => null,
        { } time when time % 100 < 60 => time / 100 * 60 + time % 100,
        _ => throw Wrong(column, "a time hhmm"),
    };

    /// <summary>The error for a field that can't be used: file, line, column, what was expected, what was found.</summary>
    public UserException Wrong(string column, string expected)
    {
        var found = Encoding.UTF8.GetString(csv.GetSpan(positions[column]));
        return new($"{path} line {Line}: {column}: expected {expected}, found '{Terminal.Plain(found.Length <= 40 ? found : found[..40] + "…")}'.");
    }

    bool Guard(Func<bool> read)
    {
        try { return read(); }
        catch (CsvFormatException e) { throw new UserException($"{path} line {Math.Max(1, e.LineNumber)}: {e.Message}"); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { throw new UserException($"{path} can't be read: {e.Message}"); }
    }

    public void Dispose() => csv.Dispose();
}
