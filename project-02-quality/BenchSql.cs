using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace DataQuality;

/// <summary>The same checks as one statement of DuckDB, and as pandas code, as somebody would write them by hand. DuckDB
/// reads the Parquet file for pandas, which is no slower than its own readers.</summary>
static partial class BenchSql
{
    public const string RunDuckDb = """
        import sys, duckdb
        db = duckdb.connect()
        db.execute("SET enable_progress_bar = false")
        db.execute("SET TimeZone = 'UTC'")
        db.execute("SET error_on_division_by_zero = false")
        result = db.execute(open(sys.argv[1]).read())
        names = [c[0] for c in result.description]
        for name, value in zip(names, result.fetchone()): print(f"{name},{value}")
        """;

    public static string DuckDb(TableRules table, string file)
    {
        var sums = new List<string>();
        foreach (var rule in table.Rules)
        {
            var what = rule switch
            {
                RowRule row => $"count(*) FILTER (NOT ({Dialect(row.Predicate)}))",
                // all rows of a group of more than one; a row with a NULL is in none
                Unique unique => $"(SELECT coalesce(sum(n), 0)::BIGINT FROM (SELECT count(*) AS n FROM read_parquet('{file}') WHERE {string.Join(" AND ", unique.Columns.Select(c => c + " IS NOT NULL"))} GROUP BY {string.Join(", ", unique.Columns)} HAVING count(*) > 1))",
                Distribution { Figure: Figure.Mean } mean => $"(NOT avg({mean.Column}) BETWEEN {Number(mean.Min)} AND {Number(mean.Max)})::INTEGER",
                Distribution { Figure: Figure.Quantile } quantile => $"(NOT quantile_cont({quantile.Column}, {Number(quantile.Quantile)}) BETWEEN {Number(quantile.Min)} AND {Number(quantile.Max)})::INTEGER",
                Distribution rate => $"(NOT count(*) FILTER ({rate.Column} IS NULL) / count(*) BETWEEN {Number(rate.Min)} AND {Number(rate.Max)})::INTEGER",
                RowCount count => $"(NOT count(*) BETWEEN {count.Min} AND {count.Max ?? long.MaxValue})::INTEGER",
                _ => throw new InvalidOperationException(rule.Id),
            };
            sums.Add($"{what} AS {rule.Id}");
        }
        return $"SELECT {string.Join(",\n  ", sums)}\nFROM read_parquet('{file}')";
    }

    /// <summary>DuckDB divides whole numbers to reals with one slash, and calls REGEXP a function.</summary>
    static string Dialect(string sql) => Regexps().Replace(sql, "regexp_matches($1, $2)").Replace(" / ", " // ", StringComparison.Ordinal);

    public static string Pandas(TableRules table, string file)
    {
        var code = new StringBuilder($"""
            import pandas as pd
            d = __import__('duckdb').execute("SELECT {string.Join(", ", table.Columns.Select(c => c.Name))} FROM read_parquet('{file}')").df()
            def out(rule, broken): print(f"{"{rule},{int(broken)}"}")

            """);
        foreach (var rule in table.Rules) code.Append(CultureInfo.InvariantCulture, $"out('{rule.Id}', {Pandas(rule)})\n");
        return code.ToString();
    }

    static string Pandas(Rule rule) => rule switch
    {
        RowRule { When: not null } r => BenchData.ByHand[r.Id],
        NotNull r => $"d.{r.Column}.isna().sum()",
        InRange r => $"((d.{r.Column} < {Value(Sql.Literal(r.Min!.Value))}) | (d.{r.Column} > {Value(Sql.Literal(r.Max!.Value))})).sum()",
        HasLength r => $"((d.{r.Column}.str.len() < {r.Min}) | (d.{r.Column}.str.len() > {r.Max})).sum()",
        MatchesPattern r => $"(d.{r.Column}.notna() & ~d.{r.Column}.str.fullmatch(r'{r.Pattern}').fillna(True).astype(bool)).sum()",
        InSet r => $"(d.{r.Column}.notna() & ~d.{r.Column}.isin([{string.Join(", ", r.Values.Select(v => Value(Sql.Literal(v))))}])).sum()",
        Compare r => $"(d.{r.Left}.notna() & d.{r.Right}.notna() & ~(d.{r.Left} {(r.Operator switch { "=" => "==", "<>" => "!=", var op => op })} d.{r.Right})).sum()",
        Unique r => $"d[[{string.Join(", ", r.Columns.Select(c => $"'{c}'"))}]].dropna().duplicated(keep=False).sum()",
        Distribution { Figure: Figure.Mean } r => $"not {Number(r.Min)} <= d.{r.Column}.mean() <= {Number(r.Max)}",
        Distribution { Figure: Figure.Quantile } r => $"not {Number(r.Min)} <= d.{r.Column}.quantile({Number(r.Quantile)}) <= {Number(r.Max)}",
        Distribution r => $"not {Number(r.Min)} <= d.{r.Column}.isna().mean() <= {Number(r.Max)}",
        RowCount r => $"not {r.Min} <= len(d) <= {r.Max ?? long.MaxValue}",
        Expression r => BenchData.ByHand[r.Id],
        _ => throw new InvalidOperationException(rule.Id),
    };

    static string Number(double? value) => (value ?? 0).ToString("R", CultureInfo.InvariantCulture);

    static string Value(string literal) => literal switch { "TRUE" => "True", "FALSE" => "False", _ when Instants().IsMatch(literal) => $"pd.Timestamp({literal}).tz_localize(None)", _ => literal };

    [GeneratedRegex(@"(\w+) REGEXP ('[^']*')")] private static partial Regex Regexps();
    [GeneratedRegex(@"^'\d{4}-\d\d-\d\d")] private static partial Regex Instants();
}
