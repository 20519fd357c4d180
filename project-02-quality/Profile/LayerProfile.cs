using System.Globalization;
using Microsoft.Data.Sqlite;

namespace DataQuality;

/// <summary>What is in a column of a clean layer.</summary>
/// <param name="Type">As the rules name it; SQLite's storage class where they know no such column.</param>
/// <param name="Filled">Rows with a value.</param>
/// <param name="Mean">Of integers and reals only: the mean of times of day, as numbers, means nothing.</param>
/// <param name="Frequent">The most frequent values; none when no value comes twice.</param>
/// <param name="Bins">Rows by value, at most twelve bins of the same width; empty for text.</param>
sealed record ColumnFigures(string Name, string Type, long Rows, long Filled, long Distinct, string Min, string Max, double? Mean, IReadOnlyList<(string Value, long Rows)> Frequent, IReadOnlyList<long> Bins);

/// <summary>Profiles a clean layer with SQL, column by column.</summary>
static class LayerProfile
{
    /// <summary>Of a larger table a sample of about so many rows is profiled: distinct values need memory.</summary>
    public const int MostRows = 500_000;
    const int Bins = 12, Frequent = 3;

    /// <summary>Every how many rows of a file one is taken; 1 means all. Rows are taken by their number, so the sample is spread over
    /// the file and always the same.</summary>
    public static long Step(Store store, string table, int mostRows = MostRows) => 1 + ((long)store.Scalar($"SELECT count(*) FROM {Sql.Name("clean_" + table)}")! - 1) / mostRows;

    /// <param name="types">The columns' types, as far as the rules know them.</param>
    public static IReadOnlyList<ColumnFigures> Of(Store store, string table, IReadOnlyDictionary<string, ColumnType> types, long step) =>
    [
        .. store.Query("SELECT name, type FROM pragma_table_info(?) WHERE name NOT IN ('_drop', '_file', '_row')", r => (Name: r.GetString(0), Storage: r.GetString(1)), "clean_" + table)
            .Select(c => Column(store, $"{Sql.Name("clean_" + table)} WHERE _row % {step} = 0", c.Name, types.TryGetValue(c.Name, out var type) ? type : c.Storage switch { "INTEGER" => ColumnType.Integer, "REAL" => ColumnType.Real, _ => ColumnType.Text })),
    ];

    static ColumnFigures Column(Store store, string rows, string name, ColumnType type)
    {
        var c = Sql.Name(name);
        // dates are counted in days and timestamps in seconds, so that bins of the same width can be made of them
        var number = type switch { ColumnType.Date => $"unixepoch({c}) / 86400", ColumnType.Timestamp => $"unixepoch({c})", ColumnType.Text => "NULL", _ => c };
        var mean = type is ColumnType.Integer or ColumnType.Real ? $"avg({c})" : "NULL";
        var (all, filled, distinct, min, max, average, low, high) = store.Query($"SELECT count(*), count({c}), count(DISTINCT {c}), min({c}), max({c}), {mean}, min({number}), max({number}) FROM {rows}",
            r => (r.GetInt64(0), r.GetInt64(1), r.GetInt64(2), Text(r, 3), Text(r, 4), Real(r, 5), Real(r, 6), Real(r, 7)))[0];
        var frequent = distinct == filled ? [] : store.Query($"SELECT {c}, count(*) FROM {rows} AND {c} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {Frequent}", r => (Text(r, 0), r.GetInt64(1)));
        return new(name, type.ToString().ToLowerInvariant(), all, filled, distinct, min, max, average, frequent, low is null || high is null ? [] : Histogram(store, $"SELECT {number} AS x FROM {rows}", low.Value, high.Value, whole: type != ColumnType.Real));
    }

    /// <param name="whole">Whole numbers: each bin takes up the same number of them, or the bars would differ where the values don't.</param>
    static long[] Histogram(Store store, string values, double low, double high, bool whole)
    {
        var width = whole ? Math.Ceiling((high - low + 1) / Bins) : (high - low) / Bins;
        if (!double.IsFinite(width)) return [];
        var bins = new long[width == 0 ? 1 : whole ? (int)Math.Ceiling((high - low + 1) / width) : Bins];
        foreach (var (bin, rows) in store.Query($"SELECT CAST((x - ?) / ? AS INTEGER), count(*) FROM ({values}) WHERE x IS NOT NULL GROUP BY 1", r => (r.GetInt64(0), r.GetInt64(1)), low, width == 0 ? 1 : width))
            bins[Math.Clamp(bin, 0, bins.Length - 1)] += rows;      // the largest value stands on the last bin's edge
        return bins;
    }

    static string Text(SqliteDataReader row, int at) => row.GetValue(at) switch { DBNull => "", double real => Figure(real), var other => Convert.ToString(other, CultureInfo.InvariantCulture)! };

    /// <summary>A number with four decimals at most; a very small one with its exponent.</summary>
    public static string Figure(double value) => value.ToString(value != 0 && Math.Abs(value) < 0.001 ? "0.###E+0" : "0.####", CultureInfo.InvariantCulture);

    static double? Real(SqliteDataReader row, int at) => row.IsDBNull(at) ? null : row.GetDouble(at);
}
