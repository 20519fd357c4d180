using System.Globalization;

namespace DimensionalModel;

/// <summary>Small inputs for the checklist, the crash lab and the tests, cut from <c>data</c> or made up.</summary>
static class Sample
{
    public const string FlightHeader = "carrier,flight,tailnum,origin,dest,sched_dep_utc,sched_dep_local,dep_utc,dep_local,dep_delay,arr_delay,air_time,distance,is_cancelled,is_diverted";
    public const string PlaneHeader = "tailnum,effective_from,year_built,type,manufacturer,model,engines,seats,engine";

    /// <summary>An empty warehouse in a folder, with its schema and its fixed members.</summary>
    public static Store Empty(string folder)
    {
        Directory.CreateDirectory(folder);
        var store = new Store(Path.Combine(folder, "warehouse.db"));
        store.InTransaction(() => Modeling.CreateTables(store));
        return store;
    }

    /// <summary>Opens the warehouse that a run has made in a folder.</summary>
    public static Store Open(string folder) => new(Path.Combine(folder, "out", "warehouse.db"));

    /// <summary>A file of a load of <c>data</c>.</summary>
    public static string File(string load, string name) => ProjectFolder.At("data", load, name);

    /// <summary>Writes a load of some lines a file, and gives its folder.</summary>
    public static string Load(string folder, string asOf, params (string Name, IEnumerable<string> Lines)[] files)
    {
        Directory.CreateDirectory(folder);
        System.IO.File.WriteAllText(Path.Combine(folder, "load.json"), $$"""{ "as_of": "{{asOf}}" }""");
        foreach (var (name, lines) in files) System.IO.File.WriteAllLines(Path.Combine(folder, name), lines);
        return folder;
    }

    /// <summary>A smaller cut of both loads: one aircraft in ten with its flights, the flights without one, and every correction.</summary>
    public static void Small(string folder)
    {
        foreach (var (load, asOf) in new[] { ("load-1", "2013-02-01T12:00:00Z"), ("load-2", "2013-02-08T12:00:00Z") })
        {
            var flights = Lines(load, "flights.csv").Where((line, i) => i == 0 || load == "load-2" && i <= 24 || IsTaken(line.Split(',')[2]));
            var to = Load(Path.Combine(folder, load), asOf, ("flights.csv", flights), ("planes.csv", Lines(load, "planes.csv").Where((line, i) => i == 0 || IsTaken(line.Split(',')[0]))));
            foreach (var name in new[] { "airports.csv", "airlines.csv", "weather.csv", "withdrawn.csv" })
                if (System.IO.File.Exists(File(load, name))) System.IO.File.Copy(File(load, name), Path.Combine(to, name));
        }

        static bool IsTaken(string tail) => tail.Sum(c => c) % 10 == 0;
    }

    static IEnumerable<string> Lines(string load, string name) => System.IO.File.ReadLines(File(load, name));

    /// <summary>A flight from EWR that arrives <paramref name="delay"/> minutes late, or is cancelled when that is null.</summary>
    /// <param name="local">Its scheduled departure, YYYY-MM-DDThh:mm, five hours behind UTC.</param>
    public static string Flight(string local, int number = 1, string tail = "N1", string dest = "LAX", int? delay = 0, string carrier = "UA")
    {
        var at = DateTime.ParseExact(local, "yyyy-MM-dd'T'HH:mm", CultureInfo.InvariantCulture);
        var utc = at.AddHours(5).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        return delay is { } minutes ? $"{carrier},{number},{tail},EWR,{dest},{utc},{local},{utc},{local},0,{minutes},300,2454,0,0" : $"{carrier},{number},{tail},EWR,{dest},{utc},{local},,,,,,2454,1,0";
    }

    public static string Plane(string tail, string from, int seats) => $"{tail},{from},2000,Fixed wing multi engine,BOEING,737-800,2,{seats},Turbo-fan";
}
