using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace DimensionalModel;

/// <summary>Over what a figure may be summed.</summary>
enum Additivity
{
    /// <summary>Over everything.</summary>
    Additive,
    /// <summary>Over everything but time: the minutes that an aircraft has flown so far.</summary>
    SemiAdditive,
    /// <summary>Over nothing: a rate, a mean, a maximum.</summary>
    NonAdditive,
}

/// <summary>What a semi-additive metric is over several days.</summary>
enum OverTime { Last, Average }

/// <param name="Sql">What is summed in the fact table, where that is not just the column: 1 to count rows, 0 for a fact that has no value.</param>
sealed record Measure(Additivity Additivity, string? Sql = null);

/// <param name="Aggregates">Tables that hold the same measures at a coarser grain, in the order in which they are tried.</param>
/// <param name="TimeKey">The column of the day, of a periodic snapshot.</param>
sealed record FactTable(string Grain, IReadOnlyDictionary<string, Measure> Measures, IReadOnlyList<string>? Aggregates = null, string? TimeKey = null);

/// <param name="Id">The column that no two rows of <paramref name="Table"/> share.</param>
/// <param name="Keys">The columns of fact tables that point to it.</param>
/// <param name="Attributes">What one may ask by: its name, and its column.</param>
/// <param name="Time">It says when: a semi-additive measure may not be summed over it.</param>
sealed record DimensionTable(string Table, string Id, IReadOnlyList<string> Keys, IReadOnlyDictionary<string, string> Attributes, bool Time = false);

/// <summary>A figure with one definition for all who ask.</summary>
/// <param name="Expression">SQL over <c>sum</c>, <c>min</c> and <c>max</c> of the fact's measures.</param>
sealed record Metric(string Name, string Definition, string Fact, string Grain, string Expression, Additivity Additivity, string Unit, OverTime? OverTime = null);

/// <summary>Facts, dimensions and metrics, from a folder: <c>model.json</c> and one file a metric.</summary>
sealed partial record SemanticModel(IReadOnlyDictionary<string, FactTable> Facts, IReadOnlyDictionary<string, DimensionTable> Dimensions)
{
    [JsonIgnore] public IReadOnlyList<Metric> Metrics { get; init; } = [];

    static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowDuplicateProperties = false,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
    };

    /// <exception cref="UserException">A file is wrong, or a metric sums what must not be summed; exit code 2.</exception>
    public static SemanticModel Load(string folder)
    {
        if (!File.Exists(Path.Combine(folder, "model.json"))) throw new UserException($"There is no model.json in {folder}.", 2);
        var model = Read<SemanticModel>(Path.Combine(folder, "model.json"));
        var names = model.Facts.SelectMany(f => f.Value.Measures.Keys.Append(f.Key).Concat(f.Value.Aggregates ?? []).Append(f.Value.TimeKey ?? f.Key)).Concat(model.Dimensions.SelectMany(d => d.Value.Keys.Concat(d.Value.Attributes.Keys).Concat(d.Value.Attributes.Values).Concat([d.Key, d.Value.Table, d.Value.Id])));
        if (names.FirstOrDefault(n => !Identifier().IsMatch(n)) is { } odd) throw new UserException($"model.json: '{odd}' is no name. Expected lower-case letters, digits and underscores.", 2);
        var metrics = Directory.GetFiles(folder, "*.json").Where(f => Path.GetFileName(f) != "model.json").Order(StringComparer.Ordinal).Select(f => (File: Path.GetFileName(f), Metric: Read<Metric>(f))).ToList();
        foreach (var (file, metric) in metrics)
            if ((file != metric.Name + ".json" || !Identifier().IsMatch(metric.Name) ? $"the metric is named '{metric.Name}'. Expected the name of its file, in lower-case letters, digits and underscores" : model.Problem(metric)) is { } problem) throw new UserException($"{file}: {problem}.", 2);
        return model with { Metrics = [.. metrics.Select(m => m.Metric)] };
    }

    static T Read<T>(string path)
    {
        try { return JsonSerializer.Deserialize<T>(File.ReadAllBytes(path), Json)!; }
        catch (JsonException e) { throw new UserException($"{Path.GetFileName(path)}{(e.LineNumber is { } line ? $", line {line + 1}" : "")}: {e.Message.Split(" Path:")[0]}", 2); }
    }

    /// <summary>The calls of aggregate functions in an expression: their names and what they are of.</summary>
    public static IEnumerable<(string Function, string Measure)> Calls(string expression) => Call().Matches(expression).Select(m => (m.Groups[1].Value, m.Groups[2].Value));

    /// <summary>What is wrong with a metric; null when nothing is. A metric that is called additive must be a sum of additive measures; one
    /// that sums a semi-additive measure must say what it is over time.</summary>
    public string? Problem(Metric metric)
    {
        // step 8: answer with metrics that can't go wrong
        if (!Facts.TryGetValue(metric.Fact, out var fact)) return $"there is no fact '{metric.Fact}' in the model. Expected one of {string.Join(", ", Facts.Keys)}";
        var calls = Calls(metric.Expression).ToList();
        var rest = Call().Replace(metric.Expression, "0");
        if (calls.Count == 0 || !Arithmetic().IsMatch(rest)) return $"the expression is not arithmetic over sum, min and max of measures: {metric.Expression}";
        if (calls.FirstOrDefault(c => !fact.Measures.ContainsKey(c.Measure)).Measure is { } unknown) return $"{metric.Fact} has no measure '{unknown}'. Expected {string.Join(", ", fact.Measures.Keys)}";
        if (calls.FirstOrDefault(c => c.Function == "sum" && fact.Measures[c.Measure].Additivity == Additivity.NonAdditive).Measure is { } never) return $"{never} is not additive: a sum of it means nothing";
        var semi = calls.Any(c => c.Function == "sum" && fact.Measures[c.Measure].Additivity == Additivity.SemiAdditive);
        var linear = calls.All(c => c.Function == "sum") && !rest.Contains('/', StringComparison.Ordinal) && !rest.Contains("nullif", StringComparison.Ordinal) && !Product().IsMatch(metric.Expression);
        if (metric.Additivity == Additivity.Additive && (semi || !linear)) return $"it is called additive, and {metric.Expression} is {(semi ? "a sum of a semi-additive measure" : "no plain sum of measures")}";
        if (semi && metric.Additivity == Additivity.SemiAdditive && metric.OverTime is null) return "it sums a semi-additive measure. Expected over_time: last or average";
        if (semi && metric.Additivity != Additivity.SemiAdditive) return $"{metric.Expression} sums a semi-additive measure. Expected additivity: semi_additive";
        return null;
        // end of step 8
    }

    [GeneratedRegex(@"^[a-z_][a-z0-9_]*\z")] private static partial Regex Identifier();
    [GeneratedRegex(@"\b(sum|min|max)\(\s*(\w+)\s*\)")] private static partial Regex Call();
    [GeneratedRegex(@"^(?:[\d\s.+\-*/(),]|nullif)*$")] private static partial Regex Arithmetic();
    [GeneratedRegex(@"\)\s*\*\s*(?:sum|\()|/")] private static partial Regex Product();
}
