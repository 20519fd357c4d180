using System.Globalization;
using System.Text;

namespace Orchestrator;

/// <summary>Values as Python writes them, and words as a shell reads them.</summary>
static class Python
{
    // what may not be the name of a variable: the language's words, and the names that our file itself uses
    static readonly HashSet<string> Reserved =
    [
        "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except",
        "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try",
        "while", "with", "yield", "json", "subprocess", "sys", "datetime", "timedelta", "timezone", "task", "app", "look", "run", "str",
        "deadline_missed", "AirflowFailException", "AirflowSkipException", "BashOperator", "BashSensor", "COMMAND", "DAG", "FOLDERS",
        "NoRetryWhenFailedForGood", "DeadlineAlert", "DeadlineReference", "RetryDecision", "RetryPolicy", "SyncCallback",
    ];

    /// <summary>A text as a literal, all in ASCII: whatever it holds, it can't end the quotes.</summary>
    public static string Text(string value)
    {
        var literal = new StringBuilder("\"");
        foreach (var rune in value.EnumerateRunes())
            literal.Append(rune.Value switch
            {
                '\\' => "\\\\",
                '"' => "\\\"",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                >= 0x20 and < 0x7f => rune.ToString(),
                <= 0xffff => $"\\u{rune.Value:x4}",
                _ => $"\\U{rune.Value:x8}",
            });
        return literal.Append('"').ToString();
    }

    public static string Bool(bool value) => value ? "True" : "False";

    public static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>A length of time in the largest unit that holds it whole. Python counts microseconds: what is finer is cut off.</summary>
    public static string TimeDelta(TimeSpan span)
    {
        var microseconds = span.Ticks / TimeSpan.TicksPerMicrosecond;
        foreach (var (unit, length) in new[] { ("days", 86_400_000_000), ("hours", 3_600_000_000), ("minutes", 60_000_000), ("seconds", 1_000_000), ("milliseconds", 1_000) })
            if (microseconds != 0 && microseconds % length == 0) return $"timedelta({unit}={microseconds / length})";
        return microseconds == 0 ? "timedelta()" : $"timedelta(microseconds={microseconds})";
    }

    /// <summary>A moment in UTC.</summary>
    public static string DateTime(DateTime utc)
    {
        var parts = new List<int> { utc.Year, utc.Month, utc.Day };
        if (utc.TimeOfDay != TimeSpan.Zero) parts.AddRange([utc.Hour, utc.Minute]);
        var microsecond = utc.Millisecond * 1000 + utc.Microsecond;
        if (utc.Second != 0 || microsecond != 0) parts.Add(utc.Second);
        if (microsecond != 0) parts.Add(microsecond);
        return $"datetime({string.Join(", ", parts)}, tzinfo=timezone.utc)";
    }

    /// <summary>A variable's name for an id, unlike those that are taken; takes it.</summary>
    public static string Name(string id, HashSet<string> taken)
    {
        var name = string.Concat(id.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
        if (char.IsAsciiDigit(name[0])) name = "task_" + name;
        while (Reserved.Contains(name) || !taken.Add(name)) name += "_";
        return name;
    }

    /// <summary>A word as a POSIX shell reads it back.</summary>
    public static string ShellWord(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "/._-:=@%+,".Contains(c, StringComparison.Ordinal)) ? word
            : "'" + word.Replace("'", "'\"'\"'", StringComparison.Ordinal) + "'";
}
