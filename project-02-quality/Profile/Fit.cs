using System.Globalization;

namespace DataQuality;

/// <summary>A type that every value of a column is of, so far, with the figures of these values.</summary>
sealed class Fit(ColumnType type)
{
    long count, smallest = long.MaxValue, largest = long.MinValue;
    double lowest = double.MaxValue, highest = double.MinValue;

    public ColumnType Type => type;
    public double Mean { get; private set; }
    public string Min => Written(smallest, lowest);
    public string Max => Written(largest, highest);

    /// <summary>False when the value is not of the type.</summary>
    public bool Take(string text)
    {
        if (type is ColumnType.Integer or ColumnType.Real && LooksLikeCode(text)) return false;
        if (!Conform.TryType(text, type, out var number, out var real)) return false;
        (smallest, largest) = (Math.Min(smallest, number), Math.Max(largest, number));
        (lowest, highest) = (Math.Min(lowest, real), Math.Max(highest, real));
        Mean += ((type == ColumnType.Real ? real : number) - Mean) / ++count;
        return true;
    }

    /// <summary>007 is no number, and neither are more digits than 64 bits hold: a number would lose some of them.</summary>
    static bool LooksLikeCode(string text)
    {
        var digits = text.AsSpan().TrimStart("+-");
        return digits is ['0', >= '0' and <= '9', ..] || (digits.Length > 18 && !digits.ContainsAnyExceptInRange('0', '9') && !long.TryParse(text, CultureInfo.InvariantCulture, out _));
    }

    /// <summary>As it would stand in a file.</summary>
    string Written(long number, double real) => type switch
    {
        ColumnType.Real => real.ToString("R", CultureInfo.InvariantCulture),
        ColumnType.Boolean => number == 1 ? "true" : "false",
        ColumnType.Date => IsoText.Date(number),
        ColumnType.Timestamp => IsoText.Timestamp(number),
        _ => number.ToString(CultureInfo.InvariantCulture),
    };
}
