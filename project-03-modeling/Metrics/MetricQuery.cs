using Microsoft.Data.Sqlite;

namespace DimensionalModel;

/// <summary>What is asked: a metric, by what, and of which facts.</summary>
/// <param name="By">Attributes of the model.</param>
/// <param name="Where">Conditions such as <c>carrier=UA</c>, <c>month>=2013-02</c>, <c>origin=EWR,JFK</c>; all of them hold.</param>
sealed record Request(Metric Metric, IReadOnlyList<string> By, IReadOnlyList<string> Where);

/// <summary>The SQL that answers a request. Values are parameters.</summary>
/// <param name="Source">The table that it reads.</param>
sealed record MetricSql(string Source, string Text, IReadOnlyList<object> Values);

/// <summary>Writes the SQL of a request: one fact table or an aggregate of it, joined to dimensions by keys that are unique there. So no join
/// can multiply a fact, and two facts are never joined.</summary>
sealed class MetricQuery(SqliteConnection connection, SemanticModel model)
{
    sealed record Route(string Attribute, DimensionTable Dimension, string Key, string Alias) { public string Column => $"{Alias}.{Dimension.Attributes[Attribute]}"; }

    sealed record Condition(string Attribute, string Operator, IReadOnlyList<string> Values);

    /// <exception cref="UserException">The request can't be answered, or not without a wrong figure; exit code 2.</exception>
    public MetricSql Write(Request request, bool useAggregates = true)
    {
        // step 8: answer with metrics that can't go wrong
        var (metric, fact) = (request.Metric, model.Facts[request.Metric.Fact]);
        var conditions = request.Where.Select(Parse).ToList();
        var asked = request.By.Concat(conditions.Select(c => c.Attribute)).Distinct().ToList();
        foreach (var attribute in asked) Known(attribute, metric, fact);
        var calls = new MetricExpression(metric.Expression).Calls;
        var source = (useAggregates ? fact.Aggregates ?? [] : []).FirstOrDefault(a => calls.All(c => c.Function == "sum" && Columns(a).ContainsKey(c.Measure)) && asked.All(x => Find(x, a) is not null)) ?? metric.Fact;
        var routes = asked.ToDictionary(a => a, a => Find(a, source)!);
        foreach (var route in routes.Values) RefuseFanOut(route);

        var expression = source == metric.Fact ? calls.Distinct().Aggregate(metric.Expression, (sql, c) => c.Function == "sum" && fact.Measures[c.Measure].Sql is { } own ? sql.Replace($"{c.Function}({c.Measure})", $"{c.Function}({own})", StringComparison.Ordinal) : sql) : metric.Expression;
        var values = new List<object>();
        var where = conditions.Select(c => Compare(c, routes[c.Attribute], values)).ToList();
        if (metric.OverTime is not null)
        {
            // the days of each stretch of time that is asked for. The other conditions do not matter: a snapshot has every day for
            // everything. A group that is there on some days only is still divided by all of them
            var time = routes.Where(r => r.Value.Dimension.Time).ToDictionary(r => r.Key, r => r.Value with { Alias = "every_" + r.Value.Alias });
            var when = conditions.Where(c => time.ContainsKey(c.Attribute)).Select(c => Compare(c, time[c.Attribute], values)).ToList();
            var by = request.By.Where(time.ContainsKey).ToList();
            if (metric.OverTime == OverTime.Last) where.Add($"f.{fact.TimeKey} IN (SELECT max(every.{fact.TimeKey}) FROM {From(source, "every", time.Values)}{Clause("\nWHERE", when, " AND ")}{Clause("\nGROUP BY", [.. by.Select(a => time[a].Column)], ", ")})");
            else expression = $"({expression}) * 1.0 / (SELECT count(DISTINCT every.{fact.TimeKey}) FROM {From(source, "every", time.Values)}{Clause("\nWHERE", [.. when, .. by.Select(a => $"{time[a].Column} = {routes[a].Column}")], " AND ")})";
        }
        var selected = request.By.Select(a => $"{routes[a].Column} AS {a}").Append($"{expression} AS {metric.Name}");
        var groups = request.By.Select(a => routes[a].Column).ToList();
        var sql = $"SELECT {string.Join(", ", selected)}\nFROM {From(source, "f", routes.Values)}{Clause("\nWHERE", where, " AND ")}{Clause("\nGROUP BY", groups, ", ")}{Clause("\nORDER BY", groups, ", ")}";
        return new(source, sql, values);
        // end of step 8
    }

    /// <summary>Whether the answer's groups may be summed.</summary>
    /// <exception cref="UserException">They may not.</exception>
    public void RefuseSum(Request request)
    {
        // step 8: answer with metrics that can't go wrong
        var metric = request.Metric;
        if (metric.Additivity == Additivity.NonAdditive) throw new UserException($"{metric.Name} is not additive: its groups can't be summed. Ask for it without --by, so that it is computed from all facts.", 2);
        var time = request.By.FirstOrDefault(a => Find(a, metric.Fact) is { Dimension.Time: true });
        if (metric.Additivity == Additivity.SemiAdditive && time is not null) throw new UserException($"{metric.Name} is semi-additive: it can't be summed over {time}, for every day counts the same aircraft again. Leave {time} out of --by.", 2);
        // end of step 8
    }

