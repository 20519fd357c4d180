using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace DataQuality;

/// <summary>Reads and checks the rules before any data is read.</summary>
static partial class RuleFiles
{
    public static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
        AllowOutOfOrderMetadataProperties = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
    };

    const string SchemaFile = "rules.schema.json";

    /// <summary>The rules of a folder, each table after those that it refers to.</summary>
    /// <exception cref="UserException">A rules file is wrong; exit code 2.</exception>
    public static IReadOnlyList<TableRules> Load(string folder)
    {
        if (!Directory.Exists(folder)) throw new UserException($"There is no folder of rules at {folder}.", 2);
        var all = FilesOf(folder).Select(Read).ToList();
        if (all.Count == 0) throw new UserException($"{folder} holds no rules (TABLE.json).", 2);
        if (all.GroupBy(t => t.Table).FirstOrDefault(g => g.Count() > 1) is { } twice) throw new UserException($"Two files in {folder} describe the table '{twice.Key}'.", 2);
        var ordered = new List<TableRules>();
        foreach (var table in all) Place(table, []);
        return ordered;

        void Place(TableRules table, IReadOnlyList<string> path)
        {
            if (ordered.Contains(table)) return;
            if (path.Contains(table.Table)) throw new UserException($"Tables refer to each other in a circle: {string.Join(" → ", path)} → {table.Table}.", 2);
            foreach (var reference in table.Rules.OfType<References>())
            {
                var to = all.Find(t => t.Table == reference.Table) ?? throw Wrong(table.Table + ".json", $"the rule {reference.Id} refers to the table '{reference.Table}', which has no rules");
                var (here, there) = (table.Columns.Single(c => c.Name == reference.Column), to.Columns.FirstOrDefault(c => c.Name == reference.To));
                if (there?.Type != here.Type) throw Wrong(table.Table + ".json", $"the rule {reference.Id} compares {here.Name} ({here.Type}) with {to.Table}.{reference.To} ({there?.Type.ToString() ?? "no such column"})");
                if (to != table) Place(to, [.. path, table.Table]);
                else throw Wrong(table.Table + ".json", $"the rule {reference.Id} refers to its own table");
            }
            ordered.Add(table);
        }
    }

    /// <summary>SHA-256 of all rules files together: other rules judge otherwise.</summary>
    public static string Sha256(string folder) => Convert.ToHexStringLower(SHA256.HashData([.. FilesOf(folder).SelectMany(f => SHA256.HashData(File.ReadAllBytes(f)))]));

    static IEnumerable<string> FilesOf(string folder) => Directory.GetFiles(folder, "*.json").Where(f => Path.GetFileName(f) != SchemaFile).Order(StringComparer.Ordinal);

    /// <summary>The rules of one table.</summary>
    /// <exception cref="UserException">The file is missing or wrong; exit code 2.</exception>
    public static TableRules Read(string path)
    {
        var name = Path.GetFileName(path);
        if (!File.Exists(path)) throw new UserException($"There is no rules file {path}.", 2);
        try
        {
            var table = JsonSerializer.Deserialize<TableRules>(Utf8(name, File.ReadAllBytes(path)), Json) ?? throw Wrong(name, "it is empty");
            if (Problems(table).FirstOrDefault() is { } problem) throw Wrong(name, problem);
            var columns = table.Columns.Select(c => (c.Name, c.Type)).ToList();
            foreach (var rule in table.Rules.OfType<RowRule>()) Named($"{name}, rule {rule.Id}", () => Predicate.Compile(rule.Predicate, columns));
            foreach (var column in table.Columns.Where(c => c.Derive is not null)) Named($"{name}, column {column.Name}", () => Derivation.Compile(column.Derive!, columns, column.Type));
            return table;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            var line = e is JsonException { LineNumber: { } at } ? $", line {at + 1}" : "";
            throw Wrong(name + line, InWords(e, e is JsonException { Path: { Length: > 1 } where } ? where.TrimStart('$', '.') : null));
        }
    }

    /// <summary>What is wrong with a table's rules, each as one sentence; none when they are right.</summary>
    static IEnumerable<string> Problems(TableRules t)
    {
        if (!Identifier().IsMatch(t.Table)) yield return $"the table's name '{t.Table}' is not lower-case letters, digits and underscores";
        if (t.Columns.Count == 0) yield return "it has no columns";
        if (t.Files.Count == 0) yield return "it names no files";
        if (t.PassRate is < 0 or > 1) yield return $"pass_rate is a share from 0 to 1, found {t.PassRate}";
        foreach (var column in t.Columns.Where(c => !Identifier().IsMatch(c.Name))) yield return $"the column name '{column.Name}' is not lower-case letters, digits and underscores that begin with a letter";
        if (Twice(t.Columns.Select(c => c.Name)) is { } column2) yield return $"two columns are called '{column2}'";
        if (t.Key.Count == 0) yield return "it has no key";
        foreach (var key in t.Key.Where(k => t.Columns.All(c => c.Name != k))) yield return $"the key column '{key}' is not among its columns";
        foreach (var c in t.Columns)
        {
            if (c.Nulls == NullPolicy.Default != c.Default is not null) yield return $"'{c.Name}': a default value and the policy \"nulls\": \"default\" belong together";
            if (c.Nulls == NullPolicy.Derive != c.Derive is not null) yield return $"'{c.Name}': an expression (derive) and the policy \"nulls\": \"derive\" belong together";
            if (c.Default is not null && !Conform.TryType(c.Default, c.Type, out _, out _)) yield return $"'{c.Name}': the default '{c.Default}' is not {Conform.Expected(c.Type)}";
            if (c.Case is not null && c.Type != ColumnType.Text) yield return $"'{c.Name}': case is for text";
        }
        if (t.Drift.Missing == DriftPolicy.Evolve || t.Drift.Reordered == DriftPolicy.Evolve) yield return "drift: evolve is for added and retyped columns";
        var builtIn = t.Columns.SelectMany(c => new[] { c.Name + "_type", c.Name + "_not_null" }).Append(Judge.Structure);
        if (Twice(t.Rules.Select(r => r.Id).Concat(builtIn)) is { } id) yield return $"two rules are called '{id}'";
        foreach (var rule in t.Rules)
        {
            if (!Identifier().IsMatch(rule.Id)) yield return $"the rule's id '{rule.Id}' is not lower-case letters, digits and underscores";
            if (rule.PassRate is < 0 or > 1) yield return $"{rule.Id}: pass_rate is a share from 0 to 1, found {rule.PassRate}";
            foreach (var used in ColumnsOf(rule).Where(u => t.Columns.All(c => c.Name != u))) yield return $"{rule.Id}: there is no column '{used}'";
            if (rule is Compare { Operator: not ("=" or "<>" or "<" or "<=" or ">" or ">=") } compare) yield return $"{rule.Id}: the operator '{compare.Operator}' is none of = <> < <= > >=";
            if (rule is InRange { Min: null, Max: null }) yield return $"{rule.Id}: a range needs min or max";
            if (rule is InSet { Values.Count: 0 } or Unique { Columns.Count: 0 }) yield return $"{rule.Id}: its list is empty";
            if (rule is Freshness fresh && t.Columns.FirstOrDefault(c => c.Name == fresh.Column) is { Type: not (ColumnType.Date or ColumnType.Timestamp) }) yield return $"{rule.Id}: {fresh.Column} is no date or timestamp";
            if (rule is Distribution d)
            {
                if (d.Figure != Figure.NullRate && t.Columns.FirstOrDefault(c => c.Name == d.Column) is { Type: not (ColumnType.Integer or ColumnType.Real) }) yield return $"{rule.Id}: {d.Column} is no number";
                if (d.Figure == Figure.Quantile && d.Quantile is not (>= 0 and <= 1)) yield return $"{rule.Id}: a quantile needs its share, from 0 to 1";
                if (d is { Min: null, Max: null, MaxShift: null }) yield return $"{rule.Id}: it has no bound (min, max, max_shift)";
            }
        }
    }

    /// <summary>The columns that a rule is about.</summary>
    public static IEnumerable<string> ColumnsOf(Rule rule) => rule switch
    {
        NotNull r => [r.Column],
        InRange r => [r.Column],
        HasLength r => [r.Column],
        MatchesPattern r => [r.Column],
        InSet r => [r.Column],
        Compare r => [r.Left, r.Right],
        References r => [r.Column],
        Unique r => r.Columns,
        Freshness r => [r.Column],
        Distribution r => [r.Column],
        _ => [],
    };

    /// <summary>The kinds of rules, as the rules file names them.</summary>
    static readonly Dictionary<Type, string> KindNames = Attribute.GetCustomAttributes(typeof(Rule), typeof(JsonDerivedTypeAttribute)).Cast<JsonDerivedTypeAttribute>().ToDictionary(a => a.DerivedType, a => (string)a.TypeDiscriminator!);

    /// <summary>The rule's kind, as the rules file names it.</summary>
    public static string KindOf(Rule rule) => KindNames[rule.GetType()];

    public static bool IsIdentifier(string name) => Identifier().IsMatch(name);

    static string? Twice(IEnumerable<string> names) => names.GroupBy(n => n).FirstOrDefault(g => g.Count() > 1)?.Key;

    static void Named(string where, Action compile)
    {
        try { compile(); }
        catch (UserException e) { throw Wrong(where, e.Message.TrimEnd('.')); }
    }

    static UserException Wrong(string where, string what) => new($"{where}: {what}.", 2);

    /// <summary>The bytes without the mark that some editors put before UTF-8.</summary>
    static ReadOnlySpan<byte> Utf8(string name, byte[] bytes)
    {
        if (!System.Text.Unicode.Utf8.IsValid(bytes) || bytes.Contains((byte)0)) throw Wrong(name, "it is not UTF-8: save it as UTF-8");
        return bytes.AsSpan().StartsWith("\uFEFF"u8) ? bytes.AsSpan(3) : bytes;
    }

    /// <summary>What the JSON reader says, in the words of a rules file.</summary>
    /// <param name="where">The place in the file, such as rules[0].min; null where it is not known.</param>
    static string InWords(Exception e, string? where)
    {
        var why = e.Message.Split(" Path:")[0].TrimEnd('.');
        var quoted = why.Split('\'') is [_, var first, ..] ? first : "";
        var type = OwnType().Match(why) is { Success: true } found ? typeof(Rule).Assembly.GetType(found.Value) : null;
        return why switch
        {
            _ when why.Contains("could not be mapped", StringComparison.Ordinal) => $"unknown member '{quoted}' of {Part(type)} ({where}); known are {Known(Members(type))}",
            _ when why.Contains("could not be converted", StringComparison.Ordinal) || why.Contains("setting null values", StringComparison.Ordinal) => $"the value of {where ?? "the file"} is not one that may stand there" + (type is { IsEnum: true } ? $"; known are {Known(Enum.GetNames(type).Select(Json.PropertyNamingPolicy!.ConvertName))}" : ""),
            _ when why.Contains("missing required", StringComparison.Ordinal) => $"{Part(type)} lacks {why[(why.IndexOf("including:", StringComparison.Ordinal) + 10)..].Trim()}" + (where is null ? "" : $" ({where})"),
            _ when why.StartsWith("Duplicate property", StringComparison.Ordinal) => $"the member '{quoted}' of {Part(type)} stands there twice",
            _ when why.Contains("unrecognized type discriminator", StringComparison.Ordinal) => $"there is no check '{quoted}' ({where}); known are {Known(KindNames.Values)}",
            _ when why.Contains("must specify a type discriminator", StringComparison.Ordinal) => $"a rule has no check; known are {Known(KindNames.Values)}",
            _ when why.Contains("does not contain any JSON", StringComparison.Ordinal) => "it is empty",
            _ => why + (where is null ? "" : $" (at {where})"),
        };

        static string Known(IEnumerable<string> words) => string.Join(", ", words);

        static string Part(Type? type) => type is null ? "this part" : type == typeof(Column) ? "a column" : type == typeof(DriftPolicies) ? "drift" : KindNames.TryGetValue(type, out var check) ? $"a {check} rule" : "a rules file";

        static IEnumerable<string> Members(Type? type) => type is null ? [] : Json.GetTypeInfo(type).Properties.Where(p => p.Set is not null).Select(p => p.Name);
    }

    [GeneratedRegex(@"^[a-z][a-z0-9_]{0,59}\z")] private static partial Regex Identifier();

    [GeneratedRegex(@"\bDataQuality\.\w+")] private static partial Regex OwnType();
}
