using System.IO.Compression;
using System.Text;

namespace BatchIngestion.Tests;

/// <summary>Reads small inputs into texts that a test can compare.</summary>
static class Rows
{
    /// <summary>A contract of text columns that takes every value as it is.</summary>
    public static Contract Contract(params string[] columns) => new()
    {
        Table = "t",
        Grain = "one row",
        Files = ["t*"],
        Key = [columns[0]],
        NullTokens = [],
        Columns = [.. columns.Select(name => new Column { Name = name, Type = ColumnType.Text })],
    };

    /// <summary>Each row as its fields with a bar between; ∅ where there is none; a broken JSON row as ! and its rule.</summary>
    public static IReadOnlyList<string> Of(Stream stream, string name, params string[] columns)
    {
        using var reader = RowReader.Open(stream, name, Contract(columns));
        var rows = new List<string>();
        while (reader.Read())
            rows.Add(!name.Contains(".csv", StringComparison.Ordinal) && reader.Broken is { } broken ? "!" + broken.Rule
                : string.Join('|', columns.Select((_, i) => reader.TryGet(i, out var value) ? Encoding.UTF8.GetString(value) : "∅")));
        return rows;
    }

    public static IReadOnlyList<string> Of(string text, string name, params string[] columns) => Of(new MemoryStream(Encoding.UTF8.GetBytes(text)), name, columns);

    public static UserException Refused(Stream stream, string name) => Assert.Throws<UserException>(() => Of(stream, name, "a", "b"))!;

    public static UserException Refused(string text, string name) => Refused(new MemoryStream(Encoding.UTF8.GetBytes(text)), name);

    public static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(bytes);
        return packed.ToArray();
    }
}

/// <summary>A stream that hands out a few bytes at a time, and repeats its middle part without holding it.</summary>
sealed class Dribble(byte[] head, byte[] unit, long times, byte[] tail, int chunk) : Stream
{
    long at;

    public Dribble(byte[] bytes, int chunk) : this(bytes, [], 0, [], chunk) { }

    public override long Length => head.Length + unit.Length * times + tail.Length;

    public override int Read(Span<byte> buffer)
    {
        var count = (int)Math.Min(Math.Min(buffer.Length, chunk), Length - at);
        for (var i = 0; i < count; i++, at++)
        {
            var inside = at - head.Length;
            buffer[i] = inside < 0 ? head[at] : inside < unit.Length * times ? unit[inside % unit.Length] : tail[inside - unit.Length * times];
        }
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Position { get => at; set => throw new NotSupportedException(); }
    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
