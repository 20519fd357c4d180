using System.Text.RegularExpressions;

namespace Orchestrator;

/// <summary>One field of a cron expression, read by the rules of croniter, the library that Airflow reads it with. What
/// croniter and Cronos understand differently never reaches Cronos: it gets plain lists of numbers.</summary>
/// <param name="Text">As written, in small letters.</param>
/// <param name="Values">The numbers that it names, in order; Sunday is 0.</param>
/// <param name="Special">What is no number: <c>L</c>, <c>15W</c>, <c>5#2</c>, <c>5L</c>, in Cronos' spelling.</param>
/// <param name="Full">Whether every number of the field is named.</param>
sealed partial record CronField(string Text, IReadOnlyList<int> Values, IReadOnlyList<string> Special, bool Full)
{
    /// <summary>In croniter's order; the seconds, where there are any, come LAST, not first as with Cronos and Quartz.</summary>
    public static readonly string[] Names = ["minute", "hour", "day of month", "month", "day of week", "second"];

    static readonly (int Min, int Max)[] Ranges = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 6), (0, 59)];
    static readonly string[] Months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    static readonly string[] Days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    /// <summary>The field for Cronos; several where one can't say it, each alone is a reason to run.</summary>
    public IEnumerable<string> Alternatives => Full ? ["*"] : Values.Count > 0 ? [string.Join(',', Values), .. Special] : Special;

    public bool Star => Text is "*" or "?";

    /// <summary>Reads the field at this place (see <see cref="Names"/>).</summary>
    /// <exception cref="FormatException">What is wrong, without the expression's and the field's name.</exception>
    public static CronField Read(int place, string text)
    {
        text = text.ToLowerInvariant();
        var (min, max) = Ranges[place];
        if (text == "*" || (text == "?" && place is 2 or 4)) return new(text, [.. Enumerable.Range(min, max - min + 1)], [], true);
        var (values, special) = (new List<int>(), new List<string>());
        var items = text.Split(',');
        foreach (var item in items)
            if (SpecialDay(place, item) is { } day) special.Add(day); else values.AddRange(Numbers(place, item).Where(n => !values.Contains(n)).ToList());
        values.Sort();
        // croniter takes "L" beside numbers, but nothing else of the kind
        if (special.Any(s => s != "L") && values.Count > 0) throw new FormatException("mixes weekdays of a month (#, L) with plain ones");
        if (special.Any(s => s.EndsWith('W')) && items.Length > 1) throw new FormatException("has W in a list; it takes a single day");
        return new(text, [.. values], special, values.Count == max - min + 1);
    }

    static string? SpecialDay(int place, string item)
    {
        if (place == 2 && item == "l") return "L";
        if (place == 2 && item.Contains('w') && NearestWeekday().Match(item) is { Success: true } nearest)
        {
            var day = nearest.Groups["day"].Value;
            // in a month without a 31st croniter takes 31W for its last day, Cronos skips the month
            return int.Parse(day) is >= 1 and <= 28 ? $"{int.Parse(day)}W" : throw new FormatException($"'{item}' is not supported; W takes the days 1 to 28");
        }
        if (place == 4 && item.Contains('#') && NthWeekday().Match(item) is { Success: true } nth) return $"{Number(4, nth.Groups["day"].Value)}#{nth.Groups["nth"].Value}";
        if (place == 4 && item.StartsWith('l') && LastWeekday().Match(item) is { Success: true } last) return $"{Number(4, last.Groups["day"].Value)}L";
        return null;
    }

    static IEnumerable<int> Numbers(int place, string item)
    {
        // most fields are a number; the process of a task is not to load regular expressions for it at each start
        if (item.Length > 0 && item.All(char.IsAsciiDigit)) return [Number(place, item)];
        var (min, max) = Ranges[place];
        if (Range().Match(item) is not { Success: true } match) throw new FormatException($"'{item}' is not understood");
        var (from, to, step) = (match.Groups["from"].Value, match.Groups["to"].Value, match.Groups["step"].Success ? int.Parse(match.Groups["step"].Value) : 1);
        if (step == 0) throw new FormatException($"'{item}' has the step 0");
        if (from == "*" && (to != "" || !match.Groups["step"].Success)) throw new FormatException($"'{item}' can't stand beside other values");
        var low = from == "*" ? min : Number(place, from);
        var high = to switch { "" when match.Groups["step"].Success => max, "" => low, "l" when place == 2 => max, _ => Number(place, to) };
        // to croniter 5-5 is no 5 but the whole field, which nobody means; 0-7, Sunday to Sunday, is meant
        if (to != "" && low == high) (low, high) = from != to && place == 4 ? (min, max) : throw new FormatException($"'{item}' starts where it ends, which Airflow takes for the whole field; write '{from}' or '*'");
        if (low <= high) return Every(low, high, step);
        return step == 1 ? [.. Every(low, max, 1), .. Every(min, high, 1)] : throw new FormatException($"'{item}' has a step in a range that runs over the end");
    }

    static IEnumerable<int> Every(int low, int high, int step)
    {
        for (var value = low; value <= high; value += step) yield return value;
    }

    static int Number(int place, string text)
    {
        var (min, max) = Ranges[place];
        var named = place switch { 3 => Array.IndexOf(Months, text) + 1, 4 => Array.IndexOf(Days, text), _ => -1 };
        if (named >= min) return named;
        if (!int.TryParse(text, out var number)) throw new FormatException($"'{text}' is not understood");
        if (place == 4 && number == 7) return 0;
        return number >= min && number <= max ? number : throw new FormatException($"{number} is not between {min} and {(place == 4 ? 7 : max)}");
    }

    [GeneratedRegex(@"^(?<from>\*|[a-z0-9]+)(-(?<to>[a-z0-9]+))?(/(?<step>[0-9]{1,4}))?$")] private static partial Regex Range();
    [GeneratedRegex("^((?<day>[0-9]{1,4})w|w(?<day>[0-9]{1,4}))$")] private static partial Regex NearestWeekday();
    [GeneratedRegex("^(?<day>[a-z0-9]+)#(?<nth>[1-5])$")] private static partial Regex NthWeekday();
    [GeneratedRegex("^l(?<day>[0-7])$")] private static partial Regex LastWeekday();
}
