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
                if (there is null || (there.Type != here.Type && !(RuleChecks.IsNumber(there) && RuleChecks.IsNumber(here)))) throw Wrong(table.Table + ".json", $"the rule {reference.Id} compares {here.Name} ({here.Type}) with {to.Table}.{reference.To} ({there?.Type.ToString() ?? "no such column"})");
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
            if (RuleChecks.Problems(table).FirstOrDefault() is { } problem) throw Wrong(name, problem);
            return RuleChecks.Broken(table) is { } broken ? throw new UserException($"{name}, {broken}.", 2) : table;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            var line = e is JsonException { LineNumber: { } at } ? $", line {at + 1}" : "";
            throw Wrong(name + line, InWords(e, e is JsonException { Path: { Length: > 1 } where } ? where.TrimStart('$', '.') : null));
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
