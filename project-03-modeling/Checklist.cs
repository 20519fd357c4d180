using System.Globalization;
using Microsoft.Data.Sqlite;

namespace DimensionalModel;

/// <summary>The evaluation checklist as code. Each proof runs the real code in an empty folder. The delegates are the places where a
/// test puts a broken pipeline, to see that the item can turn red.</summary>
sealed class Checklist
{
    /// <summary>How many implementation steps the README has.</summary>
    public const int Steps = 8;

    public CancellationToken Stop { get; init; }
    public Func<Settings, IReadOnlyList<LoadResult>> Run { get; init; } = settings => Modeling.Run(settings, default);
    /// <summary>Is called on what a stage has written, before it is looked at.</summary>
    public Action<Store> Stored { get; init; } = _ => { };
    public Func<Store, IReadOnlyDictionary<string, string>, long> RepointAircraft { get; init; } = (store, moved) => Repoint.Aircraft(store, moved, _ => { });
    /// <summary>The as_of of a load that comes as the n-th.</summary>
    public Func<int, int, string> AsOf { get; init; } = (load, _) => Histories10000.AsOf(load);
    public Func<SemanticModel, SemanticModel> Model { get; init; } = model => model;
    public Func<CrashPlan, CrashPlan> Crashes { get; init; } = plan => plan;

    public IReadOnlyList<Check> Items() =>
    [
        new("P3-1", "The calendar is complete, and every dimension has the members -1 and -2", Sync(Calendars)),
        new("P3-2", "A surrogate key is given once and outlives a reload in another order", Sync(KeysStay)),
        new("P3-3", "Type 2 has no gap and no overlap, in whatever order changes come", Sync(Histories)),
        new("P3-4", "One fact for each scheduled flight, and none twice", Sync(Grain)),
        new("P3-5", "Additive measures sum to the total of the flat input", Sync(Totals)),
        new("P3-6", "A member that comes after its facts is completed in place", Sync(Inferred)),
        new("P3-7", "A change that comes late re-points its facts and no others", Sync(Repointed)),
        new("P3-8", "Aggregates and snapshot count what the facts count", Sync(Derived)),
        new("P3-9", "No key is NULL or leads nowhere, and a natural key has one member", Sync(Referential)),
        new("P3-10", "Loads in either order give what one load of everything gives", Sync(Incremental)),
        new("P3-11", "Killed anywhere, a load is there whole or not at all", Killed),
        new("P3-12", "Every question is answered as the flat input answers it", Sync(Answered)),
        new("P3-13", "Metrics refuse wrong sums and fan-out; an aggregate answers as the facts", Sync(Metrics)),
    ];

    static Func<string, Task<string>> Sync(Func<string, string> prove) => scratch => Task.FromResult(prove(scratch));

