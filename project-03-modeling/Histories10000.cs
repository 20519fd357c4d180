using System.Globalization;

namespace DimensionalModel;

/// <summary>Ten thousand random histories of aircraft, dealt into loads: what one aircraft was from which day on, with corrections by later
/// loads.</summary>
static class Histories10000
{
    public const int Loads = 6;
    const int Aircraft = 10_000;
    static readonly DateOnly First = new(2013, 1, 1);

    /// <summary>The days on which a change may begin, and the day before the first of them.</summary>
    public static readonly IReadOnlyList<string> Days = [.. Enumerable.Range(-1, 8).Select(i => First.AddDays(i).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture))];

    public static string AsOf(int load) => $"2013-02-0{load + 1}T00:00:00Z";

    public static IEnumerable<int> Shuffled(int seed)
    {
        var order = Enumerable.Range(0, Loads).ToArray();
        new Random(seed).Shuffle(order);
        return order;
    }

    /// <summary>Writes the loads as files, <c>0.csv</c> and so on.</summary>
    /// <returns>What is known of each aircraft after all of them: of each day the word of the latest load.</returns>
    public static IReadOnlyDictionary<string, IReadOnlyList<Observation>> Deal(string folder, int seed)
    {
        var chance = new Random(seed);
        var files = Enumerable.Range(0, Loads).Select(_ => new List<string> { Sample.PlaneHeader }).ToArray();
        var known = new Dictionary<string, IReadOnlyList<Observation>>();
        for (var i = 0; i < Aircraft; i++)
        {
            var (tail, said) = ($"N{i}", new SortedDictionary<string, Observation>(StringComparer.Ordinal));
            for (var load = 0; load < Loads; load++)
                foreach (var day in Days.Prepend("").Where(_ => chance.Next(12) == 0 || load == Loads - 1 && said.Count == 0).ToList())
                {
                    var seats = 100 + chance.Next(3);       // few values: neighbours are often the same
                    files[load].Add(Sample.Plane(tail, day, seats));
                    said[day] = new(day, new(2000, "", "", "", 2, seats, ""));
                }
            known[tail] = [.. said.Values];
        }
        for (var load = 0; load < Loads; load++) File.WriteAllLines(Path.Combine(folder, $"{load}.csv"), files[load]);
        return known;
    }

    /// <summary>The seats on a day: those of the last observation before or on it; before the first one, those of the first.</summary>
    public static int? SeatsOn(IReadOnlyList<Observation> observations, string day) =>
        observations.LastOrDefault(o => string.CompareOrdinal(o.EffectiveFrom, day) <= 0, observations[0]).Is.Seats;
}
