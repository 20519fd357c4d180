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

/// <param name="Sql">For <c>sum</c> alone, what is summed in the fact table, where that is not just the column: 1 to count rows, 0 for a fact that has no value.</param>
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
        try { return JsonSerializer.Deserialize<T>(File.ReadAllBytes(path), Json) ?? throw new UserException($"{Path.GetFileName(path)} is empty.", 2); }
        catch (JsonException e) { throw new UserException($"{Path.GetFileName(path)}{(e.LineNumber is { } line ? $", line {line + 1}" : "")}: {e.Message.Split(" Path:")[0]}", 2); }
    }

    /// <summary>What is wrong with a metric; null when nothing is. A metric that is called additive must be a sum of additive measures; one
    /// that sums a semi-additive measure must be called semi-additive, be a plain sum too, and say what it is over time. The texts stand in
    /// tests/MetricTests.cs.</summary>
    public string? Problem(Metric metric)
    {
        // step 8: answer with metrics that can't go wrong
        if (!Facts.TryGetValue(metric.Fact, out var fact)) return $"there is no fact '{metric.Fact}' in the model. Expected one of {string.Join(", ", Facts.Keys)}";
        MetricExpression expression;
        try { expression = new(metric.Expression); }
        catch (FormatException e) { return $"the expression {metric.Expression} is not arithmetic over sum, min and max of measures: {e.Message}"; }
        if (expression.Calls.FirstOrDefault(c => !fact.Measures.ContainsKey(c.Measure)).Measure is { } unknown) return $"{metric.Fact} has no measure '{unknown}'. Expected {string.Join(", ", fact.Measures.Keys)}";
        var sums = expression.Calls.Where(c => c.Function == "sum").ToList();
        if (sums.FirstOrDefault(c => fact.Measures[c.Measure].Additivity == Additivity.NonAdditive).Measure is { } never) return $"{never} is not additive: a sum of it means nothing";
        var semi = sums.Any(c => fact.Measures[c.Measure].Additivity == Additivity.SemiAdditive);
        if (semi && metric.Additivity != Additivity.SemiAdditive) return $"{metric.Expression} sums a semi-additive measure. Expected additivity: semi_additive";
        if (metric.Additivity != Additivity.NonAdditive && !expression.IsLinear) return $"it is called {(semi ? "semi_additive" : "additive")}, and {metric.Expression} is no plain sum of measures";
        if ((metric.Additivity == Additivity.SemiAdditive) != semi) return $"{metric.Expression} sums no semi-additive measure";
        if ((metric.OverTime is not null) != semi) return semi ? "it sums a semi-additive measure. Expected over_time: last or average" : "over_time is for semi-additive metrics";
        if (semi && fact.TimeKey is null) return $"{metric.Fact} has no time_key, so it has no last day";
        if (metric.Unit is not ("count" or "share" or "minutes" or "average")) return $"the unit '{metric.Unit}' is not count, share, minutes or average";
        return null;
        // end of step 8
    }

    [GeneratedRegex(@"^[a-z_][a-z0-9_]*\z")] private static partial Regex Identifier();
}
