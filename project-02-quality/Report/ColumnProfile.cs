using System.Globalization;

namespace DataQuality;

/// <summary>What the values of one column of a layer look like.</summary>
/// <param name="Bars">At most twelve: of numbers equal steps from the smallest to the largest, of others the most frequent values.</param>
sealed record ColumnProfile(string Column, string Type, long Rows, long Nulls, long Distinct, string Min, string Max, double? Mean, IReadOnlyList<(string Label, long Count)> Bars)
{
    const int MostBars = 12;

    /// <summary>Profiles every column of a table by SQL, one pass a question.</summary>
    public static IEnumerable<ColumnProfile> Of(Store store, string table)
    {
        foreach (var (column, type) in store.Query("SELECT name, type FROM pragma_table_info(?)", r => (r.GetString(0), r.GetString(1)), table).Where(c => !c.Item1.StartsWith('_')))
        {
            var c = Sql.Name(column);
            var number = type is "INTEGER" or "REAL";
            var (rows, nulls, distinct, min, max, mean) = store.Query($"SELECT count(*), sum({c} IS NULL), count(DISTINCT {c}), min({c}), max({c}), {(number ? $"avg({c})" : "NULL")} FROM {table}",
                r => (r.GetInt64(0), r.IsDBNull(1) ? 0 : r.GetInt64(1), r.GetInt64(2), Text(r.GetValue(3)), Text(r.GetValue(4)), r.IsDBNull(5) ? (double?)null : r.GetDouble(5)))[0];
            yield return new(column, type.ToLowerInvariant(), rows, nulls, distinct, min, max, mean, number && distinct > MostBars ? Steps(store, table, c) : Frequent(store, table, c));
        }
    }

    static List<(string, long)> Steps(Store store, string table, string c)
    {
        var (low, high) = store.Query($"SELECT min({c}) * 1.0, max({c}) * 1.0 FROM {table}", r => (r.GetDouble(0), r.GetDouble(1)))[0];
        var counts = store.Query($"SELECT CAST(min({MostBars - 1}, ({c} - ?) * {MostBars} / ?) AS INTEGER) AS step, count(*) FROM {table} WHERE {c} IS NOT NULL GROUP BY step", r => (Step: r.GetInt64(0), Count: r.GetInt64(1)), low, high - low).ToDictionary(s => s.Step, s => s.Count);
        return [.. Enumerable.Range(0, MostBars).Select(i => ($"{Text(low + i * (high - low) / MostBars)} to {Text(low + (i + 1) * (high - low) / MostBars)}", counts.GetValueOrDefault(i)))];
    }

    static List<(string, long)> Frequent(Store store, string table, string c) =>
        [.. store.Query($"SELECT {c}, count(*) FROM {table} WHERE {c} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MostBars}", r => (Text(r.GetValue(0)), r.GetInt64(1)))];

    static string Text(object value) => value switch { DBNull => "", double real => real.ToString("0.##", CultureInfo.InvariantCulture), _ => Convert.ToString(value, CultureInfo.InvariantCulture)! };
}
