using System.Text;
using System.Text.Json;

namespace BatchIngestion;

/// <summary>A window over a stream: what was read and not yet used. It grows to one row at most.</summary>
sealed class JsonWindow(Stream stream) : IDisposable
{
    byte[] buffer = new byte[1 << 16];
    int start, end;

    public ReadOnlySpan<byte> Unread => buffer.AsSpan(start, end - start);
    /// <summary>How many bytes of the file were used before <see cref="Unread"/>.</summary>
    public long Used { get; private set; }
    public bool AtEnd { get; private set; }

    public void Use(int bytes)
    {
        start += bytes;
        Used += bytes;
    }

    /// <summary>Reads more behind <see cref="Unread"/>.</summary>
    /// <exception cref="UserException">The row is longer than allowed.</exception>
    public void Fill()
    {
        if (start > 0)
        {
            Unread.CopyTo(buffer);
            (start, end) = (0, end - start);
        }
        if (end > Limits.Record) throw new UserException($"At byte {Used:N0}: a row is longer than {Limits.Record:N0} bytes.");
        if (end == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
        var read = stream.Read(buffer.AsSpan(end));
        AtEnd = read == 0;
        end += read;
    }

    public void SkipBom()
    {
        while (!AtEnd && Unread.Length < 3) Fill();
        if (Unread.StartsWith(Encoding.UTF8.Preamble)) Use(3);
    }

    public void Dispose() => stream.Dispose();
}

/// <summary>JSON documents below the table layer: is this stream one well-formed document?</summary>
static class Json
{
    /// <summary>Reads a whole document in constant memory.</summary>
    /// <exception cref="UserException">It is not well-formed, with the byte where it stops to be.</exception>
    public static void Validate(Stream stream)
    {
        using var window = new JsonWindow(stream);
        window.SkipBom();
        JsonReaderState state = new(new JsonReaderOptions { MaxDepth = Limits.Depth });
        while (true)
        {
            var reader = new Utf8JsonReader(window.Unread, window.AtEnd, state);
            try
            {
                while (reader.Read()) { }
            }
            catch (JsonException e) { throw Malformed(window.Used + reader.BytesConsumed, e); }
            state = reader.CurrentState;
            window.Use((int)reader.BytesConsumed);
            if (window.AtEnd) return;
            window.Fill();
        }
    }

    /// <summary>After the document only white space may follow.</summary>
    public static void RequireEnd(JsonWindow window, JsonReaderState state)
    {
        while (true)
        {
            var reader = new Utf8JsonReader(window.Unread, window.AtEnd, state);
            try
            {
                if (reader.Read()) throw new UserException($"At byte {window.Used:N0}: the JSON array has ended, and something follows it.");
            }
            catch (JsonException e) { throw Malformed(window.Used + reader.BytesConsumed, e); }
            state = reader.CurrentState;
            window.Use((int)reader.BytesConsumed);
            if (window.AtEnd) return;
            window.Fill();
        }
    }

    public static UserException Malformed(long at, JsonException e) =>
        new($"After byte {at:N0} (line {(e.LineNumber ?? 0) + 1:N0}): malformed JSON: {e.Message.Split(" LineNumber:")[0].TrimEnd('.')}.");
}
