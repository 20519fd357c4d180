using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace DataQuality;

/// <summary>Looks at a CSV file of the user's own: a profile of its columns, and rules to start from. One pass, bounded memory.</summary>
static partial class Profile
{
    const int MostDistinct = 100_000, MostValuesOfSet = 20, FewestRowsForSet = 100;
    static readonly string[] NullTokens = ["", "NA", "N/A", "NULL", "null", "\\N"];
    static readonly ColumnType[] Narrowest = [ColumnType.Integer, ColumnType.Real, ColumnType.Boolean, ColumnType.Date, ColumnType.Timestamp];

    /// <summary>What was seen of one column.</summary>
    sealed class Seen
    {
        public Dictionary<string, long> Values { get; } = new(StringComparer.Ordinal);
        public List<ColumnType> Fits { get; } = [.. Narrowest, ColumnType.Hhmm];
        public HashSet<string> Nulls { get; } = [];
        public long Count, Absent;
        public int Shortest = int.MaxValue, Longest;
        public double Low = double.MaxValue, High = double.MinValue, Sum;
        public string? First, Last;
        /// <summary>The one shape of all texts, such as A3 for three capital letters; null when there are several.</summary>
        public string? Shape;
        public bool ManyShapes;

        public bool AllDistinct => Values.Count < MostDistinct && Values.Count == Count && Absent == 0;
        public bool TooMany => Values.Count >= MostDistinct;

        public ColumnType Type(string name) =>
            Count == 0 ? ColumnType.Text
            : Fits.Contains(ColumnType.Hhmm) && name.EndsWith("_time", StringComparison.Ordinal) ? ColumnType.Hhmm
            : Fits.Contains(ColumnType.Boolean) && Values.Count <= 2 && !Fits.Contains(ColumnType.Integer) ? ColumnType.Boolean
            : Narrowest.Cast<ColumnType?>().FirstOrDefault(t => t != ColumnType.Boolean && Fits.Contains(t!.Value)) ?? ColumnType.Text;

        public void Add(string? text)
        {
            if (text is null || NullTokens.Contains(text)) { Absent++; if (text is not null) Nulls.Add(text); return; }
            Count++;
            Fits.RemoveAll(type => !Conform.TryType(text, type, out _, out _));
            if (Fits.Contains(ColumnType.Real)) { var value = double.Parse(text, CultureInfo.InvariantCulture); (Low, High, Sum) = (Math.Min(Low, value), Math.Max(High, value), Sum + value); }
            var length = (int)Texts.Length(text);
            (Shortest, Longest) = (Math.Min(Shortest, length), Math.Max(Longest, length));
            if (First is null || Texts.Compare(text, First) < 0) First = text;
            if (Last is null || Texts.Compare(text, Last) > 0) Last = text;
            if (Values.Count < MostDistinct || Values.ContainsKey(text)) CollectionsMarshal.GetValueRefOrAddDefault(Values, text, out _)++;
            if (ManyShapes) return;
            var shape = ShapeOf(text);
            if (Shape is not null && Shape != shape) ManyShapes = true;
            Shape = shape;
        }
    }

