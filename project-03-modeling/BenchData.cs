using System.Globalization;

namespace DimensionalModel;

/// <summary>Input of any size, made from <c>data</c>: a year in which every day is one of January's, with as many flights as are asked for.</summary>
static class BenchData
{
    static readonly TimeZoneInfo NewYork = TimeZoneInfo.FindSystemTimeZoneById("America/New_York");

    /// <summary>Writes one load with the flights of 2013, and all that they refer to. The same seed gives the same bytes.</summary>
    public static void Flights(string folder, long rows, int seed, CancellationToken stop)
    {
        Sample.Load(folder, "2014-01-01T12:00:00Z");
        foreach (var (load, name) in new[] { ("load-1", "airports.csv"), ("load-1", "airlines.csv"), ("load-2", "planes.csv") }) File.Copy(Sample.File(load, name), Path.Combine(folder, name));
        var january = File.ReadLines(Sample.File("load-1", "flights.csv")).Skip(1).Select(l => l.Split(',')).GroupBy(f => f[6][..10]).Select(day => day.OrderBy(f => f[5], StringComparer.Ordinal).ToArray()).ToArray();
        var tails = january.SelectMany(d => d).Where(f => f[2].Length > 0).GroupBy(f => f[0]).ToDictionary(g => g.Key, g => g.Select(f => f[2]).Distinct().Order(StringComparer.Ordinal).ToArray());
        var chance = new Random(seed);
        using var file = new StreamWriter(Path.Combine(folder, "flights.csv"));
        file.WriteLine(Sample.FlightHeader);
        for (var (day, left) = (0, rows); day < 365; day++)
        {
            stop.ThrowIfCancellationRequested();
            var date = new DateOnly(2013, 1, 1).AddDays(day);
            var offset = NewYork.GetUtcOffset(date.ToDateTime(new(12, 0)));
            var flights = january[day % january.Length];
            var today = left / (365 - day);
            left -= today;
            for (var at = 0; at < flights.Length; at++)
            {
                var f = flights[at];
                var local = date.ToDateTime(TimeOnly.ParseExact(f[6].AsSpan(11), "HH:mm", CultureInfo.InvariantCulture));
                var copies = today * (at + 1) / flights.Length - today * at / flights.Length;
                for (var copy = 0; copy < copies; copy++)
                {
                    var noise = chance.Next(-5, 6);
                    var departed = f[9].Length == 0 ? (DateTime?)null : local.AddMinutes(int.Parse(f[9], CultureInfo.InvariantCulture));
                    var arrDelay = f[10].Length == 0 ? "" : (int.Parse(f[10], CultureInfo.InvariantCulture) + noise).ToString(CultureInfo.InvariantCulture);
                    file.Write(f[0]); file.Write(','); file.Write(int.Parse(f[1], CultureInfo.InvariantCulture) + 10_000 * copy); file.Write(',');
                    file.Write(f[2].Length == 0 ? "" : tails[f[0]][chance.Next(tails[f[0]].Length)]); file.Write(','); file.Write(f[3]); file.Write(','); file.Write(f[4]); file.Write(',');
                    file.Write($"{local - offset:yyyy-MM-ddTHH:mm:ss}Z,{local:yyyy-MM-ddTHH:mm},");
                    if (departed is { } time) file.Write($"{time - offset:yyyy-MM-ddTHH:mm:ss}Z,{time:yyyy-MM-ddTHH:mm},"); else file.Write(",,");
                    file.Write(f[9]); file.Write(','); file.Write(arrDelay); file.Write(','); file.Write(f[11]); file.Write(','); file.Write(f[12]); file.Write(','); file.Write(f[13]); file.Write(','); file.WriteLine(f[14]);
                }
            }
        }
        Weather(Path.Combine(folder, "weather.csv"));
    }

    static void Weather(string path)
    {
        var january = File.ReadLines(Sample.File("load-1", "weather.csv")).Skip(1).Select(l => l.Split(',')).GroupBy(w => w[1][..10]).Select(g => g.ToArray()).Where(d => d.Length == 72).ToArray();
        using var file = new StreamWriter(path);
        file.WriteLine("origin,hour_utc,temp_f,wind_speed_mph,precip_in,visib_mi");
        for (var day = 0; day <= 365; day++)
            foreach (var w in january[day % january.Length]) file.WriteLine($"{w[0]},{new DateOnly(2013, 1, 1).AddDays(day):yyyy-MM-dd}{w[1][10..]},{w[2]},{w[3]},{w[4]},{w[5]}");
    }

    /// <summary>Writes two snapshots of a registry of that many aircraft; in the second, one in a hundred has changed.</summary>
    public static void Registry(string first, string second, long aircraft)
    {
        Sample.Load(first, "2013-01-01T12:00:00Z", ("planes.csv", Planes(change: false)));
        Sample.Load(second, "2013-02-01T12:00:00Z", ("planes.csv", Planes(change: true)));

        IEnumerable<string> Planes(bool change)
        {
            yield return Sample.PlaneHeader;
            for (var i = 0L; i < aircraft; i++)
            {
                yield return Sample.Plane($"N{i:0000000}", "", 100 + (int)(i % 50));
                if (change && i % 100 == 0) yield return Sample.Plane($"N{i:0000000}", "2013-01-15", 99);
            }
        }
    }
}
