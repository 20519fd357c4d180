using System.Globalization;
using Microsoft.Data.Sqlite;

namespace DimensionalModel;

/// <summary>The table of contents: the whole flow of a load, in order.</summary>
sealed class Modeling(Settings settings, Store store, CancellationToken stop)
{
    /// <summary>Takes in the loads of the input, one after the other, each in a transaction of its own; all in one when the warehouse is
    /// rebuilt.</summary>
    public static IReadOnlyList<LoadResult> Run(Settings settings, CancellationToken stop)
    {
        var loads = Loads.Find(settings.Input);
        if (File.Exists(settings.Output)) throw new UserException($"{settings.Output} is a file. Expected a folder for the warehouse.", 2);
        Directory.CreateDirectory(settings.Output);
        using var alone = Lock(settings.Output);
        try
        {
            using var store = new Store(settings.Database);
            var modeling = new Modeling(settings, store, stop);
            store.InTransaction(() => CreateTables(store));
            // nobody reads a warehouse that is still empty: each page is then written once, and not to the WAL first
            if (store.Count("SELECT count(*) FROM loads") == 0) store.Execute("PRAGMA journal_mode=DELETE");
            List<LoadResult> results = [];
            if (!settings.Rebuild)
            {
                try { foreach (var load in loads) results.Add(modeling.Take(load)); }
                catch (UserException e) when (results.Any(r => r.Status == "loaded")) { throw new UserException($"{e.Message} {string.Join(", ", results.Where(r => r.Status == "loaded").Select(r => r.Name))} was loaded before it and is there.", e.ExitCode); }
                return results;
            }
            store.InTransaction(() =>
            {
                var gone = store.Query("SELECT name FROM loads ORDER BY load_id", r => r.GetString(0)).Except(loads.Select(l => l.Name)).ToList();
                modeling.Empty();
                results.AddRange(gone.Select(name => new LoadResult(name, "gone", [])));
                foreach (var load in loads) results.Add(modeling.IsIn(load) ? new(load.Name, "skipped", []) : modeling.Load(load));
            });
            return results;
        }
        catch (SqliteException e) when (e.SqliteErrorCode is 5 or 8 or 10 or 11 or 13 or 14 or 26)      // busy, read-only, I/O, corrupt, full, can't open, no database
        {
            throw new UserException($"{settings.Database}: {e.Message}");
        }
    }

    LoadResult Take(Load load)
    {
        if (IsIn(load)) return new(load.Name, "skipped", []);
        LoadResult? result = null;
        store.InTransaction(() =>
        {
            result = Load(load);
            Failpoint.Hit("before-commit");
        });
        Failpoint.Hit("committed");
        store.Execute("PRAGMA journal_mode=WAL");
        return result!;
    }

    /// <summary>One load: dimensions before facts, what follows from the facts after them, and nothing of it when a law is broken.</summary>
    LoadResult Load(Load load)
    {
        // step 7: correct, withdraw, and load each folder whole or not at all
        var before = Audit.Flights(store);
        var keys = new KeyMap(store);
        var tables = new List<Audited>();
        var (moved, hours) = (new Dictionary<string, string>(), new List<(int, long)>());
        var id = (int)store.Count("SELECT coalesce(max(load_id), 0) + 1 FROM loads");
        store.Execute("INSERT INTO loads VALUES (?, ?, ?, ?, ?)", id, load.Name, load.Sha256, load.AsOf, settings.UtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));

        settings.Progress($"{load.Name}: dimensions");
        if (load.File("airports.csv") is { } airports) tables.Add(TypeOne.Airports(store, keys, airports, load.AsOf));
        if (load.File("airlines.csv") is { } airlines) tables.Add(TypeOne.Airlines(store, keys, airlines, load.AsOf));
        if (load.File("planes.csv") is { } planes) tables.Add(TypeTwo.Merge(store, keys, planes, load.AsOf, (tail, first) => moved[tail] = first));
        if (load.File("weather.csv") is { } weather) tables.Add(Weather.Merge(store, keys, weather, load.AsOf, (airport, hour) => hours.Add((airport, hour))));
        Failpoint.Hit("dimensions");

        var facts = new Facts(store, keys, id, load.AsOf);
        var flights = new Audited("fact_flight");
        var late = moved.Where(m => m.Value != TypeTwo.Beginning).ToDictionary();      // the others are new: no fact knows them yet
        flights.Repointed = Repoint.Aircraft(store, late, facts.Touch) + Repoint.Weather(store, hours, facts.Touch);
        var derive = new Derive(store);         // a first load is counted while it is read
        if (load.File("flights.csv") is { } file) facts.Merge(flights, file, text => settings.Progress($"{load.Name}: {text}"), stop, before == 0 ? derive.Add : null);
        tables.Add(flights);
        if (load.File("withdrawn.csv") is { } withdrawn) tables.Add(facts.Withdraw(withdrawn));
        keys.Save();
        Failpoint.Hit("facts");

        settings.Progress($"{load.Name}: aggregates");
        Calendar.Ensure(store, facts.Days);
        foreach (var first in late.Values) facts.Touch(Calendar.Key(first));
        derive.Run(facts.Touched, [.. moved.Keys.Except(late.Keys), .. facts.NewAircraft], counted: before == 0 && flights.Inserted == flights.Read && tables.Sum(t => t.Removed) == 0, stop);
        Failpoint.Hit("derived");
        stop.ThrowIfCancellationRequested();
        Audit.Check(store, before, tables);
        Audit.Write(store, id, tables);
        return new(load.Name, "loaded", tables);
        // end of step 7
    }

    /// <summary>Makes the tables and the views that are not there, and the members that every warehouse has.</summary>
    public static void CreateTables(Store store)
    {
        foreach (var sql in new[] { "dimensions.sql", "facts.sql", "views.sql" }) store.Execute(Store.Resource(sql));
        if (store.Count("SELECT count(*) FROM dim_delay_group") == 0) Calendar.Fixed(store);
    }

    /// <summary>Empties everything but the key map: what comes again gets its old keys.</summary>
    void Empty()
    {
        foreach (var table in store.Query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'key_map' AND name NOT LIKE 'sqlite_%'", r => r.GetString(0))) store.Execute($"DELETE FROM {table}");
        Calendar.Fixed(store);
    }

    /// <summary>Whether the load is in the warehouse. What was loaded under a name is not changed; a correction is a new load.</summary>
    bool IsIn(Load load)
    {
        if (store.Scalar("SELECT name FROM loads WHERE sha256 = ?", load.Sha256) is string) return true;
        if (store.Scalar("SELECT name FROM loads WHERE name = ?", load.Name) is string) throw new UserException($"{load.Name} is in the warehouse with other content. Expected a new name, and a later as_of, for a correction.");
        if (store.Scalar("SELECT name FROM loads WHERE as_of = ?", load.AsOf) is string other) throw new UserException($"{load.Name} has the same as_of as {other}, {load.AsOf}. Expected another one: of two loads the later one is right.");
        return false;
    }

    /// <summary>One run at a time in an output folder. The operating system lifts the lock when the process ends, however it ends.</summary>
    static FileStream Lock(string output)
    {
        try { return new FileStream(Path.Combine(output, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None); }
        catch (IOException e) when (e.HResult is 11 or 35 or unchecked((int)0x80070020)) { throw new UserException($"Another run is working in {output}. Wait for it, or choose another --output."); }
    }
}
