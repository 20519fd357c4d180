using Microsoft.Data.Sqlite;

namespace DimensionalModel.Tests;

/// <summary>A flight as the files tell it. What is absent is null.</summary>
sealed record FlightRow(string Carrier, int Number, string? Tail, string Origin, string Utc, string Date, int? DepDelay, int? ArrDelay)
{
    public string Month => Date[..7];
}

/// <summary>What the registry says of an aircraft from a day on; from '' is since before its records.</summary>
sealed record PlaneRow(string From, int? Seats);

/// <summary>The project's data three times: as the star, as flat tables, and in memory.</summary>
sealed class QuestionData : IDisposable
{
    readonly TempFolder folder = new();
    readonly IReadOnlyList<Load> loads = Loads.Find(ProjectFolder.At("data"));
    readonly string flat;

    public string Warehouse { get; }
    /// <summary>Each flight as the last load has it, without the withdrawn ones.</summary>
    public IReadOnlyList<FlightRow> Flights { get; }
    /// <summary>Of each aircraft the rows in the order of their days.</summary>
    public Dictionary<string, List<PlaneRow>> Planes { get; }
    public Dictionary<string, string> Airlines { get; }

    public QuestionData()
    {
        var settings = new Settings(ProjectFolder.At("data"), folder.At("out"));
        Modeling.Run(settings, default);
        Warehouse = settings.Database;
        flat = folder.At("flat.db");
        using (var store = new Store(flat)) DimensionalModel.Flat.Build(store, loads);

        var flights = new Dictionary<(string?, int?, string?, string?), FlightRow>();
        foreach (var r in Read("flights", r => new FlightRow(r.Required(0), r.RequiredInt(1), r.Text(2), r.Required(3), r.Required(4), r.Required(5)[..10], r.Int(6), r.Int(7)), "carrier", "flight", "tailnum", "origin", "sched_dep_utc", "sched_dep_local", "dep_delay", "arr_delay"))
            flights[(r.Carrier, r.Number, r.Origin, r.Utc)] = r;
        foreach (var gone in Read("withdrawn", r => (r.Text(0), r.Int(1), r.Text(2), r.Text(3)), "carrier", "flight", "origin", "sched_dep_utc")) flights.Remove(gone);
        Flights = [.. flights.Values];
        Planes = Read("planes", r => (Tail: r.Required(0), From: r.DateOrEmpty(1), Seats: r.Int(2)), "tailnum", "effective_from", "seats").GroupBy(p => p.Tail)
            .ToDictionary(p => p.Key, p => p.GroupBy(r => r.From).Select(r => new PlaneRow(r.Key, r.Last().Seats)).OrderBy(r => r.From, StringComparer.Ordinal).ToList());
        Airlines = Read("airlines", r => (Carrier: r.Required(0), Name: r.Required(1)), "carrier", "name").GroupBy(a => a.Carrier).ToDictionary(a => a.Key, a => a.Last().Name);
    }

    public (string[] Columns, IReadOnlyList<object?[]> Rows) Star(string name) => Answer(Warehouse, Questions.Find(name).Sql);

    public (string[] Columns, IReadOnlyList<object?[]> Rows) Flat(string name) => Answer(flat, Store.Resource($"flat/{name}.sql"));

    static (string[] Columns, IReadOnlyList<object?[]> Rows) Answer(string database, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={database};Mode=ReadOnly;Pooling=False");
        connection.Open();
        var rows = Questions.Answer(connection, sql, out var columns);
        return (columns, rows);
    }

    /// <summary>The rows of a table's files, of the earlier load first.</summary>
    List<T> Read<T>(string table, Func<ReadCsv, T> row, params string[] columns)
    {
        var rows = new List<T>();
        foreach (var path in loads.OrderBy(l => l.AsOf, StringComparer.Ordinal).Select(l => l.File(table + ".csv")).OfType<string>())
        {
            using var file = new ReadCsv(path, columns);
            while (file.Read()) rows.Add(row(file));
        }
        return rows;
    }

    public void Dispose() => folder.Dispose();
}
