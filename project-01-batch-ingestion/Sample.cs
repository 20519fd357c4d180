namespace BatchIngestion;

/// <summary>Small inputs, cut from <c>data/landing</c>, for the checklist and the crash lab.</summary>
static class Sample
{
    const int Flights = 400;

    /// <summary>Makes a landing folder with the reference tables and some flights in an empty folder.</summary>
    public static Settings In(string folder)
    {
        var landing = Directory.CreateDirectory(Path.Combine(folder, "landing")).FullName;
        foreach (var name in new[] { "airlines.csv", "airports.json" }) File.Copy(ProjectFolder.At("data", "landing", name), Path.Combine(landing, name));
        File.WriteAllLines(Path.Combine(landing, "flights-sample.csv"), Lines(0, Flights));
        return new Settings(landing, Path.Combine(folder, "out"), ProjectFolder.At("contracts"));
    }

    /// <summary>Four files that share rows with the sample and with each other, and a copy of one.</summary>
    public static IReadOnlyList<(string Name, string Text)> Overlapping()
    {
        var files = new[] { ("flights-a.csv", 0, 60), ("flights-b.csv", 40, 60), ("flights-y.csv", 380, 60), ("flights-z.csv", 20, 100) }
            .Select(f => (Name: f.Item1, Text: string.Join('\n', Lines(f.Item2, f.Item3)) + "\n")).ToList();
        return [.. files, ("flights-0-copy-of-b.csv", files[1].Text)];
    }

    /// <summary>The header and some rows of January's flights.</summary>
    public static IEnumerable<string> Lines(int skip, int take)
    {
        var all = File.ReadLines(ProjectFolder.At("data", "landing", "flights-2013-01.csv"));
        return all.Take(1).Concat(all.Skip(1 + skip).Take(take));
    }

    /// <summary>One good row, and eight that each break another rule.</summary>
    public const string BadWeather = """
        origin,year,month,day,hour,temp,dewp,humid,wind_dir,wind_speed,wind_gust,precip,pressure,visib,time_hour
        EWR,2013,2,1,1,39.02,26.06,59.37,270,10.4,NA,0,1012,10,2013-02-01T06:00:00Z
        BOS,2013,2,1,1,39.02,26.06,59.37,270,10.4,NA,0,1012,10,2013-02-01T06:00:00Z
        EWR,2013,13,1,1,39.02,26.06,59.37,270,10.4,NA,0,1012,10,2013-02-01T07:00:00Z
        EWR,2013,2,1,one,39.02,26.06,59.37,270,10.4,NA,0,1012,10,2013-02-01T08:00:00Z
        EWR,2013,2,1,1,39.02,26.06,59.37,270,10.4,NA,0,1012,10,NA
        EWR,2013,2,1,1,warm,26.06,59.37,270,10.4,NA,0,1012,10,2013-02-01T10:00:00Z
        EWR,2013,2,1,1,39.02,26.06,59.37,270,10.4,NA,0,1012,10
        EWR,2013,2,1,1,39.02,26.06,59.37,270,10.4,NA,0,1012,10,2013-02-01T12:00:00
        EWR,2013,2,1,1,39"02,26.06,59.37,270,10.4,NA,0,1012,10,2013-02-01T13:00:00Z
        """;
}
