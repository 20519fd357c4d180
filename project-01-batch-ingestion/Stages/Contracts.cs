using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace BatchIngestion;

/// <summary>Reads and checks the contracts before any data is read.</summary>
static partial class Contracts
{
    public static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        AllowOutOfOrderMetadataProperties = true,
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
    };

    /// <summary>The contracts of a folder, each after the tables that it looks values up in.</summary>
    /// <exception cref="UserException">A contract is wrong; exit code 2.</exception>
    public static IReadOnlyList<Contract> Load(string folder)
    {
        // step 1: read the contracts and refuse a wrong one
        if (!Directory.Exists(folder)) throw new UserException($"There is no folder of contracts at {folder}.", 2);
        var contracts = Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal).Select(Read).ToList();
        if (contracts.Count == 0) throw new UserException($"{folder} holds no contract (*.json).", 2);
        if (contracts.GroupBy(c => c.Table.ToLowerInvariant()).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new UserException($"Two contracts in {folder} describe the table '{twice.Key}'.", 2);
        var ordered = new List<Contract>();
        foreach (var contract in contracts) Place(contract, []);
        return ordered;

        void Place(Contract contract, IReadOnlyList<string> path)
        {
            if (ordered.Contains(contract)) return;
            if (path.Contains(contract.Table)) throw new UserException($"Contracts refer to each other in a circle: {string.Join(" → ", path)} → {contract.Table}.", 2);
            foreach (var name in contract.References)
                Place(contracts.Find(c => c.Table == name) ?? throw Wrong(contract.Table + ".json", $"it looks up the table '{name}', for which there is no contract"), [.. path, contract.Table]);
            foreach (var zone in contract.Derived.Select(d => d.ZoneLookup).OfType<ZoneLookup>())
            {
                var table = contracts.Find(c => c.Table == zone.Table)!;
                foreach (var column in new[] { zone.Key, zone.Value })
                    if (!table.Columns.Any(c => c.Name == column && c.Type == ColumnType.Text)) throw Wrong(contract.Table + ".json", $"the table '{zone.Table}' has no text column '{column}'");
                if (!table.Key.SequenceEqual([zone.Key])) throw Wrong(contract.Table + ".json", $"it looks '{zone.Table}' up by '{zone.Key}', which is not its key");
            }
            ordered.Add(contract);
        }
        // end of step 1
    }

    static Contract Read(string path)
    {
        // step 1: read the contracts and refuse a wrong one
        var name = Path.GetFileName(path);
        var bytes = File.ReadAllBytes(path);
        Contract contract;
        try
        {
            contract = JsonSerializer.Deserialize<Contract>(bytes, Json) ?? throw Wrong(name, "it is empty");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            var (line, where) = e is JsonException json ? (json.LineNumber, json.Path) : (null, null);
            throw Wrong(name + (line is null ? "" : $", line {line + 1}"), e.Message.Split(" Path:")[0].TrimEnd('.') switch
            {
                _ when bytes.AsSpan().Trim(" \t\r\n"u8).IsEmpty => "it is empty",
                var why when why.Contains("could not be mapped", StringComparison.Ordinal) => $"a contract has no member {where} ({why.Split('\'')[1]})",
                var why when why.Contains("could not be converted", StringComparison.Ordinal) => $"the value of {where} is not one that may stand there",
                var why when why.Contains("was missing required", StringComparison.Ordinal) => $"it lacks {why[(why.LastIndexOf(':') + 1)..].Trim()}",
                _ when e is NotSupportedException => "a derived column has no rule, or one that does not exist: local_to_utc, add_minutes, next_local_time",
                var why => why,
            });
        }
        if (Problems(contract).FirstOrDefault() is { } problem) throw Wrong(name, problem);
        return contract with { Sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes)) };
        // end of step 1
    }

    /// <summary>What is wrong with a contract, each as one sentence; none when it is right.</summary>
    public static IEnumerable<string> Problems(Contract c)
    {
        // step 1: read the contracts and refuse a wrong one
        if (new IEnumerable<object?>?[] { c.Files, c.Key, c.NullTokens, c.Columns, c.Derived }.Concat(c.Columns.SelectMany(x => new[] { x?.NullTokens, x?.Allowed })).Any(list => list?.Contains(null) == true)) { yield return "a list holds null"; yield break; }
        if (!Identifier().IsMatch(c.Table)) yield return $"the table's name '{c.Table}' is not lower-case letters, digits and underscores";
        if (c.Table.StartsWith("sqlite_", StringComparison.Ordinal) || Store.OwnTables.Contains(c.Table)) yield return $"the table's name '{c.Table}' is taken by the store itself";
        if (c.Files.Count == 0) yield return "it names no files";
        if (c.Columns.Count == 0) yield return "it has no columns";
        if (c.TableColumns.Count > 1900) yield return $"it has {c.TableColumns.Count:N0} columns; SQLite holds 1,900 and the lineage";
        var names = c.TableColumns.Select(t => t.Name).ToList();
        foreach (var name in names.Where(n => n != "_extra" && !Identifier().IsMatch(n))) yield return $"the column name '{name}' is not lower-case letters, digits and underscores";
        if (names.GroupBy(n => n).FirstOrDefault(g => g.Count() > 1) is { } twice) yield return $"two columns are called '{twice.Key}'";
        if (c.Columns.GroupBy(n => n.Source).FirstOrDefault(g => g.Count() > 1) is { } from) yield return $"two columns are read from '{from.Key}'";
        if (c.Separator is not ('\t' or (>= ' ' and <= '~')) || c.Separator == '"') yield return "the separator is not a tab or a printable ASCII character other than a quote";
        if (c.Key.Count == 0) yield return "it has no key";
        if (c.Key.Distinct().Count() < c.Key.Count) yield return "its key names a column twice";
        foreach (var key in c.Key)
            if (c.Columns.FirstOrDefault(x => x.Name == key) is not { } column) yield return $"the key column '{key}' is not among its columns";
            else if (!column.Required) yield return $"the key column '{key}' must be required";
        foreach (var column in c.Columns)
        {
            var number = column.Type is ColumnType.Integer or ColumnType.Real;
            if (column.Factor is not null && column.Type != ColumnType.Real) yield return $"'{column.Name}' has a factor, which is for reals, and is {column.Type}";
            if ((column.Min ?? column.Max) is not null && !number) yield return $"'{column.Name}' has a range, which is for numbers, and is {column.Type}";
            if (column.Factor == 0) yield return $"'{column.Name}' has the factor 0";
            if (column.Min > column.Max) yield return $"'{column.Name}' has a min above its max";
            if ((column.Pattern is not null || column.Allowed is not null || column.Case is not null) && column.Type != ColumnType.Text) yield return $"'{column.Name}' has a pattern, allowed values or a case, which are for text, and is {column.Type}";
            if (column.Allowed is { Count: 0 }) yield return $"'{column.Name}' allows no value at all";
            if (BadPattern(column) is { } bad) yield return $"the pattern of '{column.Name}' is not a regular expression: {bad}";
        }
        for (var i = 0; i < c.Derived.Count; i++)
        {
            var before = c.TableColumns.Take(c.Columns.Count + i).ToList();
            foreach (var (column, type) in c.Derived[i].Inputs)
                if (!before.Any(b => b.Name == column && b.Type == type)) yield return $"the derived column '{c.Derived[i].Name}' needs a column '{column}' of type {type} before it";
            if (c.Derived[i] is LocalToUtc { Date.Count: not 3 }) yield return $"the date of '{c.Derived[i].Name}' is not three columns: year, month, day";
        }
        // end of step 1
    }

    static string? BadPattern(Column column)
    {
        try { _ = column.PatternRegex; return null; }
        catch (Exception e) when (e is ArgumentException or NotSupportedException) { return e.Message; }
    }

    static UserException Wrong(string file, string what) => new($"The contract {file} is wrong: {what}.", 2);

    [GeneratedRegex("^[a-z][a-z0-9_]{0,62}\\z")] private static partial Regex Identifier();
}
