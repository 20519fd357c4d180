using System.Globalization;

namespace DataQuality;

/// <summary>A row breaks a rule here: which, in which column, what was expected and what was found.</summary>
/// <param name="Column">Null for a rule about several columns, or about none.</param>
/// <param name="Expected">Of a type <see cref="Conform.Expected"/>; of a missing value "a value"; of a row rule its predicate.</param>
/// <param name="Found">The text as it came, before trim, case and codes; of a missing value "none"; of several columns a = 1, b = NULL.</param>
sealed record Reason(string Rule, string? Column, string Expected, string Found);

/// <summary>Makes typed values of text: trim, case, codes, null tokens, type. What is done is said in the rules, and nothing else
/// is done.</summary>
sealed class Conform
{
    readonly TableRules table;
    readonly HashSet<string> nullTokens;
    readonly Derivation?[] derivations;
    readonly string[] typeRules, nullRules;

    public Conform(TableRules table)
    {
        this.table = table;
        nullTokens = [.. table.NullTokens];
        typeRules = [.. table.Columns.Select(c => c.Name + Judge.Type)];
        nullRules = [.. table.Columns.Select(c => c.Name + Judge.Null)];
        var columns = table.Columns.Select(c => (c.Name, c.Type)).ToList();
        derivations = [.. table.Columns.Select(c => c.Derive is null ? null : Derivation.Compile(c.Derive, columns, c.Type))];
    }

    /// <summary>Puts a row's typed values into the batch. A cell that is not of its type becomes null and gives a reason. Of a row with
    /// a problem every cell becomes null, without a reason.</summary>
    public void Row(Batch batch, int at, RawRow row, List<Reason> reasons)
    {
        // step 3: make typed values of text
        for (var i = 0; i < table.Columns.Count; i++)
        {
            var (column, data) = (table.Columns[i], batch.Columns[i]);
            Put(data, at, null);
            if (row.Problem is not null || Normalize(column, row.Fields[i]) is not { } text) continue;
            if (!Put(data, at, text)) reasons.Add(new(typeRules[i], column.Name, Expected(column.Type), row.Fields[i]!));
        }
        // end of step 3
    }

    /// <summary>The text after trimming (of Unicode's white space), case (the invariant culture's) and codes; null where it is a null token.</summary>
    public string? Normalize(Column column, string? text)
    {
        // step 3: make typed values of text
        if (text is null) return null;
        if (column.Trim) text = text.Trim();
        text = column.Case switch { TextCase.Upper => text.ToUpperInvariant(), TextCase.Lower => text.ToLowerInvariant(), _ => text };
        text = column.Codes.GetValueOrDefault(text, text);
        return nullTokens.Contains(text) ? null : text;
        // end of step 3
    }

    /// <summary>After the batch is filled: what becomes of the nulls, column by column in the order of the rules, so that an expression
    /// sees what was put into the columns before its own. A cell of the wrong type stays null; it has its reason.
    /// <see cref="Derivation.Fill"/> fills every null of a column, so what it must not fill is put back to null after it.</summary>
    /// <param name="judged">Whether a row of the batch, 0 the first, is asked the rules: it is no copy, and a CSV record. Of others the
    /// cells of a column with a policy become null, and nothing is refused.</param>
    /// <param name="reasonsOf">The row's reasons so far; new ones are added to them.</param>
    public void Nulls(Batch batch, Func<int, bool> judged, Func<int, List<Reason>> reasonsOf)
    {
        // step 3: make typed values of text
        for (var i = 0; i < table.Columns.Count; i++)
        {
            var (column, data) = (table.Columns[i], batch.Columns[i]);
            if (column.Nulls == NullPolicy.Keep) continue;
            if (column.Nulls == NullPolicy.Derive) derivations[i]!.Fill(batch, data);
            for (var at = 0; at < batch.Count; at++)
            {
                var reasons = reasonsOf(at);
                if (!judged(at) || (reasons.Count > 0 && reasons.Exists(r => r.Rule == typeRules[i]))) Put(data, at, null);
                else if (data.Null[at] == 1 && column.Nulls == NullPolicy.Default) Put(data, at, column.Default);
                else if (data.Null[at] == 1 && column.Nulls == NullPolicy.Reject) reasons.Add(new(nullRules[i], column.Name, "a value", "none"));
            }
        }
        // end of step 3
    }

    /// <summary>Puts a text as a typed value; null for no value. False, and null is put, where it is not of the type.</summary>
    public static bool Put(ColumnData data, int at, string? text)
    {
        long number = 0;
        double real = 0;
        var typed = text is null || TryType(text, data.Type, out number, out real);
        data.Null[at] = text is null || !typed ? (byte)1 : (byte)0;
        if (data.Type == ColumnType.Text) data.Codes[at] = typed && text is not null ? data.Pool.Add(text) : 0;
        else if (data.Type == ColumnType.Real) data.Reals[at] = typed ? real : 0;
        else data.Longs[at] = typed ? number : 0;
        return typed;
    }

    /// <summary>Whether the text is a value of the type, and which, as <see cref="ColumnType"/> says and <see cref="Expected"/> tells: numbers in the
    /// invariant culture (a decimal point, no thousands), <c>true</c> and <c>false</c> in any case, times of day of digits alone and
    /// with minutes up to 59. <paramref name="number"/> is as <see cref="ColumnData.Longs"/> has it, or <paramref name="real"/>.</summary>
    public static bool TryType(string text, ColumnType type, out long number, out double real)
    {
        // step 3: make typed values of text
        (number, real) = (0, 0);
        switch (type)
        {
            case ColumnType.Text:
                return !text.Contains('\0', StringComparison.Ordinal);
            case ColumnType.Integer:
                return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
            case ColumnType.Hhmm:
                return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= 2400 && number % 100 < 60;
            case ColumnType.Real:
                return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out real) && double.IsFinite(real);
            case ColumnType.Boolean:
                number = text is "1" || text.Equals("true", StringComparison.OrdinalIgnoreCase) ? 1 : 0;
                return number == 1 || text is "0" || text.Equals("false", StringComparison.OrdinalIgnoreCase);
            default:
                var value = type == ColumnType.Date ? IsoText.Date(text) : IsoText.Timestamp(text);
                number = value ?? 0;
                return value is not null;
        }
        // end of step 3
    }

    public static string Expected(ColumnType type) => type switch
    {
        ColumnType.Text => "text without NUL characters",
        ColumnType.Integer => "a whole number",
        ColumnType.Real => "a number",
        ColumnType.Boolean => "true, false, 1 or 0",
        ColumnType.Date => "a date, YYYY-MM-DD",
        ColumnType.Hhmm => "a time of day, hhmm from 0 to 2400",
        _ => "a timestamp in whole seconds with Z or an offset, YYYY-MM-DDThh:mm:ssZ",
    };
}
