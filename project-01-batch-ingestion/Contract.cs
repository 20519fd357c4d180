using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace BatchIngestion;

/// <summary>What a table promises and what a file must bring: read from <c>contracts/TABLE.json</c>. A new table needs a
/// contract and no code.</summary>
sealed record Contract
{
    public required string Table { get; init; }
    /// <summary>What one row is, in words.</summary>
    public required string Grain { get; init; }
    /// <summary>Names of the landing files that carry this table; <c>*</c> and <c>?</c> stand for any letters, any letter.</summary>
    public required IReadOnlyList<string> Files { get; init; }
    /// <summary>The columns that no two rows share. All of them are required.</summary>
    public required IReadOnlyList<string> Key { get; init; }
    /// <summary>Texts that mean "no value". A column may name its own.</summary>
    public IReadOnlyList<string> NullTokens { get; init; } = [""];
    public UnknownColumns UnknownColumns { get; init; }
    /// <summary>Between the fields of a CSV file.</summary>
    public char Separator { get; init; } = ',';
    public required IReadOnlyList<Column> Columns { get; init; }
    public IReadOnlyList<Derived> Derived { get; init; } = [];

    /// <summary>SHA-256 of the contract's file: another contract means that its files are read again.</summary>
    [JsonIgnore] public string Sha256 { get; init; } = "";

    /// <summary>The typed columns of the table in order: those of the file, the derived ones, and <c>_extra</c> where unknown
    /// columns are kept. The lineage columns (<c>_source_file</c>, <c>_source_row</c>, <c>_run_id</c>) follow them.</summary>
    [JsonIgnore]
    public IReadOnlyList<(string Name, ColumnType Type, bool Required)> TableColumns => tableColumns ??=
    [
        .. Columns.Select(c => (c.Name, c.Type, c.Required)),
        .. Derived.Select(d => (d.Name, ColumnType.TimestampUtc, false)),
        .. UnknownColumns == UnknownColumns.Keep ? [("_extra", ColumnType.Text, false)] : Array.Empty<(string, ColumnType, bool)>(),
    ];
    IReadOnlyList<(string, ColumnType, bool)>? tableColumns;

    /// <summary>Tables that must be loaded before this one, because its derived columns look values up in them.</summary>
    [JsonIgnore]
    public IEnumerable<string> References => Derived.Select(d => d.ZoneLookup?.Table).OfType<string>().Distinct();

    /// <summary>Whether the contract is for a landing file of that name.</summary>
    public bool Names(string file) => Files.Any(pattern => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern, file, ignoreCase: false));
}

/// <summary>What to do with a column that the contract does not know.</summary>
enum UnknownColumns
{
    /// <summary>Leave it out, and name it in the summary.</summary>
    Ignore,
    /// <summary>Keep it as JSON text in the column <c>_extra</c>.</summary>
    Keep,
    /// <summary>Fail the file.</summary>
    Fail,
}

enum ColumnType
{
    /// <summary>Any text without NUL characters.</summary>
    Text,
    /// <summary>64 bits, signed.</summary>
    Integer,
    /// <summary>64 bits, finite.</summary>
    Real,
    /// <summary>true, false, 1 or 0.</summary>
    Boolean,
    /// <summary>A calendar date, <c>YYYY-MM-DD</c>.</summary>
    Date,
    /// <summary>An instant, ISO 8601 with <c>Z</c> or an offset; kept in microseconds, UTC.</summary>
    TimestampUtc,
    /// <summary>A time of day as a number, 517 for 05:17; 2400 ends the day.</summary>
    Hhmm,
}

enum TextCase { Upper, Lower }

/// <summary>One column: what it is called in the file and in the table, and which values it takes.</summary>
sealed record Column
{
    readonly string? source;
    /// <summary>The name in the file; the table's name unless it is given.</summary>
    public string Source { get => source ?? Name; init => source = value; }
    public required string Name { get; init; }
    public required ColumnType Type { get; init; }
    public bool Required { get; init; }
    public IReadOnlyList<string>? NullTokens { get; init; }
    /// <summary>Takes white space off both ends before anything is checked.</summary>
    public bool Trim { get; init; }
    public TextCase? Case { get; init; }
    /// <summary>A unit factor: the value is multiplied by it, then checked. For reals.</summary>
    public double? Factor { get; init; }
    /// <summary>The smallest and the largest value allowed, of numbers; exact up to 2^53.</summary>
    public double? Min { get; init; }
    public double? Max { get; init; }
    /// <summary>A regular expression that the whole text must match.</summary>
    public string? Pattern { get; init; }
    public IReadOnlyList<string>? Allowed { get; init; }

