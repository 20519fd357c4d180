using System.Globalization;
using Microsoft.Data.Sqlite;

namespace DimensionalModel;

/// <summary>The verb <c>metric</c>: asks the warehouse for one metric.</summary>
static class MetricVerb
{
    public static int List(SemanticModel model)
    {
        Terminal.Table(["metric", "additivity", "definition"], model.Metrics.Select(m => (IReadOnlyList<string>)[m.Name, Word(m.Additivity), m.Definition]));
        Console.WriteLine($"By: {string.Join(", ", model.Dimensions.Values.SelectMany(d => d.Attributes.Keys).Distinct().Order(StringComparer.Ordinal))}");
        return 0;
    }

    public static int Run(SqliteConnection connection, SemanticModel model, string name, string? by, IReadOnlyList<string> where, bool sum, bool explain)
    {
        var metric = model.Metrics.FirstOrDefault(m => m.Name == name) ?? throw new UserException($"There is no metric '{name}'. Expected {string.Join(", ", model.Metrics.Select(m => m.Name))}.", 2);
        var request = new Request(metric, by?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct().ToList() ?? [], where);
        var query = new MetricQuery(connection, model);
        var sql = query.Write(request);
        if (sum) query.RefuseSum(request);
        Console.WriteLine(metric.Definition);
        if (explain)
        {
            Console.WriteLine($"\n{sql.Text}\n{string.Concat(sql.Values.Select((v, i) => $"-- $p{i + 1} = {v}\n"))}");
            Console.WriteLine(sql.Source == metric.Fact ? $"It reads {sql.Source}: {model.Facts[metric.Fact].Grain}." : $"It reads {sql.Source}, which holds the same sums and answers this exactly.");
        }
        var rows = Answer(connection, sql);
        Terminal.Table([.. request.By, metric.Name], rows.Select(row => (IReadOnlyList<string>)[.. row[..^1].Select(v => Convert.ToString(v, CultureInfo.InvariantCulture) ?? ""), Shown(row[^1], metric.Unit)]));
        if (sum) Console.WriteLine($"sum: {Shown(rows.Sum(r => Convert.ToDouble(r[^1] ?? 0, CultureInfo.InvariantCulture)), metric.Unit)}");
        return 0;
    }

    /// <summary>A metric over everything, as people read it.</summary>
    public static string Figure(SqliteConnection connection, SemanticModel model, string name)
    {
        var metric = model.Metrics.Single(m => m.Name == name);
        return Shown(Answer(connection, new MetricQuery(connection, model).Write(new(metric, [], []))).Single()[^1], metric.Unit);
    }

    /// <summary>The rows of an answer: the attributes, and the figure last; null where there is none.</summary>
    public static IReadOnlyList<object?[]> Answer(SqliteConnection connection, MetricSql sql)
    {
        try { return Rows(connection, sql); }
        catch (SqliteException e) when (e.SqliteErrorCode == 1) { throw new UserException($"The model does not fit the warehouse: {Warehouse.Said(e)}", 2); }
        catch (SqliteException e) when (e.SqliteErrorCode == 9) { throw new OperationCanceledException(); }       // interrupted
    }

    static List<object?[]> Rows(SqliteConnection connection, MetricSql sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql.Text;
        for (var i = 0; i < sql.Values.Count; i++) command.Parameters.AddWithValue($"$p{i + 1}", sql.Values[i]);
        using var reader = command.ExecuteReader();
        var rows = new List<object?[]>();
        while (reader.Read()) rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : reader.GetValue(i))]);
        return rows;
    }

    static string Shown(object? value, string unit) => value is null ? "none" : Shown(Convert.ToDouble(value, CultureInfo.InvariantCulture), unit);

    static string Shown(double value, string unit) => unit switch
    {
        "share" => $"{value * 100:0.0} %",
        "minutes" or "average" => $"{value:#,0.0}",
        _ => $"{value:#,0}",
    };

    static string Word(Additivity additivity) => additivity switch { Additivity.Additive => "additive", Additivity.SemiAdditive => "semi-additive", _ => "non-additive" };
}
