using System.Text.Json;
using System.Text.Json.Serialization;

namespace DataQuality;

/// <summary>What a table must be like: read from <c>rules/TABLE.json</c>. A new table needs rules and no code.</summary>
sealed record TableRules
{
    /// <summary>For editors: where the JSON Schema stands.</summary>
    [JsonPropertyName("$schema")] public string? Schema { get; init; }
    public required string Table { get; init; }
    /// <summary>What one row is, in words.</summary>
    public required string Grain { get; init; }
    /// <summary>Names of the files in a drop that carry this table; <c>*</c> and <c>?</c> as in a shell.</summary>
    public required IReadOnlyList<string> Files { get; init; }
    /// <summary>The business key. Rows that share it are versions of one thing, and one survives.</summary>
    public required IReadOnlyList<string> Key { get; init; }
    /// <summary>Texts that mean "no value", after trimming.</summary>
    public IReadOnlyList<string> NullTokens { get; init; } = [""];
    public DriftPolicies Drift { get; init; } = new();
    /// <summary>The share of a drop's rows, 0 to 1, that must pass each rule of severity error which names no share of its own;
    /// below it the gate holds the drop back.</summary>
    public double PassRate { get; init; } = 0.95;
    public required IReadOnlyList<Column> Columns { get; init; }
    public IReadOnlyList<Rule> Rules { get; init; } = [];

    public bool Names(string file) => Files.Any(pattern => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern, file, ignoreCase: false));

    /// <summary>Tables whose rows this one refers to; they are cleaned first.</summary>
    [JsonIgnore] public IEnumerable<string> References => Rules.OfType<References>().Select(r => r.Table).Distinct();
}

/// <summary>What happens when a drop's header is not the one that is expected.</summary>
sealed record DriftPolicies
{
    public DriftPolicy Added { get; init; } = DriftPolicy.Ignore;
    public DriftPolicy Missing { get; init; } = DriftPolicy.Fail;
    public DriftPolicy Reordered { get; init; } = DriftPolicy.Ignore;
    public DriftPolicy Retyped { get; init; } = DriftPolicy.Fail;
}

enum DriftPolicy
{
    /// <summary>Report it and go on.</summary>
    Ignore,
    /// <summary>Report it, and the gate holds the drop back.</summary>
    Fail,
    /// <summary>Report it and change the layers: an added column becomes a text column, an integer column that brings decimals
    /// becomes a real one.</summary>
    Evolve,
}

enum ColumnType
{
    /// <summary>Text without NUL characters.</summary>
    Text,
    /// <summary>64 bits, signed.</summary>
    Integer,
    /// <summary>64 bits, finite.</summary>
    Real,
    /// <summary>true, false, 1 or 0; kept as 1 and 0.</summary>
    Boolean,
    /// <summary>A calendar date, <c>YYYY-MM-DD</c>.</summary>
    Date,
    /// <summary>An instant in whole seconds, ISO 8601 with Z or an offset; kept in UTC as <c>YYYY-MM-DDThh:mm:ssZ</c>.</summary>
    Timestamp,
    /// <summary>A time of day as a number, 517 for 05:17; 0 to 2400.</summary>
    Hhmm,
}

enum TextCase { Upper, Lower }

/// <summary>One expected column: its type, what is done to its text first, and what becomes of a missing value.</summary>
sealed record Column
{
    public required string Name { get; init; }
    public required ColumnType Type { get; init; }
    /// <summary>What becomes of a null: it is kept, the row is rejected, or a value is put in its place.</summary>
    public NullPolicy Nulls { get; init; } = NullPolicy.Keep;
    /// <summary>For <see cref="NullPolicy.Default"/>: the value, written as it would stand in a file.</summary>
    public string? Default { get; init; }
    /// <summary>For <see cref="NullPolicy.Derive"/>: an expression over the row's other columns.</summary>
    public string? Derive { get; init; }
    /// <summary>Takes white space off both ends.</summary>
    public bool Trim { get; init; }
    public TextCase? Case { get; init; }
    /// <summary>Other spellings of a value, after trimming and case: from → to.</summary>
    public IReadOnlyDictionary<string, string> Codes { get; init; } = new Dictionary<string, string>();
    /// <summary>A drop has added it, and the rules do not know it: another drop may come without it.</summary>
    [JsonIgnore] public bool Optional { get; init; }
}

enum NullPolicy { Keep, Reject, Default, Derive }

enum Severity
{
    /// <summary>Reported; the row stays.</summary>
    Warn,
    /// <summary>The row goes to quarantine; too many of them, and the gate holds the drop back.</summary>
    Error,
}

/// <summary>One rule. Its predicate must not be FALSE; UNKNOWN (a comparison with NULL) passes, as in SQL's CHECK constraint.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "check")]
[JsonDerivedType(typeof(NotNull), "not_null")]
[JsonDerivedType(typeof(InRange), "range")]
[JsonDerivedType(typeof(HasLength), "length")]
[JsonDerivedType(typeof(MatchesPattern), "pattern")]
[JsonDerivedType(typeof(InSet), "set")]
[JsonDerivedType(typeof(Compare), "compare")]
[JsonDerivedType(typeof(Expression), "expression")]
[JsonDerivedType(typeof(References), "references")]
[JsonDerivedType(typeof(Unique), "unique")]
[JsonDerivedType(typeof(RowCount), "row_count")]
[JsonDerivedType(typeof(Freshness), "freshness")]
[JsonDerivedType(typeof(Distribution), "distribution")]
abstract record Rule
{
    /// <summary>Unique in its table: lower-case letters, digits and underscores.</summary>
    public required string Id { get; init; }
    public Severity Severity { get; init; } = Severity.Error;
    /// <summary>The share of a drop's rows that must pass, 0 to 1; when absent, the table's for errors and 1 for warnings.</summary>
    public double? PassRate { get; init; }
    public string? Description { get; init; }
}

