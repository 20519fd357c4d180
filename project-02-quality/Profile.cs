using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace DataQuality;

/// <summary>Profiles a CSV file that no rules name yet, and proposes rules for it. They are a beginning: read them, correct them, keep
/// them in <c>rules/</c>. The file is read once; memory grows with its columns, not with its rows.</summary>
static class Profile
{
    /// <summary>In so many rows copies and keys are looked for: a hash of each is held.</summary>
    const int MostHashes = 1_000_000;

    /// <summary>The proposal, as the text of <c>rules/TABLE.json</c>. The profile of the columns, and what the user should know
    /// besides, goes to <paramref name="note"/> line by line.</summary>
    /// <exception cref="UserException">The file can't be read, or nothing can be proposed.</exception>
    public static string Run(string file, Action<string> note, CancellationToken stop)
    {
        if (!File.Exists(file)) throw new UserException($"There is no file at {file}.", 2);
        ReadFile.RefuseOther(file);
        var columns = Columns(file, note);
        var keys = new KeySearch(columns, MostHashes);
        var hashes = new ulong[columns.Count];
        var seen = new HashSet<UInt128>();
        long rows = 0, unreadable = 0, copies = 0;
        using var reader = new ReadFile(file, [.. columns.Select(c => c.Name)]);
        foreach (var row in reader.Rows())
        {
            stop.ThrowIfCancellationRequested();
            if (row.Problem is not null) { unreadable++; continue; }
            rows++;
            for (var i = 0; i < columns.Count; i++) hashes[i] = columns[i].Add(row.Fields[i]!);
            if (seen.Count < MostHashes && !seen.Add(XxHash128.HashToUInt128(MemoryMarshal.AsBytes(hashes.AsSpan())))) copies++;
            else keys.Add(hashes);
            if (rows % 10_000 == 0) Terminal.Progress($"{rows:N0} rows");
        }
        Terminal.EndProgress();
        if (rows == 0) throw new UserException($"{Path.GetFileName(file)} has no rows that can be read: nothing can be proposed.");
        foreach (var line in Layout(columns)) note(line);
        if (unreadable > 0) note($"{unreadable:N0} rows can't be read as CSV. A run quarantines them (rule structure).");
        if (copies > 0) note($"{copies:N0} rows are copies of others. A run takes them out.");
        if (columns.Any(c => c.TooMany)) note($"Where there are more than {ColumnCensus.MostDistinct:N0} distinct values, the most frequent are those among the first ones.");
        if (rows > MostHashes) note($"Copies and keys were looked for in the first {MostHashes:N0} of {rows:N0} rows.");
        var key = keys.Find();
        if (key.Count == 0) note("No column and no two columns that are always filled tell all rows apart. The proposed key is all columns: put the right ones there.");
        return Proposal.Json(Path.GetFileName(file), columns, key.Count > 0 ? key : columns, rows - copies);
    }

    /// <summary>The columns of the header that rules can name.</summary>
    static List<ColumnCensus> Columns(string file, Action<string> note)
    {
        using var reader = new ReadFile(file, []);
        var named = reader.Header.ToLookup(RuleFiles.IsIdentifier);
        if (!named[true].Any()) throw new UserException($"{Path.GetFileName(file)}: no column has a name that rules can use. Expected lower-case letters, digits and underscores, found {ReadFile.Short(string.Join(", ", reader.Header))}.");
        foreach (var other in named[false]) note($"The column '{ReadFile.Short(other)}' is left out: rules name columns with lower-case letters, digits and underscores. A run keeps its values in the raw layer.");
        return [.. named[true].Select(name => new ColumnCensus(name))];
    }

    /// <summary>The profile as lines of text, the columns below each other.</summary>
    static IEnumerable<string> Layout(IReadOnlyList<ColumnCensus> columns)
    {
        List<string[]> table = [["column", "type", "nulls", "distinct", "min", "max", "mean", "most frequent"], .. columns.Select(c => new[]
        {
            c.Name, c.Type.ToString().ToLowerInvariant(), $"{c.Nulls:N0}", c.TooMany ? $"> {ColumnCensus.MostDistinct:N0}" : $"{c.Distinct:N0}",
            Short(c.Min), Short(c.Max), c.Mean is { } mean ? LayerProfile.Figure(mean) : "", string.Join(", ", c.Frequent.Select(f => $"{Short(f.Value)} ({f.Rows:N0})")),
        })];
        var widths = table[0].Select((_, i) => table.Max(row => row[i].Length)).ToList();
        return table.Select(row => string.Join("  ", row.Select((cell, i) => i is >= 2 and <= 6 ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]))).TrimEnd());
    }

    static string Short(string text) => Terminal.Plain(text.Length > 24 ? text[..23] + "…" : text);
}
