namespace DataQuality;

/// <summary>Figures of a column over any number of batches: whole numbers, reals, truths (0 and 1), dates (days) and timestamps
/// (seconds since 1970); of a text column the null rate alone.</summary>
/// <param name="quantiles">Whether a quantile will be asked. They are exact, so all values are kept then: 8 bytes each.</param>
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

    /// <summary>Takes up the first values of a column.</summary>
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

    /// <summary>Takes up what another thread has found.</summary>
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
        if (!quantiles) throw new InvalidOperationException("the values were not kept");
        if (values.Count == 0) return null;
        values.Sort();
        var at = (values.Count - 1) * share;
        var below = (int)Math.Floor(at);
        var above = Math.Min(below + 1, values.Count - 1);
        return values[below] + (at - below) * (values[above] - values[below]);
    }
}