    [JsonIgnore] public Regex? PatternRegex => Pattern is null ? null : new($"^(?:{Pattern})\\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
}

/// <summary>A UTC column that is computed from others.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "rule")]
[JsonDerivedType(typeof(LocalToUtc), "local_to_utc")]
[JsonDerivedType(typeof(AddMinutes), "add_minutes")]
[JsonDerivedType(typeof(NextLocalTime), "next_local_time")]
abstract record Derived
{
    public required string Name { get; init; }
    /// <summary>The columns that the rule reads, with the type each must have.</summary>
    [JsonIgnore] public abstract IEnumerable<(string Column, ColumnType Type)> Inputs { get; }
    [JsonIgnore] public virtual ZoneLookup? ZoneLookup => null;
}

/// <summary>A local date and time of day becomes UTC through the zone. A time that the zone's clocks skip breaks the rule; of
/// the two instants of an hour that occurs twice, the one in <c>same_hour_as</c> is taken, and without <c>same_hour_as</c> the first.
/// NULL where an input is; NULL, with a warning, where the zone is not known.</summary>
sealed record LocalToUtc : Derived
{
    /// <summary>The columns of year, month and day.</summary>
    public required IReadOnlyList<string> Date { get; init; }
    public required string Time { get; init; }
    public required ZoneLookup Zone { get; init; }
    /// <summary>A timestamp column that names the hour (UTC) in which the result must lie. It is an input: where it is null the
    /// result is null.</summary>
    public string? SameHourAs { get; init; }

    public override IEnumerable<(string, ColumnType)> Inputs =>
        [.. Date.Select(d => (d, ColumnType.Integer)), (Time, ColumnType.Hhmm), (Zone.Column, ColumnType.Text), .. SameHourAs is null ? Array.Empty<(string, ColumnType)>() : [(SameHourAs, ColumnType.TimestampUtc)]];
    public override ZoneLookup ZoneLookup => Zone;
}

/// <summary>An instant and a number of minutes after it; NULL where either is.</summary>
sealed record AddMinutes : Derived
{
    public required string To { get; init; }
    public required string Minutes { get; init; }
    public override IEnumerable<(string, ColumnType)> Inputs => [(To, ColumnType.TimestampUtc), (Minutes, ColumnType.Integer)];
}

/// <summary>The first instant at which the zone's clocks show the time, not before <c>after</c> + <c>at_least_minutes</c>.
/// NULL where <c>time</c> or <c>after</c> is; a null of <c>at_least_minutes</c> counts as 0. NULL, with a warning, where the zone is
/// not known.</summary>
sealed record NextLocalTime : Derived
{
    public required string Time { get; init; }
    public required string After { get; init; }
    public string? AtLeastMinutes { get; init; }
    public required ZoneLookup Zone { get; init; }
    public override IEnumerable<(string, ColumnType)> Inputs =>
        [(Time, ColumnType.Hhmm), (After, ColumnType.TimestampUtc), (Zone.Column, ColumnType.Text), .. AtLeastMinutes is null ? Array.Empty<(string, ColumnType)>() : [(AtLeastMinutes, ColumnType.Integer)]];
    public override ZoneLookup ZoneLookup => Zone;
}

/// <summary>Where a row's IANA time zone stands: the row of <c>table</c> whose <c>key</c> equals the column, its <c>value</c>. The zone
/// is not known where there is no such row, where the column is null, and where the value is no time zone.</summary>
sealed record ZoneLookup
{
    public required string Column { get; init; }
    public required string Table { get; init; }
    public required string Key { get; init; }
    public required string Value { get; init; }
    /// <summary>What is looked up, without the column that it is looked up for.</summary>
    [JsonIgnore] public (string Table, string Key, string Value) Source => (Table, Key, Value);
}