/// <summary>A rule that is decided row by row: its predicate is an SQL expression over the row's columns.</summary>
abstract record RowRule : Rule
{
    /// <summary>The rule holds for rows for which this expression is TRUE: <c>when</c> … then the predicate.</summary>
    public string? When { get; init; }
    /// <summary>The rule's own predicate, without <see cref="When"/>.</summary>
    [JsonIgnore] public abstract string Then { get; }
    /// <summary>The whole predicate, as SQL.</summary>
    [JsonIgnore] public string Predicate => When is null ? Then : $"NOT ({When}) OR ({Then})";
}

sealed record NotNull : RowRule
{
    public required string Column { get; init; }
    public override string Then => $"{Sql.Name(Column)} IS NOT NULL";
}

/// <summary>Bounds, both inclusive; of numbers as numbers, of dates and timestamps as text.</summary>
sealed record InRange : RowRule
{
    public required string Column { get; init; }
    public JsonElement? Min { get; init; }
    public JsonElement? Max { get; init; }
    public override string Then => (Min, Max) switch
    {
        ({ } min, { } max) => $"{Sql.Name(Column)} BETWEEN {Sql.Literal(min)} AND {Sql.Literal(max)}",
        ({ } min, null) => $"{Sql.Name(Column)} >= {Sql.Literal(min)}",
        (null, { } max) => $"{Sql.Name(Column)} <= {Sql.Literal(max)}",
        _ => "TRUE",
    };
}

/// <summary>The length of a text in characters (Unicode code points), bounds inclusive.</summary>
sealed record HasLength : RowRule
{
    public required string Column { get; init; }
    public int Min { get; init; }
    public int? Max { get; init; }
    public override string Then => Max is null ? $"length({Sql.Name(Column)}) >= {Min}" : $"length({Sql.Name(Column)}) BETWEEN {Min} AND {Max}";
}

/// <summary>A regular expression (.NET, without backtracking) that the whole text must match.</summary>
sealed record MatchesPattern : RowRule
{
    public required string Column { get; init; }
    public required string Pattern { get; init; }
    public override string Then => $"{Sql.Name(Column)} REGEXP {Sql.Literal($"^(?:{Pattern})$")}";
}

/// <summary>The allowed values.</summary>
sealed record InSet : RowRule
{
    public required string Column { get; init; }
    public required IReadOnlyList<JsonElement> Values { get; init; }
    public override string Then => $"{Sql.Name(Column)} IN ({string.Join(", ", Values.Select(Sql.Literal))})";
}

/// <summary>Two columns of a row compared.</summary>
sealed record Compare : RowRule
{
    public required string Left { get; init; }
    /// <summary><c>= &lt;&gt; &lt; &lt;= &gt; &gt;=</c></summary>
    public required string Operator { get; init; }
    public required string Right { get; init; }
    public override string Then => $"{Sql.Name(Left)} {Operator} {Sql.Name(Right)}";
}

/// <summary>Any SQL expression over the row's columns, in the subset that Expressions/ reads.</summary>
sealed record Expression : RowRule
{
    [JsonPropertyName("sql")] public required string Text { get; init; }
    public override string Then => Text;
}

/// <summary>The value is among the clean rows of another table. NULL passes.</summary>
sealed record References : Rule
{
    public required string Column { get; init; }
    public required string Table { get; init; }
    /// <summary>The other table's column.</summary>
    public required string To { get; init; }
}

/// <summary>No two rows share these values. A row with a NULL among them passes, as in SQL. Of the rows
/// that share, those of the latest drop break the rule.</summary>
sealed record Unique : Rule
{
    public required IReadOnlyList<string> Columns { get; init; }
}

/// <summary>How many clean rows a drop brings, bounds inclusive.</summary>
sealed record RowCount : Rule
{
    public long Min { get; init; }
    public long? Max { get; init; }
}

/// <summary>The newest value of a date or timestamp column is at most so old, seen from <c>--as-of</c>.</summary>
sealed record Freshness : Rule
{
    public required string Column { get; init; }
    public required double MaxAgeHours { get; init; }
}

/// <summary>A figure of the drop's clean rows lies within bounds: fixed ones, or around the median of the figure in the drops that were
/// published before.</summary>
sealed record Distribution : Rule
{
    public required string Column { get; init; }
    public required Figure Figure { get; init; }
    /// <summary>For <see cref="Figure.Quantile"/>: 0 to 1; linear between the neighbours (Hyndman and Fan's type 7).</summary>
    public double? Quantile { get; init; }
    public double? Min { get; init; }
    public double? Max { get; init; }
    /// <summary>The largest distance from the median of the earlier drops, in the column's unit (for a null rate: 0 to 1).
    /// With fewer than <see cref="MinHistory"/> drops before, it passes.</summary>
    public double? MaxShift { get; init; }
    public int MinHistory { get; init; } = 1;
}

enum Figure { Mean, Quantile, NullRate }
