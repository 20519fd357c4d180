using System.Globalization;
using Microsoft.Data.Sqlite;

namespace DimensionalModel;

/// <summary>The same input in plain tables as it came, one for each file and without a key or an index: what the warehouse's answers are
/// checked against, and measured against.</summary>
static class Flat
{
    static readonly (string Table, string Columns)[] Tables =
    [
        ("flights", "carrier TEXT, flight INTEGER, tailnum TEXT, origin TEXT, dest TEXT, sched_dep_utc TEXT, sched_dep_local TEXT, dep_utc TEXT, dep_local TEXT, dep_delay INTEGER, arr_delay INTEGER, air_time INTEGER, distance INTEGER, is_cancelled INTEGER, is_diverted INTEGER"),
        ("planes", "tailnum TEXT, effective_from TEXT, year_built INTEGER, type TEXT, manufacturer TEXT, model TEXT, engines INTEGER, seats INTEGER, engine TEXT"),
        ("airports", "faa TEXT, name TEXT, lat REAL, lon REAL, altitude_ft INTEGER, tzone TEXT"),
        ("airlines", "carrier TEXT, name TEXT"),
        ("weather", "origin TEXT, hour_utc TEXT, temp_f REAL, wind_speed_mph REAL, precip_in REAL, visib_mi REAL"),
    ];

    /// <summary>What makes a row of each table the same as one that came before, which it replaces.</summary>
    static readonly Dictionary<string, string> Keys = new() { ["flights"] = "carrier, flight, origin, sched_dep_utc", ["planes"] = "tailnum, effective_from", ["airports"] = "faa", ["airlines"] = "carrier", ["weather"] = "origin, hour_utc" };

    /// <summary>Fills an empty database with what is true after all loads.</summary>
    public static void Build(Store store, IReadOnlyList<Load> loads)
    {
        foreach (var (table, columns) in Tables) store.Execute($"CREATE TABLE {table} ({columns})");
        foreach (var load in loads.OrderBy(l => l.AsOf, StringComparer.Ordinal))
        {
            store.InTransaction(() =>
            {
                foreach (var (table, columns) in Tables) if (load.File(table + ".csv") is { } path) Insert(store, table, columns.Split(", "), path);
                if (load.File("withdrawn.csv") is { } withdrawn) Delete(store, withdrawn);
            });
            if (load != loads[0]) foreach (var (table, key) in Keys) store.Execute($"DELETE FROM {table} WHERE rowid NOT IN (SELECT max(rowid) FROM {table} GROUP BY {key})");
        }
    }

    /// <summary>Writes what is true after all loads as one load.</summary>
    /// <returns>Its folder.</returns>
    public static string AsOneLoad(IReadOnlyList<Load> loads, string folder)
    {
        using var store = new Store(Path.Combine(Path.GetDirectoryName(folder)!, "all.db"));
        Build(store, loads);
        var files = Tables.Select(t => (t.Table + ".csv", store.Query($"SELECT * FROM {t.Table}", r => string.Join(',', Enumerable.Range(0, r.FieldCount).Select(i => Quoted(r, i))))
            .Prepend(string.Join(',', t.Columns.Split(", ").Select(c => c.Split(' ')[0])))));
        return Sample.Load(folder, loads.Max(l => l.AsOf)!, [.. files]);

        static string Quoted(SqliteDataReader r, int i) => r.IsDBNull(i) ? "" : Convert.ToString(r.GetValue(i), CultureInfo.InvariantCulture)! is var text && text.AsSpan().ContainsAny(",\"") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }

    static void Insert(Store store, string table, string[] columns, string path)
    {
        using var file = new ReadCsv(path, [.. columns.Select(c => c.Split(' ')[0])]);
        using var insert = new Statement(store, $"INSERT INTO {table} VALUES ({string.Join(',', columns.Select(_ => "?"))})");
        var types = columns.Select(c => c.Split(' ')[1]).ToArray();
        while (file.Read())
        {
            for (var i = 0; i < columns.Length; i++) _ = types[i] switch { "INTEGER" => insert.Bind(i, (long?)file.Int(i)), "REAL" => insert.Bind(i, file.Real(i)), _ => insert.Bind(i, file.Text(i)) };
            insert.Run();
        }
    }

    static void Delete(Store store, string path)
    {
        using var file = new ReadCsv(path, "carrier", "flight", "origin", "sched_dep_utc");
        using var delete = new Statement(store, "DELETE FROM flights WHERE carrier = ? AND flight = ? AND origin = ? AND sched_dep_utc = ?");
        while (file.Read()) delete.Bind(0, file.Text(0)).Bind(1, file.RequiredInt(1)).Bind(2, file.Text(2)).Bind(3, file.Text(3)).Run();
    }
}
