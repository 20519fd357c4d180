using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace BatchIngestion;

/// <summary>Proposes a contract for a file that none names. It is a beginning: read it, correct it, keep it in <c>contracts/</c>.</summary>
static partial class Infer
{
    const int MostRows = 100_000;
    /// <summary>So many columns at most are tried as parts of the key: their hashes are held for every row.</summary>
    const int MostKeyColumns = 32;
    const int FewValues = 8, EnoughRows = 100;

    /// <summary>The proposal as the text of <c>contracts/TABLE.json</c>. What the user should know besides goes to <paramref name="say"/>.</summary>
    /// <exception cref="UserException">The file can't be read.</exception>
    public static string Run(string path, Action<string> say, CancellationToken stop)
    {
        if (!File.Exists(path) && File.Exists(ProjectFolder.At("data", "landing", path))) path = ProjectFolder.At("data", "landing", path);
        if (!File.Exists(path)) throw new UserException($"There is no file at {path}.");
        try { return Propose(path, say, stop); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { throw new UserException($"{path} can't be read: {e.Message}"); }
    }

    static string Propose(string path, Action<string> say, CancellationToken stop)
    {
        var file = Path.GetFileName(path);
        var letters = Letters().Match(file).Value;
        var table = Identifiers([letters], "data")[0];
        if (table.StartsWith("sqlite_", StringComparison.Ordinal) || Store.OwnTables.Contains(table)) table = "my_" + table;

        var separator = RowReader.Format(file) == ".csv" ? ",;\t|".MaxBy(c => Names(path, Draft(table, c, [])).Count) : ',';
        var sources = Names(path, Draft(table, separator, [])).ToList();
        List<Sighting>? seen;
        while ((seen = Look(Draft(table, separator, sources))) is null) { }     // without the columns that nest

        string[] tokens = ["", .. seen.Where(s => s.Type != ColumnType.Text || s.OnlyTokens).SelectMany(s => s.Tokens.Keys).Distinct().Where(t => t.Length > 0).Order(StringComparer.Ordinal)];
        var names = Identifiers([.. sources], "column");
        var key = Key(seen, tokens);
        var required = seen.Select(s => s.Nulls(tokens) == 0).ToArray();
        if (key.Count == 0)
        {
            say($"No key was found: no one, two or three columns that are always filled tell all {seen[0].Rows:N0} rows apart. The proposal names '{names[0]}'; put the right columns there.");
            key = [0];
            required[0] = true;
        }
        return Json(table, Files(file, letters), [.. key.Select(k => names[k])], tokens, separator, [.. seen.Select((s, i) => Line(s, names[i], required[i], tokens))]);

        // A column whose values are objects or arrays can't be a table's column: it is taken out of `sources`.
        List<Sighting>? Look(Contract draft)
        {
            if (sources.Count == 0) throw new UserException($"{file} has no columns. Expected rows with named values.");
            var all = sources.Select((s, i) => new Sighting(s, i < MostKeyColumns)).ToList();
            long broken = 0;
            using var reader = RowReader.Open(path, draft);
            while (reader.Row < MostRows && reader.Read())
            {
                stop.ThrowIfCancellationRequested();
                if (reader.Broken is { Rule: "type", Column: { } nested } && sources.Remove(nested))
                {
                    say($"The column '{nested}' holds objects or arrays and is left out.");
                    return null;
                }
                if (reader.Broken is not null) { broken++; continue; }
                for (var i = 0; i < all.Count; i++) all[i].Take(reader.TryGet(i, out var value), value);
            }
            if (all[0].Rows == 0) throw new UserException($"{file} has no rows that can be read: nothing can be proposed.");
            if (broken > 0) say($"{broken:N0} rows are malformed and were passed over.");
            if (reader.Row >= MostRows) say($"Only the first {MostRows:N0} rows were read. What comes after them may need wider types.");
            return all;
        }
    }

    /// <summary>Names like this file's, and not too many others: orders-2024.csv → orders-*, orders.csv → orders.*</summary>
    static string Files(string file, string letters) => letters.Length == 0 ? file : letters + (file[letters.Length..] is ['-' or '_' or '.', ..] rest ? rest[0] : "") + "*";

    /// <summary>The names of the file's columns in order: all of them are unknown to a contract without columns.</summary>
    static IReadOnlyCollection<string> Names(string path, Contract empty)
    {
        using var reader = RowReader.Open(path, empty);
        if (RowReader.Format(path) != ".csv") while (reader.Row < MostRows && reader.Read()) { }
        return [.. reader.UnknownColumns.Keys];
    }

    static Contract Draft(string table, char separator, IReadOnlyList<string> sources) =>
        new() { Table = table, Grain = "", Files = [], Key = [], Separator = separator, Columns = [.. sources.Select(s => new Column { Name = s, Type = ColumnType.Text })] };

    /// <summary>The fewest columns, leftmost first, that tell all rows apart; none when three are not enough. Reals are no keys.</summary>
    static IReadOnlyList<int> Key(IReadOnlyList<Sighting> seen, string[] tokens)
    {
        var able = Enumerable.Range(0, Math.Min(seen.Count, MostKeyColumns)).Where(i => seen[i].Type != ColumnType.Real && seen[i].Nulls(tokens) == 0).ToList();
        var one = able.Select(a => new[] { a });
        var two = from a in able from b in able where a < b select new[] { a, b };
        var three = from a in able from b in able where a < b from c in able where b < c select new[] { a, b, c };
        return one.Concat(two).Concat(three).FirstOrDefault(Unique) ?? [];

        bool Unique(int[] columns)
        {
            var rows = new HashSet<ulong>();
            for (var row = 0; row < seen[0].Rows; row++)
                if (!rows.Add(columns.Aggregate(0UL, (hash, c) => (hash ^ seen[c].Hashes[row]) * 0x9E3779B97F4A7C15 + (hash >> 29)))) return false;
            return true;
        }
    }

    /// <summary>Names that a table may have: small letters, digits and underscores, each once.</summary>
    static string[] Identifiers(IReadOnlyList<string> sources, string otherwise)
    {
        var names = new List<string>();
        foreach (var source in sources)
        {
            var name = Other().Replace(Hump().Replace(source, "$1_$2").ToLowerInvariant(), "_").Trim('_');
            if (name.Length == 0) name = otherwise;
            if (!char.IsAsciiLetter(name[0])) name = otherwise + "_" + name;
            name = name[..Math.Min(name.Length, 58)];
            var once = name;
            for (var n = 2; names.Contains(once); n++) once = $"{name}_{n}";
            names.Add(once);
        }
        return [.. names];
    }

    static string Line(Sighting s, string name, bool required, string[] tokens)
    {
        var allowed = s.Type == ColumnType.Text ? s.Values(tokens) : [];
        return "    { " + (s.Source == name ? "" : $"\"source\": {Quote(s.Source)}, ") + $"\"name\": {Quote(name)}, \"type\": \"{JsonNamingPolicy.SnakeCaseLower.ConvertName(s.Type.ToString())}\""
            + (required ? ", \"required\": true" : "") + (allowed.Count is > 0 and <= FewValues && s.Rows - s.Nulls(tokens) >= EnoughRows ? $", \"allowed\": {List(allowed)}" : "") + " }";
    }

    static string Json(string table, string files, string[] key, string[] tokens, char separator, string[] columns) => $$"""
        {
          "table": {{Quote(table)}},
          "grain": "one row of {{table}}",
          "files": {{List([files])}},
          "key": {{List(key)}},
          "null_tokens": {{List(tokens)}},{{(separator == ',' ? "" : $"\n  \"separator\": {Quote(separator.ToString())},")}}
          "columns": [
        {{string.Join(",\n", columns)}}
          ]
        }

        """;

    static string Quote(string text) => JsonSerializer.Serialize(text, Contracts.Json);
    static string List(IEnumerable<string> texts) => $"[{string.Join(", ", texts.Select(Quote))}]";

    [GeneratedRegex("^[A-Za-z]*")] private static partial Regex Letters();
    [GeneratedRegex("([a-z0-9])([A-Z])")] private static partial Regex Hump();
    [GeneratedRegex("[^a-z0-9]+")] private static partial Regex Other();

    /// <summary>What was seen of one column.</summary>
    sealed class Sighting(string source, bool hashes)
    {
        static readonly ColumnType[] Types = [ColumnType.Integer, ColumnType.Real, ColumnType.Boolean, ColumnType.Date, ColumnType.TimestampUtc];
        static readonly string[] NullTokens = ["", "NA", "NULL", "null", "\\N", "-"];
        static readonly byte[][] TokenBytes = [.. NullTokens.Select(Encoding.UTF8.GetBytes)];
        readonly List<(ColumnType Type, Cell Cell, ColumnData Data)> fits = [.. Types.Select(t => (t, new Cell(new Column { Name = source, Type = t }, []), ColumnData.For(t, 1)))];
        readonly HashSet<string> values = [];
        long absent, filled;

        public string Source => source;
        public long Rows { get; private set; }
        /// <summary>How often each text that may mean "no value" was seen.</summary>
        public Dictionary<string, long> Tokens { get; } = [];
        public List<ulong> Hashes { get; } = [];
        public bool OnlyTokens => filled == 0;
        public ColumnType Type => filled > 0 && fits.Count > 0 ? fits[0].Type : ColumnType.Text;

        public long Nulls(string[] tokens) => absent + tokens.Sum(t => Tokens.GetValueOrDefault(t));
        public IReadOnlyList<string> Values(string[] tokens) => [.. values.Concat(Tokens.Keys.Except(tokens)).Order(StringComparer.Ordinal)];

        /// <summary>A type stays as long as its column would take every value: the validator itself is asked.</summary>
        public void Take(bool present, ReadOnlySpan<byte> value)
        {
            Rows++;
            if (hashes) Hashes.Add(Hash(value));
            if (!present) { absent++; return; }
            for (var t = 0; t < TokenBytes.Length; t++)
                if (value.SequenceEqual(TokenBytes[t]))
                {
                    Tokens[NullTokens[t]] = Tokens.GetValueOrDefault(NullTokens[t]) + 1;
                    return;
                }
            filled++;
            if (values.Count <= FewValues) values.Add(Encoding.UTF8.GetString(value));
            for (var i = fits.Count - 1; i >= 0; i--)
                if ((LeadingZero(value) && fits[i].Type is ColumnType.Integer or ColumnType.Real) || fits[i].Cell.Take(true, value, fits[i].Data, 0) is not null) fits.RemoveAt(i);
        }

        /// <summary>007 is a code, not a number.</summary>
        static bool LeadingZero(ReadOnlySpan<byte> value) => value is [(byte)'0', >= (byte)'0' and <= (byte)'9', ..];

        /// <summary>FNV-1a, 64 bits.</summary>
        static ulong Hash(ReadOnlySpan<byte> value)
        {
            var hash = 0xCBF29CE484222325;
            foreach (var b in value) hash = (hash ^ b) * 0x100000001B3;
            return hash;
        }
    }
}