    string Calendars(string scratch)
    {
        using var store = Sample.Empty(scratch);
        Calendar.Ensure(store, (20121231, 20130208));
        Stored(store);
        var days = store.Query("SELECT date FROM dim_date WHERE date_key > 0 ORDER BY date_key", r => DateOnly.ParseExact(r.GetString(0), "yyyy-MM-dd", CultureInfo.InvariantCulture));
        for (var i = 1; i < days.Count; i++) CheckFailed.Unless(days[i] == days[i - 1].AddDays(1), $"after {days[i - 1]:yyyy-MM-dd} comes {days[i]:yyyy-MM-dd}");
        CheckFailed.Unless((days[0], days[^1]) == (new DateOnly(2012, 1, 1), new DateOnly(2013, 12, 31)), $"{days[0]:yyyy-MM-dd} to {days[^1]:yyyy-MM-dd}");
        CheckFailed.Unless(store.Count("SELECT count(*) FROM dim_time_of_day WHERE time_key BETWEEN 0 AND 1439 AND hour * 60 + minute = time_key") == 1440, "a minute is missing");
        var week = store.Scalar("SELECT iso_year || '-W' || iso_week || ' ' || weekday_name FROM dim_date WHERE date = '2012-12-31'");
        CheckFailed.Unless(week as string == "2013-W1 Monday", $"2012-12-31 is {week}");
        var holidays = store.Query("SELECT date || ' ' || holiday FROM dim_date WHERE year = 2013 AND holiday <> 'none' ORDER BY date_key", r => r.GetString(0));
        CheckFailed.Unless(holidays.Count == 10 && holidays.Contains("2013-01-21 Birthday of Martin Luther King, Jr.") && holidays.Contains("2013-11-28 Thanksgiving Day"), string.Join(", ", holidays));
        string[] dimensions = ["date", "time_of_day", "airport", "airline", "aircraft", "delay_group", "weather"];
        foreach (var dimension in dimensions)
            CheckFailed.Unless(store.Count($"SELECT count(*) FROM dim_{dimension} WHERE {(dimension == "time_of_day" ? "time" : dimension)}_key IN (-1, -2)") == 2, $"dim_{dimension} lacks -1 or -2");
        var groups = string.Join(' ', new int?[] { null, -16, -15, -1, 0, 14, 15, 179, 180, 1300 }.Select(Calendar.DelayGroup));
        CheckFailed.Unless(groups == "-2 1 2 2 3 3 4 14 15 15", $"delay groups {groups}");
        return $"{days.Count} days, 1,440 minutes, {holidays.Count} holidays, {dimensions.Length} dimensions";
    }

    string KeysStay(string scratch)
    {
        using var store = Sample.Empty(scratch);
        Merge("load-1", "2013-02-01T12:00:00Z");
        Merge("load-2", "2013-02-08T12:00:00Z");
        var before = Keys();
        Stored(store);
        store.Execute("DELETE FROM dim_airport WHERE airport_key > 0; DELETE FROM dim_airline WHERE airline_key > 0");
        Merge("load-2", "2013-02-08T12:00:00Z");
        Merge("load-1", "2013-02-01T12:00:00Z");
        foreach (var (was, now) in before.Zip(Keys())) CheckFailed.Unless(was == now, $"'{was}' was, '{now}' is");
        CheckFailed.Unless(store.Scalar("SELECT name FROM dim_airport WHERE faa = 'LGA'") as string == "LaGuardia", "the older snapshot has overwritten the later one");
        return $"{before.Count:N0} keys before, the same after";

        IReadOnlyList<string> Keys() => store.Query("SELECT faa || ' ' || airport_key FROM dim_airport UNION ALL SELECT carrier || ' ' || airline_key FROM dim_airline ORDER BY 1", r => r.GetString(0));

        void Merge(string load, string asOf) => store.InTransaction(() =>
        {
            var keys = new KeyMap(store);
            TypeOne.Airports(store, keys, Sample.File(load, "airports.csv"), asOf);
            TypeOne.Airlines(store, keys, Sample.File(load, "airlines.csv"), asOf);
            keys.Save();
        });
    }

