using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace BatchIngestion;

/// <summary>What JSON rows share: an object's members become the contract's columns. A number counts as its text, a missing
/// member as null.</summary>
abstract class JsonRows(Contract contract) : RowReader
{
    readonly byte[][] names = [.. contract.Columns.Select(c => Encoding.UTF8.GetBytes(c.Source))];
    readonly (byte[] Text, int Length)[] fields = [.. contract.Columns.Select(_ => (new byte[64], -1))];
    readonly bool[] seen = new bool[contract.Columns.Count];
    readonly Dictionary<string, long> unknown = [];
    Dictionary<string, JsonElement>? extra;
    string? extraText;
    Violation? broken;

    public override Violation? Broken => broken;
    public override IReadOnlyDictionary<string, long> UnknownColumns => unknown;
    public override string? Extra() => extraText;

    public override bool TryGet(int index, out ReadOnlySpan<byte> value)
    {
        var (text, length) = fields[index];
        value = length < 0 ? default : text.AsSpan(0, length);
        return length >= 0;
    }

    /// <summary>Takes one complete JSON value apart into fields.</summary>
    protected void Take(ReadOnlySpan<byte> json)
    {
        // step 3: read CSV, JSON and JSON Lines, plain or gzip
        broken = null;
        (extra, extraText) = (null, null);
        for (var i = 0; i < fields.Length; i++) (fields[i].Length, seen[i]) = (-1, false);
        if (!Utf8.IsValid(json)) { broken = new(null, "utf8", "UTF-8 text", Show(json)); return; }
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = Limits.Depth });
        try
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject) broken = new(null, "json", "an object", Show(json));
            else while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName) Member(ref reader);
            while (reader.Read()) { }       // what follows the value must be nothing
            if (extra is not null) extraText = JsonSerializer.Serialize(extra);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            broken = new(null, "json", "well-formed JSON", e.Message.Split(" LineNumber:")[0].TrimEnd('.'));
        }
        // end of step 3
    }

    void Member(ref Utf8JsonReader reader)
    {
        // step 3: read CSV, JSON and JSON Lines, plain or gzip
        var index = -1;
        for (var i = 0; i < names.Length && index < 0; i++) if (reader.ValueTextEquals(names[i])) index = i;
        var name = index < 0 ? reader.GetString()! : "";
        reader.Read();
        if (index < 0)
        {
            if (unknown.Count < Limits.UnknownNames || unknown.ContainsKey(name)) unknown[name] = unknown.GetValueOrDefault(name) + 1;
            if (contract.UnknownColumns == BatchIngestion.UnknownColumns.Keep) (extra ??= [])[name] = JsonElement.ParseValue(ref reader);
            else reader.Skip();
            return;
        }
        ref var field = ref fields[index];
        if (seen[index]) broken ??= new(contract.Columns[index].Source, "json", "each member once", "a member twice");
        seen[index] = true;
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                field.Length = -1;
                break;
            case JsonTokenType.StartObject or JsonTokenType.StartArray:
                broken ??= new(contract.Columns[index].Source, "type", contract.Columns[index].Type.ToString().ToLowerInvariant(), reader.TokenType == JsonTokenType.StartObject ? "an object" : "an array");
                reader.Skip();
                break;
            case JsonTokenType.String:
                if (field.Text.Length < reader.ValueSpan.Length) field.Text = new byte[reader.ValueSpan.Length * 2];
                field.Length = reader.CopyString(field.Text.AsSpan());
                break;
            default:
                if (field.Text.Length < reader.ValueSpan.Length) field.Text = new byte[reader.ValueSpan.Length * 2];
                reader.ValueSpan.CopyTo(field.Text);
                field.Length = reader.ValueSpan.Length;
                break;
        }
        // end of step 3
    }
}

/// <summary>JSON Lines: one object a line. A line that is not JSON is a bad row; the lines after it are read.</summary>
sealed class JsonLineRows : JsonRows
{
    readonly JsonWindow window;
    int length, advance;

    public JsonLineRows(Stream stream, Contract contract) : base(contract)
    {
        window = new JsonWindow(stream);
        window.SkipBom();
    }

    public override bool Read()
    {
        // step 3: read CSV, JSON and JSON Lines, plain or gzip
        while (true)
        {
            window.Use(advance);
            advance = 0;
            var searched = 0;
            int newline;
            while ((newline = window.Unread[searched..].IndexOf((byte)'\n')) < 0 && !window.AtEnd)
            {
                searched = window.Unread.Length;
                window.Fill();
            }
            length = newline < 0 ? window.Unread.Length : searched + newline;
            advance = newline < 0 ? length : length + 1;
            if (advance == 0) return false;
            var line = window.Unread[..length].TrimEnd((byte)'\r');
            length = line.Length;
            if (line.Trim(" \t"u8).IsEmpty) continue;
            Row++;
            Take(line);
            return true;
        }
        // end of step 3
    }

    public override long ByteOffset => window.Used;
    public override ReadOnlySpan<byte> Raw => window.Unread[..length];
    public override void Dispose() => window.Dispose();
}

/// <summary>One JSON array of objects, read object by object. Where the array is malformed the file can't be read on.</summary>
sealed class JsonArrayRows : JsonRows
{
    readonly JsonWindow window;
    JsonReaderState state = new(new JsonReaderOptions { MaxDepth = Limits.Depth });
    int length;
    bool opened, ended;

    public JsonArrayRows(Stream stream, Contract contract) : base(contract)
    {
        window = new JsonWindow(stream);
        window.SkipBom();
    }

    public override bool Read()
    {
        // step 3: read CSV, JSON and JSON Lines, plain or gzip
        window.Use(length);
        length = 0;
        while (!ended)
        {
            var reader = new Utf8JsonReader(window.Unread, window.AtEnd, state);
            try
            {
                if (!reader.Read())
                {
                    if (window.AtEnd) throw new UserException($"At byte {window.Used:N0}: the file ends before its JSON array does.");
                }
                else if (!opened)
                {
                    if (reader.TokenType != JsonTokenType.StartArray) throw new UserException($"At byte {window.Used:N0}: expected a JSON array of objects, found {reader.TokenType}. One object a line is JSON Lines: name such a file .jsonl.");
                    opened = true;
                    Advance(reader);
                    continue;
                }
                else if (reader.TokenType == JsonTokenType.EndArray)
                {
                    ended = true;
                    Advance(reader);
                    Json.RequireEnd(window, state);
                    return false;
                }
                else
                {
                    var begin = (int)reader.TokenStartIndex;
                    if (reader.TrySkip())
                    {
                        state = reader.CurrentState;
                        window.Use(begin);
                        length = (int)reader.BytesConsumed - begin;
                        Row++;
                        Take(window.Unread[..length]);
                        return true;
                    }
                }
                window.Fill();
            }
            catch (JsonException e) { throw Json.Malformed(window.Used + reader.BytesConsumed, e); }
        }
        return false;
        // end of step 3
    }

    /// <summary>Call it after a token that is done with, '[' or ']'. An object that is not all in the window yet is begun again from
    /// the state before it, after <see cref="JsonWindow.Fill"/>. Of an object that is all there the state after it is kept while the window
    /// stays at its first byte: the next <c>Read</c> passes over its length.</summary>
    void Advance(Utf8JsonReader reader)
    {
        state = reader.CurrentState;
        window.Use((int)reader.BytesConsumed);
    }

    public override long ByteOffset => window.Used;
    public override ReadOnlySpan<byte> Raw => window.Unread[..length];
    public override void Dispose() => window.Dispose();
}
