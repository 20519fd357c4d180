using System.Runtime.InteropServices;

namespace DimensionalModel;

/// <summary>What follows from the facts: four aggregates and the snapshot of every aircraft on every day. All of it is made anew from
/// the first month that a load has touched on, in one scan of the facts.</summary>
sealed class Derive(Store store)
{
    /// <summary>The additive measures of a group of facts.</summary>
    record struct Sums(long Flights, long Cancelled, long Diverted, long OnTime, long DepDelay, long ArrDelay, long AirMinutes, long Distance)
    {
        public void Add(in Fact fact)
        {
            Flights++;
            Cancelled += fact.Cancelled;
            Diverted += fact.Diverted;
            OnTime += fact.OnTime;
            DepDelay += fact.DepDelay ?? 0;
            ArrDelay += fact.ArrDelay ?? 0;
            AirMinutes += fact.AirMinutes ?? 0;
            Distance += fact.Distance;
        }
    }

    /// <summary>One aircraft on one day.</summary>
    record struct AircraftDay(int Flights, int Departed, int AirMinutes, int Delays, long FirstAt, int FirstDelay)
    {
        public void Add(in Fact fact)
        {
            Flights++;
            if (fact.Cancelled == 1) return;
            // the first is the one that left first; of two at one instant the smaller delay, so that the order of the facts does not matter
            var (at, delay) = (fact.SchedDepUtc + fact.DepDelay!.Value * 60L, fact.DepDelay.Value);
            if (Departed++ == 0 || (at, delay).CompareTo((FirstAt, FirstDelay)) < 0) (FirstAt, FirstDelay) = (at, delay);
            AirMinutes += fact.AirMinutes ?? 0;
            Delays += delay;
        }
    }

    readonly Dictionary<(int, int, int, int), Sums> routes = [], hours = [], delays = [];
    readonly Dictionary<(int, int, int), Sums> aircraft = [];
    /// <summary>By date, and by aircraft key.</summary>
    readonly Dictionary<int, AircraftDay[]> days = [];

    /// <summary>Counts facts. Of one thread at a time.</summary>
    public void Add(List<Fact> facts)
    {
        // step 6: derive the aggregates and the snapshot
        foreach (var fact in facts)
        {
            var month = fact.SchedDate / 100;
            CollectionsMarshal.GetValueRefOrAddDefault(routes, (month, fact.Origin, fact.Dest, fact.Airline), out _).Add(fact);
            CollectionsMarshal.GetValueRefOrAddDefault(hours, (fact.SchedDate, fact.SchedTime / 60, fact.Origin, fact.Weather), out _).Add(fact);
            CollectionsMarshal.GetValueRefOrAddDefault(aircraft, (month, fact.Aircraft, fact.Airline), out _).Add(fact);
            CollectionsMarshal.GetValueRefOrAddDefault(delays, (month, fact.DelayGroup, fact.Origin, fact.Airline), out _).Add(fact);
            if (fact.Aircraft < 0) continue;
            ref var day = ref CollectionsMarshal.GetValueRefOrAddDefault(days, fact.SchedDate, out _);
            if (day is null || day.Length <= fact.Aircraft) Array.Resize(ref day, Math.Max(1024, fact.Aircraft * 2));
            day[fact.Aircraft].Add(fact);
        }
        // end of step 6
    }

    /// <summary>Makes anew what depends on facts from a day on.</summary>
    /// <param name="touched">The first day of a fact that came, changed or went, or of another version of an aircraft; as a key.</param>
    /// <param name="newAircraft">Aircraft that were not known before: the days before have no row of theirs yet.</param>
    /// <param name="counted">All facts of the warehouse were added before: they need not be read again.</param>
    public void Run(int touched, IReadOnlyCollection<string> newAircraft, bool counted = false, CancellationToken stop = default)
    {
        // step 6: derive the aggregates and the snapshot
        if (store.Scalar("SELECT 1 FROM fact_flight LIMIT 1") is null)
        {
            foreach (var table in new[] { "agg_route_month", "agg_origin_hour", "agg_aircraft_month", "agg_delay_month", "fact_aircraft_day" }) store.Execute($"DELETE FROM {table}");
            return;
        }
        var first = touched == int.MaxValue ? touched : touched / 100 * 100 + 1;
        if (!counted)
        {
            foreach (var groups in new System.Collections.IDictionary[] { routes, hours, delays, aircraft, days }) groups.Clear();
            // a local date begins up to a day before or after the same date in UTC
            var from = touched == int.MaxValue ? long.MaxValue : new DateTimeOffset(Calendar.Day(first).ToDateTime(default), TimeSpan.Zero).AddDays(-1).ToUnixTimeSeconds();
            foreach (var batch in Beside.Make(() => Facts.Scan(store, from), stop))
            {
                batch.RemoveAll(fact => fact.SchedDate < first);
                Add(batch);
            }
        }
        Write("agg_route_month", "month_key", first / 100, routes.OrderBy(r => r.Key), k => [k.Item1, k.Item2, k.Item3, k.Item4]);
        Write("agg_origin_hour", "sched_date_key", first, hours.OrderBy(r => r.Key), k => [k.Item1, k.Item2, k.Item3, k.Item4]);
        Write("agg_aircraft_month", "month_key", first / 100, aircraft.OrderBy(r => r.Key), k => [k.Item1, k.Item2, k.Item3]);
        Write("agg_delay_month", "month_key", first / 100, delays.OrderBy(r => r.Key), k => [k.Item1, k.Item2, k.Item3, k.Item4]);
        Snapshot(first, newAircraft);
        // end of step 6
    }

