using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;

namespace BatchIngestion;

/// <summary>Why a row breaks the contract.</summary>
/// <param name="Column">The column as the file calls it, a derived one as the table does; null when the row as a whole is broken.</param>
/// <param name="Rule">Short and stable: type, required, range, pattern, allowed, utf8, ragged, quoting, json, local_time.</param>
sealed record Violation(string? Column, string Rule, string Expected, string Found);

/// <summary>Bounds on what a file may make us hold in memory or unpack.</summary>
static class Limits
{
    /// <summary>The largest row, in bytes.</summary>
    public const int Record = 4 << 20;
    /// <summary>How deep JSON may nest.</summary>
    public const int Depth = 64;
    /// <summary>How many times larger than the file its unpacked text may be, once it is over <see cref="GzipFloor"/>.</summary>
    public const long GzipRatio = 200;
    public const long GzipFloor = 64 << 20;
    /// <summary>How many columns that no contract knows are told apart.</summary>
    public const int UnknownNames = 1000;
    /// <summary>How much of a rejected row's text is kept, in characters.</summary>
    public const int RawText = 4096;
}

/// <summary>Reads a file row by row in constant memory. What it hands out is valid until the next <see cref="Read"/>.</summary>
abstract class RowReader : IDisposable
{
    /// <summary>Moves to the next row; false at the end of the file.</summary>
    /// <exception cref="UserException">The file can't be read on; the message says where and why.</exception>
    public abstract bool Read();

    /// <summary>1 for the first row of data; a CSV header does not count.</summary>
    public long Row { get; protected set; }

    /// <summary>Where the row begins, in bytes of the (unpacked) file.</summary>
    public abstract long ByteOffset { get; }

    /// <summary>The row as it stands in the file.</summary>
    public abstract ReadOnlySpan<byte> Raw { get; }

    /// <summary>What is wrong with the row before any field is looked at: in CSV quoting, then ragged, then the first field that is
    /// not UTF-8, with its column; in JSON utf8, json, type. Its fields can't be read then.</summary>
    public abstract Violation? Broken { get; }

    /// <summary>The field of the contract's column <paramref name="index"/> as UTF-8; false where it is absent or JSON null.</summary>
    public abstract bool TryGet(int index, out ReadOnlySpan<byte> value);

    /// <summary>The columns that the contract does not know, as far as they were seen, with the number of rows that have them.
    /// The first <see cref="Limits.UnknownNames"/> are counted.</summary>
    public abstract IReadOnlyDictionary<string, long> UnknownColumns { get; }

    /// <summary>The row's unknown columns as a JSON object; null when it has none.</summary>
    public abstract string? Extra();

    public abstract void Dispose();

    /// <summary>Opens a file by the ending of its name: .csv, .json, .jsonl or .ndjson, each also with .gz.</summary>
    public static RowReader Open(string path, Contract contract) => Open(File.OpenRead(path), Path.GetFileName(path), contract);

    /// <summary>As <see cref="Open(string, Contract)"/>, from a stream, which the reader closes.</summary>
    public static RowReader Open(Stream stream, string name, Contract contract)
    {
        // step 3: read CSV, JSON and JSON Lines, plain or gzip
        var gzip = name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);
        var content = gzip ? new BoundedGzip(stream) : stream;
        try
        {
            return Format(name) switch
            {
                ".csv" => new CsvRows(content, contract),
                ".json" => new JsonArrayRows(content, contract),
                ".jsonl" or ".ndjson" => new JsonLineRows(content, contract),
                var other => throw new UserException($"'{other}' is no format that can be read. Expected .csv, .json, .jsonl or .ndjson, each also with .gz."),
            };
        }
        catch
        {
            content.Dispose();
            throw;
        }
        // end of step 3
    }

    /// <summary>The ending that names the format, without .gz, in lower case.</summary>
    public static string Format(string name)
    {
        var plain = name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? name[..^3] : name;
        return Path.GetExtension(plain).ToLowerInvariant();
    }

    /// <summary>Whether files of the two names are read in the same way.</summary>
    public static bool SameFormat(string one, string other)
    {
        return Of(one) == Of(other);

        static (string, bool) Of(string name) => (Format(name).Replace(".ndjson", ".jsonl", StringComparison.Ordinal), name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>The bytes as text for a message: what is not UTF-8 is shown as \xNN, and no more than the limit is kept.</summary>
    public static string Show(ReadOnlySpan<byte> bytes, int limit = 200)
    {
        var cut = bytes.Length > limit;
        if (cut) bytes = bytes[..limit];
        var text = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            var status = Rune.DecodeFromUtf8(bytes, out var rune, out var used);
            if (status == System.Buffers.OperationStatus.Done) text.Append(rune.ToString());
            else foreach (var b in bytes[..used]) text.Append($"\\x{b:X2}");
            bytes = bytes[used..];
        }
        return cut ? text.Append('…').ToString() : text.ToString();
    }
}

