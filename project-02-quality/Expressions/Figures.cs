namespace DataQuality;

/// <summary>Figures of a column over any number of batches. Quantiles are exact, so their values are kept.</summary>
/// <param name="quantiles">Whether a quantile will be asked.</param>
sealed class Figures(bool quantiles = false)
{
    readonly List<double> values = [];
    double sum;

    public long Rows { get; private set; }
    public long Nulls { get; private set; }
    /// <summary>0 to 1; null without rows.</summary>
    public double? NullRate => Rows == 0 ? null : (double)Nulls / Rows;
    /// <summary>Of the values that are there; null without any.</summary>
    public double? Mean => Rows == Nulls ? null : sum / (Rows - Nulls);

    public void Add(ColumnData column, int count)
    {
        Rows += count;
        for (var i = 0; i < count; i++)
        {
            if (column.Null[i] != 0) { Nulls++; continue; }
            if (column.Type == ColumnType.Text) continue;
            var value = column.Type == ColumnType.Real ? column.Reals[i] : column.Longs[i];
            sum += value;
            if (quantiles) values.Add(value);
        }
    }

    public void Merge(Figures other)
    {
        (Rows, Nulls, sum) = (Rows + other.Rows, Nulls + other.Nulls, sum + other.sum);
        values.AddRange(other.values);
    }

    /// <summary>The value below which the share lies, linear between neighbours (R. J. Hyndman and Y. Fan, Sample Quantiles in
    /// Statistical Packages, 1996, type 7); null without values.</summary>
    /// <param name="share">0 to 1.</param>
    public double? Quantile(double share)
    {
        if (values.Count == 0) return null;
        values.Sort();
        var at = (values.Count - 1) * share;
        var below = (int)Math.Floor(at);
        var above = Math.Min(below + 1, values.Count - 1);
        return values[below] + (at - below) * (values[above] - values[below]);
    }
}
