using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using CsvHelper;

namespace Orchestrator;

/// <summary>What a row of the day's file turns out to be: a <see cref="Flight"/> or <see cref="Rejected"/>.</summary>
abstract record FlightRow;

/// <summary>A scheduled flight. Delays and air time in minutes, the distance in miles, <c>DepTime</c> hhmm in local time; a flight without it was
/// cancelled. <c>TimeHour</c> is the scheduled hour, UTC.</summary>
sealed record Flight(string TimeHour, string Origin, string Carrier, int Number, string Dest, string? TailNumber, int? DepTime, int? DepDelay, int? ArrDelay, int? AirTime, int Distance) : FlightRow;

/// <summary>A row that breaks a rule: where it stood (1 is the header), why, and what it was.</summary>
sealed record Rejected(long Line, string Reason, string Raw) : FlightRow;

/// <summary>Reads a file of flights row by row and holds each row against the rules. A line break always ends a row, so a quote that is
/// never closed costs one row and not the rest of the file.</summary>
sealed class FlightFile : IDisposable
{
    public const string Header = "year,month,day,dep_time,sched_dep_time,dep_delay,arr_time,sched_arr_time,arr_delay,carrier,flight,tailnum,origin,dest,air_time,distance,hour,minute,time_hour";
    enum Column { Year, Month, Day, DepTime, SchedDepTime, DepDelay, ArrTime, SchedArrTime, ArrDelay, Carrier, Flight, TailNum, Origin, Dest, AirTime, Distance, Hour, Minute, TimeHour }

    readonly CsvReader csv;
    readonly DateOnly day;
    readonly HashSet<(string, string, string, int)> seen = [];
    bool malformed;
    string? broken;

    /// <param name="path">The file.</param>
    /// <param name="day">The day that its flights must be of.</param>
    /// <exception cref="TaskFailedForGood">The header is not <see cref="Header"/>.</exception>
    public FlightFile(string path, DateOnly day)
    {
        this.day = day;
        csv = CsvReader.FromFile(path, new CsvReaderOptions { Separator = ',', AllowLineBreaksInQuotes = false, MaxRecordSize = 1 << 16, TrackLineNumbers = true, OnMalformedRecord = _ => malformed = true });
        try
        {
            csv.ReadHeader();
            var found = string.Join(',', csv.Headers.ToArray());
            if (found != Header) throw new TaskFailedForGood($"{Path.GetFileName(path)} has another header. Expected {Header}, found {Short(found)}");
        }
        catch (Exception e)
        {
            csv.Dispose();
            if (e is CsvFormatException) throw new TaskFailedForGood($"{Path.GetFileName(path)} has no header: {e.Message}");
            throw;
        }
    }

    /// <summary>The bytes of the row that was read last, without its line break. They change with the next row.</summary>
    public ReadOnlySpan<byte> Raw => csv.RawRecord;

    /// <returns>Null at the end of the file.</returns>
    /// <exception cref="TaskFailedForGood">A row is so long that this is no file of flights.</exception>
    public FlightRow? Read()
    {
        malformed = false;
        try { if (!csv.Read()) return null; }
        catch (CsvFormatException e) { throw new TaskFailedForGood($"a row near byte {e.ByteOffset:N0} is longer than 64 KB"); }
        return Parse();
    }

    FlightRow Parse()
    {
        if (!Utf8.IsValid(csv.RawRecord)) return Reject("it is not UTF-8");
        if (malformed) return Reject("a quote is not where it may be");
        if (csv.FieldCount != 19) return Reject($"expected 19 columns, found {csv.FieldCount}");
        var date = $"{Text(Column.Year)}-{Text(Column.Month)}-{Text(Column.Day)}";
        if (!DateOnly.TryParseExact(date, "yyyy-M-d", CultureInfo.InvariantCulture, DateTimeStyles.None, out var found)) return Reject($"'{Short(date)}' is not a date");
        if (found != day) return Reject($"it is of {date}, another day");

        broken = null;
        var flight = new Flight(Instant(Column.TimeHour), Needed(Column.Origin), Needed(Column.Carrier), NeededNumber(Column.Flight), Needed(Column.Dest), Text(Column.TailNum),
            Number(Column.DepTime), Number(Column.DepDelay), Number(Column.ArrDelay), Number(Column.AirTime), NeededNumber(Column.Distance));
        if (flight.Origin is not ("EWR" or "JFK" or "LGA")) Expected(Column.Origin, "an airport of New York City");
        if (flight.Distance <= 0) Expected(Column.Distance, "a distance above 0");
        if (broken is not null) return Reject(broken);
        // the key of the table: a second row would break the load of the whole day
        return seen.Add((flight.TimeHour, flight.Origin, flight.Carrier, flight.Number)) ? flight : Reject("the flight stands in the file already");
    }

    Rejected Reject(string reason) => new(csv.LineNumber, reason, Encoding.UTF8.GetString(csv.RawRecord));

    /// <summary>Null where the field is empty or <c>NA</c>.</summary>
    string? Text(Column column) => csv.GetSpan((int)column) is var field && (field.IsEmpty || field.SequenceEqual("NA"u8)) ? null : Encoding.UTF8.GetString(field);

    string Needed(Column column)
    {
        if (Text(column) is { } text) return text;
        Expected(column, "a value");
        return "";
    }

    string Instant(Column column)
    {
        var text = Needed(column);
        if (!DateTime.TryParseExact(text, "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)) Expected(column, "an instant such as 2013-01-31T10:00:00Z");
        return text;
    }

    int? Number(Column column)
    {
        if (Text(column) is null) return null;
        var field = csv.GetSpan((int)column);
        if (Utf8Parser.TryParse(field, out int value, out var used) && used == field.Length) return value;
        Expected(column, "a whole number or NA");
        return null;
    }

    int NeededNumber(Column column)
    {
        if (Number(column) is { } number) return number;
        Expected(column, "a whole number");
        return 0;
    }

    /// <summary>Notes what is wrong with the row, unless something was wrong before.</summary>
    void Expected(Column column, string expected) => broken ??= $"{Header.Split(',')[(int)column]}: expected {expected}, found '{Short(Encoding.UTF8.GetString(csv.GetSpan((int)column)))}'";

    static string Short(string text) => Terminal.Plain(text.Length > 200 ? text[..199] + "…" : text);

    public void Dispose() => csv.Dispose();
}