    void Write<TKey>(string table, string period, int first, IEnumerable<KeyValuePair<TKey, Sums>> groups, Func<TKey, int[]> key)
    {
        store.Execute($"DELETE FROM {table} WHERE {period} >= ?", first);
        Statement? insert = null;
        foreach (var (group, s) in groups)
        {
            var keys = key(group);
            insert ??= new(store, $"INSERT INTO {table} VALUES ({string.Join(',', Enumerable.Repeat('?', keys.Length + 8))})");
            for (var i = 0; i < keys.Length; i++) insert.Bind(i, keys[i]);
            var at = keys.Length;
            insert.Bind(at, s.Flights).Bind(at + 1, s.Cancelled).Bind(at + 2, s.Diverted).Bind(at + 3, s.OnTime).Bind(at + 4, s.DepDelay).Bind(at + 5, s.ArrDelay).Bind(at + 6, s.AirMinutes).Bind(at + 7, s.Distance).Run();
        }
        insert?.Dispose();
    }

    /// <summary>Writes a row for every aircraft on every day from the first day of the facts to the last, flown or not.</summary>
    void Snapshot(int first, IReadOnlyCollection<string> newAircraft)
    {
        // step 6: derive the aggregates and the snapshot
        if (store.Scalar("SELECT max(date_key) FROM fact_aircraft_day") is long until) first = Math.Min(first, Calendar.Key(Calendar.Day((int)until).AddDays(1)));       // days without flights have rows too
        store.Execute("DELETE FROM fact_aircraft_day WHERE date_key >= ?", first);
        var last = (int)store.Count("SELECT max(sched_date_key) FROM agg_origin_hour");
        store.Execute("DELETE FROM fact_aircraft_day WHERE date_key > ? OR date_key < ?", last, store.Count("SELECT min(sched_date_key) FROM agg_origin_hour"));
        if (store.Scalar("SELECT min(sched_date_key) FROM agg_origin_hour") is not long from) return;
        var fleet = store.Query("SELECT tailnum, aircraft_key, CAST(replace(valid_from, '-', '') AS INTEGER), CAST(replace(valid_to, '-', '') AS INTEGER) FROM dim_aircraft WHERE aircraft_key > 0 ORDER BY aircraft_key", r => (Tail: r.GetString(0), Key: r.GetInt32(1), From: r.GetInt32(2), To: r.GetInt32(3)));
        var tails = new Dictionary<string, int>();
        foreach (var version in fleet) tails.TryAdd(version.Tail, tails.Count);
        var places = fleet.Select(version => tails[version.Tail]).ToArray();
        var isNew = newAircraft.ToHashSet();
        var toDate = new long[tails.Count];
        foreach (var (tail, minutes) in store.Query("SELECT a.tailnum, f.air_minutes_to_date FROM fact_aircraft_day f JOIN dim_aircraft a USING (aircraft_key) WHERE f.date_key = (SELECT max(date_key) FROM fact_aircraft_day)", r => (r.GetString(0), r.GetInt64(1)))) toDate[tails[tail]] = minutes;
        using var insert = new Statement(store, "INSERT INTO fact_aircraft_day VALUES (?,?,?,?,?,?,?,?,?)");
        for (var day = Calendar.Day((int)from); Calendar.Key(day) <= last; day = day.AddDays(1))
        {
            var date = Calendar.Key(day);
            var rows = days.GetValueOrDefault(date);
            for (var i = 0; i < fleet.Count; i++)
            {
                var version = fleet[i];
                if (date < version.From || date >= version.To || date < first && !isNew.Contains(version.Tail)) continue;
                var row = rows is null || rows.Length <= version.Key ? default : rows[version.Key];
                toDate[places[i]] += row.AirMinutes;
                insert.Bind(0, date).Bind(1, version.Key).Bind(2, row.Flights).Bind(3, row.Departed).Bind(4, row.AirMinutes).Bind(5, toDate[places[i]]).Bind(6, row.Departed == 0 ? null : (long?)row.FirstDelay).Bind(7, Math.Max(0, row.Departed - 1)).Bind(8, row.Delays - row.FirstDelay).Run();
            }
        }
        // end of step 6
    }
}