    string Histories(string scratch)
    {
        using var store = Sample.Empty(scratch);
        var aircraft = Histories10000.Deal(scratch, seed: 3);
        foreach (var (arrival, load) in Histories10000.Shuffled(seed: 4).Index())
            store.InTransaction(() =>
            {
                var keys = new KeyMap(store);
                TypeTwo.Merge(store, keys, Path.Combine(scratch, $"{load}.csv"), AsOf(load, arrival), (_, _) => { });
                keys.Save();
            });
        Stored(store);
        var versions = 0;
        foreach (var tail in store.Query("SELECT tailnum, valid_from, valid_to, is_current, seats FROM dim_aircraft WHERE aircraft_key > 0 ORDER BY tailnum, valid_from", r => (Tail: r.GetString(0), From: r.GetString(1), To: r.GetString(2), Current: r.GetInt32(3), Seats: r.GetInt32(4))).GroupBy(v => v.Tail))
        {
            var found = tail.ToList();
            versions += found.Count;
            for (var i = 0; i < found.Count; i++)
            {
                CheckFailed.Unless(found[i].From == (i == 0 ? TypeTwo.Beginning : found[i - 1].To), $"{tail.Key}: a gap or an overlap at {found[i].From}");
                CheckFailed.Unless((found[i].To == TypeTwo.End, found[i].Current == 1) is (true, true) or (false, false) && (found[i].To == TypeTwo.End) == (i == found.Count - 1), $"{tail.Key}: the version of {found[i].From} to {found[i].To} has is_current {found[i].Current}");
            }
            // what was true on each day, from the observations alone
            foreach (var day in Histories10000.Days)
            {
                var expected = Histories10000.SeatsOn(aircraft[tail.Key], day);
                var version = found.Single(v => string.CompareOrdinal(v.From, day) <= 0 && string.CompareOrdinal(day, v.To) < 0);
                CheckFailed.Unless(version.Seats == expected, $"{tail.Key} on {day}: {version.Seats} seats instead of {expected}");
            }
        }
        CheckFailed.Unless(store.Count("SELECT count(DISTINCT tailnum) FROM dim_aircraft WHERE aircraft_key > 0") == aircraft.Count, "an aircraft is missing");
        return $"{aircraft.Count:N0} aircraft, {Histories10000.Loads} loads, {versions:N0} versions";
    }

