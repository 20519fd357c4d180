using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace BatchIngestion;

/// <summary>Makes landing folders of any size: January's flights by day are the templates of as many days as it takes.</summary>
static class Generate
{
    const string Template = "flights-2013-01.csv";
    const string Prefix = "flights-generated-";
    /// <summary>Beyond so many days a day is written several times, each copy with other flight numbers.</summary>
    const int MostDays = 7305;
    const int FlightStep = 10_000;
    const int MostCopies = 98;
    const int LongestRow = 256;
    static readonly DateOnly FirstDay = new(2013, 1, 1);

    /// <summary>One template row: the values that change, and the bytes between them.</summary>
    sealed record Flight(int Scheduled, int Number, int? DepDelay, int? ArrTime, int? ArrDelay, int? AirTime, byte[] AfterDepTime, byte[] AfterArrTime, byte[] AfterArrDelay, byte[] AfterNumber, byte[] AfterAirTime);

    /// <summary>Fills <paramref name="output"/> with K flights files of N rows together, and the reference files. The same
    /// seed gives the same bytes.</summary>
    public static void Run(long rows, int seed, string output, int files, CancellationToken stop)
    {
        var (header, days) = Read(ProjectFolder.At("data", "landing", Template));
        var most = days.Sum(d => (long)d.Length) / days.Length * MostDays * MostCopies;
        if (rows < 1 || rows > most) throw new UserException($"--rows is a number from 1 to {most:N0}, found {rows:N0}.", 2);
        if (files is < 1 or > 999 || files > rows) throw new UserException($"--files is a number from 1 to 999, and no more than the rows, found {files}.", 2);
        var copies = (int)(rows / (days.Sum(d => (long)d.Length) / days.Length * MostDays) + 1);

        Directory.CreateDirectory(output);
        foreach (var name in new[] { "airlines.csv", "airports.json", "planes.csv" }) File.Copy(ProjectFolder.At("data", "landing", name), Path.Combine(output, name), overwrite: true);
        var written = new List<string>();
        using var source = Rows(days, copies, seed, stop).GetEnumerator();
        for (var k = 0; k < files; k++)
        {
            var path = Path.Combine(output, $"{Prefix}{k + 1:00}.csv");
            Write(path, header, source, rows * (k + 1) / files - rows * k / files);
            written.Add(path);
        }
        foreach (var old in Directory.GetFiles(output, Prefix + "*.csv").Except(written)) File.Delete(old);
    }

    /// <summary>Writes beside the file, then renames: a file of that name is whole.</summary>
    static void Write(string path, byte[] header, IEnumerator<ReadOnlyMemory<byte>> source, long rows)
    {
        var partial = path + ".tmp";
        try
        {
            using (var file = new FileStream(partial, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20))
            {
                file.Write(header);
                for (; rows > 0 && source.MoveNext(); rows--) file.Write(source.Current.Span);
            }
            File.Move(partial, path, overwrite: true);
        }
        finally { File.Delete(partial); }
    }

    /// <summary>The rows without end, day after day. Each is valid until the next is asked for.</summary>
    static IEnumerable<ReadOnlyMemory<byte>> Rows(Flight[][] days, int copies, int seed, CancellationToken stop)
    {
        var clock = ZoneClock.Of("America/New_York") ?? throw new UserException("This machine knows no time zone America/New_York.");
        var row = new byte[LongestRow];
        var chance = (ulong)(uint)seed * 0x9E3779B97F4A7C15;
        for (var day = 0; ; day++)
        {
            stop.ThrowIfCancellationRequested();
            var date = FirstDay.AddDays(day);
            var begin = Encoding.ASCII.GetBytes(date.ToString("yyyy,M,d,", CultureInfo.InvariantCulture));
            var hours = Enumerable.Range(0, 25).Select(hour => HourOf(clock, date, hour)).ToArray();
            for (var copy = 0; copy < copies; copy++)
                foreach (var flight in days[day % days.Length])
                {
                    if (hours[flight.Scheduled / 60] is not { } hour) continue;       // the clocks skip this time
                    yield return row.AsMemory(0, Fill(row, flight, begin, hour, copy * FlightStep, Next(ref chance)));
                }
        }
    }

    /// <summary>The UTC hour of a local one with the end of the line; null where the clocks skip the hour.</summary>
    static byte[]? HourOf(ZoneClock clock, DateOnly date, int hour)
    {
        if (clock.ToUtc(date.DayNumber - SqlText.EpochDay, hour * 60, out _) is not { } instant) return null;
        return Encoding.ASCII.GetBytes(SqlText.Timestamp(instant) + "\n");
    }

    static int Fill(byte[] row, Flight f, byte[] begin, byte[] hour, int addToNumber, ulong chance)
    {
        var late = (int)(chance % 11) - 5;
        var slow = (int)((chance >> 32) % 7) - 3;
        var at = 0;
        Bytes(begin);
        Number(f.DepDelay is null ? null : Clock(f.Scheduled + f.DepDelay.Value + late));
        Bytes(f.AfterDepTime);
        Number(f.DepDelay + late);
        Bytes(","u8);
        Number(f.ArrTime is null ? null : Clock(f.ArrTime.Value + late + slow));
        Bytes(f.AfterArrTime);
        Number(f.ArrDelay + late + slow);
        Bytes(f.AfterArrDelay);
        Number(f.Number + addToNumber);
        Bytes(f.AfterNumber);
        Number(f.AirTime is null ? null : Math.Max(1, f.AirTime.Value + slow));
        Bytes(f.AfterAirTime);
        Bytes(hour);
        return at;

        void Bytes(ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(row.AsSpan(at));
            at += bytes.Length;
        }

        void Number(int? value)
        {
            if (value is null) { Bytes("NA"u8); return; }
            Utf8Formatter.TryFormat(value.Value, row.AsSpan(at), out var length);
            at += length;
        }
    }

    /// <summary>Minutes after midnight as hhmm; midnight is 2400, as in the template.</summary>
    static int Clock(int minutes)
    {
        minutes = ((minutes % 1440) + 1440) % 1440;
        return minutes == 0 ? 2400 : minutes / 60 * 100 + minutes % 60;
    }

    static (byte[] Header, Flight[][] Days) Read(string path)
    {
        var lines = File.ReadAllLines(path);
        var days = lines.Skip(1).Select(l => l.Split(',')).GroupBy(f => int.Parse(f[2], CultureInfo.InvariantCulture)).OrderBy(g => g.Key).Select(g => g.Select(FlightOf).ToArray());
        return (Encoding.ASCII.GetBytes(lines[0] + "\n"), [.. days]);
    }

    static Flight FlightOf(string[] f)
    {
        return new(Minutes(f[4])!.Value, Int(f[10])!.Value, Int(f[5]), Minutes(f[6]), Int(f[8]), Int(f[14]),
            Ascii($",{f[4]},"), Ascii($",{f[7]},"), Ascii($",{f[9]},"), Ascii($",{f[11]},{f[12]},{f[13]},"), Ascii($",{f[15]},{f[16]},{f[17]},"));

        static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);
        static int? Int(string text) => text == "NA" ? null : int.Parse(text, CultureInfo.InvariantCulture);
        static int? Minutes(string text) => Int(text) is { } hhmm ? hhmm / 100 * 60 + hhmm % 100 : null;
    }

    /// <summary>SplitMix64: the same numbers on every machine and in every version of .NET.</summary>
    static ulong Next(ref ulong state)
    {
        var z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