    static string Clause(string word, IReadOnlyList<string> parts, string between) => parts.Count == 0 ? "" : $"{word} {string.Join(between, parts)}";

    static string From(string source, string alias, IEnumerable<Route> routes) => $"{source} {alias}{string.Concat(routes.DistinctBy(r => r.Alias).Select(r => $"\nJOIN {r.Dimension.Table} {r.Alias} ON {r.Alias}.{r.Dimension.Id} = {alias}.{r.Key}"))}";

    /// <summary>How a table reaches an attribute: the dimension that has it and to which the table has a key; null where there is none.</summary>
    Route? Find(string attribute, string table) => (
        from d in model.Dimensions
        where d.Value.Attributes.ContainsKey(attribute)
        from key in d.Value.Keys
        where Columns(table).ContainsKey(key)
        select new Route(attribute, d.Value, key, d.Key)).FirstOrDefault();

    void Known(string attribute, Metric metric, FactTable fact)
    {
        if (Find(attribute, metric.Fact) is not null) return;
        var possible = model.Dimensions.Values.SelectMany(d => d.Attributes.Keys).Distinct().Where(a => Find(a, metric.Fact) is not null).Order(StringComparer.Ordinal);
        throw new UserException(model.Dimensions.Values.Any(d => d.Attributes.ContainsKey(attribute))
            ? $"{metric.Name} can't be asked by {attribute}: it is of {metric.Fact}, {fact.Grain}. Expected {string.Join(", ", possible)}."
            : $"There is no attribute '{attribute}'. Expected {string.Join(", ", possible)}.", 2);
    }

    /// <summary>A join by a column that is not unique in the dimension multiplies facts, and every sum with them.</summary>
    void RefuseFanOut(Route route)
    {
        var (table, id) = (route.Dimension.Table, route.Dimension.Id);
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT {id}, count(*) FROM {table} GROUP BY {id} HAVING count(*) > 1 LIMIT 1";
        using var reader = command.ExecuteReader();
        if (reader.Read()) throw new UserException($"{route.Attribute} can't be asked for: {table} has {reader.GetInt64(1)} rows with {id} {reader.GetValue(0)}, so that a join would count each fact as often. Expected a key that is unique in {table}.", 2);
    }

    string Compare(Condition condition, Route route, List<object> values)
    {
        var isNumber = Columns(route.Dimension.Table)[route.Dimension.Attributes[condition.Attribute]] is "INTEGER" or "REAL";
        var parameters = new List<string>();
        foreach (var text in condition.Values)
        {
            values.Add(!isNumber ? text : long.TryParse(text, out var number) ? number : throw new UserException($"--where {condition.Attribute}: expected a whole number, found '{text}'.", 2));
            parameters.Add($"$p{values.Count}");
        }
        return condition.Operator switch
        {
            "=" or "<>" when parameters.Count > 1 => $"{route.Column} {(condition.Operator == "=" ? "IN" : "NOT IN")} ({string.Join(", ", parameters)})",
            "=" or "<>" => $"{route.Column} {condition.Operator} {parameters[0]}",
            // 'unknown' and 'not applicable' come after every date in the alphabet, and are none
            var op => $"{route.Column} {op} {parameters[0]} AND {route.Column} NOT IN ('unknown', 'not applicable')",
        };
    }

    static Condition Parse(string text)
    {
        foreach (var op in new[] { "<>", "!=", "<=", ">=", "=", "<", ">" })
            if (text.IndexOf(op, StringComparison.Ordinal) is > 0 and var at)
            {
                var values = text[(at + op.Length)..].Split(',');
                if (values.Length > 1 && op is not ("=" or "!=" or "<>")) throw new UserException($"--where {text}: expected one value after {op}.", 2);
                return new(text[..at].Trim(), op == "!=" ? "<>" : op, values);
            }
        throw new UserException($"--where is a condition such as carrier=UA, month>=2013-02 or origin=EWR,JFK; found '{text}'.", 2);
    }

    /// <summary>The columns of a table or view with their types.</summary>
    IReadOnlyDictionary<string, string> Columns(string table)
    {
        if (columns.TryGetValue(table, out var known)) return known;
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT name, type FROM pragma_table_info($table)";
        command.Parameters.AddWithValue("$table", table);
        using var reader = command.ExecuteReader();
        var found = new Dictionary<string, string>();
        while (reader.Read()) found[reader.GetString(0)] = reader.GetString(1);
        return columns[table] = found;
    }
    readonly Dictionary<string, IReadOnlyDictionary<string, string>> columns = [];
}