    string Grain(string scratch)
    {
        using var store = January(scratch);
        Stored(store);
        // counted again by nothing but a split at commas
        var keys = File.ReadLines(Sample.File("load-1", "flights.csv")).Skip(1).Select(l => l.Split(',')).Select(f => (f[0], f[1], f[3], f[5])).ToHashSet();
        var facts = store.Query("SELECT l.carrier, f.flight_number, a.faa, strftime('%Y-%m-%dT%H:%M:%SZ', f.sched_dep_utc, 'unixepoch') FROM fact_flight f JOIN dim_airline l USING (airline_key) JOIN dim_airport a ON a.airport_key = f.origin_airport_key", r => (r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3)));
        CheckFailed.Unless(facts.Count == keys.Count, $"{keys.Count:N0} scheduled flights, {facts.Count:N0} facts");
        CheckFailed.Unless(keys.SetEquals(facts), $"a fact that is no flight: {facts.FirstOrDefault(f => !keys.Contains(f))}");
        return $"{keys.Count:N0} scheduled flights, {facts.Count:N0} facts";
    }

    string Totals(string scratch)
    {
        using var store = January(scratch);
        Stored(store);
        var flights = File.ReadLines(Sample.File("load-1", "flights.csv")).Skip(1).Select(l => l.Split(',')).ToList();
        long Sum(int column) => flights.Sum(f => f[column].Length == 0 ? 0 : long.Parse(f[column], CultureInfo.InvariantCulture));
        (string Measure, long Expected)[] totals = [("cancelled", Sum(13)), ("diverted", Sum(14)), ("on_time", flights.Count(f => f[10].Length > 0 && int.Parse(f[10], CultureInfo.InvariantCulture) < 15)), ("dep_delay_minutes", Sum(9)), ("arr_delay_minutes", Sum(10)), ("air_minutes", Sum(11)), ("distance_miles", Sum(12))];
        foreach (var (measure, expected) in totals)
            CheckFailed.Unless(store.Count($"SELECT sum({measure}) FROM fact_flight") == expected, $"{measure}: {store.Count($"SELECT sum({measure}) FROM fact_flight"):N0} instead of {expected:N0}");
        return $"{totals.Length} measures, such as {totals[^1].Expected:N0} miles and {totals[4].Expected:N0} minutes late";
    }

    string Inferred(string scratch)
    {
        using var store = January(scratch);
        IReadOnlyList<string> Keys() => store.Query("SELECT faa || ' ' || airport_key FROM dim_airport WHERE faa IN ('BQN', 'PSE', 'SJU', 'STT') UNION ALL SELECT tailnum || ' ' || aircraft_key FROM dim_aircraft WHERE tailnum LIKE '%MQ' AND valid_from = '0001-01-01' ORDER BY 1", r => r.GetString(0));
        var before = Keys();
        var waiting = store.Count("SELECT count(*) FROM dim_airport WHERE is_inferred = 1") + store.Count("SELECT count(*) FROM dim_aircraft WHERE is_inferred = 1");
        store.InTransaction(() =>
        {
            var keys = new KeyMap(store);
            TypeOne.Airports(store, keys, Sample.File("load-2", "airports.csv"), "2013-02-08T12:00:00Z");
            TypeTwo.Merge(store, keys, Sample.File("load-2", "planes.csv"), "2013-02-08T12:00:00Z", (_, _) => { });
            keys.Save();
        });
        Stored(store);
        foreach (var (was, now) in before.Zip(Keys())) CheckFailed.Unless(was == now, $"'{was}' was, '{now}' is");
        var left = store.Count("SELECT count(*) FROM dim_airport WHERE is_inferred = 1") + store.Count("SELECT count(*) FROM dim_aircraft WHERE is_inferred = 1");
        var puerto = store.Count("SELECT count(*) FROM fact_flight f JOIN dim_airport a ON a.airport_key = f.dest_airport_key WHERE a.tzone = 'America/Puerto_Rico'");
        CheckFailed.Unless(puerto == 610, $"{puerto} flights to Puerto Rico instead of 610");
        CheckFailed.Unless(waiting - left == 44, $"{waiting} inferred members, {left} left");
        return $"{waiting} inferred, {waiting - left} completed, {puerto} flights have found their zone";
    }

    string Repointed(string scratch)
    {
        using var store = Sample.Empty(scratch);
        var files = 0;
        string At(params string[] lines) { var path = Path.Combine(scratch, $"{files++}.csv"); File.WriteAllLines(path, lines); return path; }
        var moved = new Dictionary<string, string>();
        store.InTransaction(() =>
        {
            var keys = new KeyMap(store);
            store.Execute("INSERT INTO loads VALUES (1, 'a', 'a', '2013-02-01T00:00:00Z', '')");
            TypeTwo.Merge(store, keys, At(Sample.PlaneHeader, Sample.Plane("N1", "", 100), Sample.Plane("N2", "", 100)), "2013-02-01T00:00:00Z", (_, _) => { });
            var flights = from tail in new[] { "N1", "N2", "" } from day in Enumerable.Range(1, 28) select Sample.Flight($"2013-01-{day:00}T10:00", tail == "N1" ? 1 : tail == "N2" ? 2 : 3, tail);
            new Facts(store, keys, 1, "2013-02-01T00:00:00Z").Merge(new("fact_flight"), At([Sample.FlightHeader, .. flights]), _ => { }, default);
            TypeTwo.Merge(store, keys, At(Sample.PlaneHeader, Sample.Plane("N1", "2013-01-20", 120), Sample.Plane("N1", "2013-01-10", 110)), "2013-02-02T00:00:00Z", (tail, first) => moved[tail] = first);
            keys.Save();
        });
        var others = Inspect.Digest(store, "SELECT * FROM fact_flight WHERE flight_number > 1");
        var count = RepointAircraft(store, moved);
        var seats = string.Join(' ', store.Query("SELECT a.seats FROM fact_flight f JOIN dim_aircraft a USING (aircraft_key) WHERE flight_number = 1 ORDER BY sched_dep_utc", r => r.GetInt32(0)).GroupBy(s => s).Select(g => $"{g.Count()}×{g.Key}"));
        CheckFailed.Unless(seats == "9×100 10×110 9×120", $"the flights of January have seats {seats}");
        CheckFailed.Unless(others == Inspect.Digest(store, "SELECT * FROM fact_flight WHERE flight_number > 1"), "facts of other aircraft were changed");
        var hours = new List<(int, long)>();
        var weather = new KeyMap(store);
        store.InTransaction(() =>
        {
            Weather.Merge(store, weather, At("origin,hour_utc,temp_f,wind_speed_mph,precip_in,visib_mi", "EWR,2013-01-05T15:00:00Z,20,25,0,0.5"), "2013-02-02T00:00:00Z", (airport, hour) => hours.Add((airport, hour)));
            weather.Save();
        });
        var snowed = Repoint.Weather(store, hours, _ => { });
        CheckFailed.Unless(snowed == 3 && store.Count("SELECT count(*) FROM fact_flight f JOIN dim_weather USING (weather_key) WHERE visibility = 'below 1 mi' AND sched_date_key = 20130105") == 3, $"{snowed} facts got the late weather instead of 3");
        return $"{count} of 84 facts to later versions, {snowed} to late weather; {Streams(Path.Combine(scratch, "streams")):N0} of random histories";
    }

    /// <summary>A fact of each aircraft is there first, then its history comes in loads out of order: each fact must end at its version.</summary>
    int Streams(string scratch)
    {
        using var store = Sample.Empty(scratch);
        var aircraft = Histories10000.Deal(scratch, seed: 5);
        var days = aircraft.Keys.Index().ToDictionary(a => a.Item, a => Histories10000.Days[1 + a.Index % (Histories10000.Days.Count - 1)]);
        File.WriteAllLines(Path.Combine(scratch, "flights.csv"), days.Select((d, i) => Sample.Flight(d.Value + "T10:00", i, d.Key)).Prepend(Sample.FlightHeader));
        store.InTransaction(() =>
        {
            store.Execute("INSERT INTO loads VALUES (1, 'a', 'a', '2013-01-31T00:00:00Z', '')");
            var keys = new KeyMap(store);
            new Facts(store, keys, 1, "2013-01-31T00:00:00Z").Merge(new("fact_flight"), Path.Combine(scratch, "flights.csv"), _ => { }, default);
            keys.Save();
        });
        foreach (var load in Histories10000.Shuffled(seed: 6))
            store.InTransaction(() =>
            {
                var (keys, moved) = (new KeyMap(store), new Dictionary<string, string>());
                TypeTwo.Merge(store, keys, Path.Combine(scratch, $"{load}.csv"), Histories10000.AsOf(load), (tail, first) => moved[tail] = first);
                keys.Save();
                RepointAircraft(store, moved);
            });
        foreach (var (tail, seats) in store.Query("SELECT tailnum, seats FROM fact_flight JOIN dim_aircraft USING (aircraft_key)", r => (r.GetString(0), r.GetInt32(1))))
            CheckFailed.Unless(Histories10000.SeatsOn(aircraft[tail], days[tail]) == seats, $"the flight of {tail} on {days[tail]} has {seats} seats instead of {Histories10000.SeatsOn(aircraft[tail], days[tail])}");
        return (int)store.Count("SELECT count(*) FROM fact_flight JOIN dim_aircraft USING (aircraft_key)");
    }

    string Derived(string scratch)
    {
        using var store = January(scratch);
        store.InTransaction(() => { Calendar.Ensure(store, (20130101, 20130131)); new Derive(store).Run(20130101, []); });
        Stored(store);
        const string Sums = "count(*), sum(cancelled), sum(diverted), sum(on_time), coalesce(sum(dep_delay_minutes), 0), coalesce(sum(arr_delay_minutes), 0), coalesce(sum(air_minutes), 0), sum(distance_miles)";
        foreach (var (table, keys) in new[] { ("agg_route_month", "sched_date_key / 100, origin_airport_key, dest_airport_key, airline_key"), ("agg_origin_hour", "sched_date_key, sched_time_key / 60, origin_airport_key, weather_key"), ("agg_aircraft_month", "sched_date_key / 100, aircraft_key, airline_key"), ("agg_delay_month", "sched_date_key / 100, delay_group_key, origin_airport_key, airline_key") })
            CheckFailed.Unless(Inspect.Digest(store, $"SELECT * FROM {table}") == Inspect.Digest(store, $"SELECT {keys}, {Sums} FROM fact_flight GROUP BY {keys}"), $"{table} is not what its facts add up to");
        var (rows, aircraft) = (store.Count("SELECT count(*) FROM fact_aircraft_day"), store.Count("SELECT count(DISTINCT tailnum) FROM dim_aircraft WHERE aircraft_key > 0"));
        CheckFailed.Unless(rows == aircraft * 31, $"{aircraft:N0} aircraft on 31 days, {rows:N0} rows");
        var flown = store.Count("SELECT count(*) FROM (SELECT date_key, aircraft_key, flights, departed, air_minutes FROM fact_aircraft_day WHERE flights > 0 EXCEPT SELECT sched_date_key, aircraft_key, count(*), sum(1 - cancelled), coalesce(sum(air_minutes), 0) FROM fact_flight GROUP BY 1, 2)");
        CheckFailed.Unless(flown == 0, $"{flown} aircraft-days are not what their flights add up to");
        var balance = store.Count("SELECT count(*) FROM (SELECT air_minutes_to_date - sum(air_minutes) OVER (PARTITION BY aircraft_key ORDER BY date_key) AS off FROM fact_aircraft_day) WHERE off <> 0");
        CheckFailed.Unless(balance == 0, $"{balance} balances are not the sum of their days");
        return $"4 aggregates, {rows:N0} aircraft-days, {store.Count("SELECT count(*) FROM fact_aircraft_day WHERE flights = 0"):N0} idle";
    }

    string Referential(string scratch)
    {
        using var store = Loaded(scratch);
        var orphan = store.Query("PRAGMA foreign_key_check", r => $"{r.GetString(0)} → {r.GetString(2)}").FirstOrDefault();
        CheckFailed.Unless(orphan is null, $"a key leads nowhere: {orphan}");
        var declared = store.Query("SELECT m.name || '.' || f.\"from\" FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'", r => r.GetString(0));
        var nullable = store.Query("SELECT m.name || '.' || c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND (m.name LIKE 'fact_%' OR m.name LIKE 'agg_%') AND c.name LIKE '%_key' AND c.\"notnull\" = 0", r => r.GetString(0)).FirstOrDefault();
        CheckFailed.Unless(nullable is null, $"{nullable} may be NULL");
        foreach (var (table, natural) in new[] { ("dim_airport", "faa"), ("dim_airline", "carrier"), ("dim_aircraft", "tailnum || valid_from") })
            CheckFailed.Unless(store.Count($"SELECT count(*) - count(DISTINCT {natural}) FROM {table}") == 0, $"{table} has a natural key twice");
        var (unknown, nameless) = (store.Count("SELECT count(*) FROM fact_flight WHERE aircraft_key = -1"), store.Count("SELECT count(*) FROM fact_flight WHERE dest_airport_key < 0 OR origin_airport_key < 0 OR airline_key < 0"));
        CheckFailed.Unless(unknown > 0 && nameless == 0, $"{unknown} flights without an aircraft, {nameless} without an airport or airline");
        return $"{declared.Count} foreign keys, {store.Count("SELECT count(*) FROM fact_flight"):N0} facts, {unknown} without an aircraft";
    }

    string Incremental(string scratch)
    {
        Sample.Small(Path.Combine(scratch, "loads"));
        var loads = Loads.Find(Path.Combine(scratch, "loads"));
        using var forth = After("forth", loads[0].Folder, loads[1].Folder);
        using var back = After("back", loads[1].Folder, loads[0].Folder);
        CheckFailed.Unless(Inspect.Difference(forth, back) is null, $"the second load first: {Inspect.Difference(forth, back)}");
        var keys = Inspect.Digest(back, "SELECT * FROM key_map");
        Run(new(Path.Combine(scratch, "loads"), Path.Combine(scratch, "back")) { Rebuild = true });
        CheckFailed.Unless(Inspect.Difference(forth, back) is null, $"rebuilt: {Inspect.Difference(forth, back)}");
        CheckFailed.Unless(keys == Inspect.Digest(back, "SELECT * FROM key_map"), "a rebuild has given other keys");
        using var once = After("once", Flat.AsOneLoad(loads, Path.Combine(scratch, "all")));
        CheckFailed.Unless(Inspect.Difference(forth, once, asOf: false) is null, $"everything in one load: {Inspect.Difference(forth, once, asOf: false)}");
        return $"4 ways, {forth.Count("SELECT count(*) FROM fact_flight"):N0} facts, {Inspect.Whole(forth)}";

        Store After(string name, params string[] folders)
        {
            foreach (var folder in folders) Run(new(folder, Path.Combine(scratch, name)));
            return new(Path.Combine(scratch, name, "warehouse.db"));
        }
    }

    async Task<string> Killed(string scratch)
    {
        var plan = CrashLab.Plan(scratch);
        plan = Crashes(plan with { Failpoints = ["dimensions:2", "facts", "facts:2", "derived:2", "before-commit", "committed"] });
        var kills = await Crash.Run(plan, scratch, 0, 1, _ => { }, Stop);
        CheckFailed.Unless(kills.All(k => k.Same), kills.FirstOrDefault(k => !k.Same) is { } bad ? $"{bad.Where}: {bad.Lost} lost, {bad.Doubled} doubled; {bad.Problem}" : "");
        return $"{kills.Count(k => k.Killed)} kills, {kills.Sum(k => k.Lost)} rows lost, {kills.Sum(k => k.Doubled)} doubled";
    }

    string Answered(string scratch)
    {
        using var store = Loaded(scratch);
        using var flat = new Store(Path.Combine(scratch, "flat.db"));
        Flat.Build(flat, Loads.Find(ProjectFolder.At("data")));
        var cells = 0;
        foreach (var question in Questions.All)
        {
            var (want, have) = (Questions.Answer(flat.Connection, Store.Resource($"flat/{question.Name}.sql"), out _), Questions.Answer(store.Connection, question.Sql, out _));
            CheckFailed.Unless(want.Count == have.Count, $"{question.Name}: {have.Count} rows instead of {want.Count}");
            for (var i = 0; i < want.Count; i++) CheckFailed.Unless(Text(want[i]) == Text(have[i]), $"{question.Name}, row {i + 1}: {Text(have[i])} instead of {Text(want[i])}");
            cells += want.Sum(r => r.Length);
        }
        return $"{Questions.All.Count} questions, {cells:N0} values";

        static string Text(object?[] row) => string.Join(", ", row.Select(v => v is double d ? d.ToString("0.######", CultureInfo.InvariantCulture) : Convert.ToString(v, CultureInfo.InvariantCulture)));
    }

    string Metrics(string scratch)
    {
        using var store = Loaded(scratch);
        var model = Model(SemanticModel.Load(ProjectFolder.At("metrics")));
        var query = new MetricQuery(store.Connection, model);
        Request Ask(string metric, params string[] by) => new(model.Metrics.Single(m => m.Name == metric), by, []);
        var same = 0;
        string[][] sets = [[], ["origin", "month"], ["carrier"], ["dest", "carrier"], ["tailnum"], ["hour", "visibility"], ["day_type", "origin"]];
        foreach (var metric in model.Metrics.Where(m => m.Fact == "fact_flight"))
            foreach (var by in sets)
            {
                var (fast, slow) = (query.Write(Ask(metric.Name, by)), query.Write(Ask(metric.Name, by), useAggregates: false));
                if (fast.Source == slow.Source) continue;
                var (quick, exact) = (MetricVerb.Answer(store.Connection, fast), MetricVerb.Answer(store.Connection, slow));
                CheckFailed.Unless(quick.Count == exact.Count && quick.Zip(exact).All(p => p.First.SequenceEqual(p.Second)), $"{metric.Name} by {string.Join(", ", by)}: {fast.Source} does not answer as {slow.Source}");
                same++;
            }
        var fanOut = model with { Dimensions = new Dictionary<string, DimensionTable>(model.Dimensions) { ["observation"] = new("fact_weather_hour", "date_key", ["sched_date_key"], new Dictionary<string, string> { ["temp"] = "temp_f" }) } };
        (string What, Action Do)[] wrong =
        [
            ("the sum of a rate", () => query.RefuseSum(Ask("on_time_rate", "origin"))),
            ("the sum of a maximum", () => query.RefuseSum(Ask("worst_arr_delay", "origin"))),
            ("the sum of a balance over months", () => query.RefuseSum(Ask("airframe_minutes", "month"))),
            ("a destination of an aircraft's day", () => query.Write(Ask("fleet_size", "dest"))),
            ("a join that multiplies flights", () => new MetricQuery(store.Connection, fanOut).Write(Ask("flights", "temp"))),
            ("a rate that is called additive", () => Refuse(model.Problem(Ask("on_time_rate").Metric with { Additivity = Additivity.Additive }))),
            ("a sum of balances that says nothing of time", () => Refuse(model.Problem(Ask("airframe_minutes").Metric with { OverTime = null }))),
        ];
        foreach (var (what, attempt) in wrong) CheckFailed.Unless(IsRefused(attempt), $"{what} was not refused");
        query.RefuseSum(Ask("flights", "origin"));
        // an aircraft whose cabin was changed twice is one aircraft, by whatever it is asked
        var cabins = MetricVerb.Answer(store.Connection, query.Write(Ask("fleet_size", "seats") with { Where = ["tailnum=N328AA"] }));
        CheckFailed.Unless(cabins.Count == 3 && Math.Abs(cabins.Sum(c => (double)c[1]!) - 1) < 1e-9, $"an aircraft in {cabins.Count} versions is {cabins.Sum(c => (double)c[1]!)} aircraft");
        return $"{same} answers, {wrong.Length} refusals";

        static void Refuse(string? problem) { if (problem is not null) throw new UserException(problem, 2); }

        static bool IsRefused(Action attempt)
        {
            try { attempt(); return false; }
            catch (UserException e) { return e.ExitCode == 2; }
        }
    }

    /// <summary>A warehouse with January's dimensions and facts, and nothing that follows from them.</summary>
    static Store January(string scratch)
    {
        var store = Sample.Empty(Path.Combine(scratch, "january"));
        const string AsOf = "2013-02-01T12:00:00Z";
        store.InTransaction(() =>
        {
            var keys = new KeyMap(store);
            store.Execute("INSERT INTO loads VALUES (1, 'load-1', '', ?, '')", AsOf);
            TypeOne.Airports(store, keys, Sample.File("load-1", "airports.csv"), AsOf);
            TypeOne.Airlines(store, keys, Sample.File("load-1", "airlines.csv"), AsOf);
            TypeTwo.Merge(store, keys, Sample.File("load-1", "planes.csv"), AsOf, (_, _) => { });
            new Facts(store, keys, 1, AsOf).Merge(new("fact_flight"), Sample.File("load-1", "flights.csv"), _ => { }, default);
            keys.Save();
        });
        return store;
    }

    /// <summary>The warehouse of <c>data</c>.</summary>
    Store Loaded(string scratch)
    {
        Run(new(ProjectFolder.At("data"), Path.Combine(scratch, "out")));
        var store = Sample.Open(scratch);
        Stored(store);
        return store;
    }
}
