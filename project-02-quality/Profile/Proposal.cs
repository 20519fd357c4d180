using System.Text.Json;
using System.Text.RegularExpressions;

namespace DataQuality;

/// <summary>Writes what was seen of a file as rules that the file itself keeps.</summary>
static partial class Proposal
{
    const int FewValues = 20, EnoughRows = 100;

    /// <param name="rows">Without copies.</param>
    public static string Json(string file, IReadOnlyList<ColumnCensus> columns, IReadOnlyList<ColumnCensus> key, long rows)
    {
        var letters = Letters().Match(file).Value;
        var table = letters.Length is > 0 and <= 60 ? letters.ToLowerInvariant() : "data";
        var pattern = letters.Length > 0 ? letters + "*" + Path.GetExtension(file) : file;
        string[] tokens = [.. columns.SelectMany(c => c.NullTokens).Append("").Distinct().Order(StringComparer.Ordinal)];
        string[] rules = [.. columns.SelectMany((column, i) => Rules(column, i, isKey: key is [var only] && only == column, rows)), Object(("id", "rows_of_a_drop"), ("check", "row_count"), ("min", rows / 2), ("max", rows * 2))];
        return $$"""
            {
              "$schema": "./rules.schema.json",
              "table": {{Value(table)}},
              "grain": "one row of {{table}}: say here what one row is",
              "files": {{Value(new[] { pattern })}},
              "key": {{Value(key.Select(c => c.Name))}},
              "null_tokens": {{Value(tokens)}},
              "drift": { "added": "ignore", "missing": "fail", "reordered": "ignore", "retyped": "fail" },
              "pass_rate": 0.95,
              "columns": [
                {{string.Join(",\n    ", columns.Select(Column))}}
              ],
              "rules": [
                {{string.Join(",\n    ", rules)}}
              ]
            }

            """;
    }

    static string Column(ColumnCensus c)
    {
        List<(string, object)> parts = [("name", c.Name), ("type", c.Type.ToString().ToLowerInvariant())];
        if (c.Nulls == 0) parts.Add(("nulls", "reject"));
        if (c.Trim) parts.Add(("trim", true));
        return Object([.. parts]);
    }

    /// <param name="isKey">Numbers that are the key alone grow from drop to drop: they get no range.</param>
    static IEnumerable<string> Rules(ColumnCensus c, int position, bool isKey, long rows)
    {
        string Id(string rule) => c.Name.Length + rule.Length < 60 ? $"{c.Name}_{rule}" : $"column_{position + 1}_{rule}";
        if (c.Filled == 0) yield break;
        if (c.Type is ColumnType.Integer or ColumnType.Real && !isKey)
            yield return Object(("id", Id("range")), ("check", "range"), ("column", c.Name), ("min", JsonElement.Parse(c.Min)), ("max", JsonElement.Parse(c.Max)));
        if (c.Type != ColumnType.Text) yield break;
        if (rows >= EnoughRows && c.Distinct <= FewValues && c.Longest <= ColumnCensus.MostLetters)
            yield return Object(("id", Id("known")), ("check", "set"), ("column", c.Name), ("values", c.Values));
        else if (c.Shape.Pattern is { } pattern)
            yield return Object(("id", Id("shape")), ("check", "pattern"), ("column", c.Name), ("pattern", pattern));
        else
            yield return Object(("id", Id("length")), ("check", "length"), ("column", c.Name), ("min", c.Shortest), ("max", c.Longest));
    }

    static string Object(params ReadOnlySpan<(string Name, object Value)> parts)
    {
        var texts = new List<string>();
        foreach (var (name, value) in parts) texts.Add($"{Value(name)}: {Value(value)}");
        return $"{{ {string.Join(", ", texts)} }}";
    }

    static string Value(object value) => value is IEnumerable<string> list ? $"[{string.Join(", ", list.Select(Value))}]" : JsonSerializer.Serialize(value, RuleFiles.Json);

    [GeneratedRegex("^[A-Za-z]+(_[A-Za-z]+)*")] private static partial Regex Letters();
}