/// <summary>Unpacks gzip and stops where the text grows out of proportion to the file: a bomb.</summary>
sealed class BoundedGzip(Stream packed) : Stream
{
    readonly GZipStream inner = new(packed, CompressionMode.Decompress);
    long unpacked;
    bool ended;

    public override int Read(Span<byte> buffer)
    {
        // step 3: read CSV, JSON and JSON Lines, plain or gzip
        int read;
        try { read = inner.Read(buffer); }
        catch (InvalidDataException) { throw new UserException(unpacked == 0 ? "This is no gzip file, or its data are broken from the start." : $"The gzip data are broken after {unpacked:N0} unpacked bytes."); }
        if (read == 0 && buffer.Length > 0) CheckEnd();
        unpacked += read;
        if (unpacked > Math.Max(Limits.GzipFloor, packed.Length * Limits.GzipRatio))
            throw new UserException($"The gzip data unpack to more than {Limits.GzipRatio} times their size ({packed.Length:N0} bytes). Expected data, found what looks like a gzip bomb.");
        return read;
        // end of step 3
    }

    /// <summary>The stream itself does not notice a file that was cut off inside a header or a trailer. The last eight bytes of a
    /// gzip file are the CRC-32 and the length (modulo 2^32) of its last member (RFC 1952): with one member the length is that of the
    /// whole text; with several the end of the text is unpacked again and its CRC compared.</summary>
    void CheckEnd()
    {
        if (ended) return;
        ended = true;
        if (packed.Length < 18) throw new UserException($"The gzip data are truncated: {packed.Length} bytes are too few for a gzip file.");
        if (!packed.CanSeek) return;
        Span<byte> trailer = stackalloc byte[8];
        packed.Position = packed.Length - 8;
        packed.ReadExactly(trailer);
        var (crc, length) = (BinaryPrimitives.ReadUInt32LittleEndian(trailer), BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..]));
        if (length == (uint)unpacked || length < unpacked && CrcOfLast(length) == crc) return;
        throw new UserException($"The gzip data are cut off, or something that is no gzip follows them: {unpacked:N0} bytes were unpacked, and the end of the file does not fit them.");
    }

    /// <summary>The CRC-32 of the last bytes of the text.</summary>
    uint CrcOfLast(long length)
    {
        packed.Position = 0;
        using var again = new GZipStream(packed, CompressionMode.Decompress, leaveOpen: true);
        var crc = new Crc32();
        var buffer = new byte[1 << 16];
        long at = 0;
        for (int read; (read = again.Read(buffer)) > 0; at += read)
        {
            var skip = (int)Math.Clamp(unpacked - length - at, 0, read);
            crc.Append(buffer.AsSpan(skip, read - skip));
        }
        return crc.GetCurrentHashAsUInt32();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => unpacked; set => throw new NotSupportedException(); }
    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) { inner.Dispose(); packed.Dispose(); }
        base.Dispose(disposing);
    }
}
