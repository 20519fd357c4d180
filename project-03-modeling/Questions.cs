using System.Globalization;
using Microsoft.Data.Sqlite;

namespace DimensionalModel;

/// <summary>What a chart of an answer shows: the columns whose texts label a row, and the column that is its figure.</summary>
sealed record ChartColumns(IReadOnlyList<string> Labels, string Value);

/// <summary>A question that the star answers: a file in <c>Sql/questions</c>, whose first lines say what it asks and of what a row is.</summary>
sealed record Question(string Name, string Text, string Grain, string Sql, ChartColumns Chart);

/// <summary>The questions, and their answers in the terminal. The report shows the same ones.</summary>
static class Questions
{
    const string Folder = "questions/";

    public static IReadOnlyList<Question> All { get; } =
    [
        .. typeof(Questions).Assembly.GetManifestResourceNames().Where(name => name.StartsWith(Folder, StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .Select(name => Parse(name[Folder.Length..^".sql".Length], Store.Resource(name))),
    ];

    /// <summary>A question from its file.</summary>
    /// <exception cref="FormatException">A line is missing that the file must begin with.</exception>
    public static Question Parse(string name, string sql)
    {
        var chart = Line("chart").Split(" / ");
        return new(name, Line("question"), Line("grain"), sql, new(chart[0].Split('+'), chart[1]));

        string Line(string word) => sql.Split('\n').FirstOrDefault(line => line.StartsWith($"-- {word}: ", StringComparison.Ordinal))?[$"-- {word}: ".Length..].Trim()
            ?? throw new FormatException($"questions/{name}.sql has no line '-- {word}: …'.");
    }

    public static int List()
    {
        Terminal.Table(["name", "question"], All.Select(q => (IReadOnlyList<string>)[q.Name, q.Text]));
        return 0;
    }

    /// <summary>Prints the answer to one question, as a table and as bars.</summary>
    /// <param name="warehouse">The database's path.</param>
    public static int Ask(string warehouse, string name)
    {
        var question = Find(name);
        using var connection = Warehouse.Open(warehouse);
        var rows = Answer(connection, question.Sql, out var columns);
        Console.WriteLine(question.Text);
        Console.WriteLine($"Grain: {question.Grain}.");
        Terminal.Table(columns, rows.Select(row => (IReadOnlyList<string>)[.. row.Select(Shown)]));
        Console.WriteLine(question.Chart.Value);
        foreach (var line in Bars.Lines(Points(question, columns, rows))) Console.WriteLine(line);
        return 0;
    }

    /// <summary>The question of that name.</summary>
    /// <exception cref="UserException">There is none; the message names the nearest. Exit code 2.</exception>
    public static Question Find(string name) => All.FirstOrDefault(q => q.Name == name)
        ?? throw new UserException($"There is no question '{Terminal.Plain(name)}'.{(All.MinBy(q => Distance(q.Name, name)) is { } near && Distance(near.Name, name) <= 4 ? $" Did you mean '{near.Name}'?" : "")} All of them: dotnet run -- ask", 2);

    /// <summary>The rows of an answer, in its order. Values are long, double, string or null; a zero is never negative, as that of
    /// round(-0.04, 1) is.</summary>
    public static IReadOnlyList<object?[]> Answer(SqliteConnection connection, string sql, out string[] columns)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        columns = [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)];
        var rows = new List<object?[]>();
        while (reader.Read())
        {
            var row = new object?[reader.FieldCount];
            for (var i = 0; i < row.Length; i++) row[i] = reader.GetValue(i) switch { DBNull => null, 0.0 => 0.0, var value => value };
            rows.Add(row);
        }
        return rows;
    }

    /// <summary>What the chart of an answer shows: of each row its label's parts, and its figure.</summary>
    public static IReadOnlyList<Point> Points(Question question, string[] columns, IReadOnlyList<object?[]> rows)
    {
        var labels = question.Chart.Labels.Select(name => Array.IndexOf(columns, name)).ToArray();
        var value = Array.IndexOf(columns, question.Chart.Value);
        return [.. rows.Select(row => new Point([.. labels.Select(i => Shown(row[i]))], row[value] is { } figure ? Convert.ToDouble(figure, CultureInfo.InvariantCulture) : null, Shown(row[value])))];
    }

    /// <summary>A value as people read it.</summary>
    public static string Shown(object? value) => value switch
    {
        null => "",
        double real => real.ToString("N1", CultureInfo.InvariantCulture),
        long whole => whole.ToString("N0", CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    /// <summary>How many letters to change, add or take out; none where one name is a part of the other.</summary>
    static int Distance(string name, string asked)
    {
        if (asked.Length > 2 && name.Contains(asked, StringComparison.OrdinalIgnoreCase)) return 0;
        var row = Enumerable.Range(0, asked.Length + 1).ToArray();
        foreach (var (i, letter) in name.Index())
        {
            var (diagonal, first) = (row[0], i + 1);
            row[0] = first;
            for (var j = 1; j <= asked.Length; j++) (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (letter == asked[j - 1] ? 0 : 1)));
        }
        return row[^1];
    }
}

/// <summary>A row of an answer in a chart.</summary>
/// <param name="Label">The parts of its label.</param>
/// <param name="Value">Null where the row has no figure.</param>
/// <param name="Shown">The figure as people read it.</param>
sealed record Point(IReadOnlyList<string> Label, double? Value, string Shown);

/// <summary>A bar chart of letters, for the terminal.</summary>
static class Bars
{
    const int Most = 24, Wide = 40, LongestLabel = 40;
    const string Eighths = "▏▎▍▌▋▊▉█";

    /// <summary>A line a point: label, bar, figure. Of more points than fit the last ones are shown: long answers are in the order of
    /// time.</summary>
    public static IEnumerable<string> Lines(IReadOnlyList<Point> points)
    {
        if (points.Count == 0) return ["No rows."];
        var shown = points.TakeLast(Most).Select(p => (Label: Cut(Terminal.Plain(string.Join(' ', p.Label))), p.Value, p.Shown)).ToList();
        var (low, high) = (Math.Min(0, shown.Min(p => p.Value ?? 0)), Math.Max(0, shown.Max(p => p.Value ?? 0)));
        var cell = high > low ? (high - low) / Wide : 1;
        var left = low < 0 ? Math.Max(1, (int)Math.Ceiling(-low / cell)) : 0;
        var labels = shown.Max(p => p.Label.Length);
        var lines = shown.Select(p => $"{p.Label.PadRight(labels)}  {Bar(p.Value ?? 0, cell, left)} {p.Shown}".TrimEnd());
        return points.Count > Most ? lines.Append($"The last {Most} of {points.Count:N0} rows.") : lines;
    }

    /// <summary>From zero to the right in eighths of a letter; from zero to the left in halves, for there are no other letters.</summary>
    static string Bar(double value, double cell, int left)
    {
        if (value < 0)
        {
            var halves = Math.Max(1, (int)Math.Round(-value / cell * 2));
            return ((halves % 2 == 1 ? "▐" : "") + new string('█', halves / 2)).PadLeft(left);
        }
        var eighths = value == 0 ? 0 : Math.Max(1, (int)Math.Round(value / cell * 8));
        return new string(' ', left) + new string('█', eighths / 8) + (eighths % 8 == 0 ? "" : Eighths[eighths % 8 - 1]);
    }

    static string Cut(string label) => label.Length > LongestLabel ? label[..(LongestLabel - 1)] + "…" : label;
}
