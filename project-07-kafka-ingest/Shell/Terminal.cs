using System.Diagnostics;
using Spectre.Console;

namespace KafkaIngest;

/// <summary>What goes to the terminal: results to stdout, progress to stderr, and no colour or cursor movement where the
/// stream is no terminal or <c>NO_COLOR</c> is set.</summary>
static class Terminal
{
    /// <summary>Prints rows under a header on stdout; a cell that is a number is right-aligned.</summary>
    public static void Table(IReadOnlyList<string> header, IEnumerable<IReadOnlyList<string>> rows)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        if (Console.IsOutputRedirected) console.Profile.Width = 10_000;
        var (all, table) = (rows.ToList(), new Table().Border(TableBorder.Simple));
        for (var i = 0; i < header.Count; i++)
        {
            var numbers = all.Count > 0 && all.All(r => r[i].Length == 0 || char.IsAsciiDigit(r[i].TrimStart('-').FirstOrDefault()));
            table.AddColumn(new TableColumn(header[i].EscapeMarkup()) { Alignment = numbers ? Justify.Right : Justify.Left, NoWrap = Console.IsOutputRedirected });
        }
        foreach (var row in all) table.AddRow([.. row.Select(cell => Plain(cell).EscapeMarkup())]);
        console.Write(table);
    }

    /// <summary>The text without control characters: what comes from a file must not steer the terminal.</summary>
    public static string Plain(string text) => text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? '\uFFFD' : c)) : text;

    static readonly bool Live = !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null or "";
    static readonly Stopwatch Since = Stopwatch.StartNew();
    static TimeSpan last = TimeSpan.MinValue;
    static int width;

    /// <summary>Says on stderr how far the work is: one line rewritten in place on a terminal, else a line every three seconds.</summary>
    public static void Progress(string text)
    {
        if (last != TimeSpan.MinValue && Since.Elapsed - last < TimeSpan.FromSeconds(Live ? 0.1 : 3)) return;
        if (last == TimeSpan.MinValue && !Live) { last = Since.Elapsed; return; }
        last = Since.Elapsed;
        if (Live) Console.Error.Write("\r" + text.PadRight(width));
        else Console.Error.WriteLine(text);
        width = text.Length;
    }

    /// <summary>Wipes the progress line, so that what is printed next begins at the left.</summary>
    public static void EndProgress()
    {
        if (Live && width > 0) Console.Error.Write("\r" + new string(' ', width) + "\r");
        width = 0;
    }
}