    /// <param name="file">A CSV file with a header.</param>
    /// <param name="note">Takes the lines of the profile.</param>
    /// <returns>The proposed rules, as JSON.</returns>
    public static string Run(string file, Action<string> note, CancellationToken stop)
    {
        if (!File.Exists(file)) throw new UserException($"There is no file {file}.", 2);
        IReadOnlyList<string> header;
        using (var first = new ReadFile(file, [])) header = first.Header;
        var seen = header.Select(_ => new Seen()).ToList();
        long rows = 0, unreadable = 0;
        using (var reader = new ReadFile(file, header))
            foreach (var row in reader.Rows())
            {
                if (rows % 4096 == 0) stop.ThrowIfCancellationRequested();
                rows++;
                if (row.Problem is not null) { unreadable++; continue; }
                for (var i = 0; i < seen.Count; i++) seen[i].Add(row.Fields[i]);
            }
        note($"{Path.GetFileName(file)}: {rows:N0} rows, {header.Count} columns{(unreadable > 0 ? $", {unreadable:N0} rows can't be read" : "")}");
        note($"{"column",-24} {"type",-10} {"nulls",8} {"distinct",9}  {"smallest",-16} {"largest",-16} {"mean",12}  most frequent");
        for (var i = 0; i < seen.Count; i++) note(Line(header[i], seen[i], rows - unreadable));
        return JsonSerializer.Serialize(Propose(file, header, seen, rows, note), new JsonSerializerOptions(RuleFiles.Json) { WriteIndented = true }) + "\n";
    }

    static string Line(string name, Seen s, long rows)
    {
        string Short(string? text, int most) => text is null ? "" : text.Length > most ? text[..(most - 1)] + "…" : text;
        var type = s.Type(name);
        var number = type is ColumnType.Integer or ColumnType.Real;
        var frequent = string.Join(", ", s.Values.OrderByDescending(v => v.Value).ThenBy(v => v.Key, StringComparer.Ordinal).Take(3).Select(v => $"{Short(v.Key, 12)} ({v.Value:N0})"));
        return Terminal.Plain($"{Short(name, 24),-24} {type.ToString().ToLowerInvariant(),-10} {(rows == 0 ? 0 : (double)s.Absent / rows),8:P1} {(s.TooMany ? "> 100,000" : $"{s.Values.Count:N0}"),9}  {Short(number && s.Count > 0 ? Text(s.Low) : s.First, 16),-16} {Short(number && s.Count > 0 ? Text(s.High) : s.Last, 16),-16} {(number && s.Count > 0 ? Text(Math.Round(s.Sum / s.Count, 2)) : ""),12}  {frequent}");
    }

    static TableRules Propose(string file, IReadOnlyList<string> header, List<Seen> seen, long rows, Action<string> note)
    {
        var names = header.Where(RuleFiles.IsIdentifier).ToList();
        foreach (var other in header.Except(names)) note($"'{Terminal.Plain(other)}' is left out: a column's name is lower-case letters, digits and underscores.");
        var columns = names.ConvertAll(name => (Name: name, Seen: seen[header.ToList().IndexOf(name)]));
        if (columns.Count == 0) throw new UserException($"{Path.GetFileName(file)}: no column has a name of lower-case letters, digits and underscores.");
        var key = columns.Where(c => c.Seen.AllDistinct && rows > 0).OrderBy(c => c.Seen.Longest).Select(c => c.Name).Take(1).ToList();
        if (key.Count == 0) note("No column alone is unique: the proposed key is all columns. Choose the ones that name a thing.");
        var table = NotName().Replace(Path.GetFileNameWithoutExtension(file).ToLowerInvariant(), "_").Trim('_');
        if (!RuleFiles.IsIdentifier(table)) table = "table_" + table;
        return new()
        {
            Schema = "./rules.schema.json",
            Table = table,
            Grain = "one … (say what a row is)",
            Files = [table == Path.GetFileNameWithoutExtension(file) ? table + "*.csv" : Path.GetFileName(file)],
            Key = key.Count > 0 ? key : names,
            NullTokens = [.. seen.SelectMany(s => s.Nulls).Append("").Distinct().Order(StringComparer.Ordinal)],
            Columns = columns.ConvertAll(c => new Column { Name = c.Name, Type = c.Seen.Type(c.Name), Nulls = c.Seen.Absent == 0 && rows > 0 ? NullPolicy.Reject : NullPolicy.Keep }),
            Rules = [.. columns.Where(c => c.Seen.Count > 0).SelectMany(c => RulesOf(c.Name, c.Seen)), new RowCount { Id = "rows", Min = rows / 2, Max = Math.Max(1, rows * 2) }],
        };
    }

    static IEnumerable<Rule> RulesOf(string name, Seen s)
    {
        switch (s.Type(name))
        {
            case ColumnType.Integer or ColumnType.Real:
                yield return new InRange { Id = name + "_range", Column = name, Min = Number(s.Low), Max = Number(s.High) };
                break;
            case ColumnType.Text when s.Values.Count <= MostValuesOfSet && s.Count >= FewestRowsForSet:
                yield return new InSet { Id = name + "_known", Column = name, Values = [.. s.Values.Keys.Order(StringComparer.Ordinal).Select(v => JsonSerializer.SerializeToElement(v))] };
                break;
            case ColumnType.Text when !s.ManyShapes && s.Longest <= 40:
                yield return new MatchesPattern { Id = name + "_shape", Column = name, Pattern = Shape().Replace(s.Shape!, m => m.Groups[1].Value switch { "A" => "[A-Z]", "a" => "[a-z]", "9" => "[0-9]", var other => Regex.Escape(other) } + (m.Length > 1 ? $"{{{m.Length}}}" : "")) };
                break;
            case ColumnType.Text:
                yield return new HasLength { Id = name + "_length", Column = name, Min = s.Shortest, Max = s.Longest };
                break;
        }

        static JsonElement Number(double value) => JsonSerializer.SerializeToElement(value);
    }

    /// <summary>Capital letters as A, small ones as a, digits as 9, the rest as it is.</summary>
    static string ShapeOf(string text) => string.Concat(text.Select(c => char.IsAsciiLetterUpper(c) ? 'A' : char.IsAsciiLetterLower(c) ? 'a' : char.IsAsciiDigit(c) ? '9' : c));

    static string Text(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);

    [GeneratedRegex("[^a-z0-9]+")] private static partial Regex NotName();
    [GeneratedRegex(@"(.)\1*", RegexOptions.Singleline)] private static partial Regex Shape();
}
