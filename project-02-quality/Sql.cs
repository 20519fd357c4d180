using System.Text.Json;

namespace DataQuality;

/// <summary>How names and values are written in SQL.</summary>
static class Sql
{
    /// <summary>The name as it is where it is plain, else quoted.</summary>
    public static string Name(string name) => Plain(name) ? name : '"' + name.Replace("\"", "\"\"", StringComparison.Ordinal) + '"';

    public static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>A number, text, true or false of a rules file.</summary>
    public static string Literal(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Literal(value.GetString()!),
        JsonValueKind.True => "TRUE",
        JsonValueKind.False => "FALSE",
        JsonValueKind.Number => value.GetRawText(),
        _ => "NULL",
    };

    /// <summary>The storage class of a column type in SQLite.</summary>
    public static string Type(ColumnType type) => type switch
    {
        ColumnType.Text or ColumnType.Date or ColumnType.Timestamp => "TEXT",
        ColumnType.Real => "REAL",
        _ => "INTEGER",
    };

    static bool Plain(string name) => name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_') && !Keywords.Contains(name);

    /// <summary>SQL's words that can't be plain names in SQLite's expressions.</summary>
    static readonly HashSet<string> Keywords = [.. "add all alter and as autoincrement between case check collate commit constraint create default deferrable delete distinct drop else escape except exists foreign from group having if in index insert intersect into is isnull join limit not nothing notnull null on or order primary references returning select set table then to transaction union unique update using values when where true false".Split(' ')];
}
