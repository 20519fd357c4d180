namespace DimensionalModel;

/// <summary>One scheduled flight: a row of <c>fact_flight</c>, which says what each column means.</summary>
readonly record struct Fact(
    long SchedDepUtc, int Origin, int Airline, int Flight, int Dest, int Aircraft, int SchedDate, int SchedTime, int ActualDate, int ActualTime, int DelayGroup, int Weather,
    int Cancelled, int Diverted, int OnTime, int? DepDelay, int? ArrDelay, int? AirMinutes, int Distance, int Load)
{
    /// <summary>What no two facts share: the grain.</summary>
    public (long, int, int, int) Key => (SchedDepUtc, Origin, Airline, Flight);
}

/// <summary>Turns curated flights into facts and merges them: new ones are inserted, a correction replaces, a withdrawn one goes. What a
/// later load has said stays, so the order of the loads makes no difference.</summary>
sealed class Facts(Store store, KeyMap keys, int load, string asOf)
{
    const int BatchRows = 4096;
    /// <summary>Arrivals from this delay on are late: the definition of the Bureau of Transportation Statistics.</summary>
    const int LateMinutes = 15;

    readonly Dictionary<int, string> asOfs = store.Query("SELECT load_id, as_of FROM loads", r => (r.GetInt32(0), r.GetString(1))).ToDictionary(l => l.Item1, l => l.Item2);

    /// <summary>The first and the last day that a fact names, as keys: the calendar must reach so far.</summary>
    public (int First, int Last) Days { get; private set; } = (int.MaxValue, int.MinValue);
    /// <summary>The first scheduled day of the facts that came, changed or went, as a key.</summary>
    public int Touched { get; private set; } = int.MaxValue;
    /// <summary>Aircraft that were not known before.</summary>
    public IReadOnlyList<string> NewAircraft { get; private set; } = [];

    /// <summary>Takes in a file of flights. One thread reads and looks keys up, this one inserts. Adds the inferred members of all three
    /// dimensions, and counts them together.</summary>
    /// <param name="progress">Is told how many flights were read, now and then.</param>
    /// <param name="read">Is told each batch as it was read, on the reading thread.</param>
    public void Merge(Audited audit, string path, Action<string> progress, CancellationToken stop, Action<List<Fact>>? read = null)
    {
        // step 4: load the facts
        var (airports, airlines, aircraft) = (new MemberKeys(store, keys, "airport"), new MemberKeys(store, keys, "airline"), new AircraftKeys(store, keys));
        var weather = store.Query("SELECT airport_key, hour_utc, weather_key FROM fact_weather_hour", r => ((r.GetInt32(0), r.GetInt64(1)), r.GetInt32(2))).ToDictionary(w => w.Item1, w => w.Item2);
        var withdrawn = store.Query("SELECT w.sched_dep_utc, w.origin_airport_key, w.airline_key, w.flight_number, l.as_of FROM withdrawn_flight w JOIN loads l USING (load_id)", r => ((r.GetInt64(0), r.GetInt32(1), r.GetInt32(2), r.GetInt32(3)), r.GetString(4))).ToDictionary(w => w.Item1, w => w.Item2);
        using var insert = new Statement(store, $"INSERT INTO fact_flight VALUES ({string.Join(',', Enumerable.Repeat('?', 20))}) ON CONFLICT DO NOTHING");
        foreach (var batch in Beside.Make(() => Typed(path, airports, airlines, aircraft, weather).Select(batch => { read?.Invoke(batch); return batch; }), stop))
        {
            foreach (var fact in batch)
            {
                audit.Read++;
                if (withdrawn.Count > 0 && withdrawn.TryGetValue(fact.Key, out var gone) && string.CompareOrdinal(gone, asOf) >= 0) audit.Stale++;
                else if (Bind(insert, fact).Run() == 1) { audit.Inserted++; Touch(fact.SchedDate); }
                else Replace(fact, audit);
            }
            progress($"{audit.Read:N0} flights");
        }
        TypeOne.Infer(store, "airport", airports.Inferred);
        TypeOne.Infer(store, "airline", airlines.Inferred);
        TypeTwo.Infer(store, aircraft.Inferred);
        NewAircraft = [.. aircraft.Inferred.Select(a => a.Tail)];
        audit.Inferred = airports.Inferred.Count + airlines.Inferred.Count + aircraft.Inferred.Count;
        // end of step 4
    }

    IEnumerable<List<Fact>> Typed(string path, MemberKeys airports, MemberKeys airlines, AircraftKeys aircraft, Dictionary<(int, long), int> weather)
    {
        using var file = new ReadCsv(path, "carrier", "flight", "tailnum", "origin", "dest", "sched_dep_utc", "sched_dep_local", "dep_local", "dep_delay", "arr_delay", "air_time", "distance", "is_cancelled", "is_diverted");
        var batch = new List<Fact>(BatchRows);
        while (file.Read())
        {
            batch.Add(Typed(file, airports, airlines, aircraft, weather));
            if (batch.Count < BatchRows) continue;
            yield return batch;
            batch = new(BatchRows);
        }
        yield return batch;
    }

    /// <summary>A row of the file as a fact: natural keys become surrogate keys, what is absent becomes −1 or −2. A flight is cancelled, or
    /// diverted, or has an arrival delay, and one of these only. A cancelled one has no dep_local and no minutes; every other one has
    /// dep_local and dep_delay. The aircraft is the version of the scheduled date, also when it left after midnight.</summary>
    Fact Typed(ReadCsv file, MemberKeys airports, MemberKeys airlines, AircraftKeys aircraft, Dictionary<(int, long), int> weather)
    {
        // step 4: load the facts
        var utc = file.Instant(5);
        var (date, time) = file.Local(6) ?? throw file.Wrong(6, "a local time such as 2013-01-31T05:15");
        var actual = file.Local(7);
        var (cancelled, diverted) = (file.RequiredInt(12), file.RequiredInt(13));
        var (depDelay, arrDelay, air) = (file.Int(8), file.Int(9), file.Int(10));
        if (cancelled is not (0 or 1) || diverted is not (0 or 1) || cancelled + diverted + (arrDelay is null ? 0 : 1) != 1) throw file.Wrong("a flight that is cancelled, or diverted, or has an arr_delay", $"is_cancelled {cancelled}, is_diverted {diverted}, arr_delay {(arrDelay is null ? "none" : $"{arrDelay}")}");
        if (cancelled == 0 != actual is not null) throw file.Wrong(7, cancelled == 1 ? "no time of departure for a cancelled flight" : "the time of departure");
        if (cancelled == 1 ? depDelay is not null || air is not null : depDelay is null) throw file.Wrong(8, cancelled == 1 ? "no minutes of a cancelled flight" : "minutes");
        var distance = file.RequiredInt(11);
        if (air < 0 || distance < 0) throw file.Wrong("minutes and miles from 0", $"air_time {air}, distance {distance}");
        if (Math.Abs(Seconds(date, time) - utc) > 14 * 3600) throw file.Wrong(6, "a local time at most 14 hours from sched_dep_utc");
        var origin = airports.Of(file.Utf8(3));
        var (first, last) = (Math.Min(date, actual?.Date ?? date), Math.Max(date, actual?.Date ?? date));
        if (first < Days.First) Days = (first, Days.Last);
        if (last > Days.Last) Days = (Days.First, last);
        return new(utc, origin, airlines.Of(file.Utf8(0)), file.RequiredInt(1), airports.Of(file.Utf8(4)), aircraft.Of(file.Utf8(2), date), date, time,
            actual?.Date ?? Calendar.NotApplicable, actual?.Time ?? Calendar.NotApplicable, Calendar.DelayGroup(arrDelay), weather.GetValueOrDefault((origin, utc - utc % 3600), Calendar.Unknown),
            cancelled, diverted, arrDelay < LateMinutes ? 1 : 0, depDelay, arrDelay, air, distance, load);
        // end of step 4
    }

    /// <summary>A day and a minute, as if they were UTC, in seconds since 1970.</summary>
    static long Seconds(int date, int time) => new DateTimeOffset(Calendar.Day(date).ToDateTime(default), TimeSpan.Zero).ToUnixTimeSeconds() + time * 60;

    static Statement Bind(Statement s, in Fact f) => s
        .Bind(0, f.SchedDepUtc).Bind(1, f.Origin).Bind(2, f.Airline).Bind(3, f.Flight).Bind(4, f.Dest).Bind(5, f.Aircraft).Bind(6, f.SchedDate).Bind(7, f.SchedTime).Bind(8, f.ActualDate).Bind(9, f.ActualTime)
        .Bind(10, f.DelayGroup).Bind(11, f.Weather).Bind(12, f.Cancelled).Bind(13, f.Diverted).Bind(14, f.OnTime).Bind(15, (long?)f.DepDelay).Bind(16, (long?)f.ArrDelay).Bind(17, (long?)f.AirMinutes).Bind(18, f.Distance).Bind(19, f.Load);

    /// <summary>The facts scheduled from an instant on, in the order of their time, in batches.</summary>
    /// <param name="from">Seconds since 1970.</param>
    public static IEnumerable<List<Fact>> Scan(Store store, long from)
    {
        using var rows = new Statement(store, "SELECT * FROM fact_flight WHERE sched_dep_utc >= ?");
        var batch = new List<Fact>(BatchRows);
        for (rows.Bind(0, from); rows.Read();)
        {
            batch.Add(Read(rows));
            if (batch.Count < BatchRows) continue;
            yield return batch;
            batch = new(BatchRows);
        }
        yield return batch;
    }

    static Fact Read(Statement s) => new(s.Long(0), s.Int(1), s.Int(2), s.Int(3), s.Int(4), s.Int(5), s.Int(6), s.Int(7), s.Int(8), s.Int(9), s.Int(10), s.Int(11), s.Int(12), s.Int(13), s.Int(14), s.IntOrNull(15), s.IntOrNull(16), s.IntOrNull(17), s.Int(18), s.Int(19));

    /// <summary>A fact whose key is there already: the one of the later load stays. An equal one takes over the later load's id.</summary>
    /// <exception cref="UserException">The key came twice in this load.</exception>
    void Replace(in Fact fact, Audited audit)
    {
        // step 7: correct, withdraw, and load each folder whole or not at all
        using var find = new Statement(store, "SELECT * FROM fact_flight WHERE sched_dep_utc = ? AND origin_airport_key = ? AND airline_key = ? AND flight_number = ?");
        find.Bind(0, fact.SchedDepUtc).Bind(1, fact.Origin).Bind(2, fact.Airline).Bind(3, fact.Flight).Read();
        var there = Read(find);
        find.Reset();
        if (there.Load == load) throw new UserException($"flights.csv has a flight twice: number {fact.Flight}, scheduled at {DateTime.UnixEpoch.AddSeconds(fact.SchedDepUtc):yyyy-MM-ddTHH:mm:ss'Z'}. Expected each carrier, flight, origin and sched_dep_utc once. Nothing of this load was kept.");
        if (string.CompareOrdinal(asOfs[there.Load], asOf) > 0) { audit.Stale++; return; }
        if (there with { Load = load } == fact) audit.Unchanged++; else { audit.Changed++; Touch(there.SchedDate); Touch(fact.SchedDate); }
        using var write = new Statement(store, $"INSERT OR REPLACE INTO fact_flight VALUES ({string.Join(',', Enumerable.Repeat('?', 20))})");
        Bind(write, fact).Run();
        // end of step 7
    }

    /// <summary>Takes out the facts that the source has taken back, and remembers that it has: an older load must not bring them again. A fact
    /// of a later load stays. A withdrawal counts as inserted, unchanged or stale; Removed counts the facts that went. An origin or an
    /// airline that is not there becomes an inferred member.</summary>
    public Audited Withdraw(string path)
    {
        // step 7: correct, withdraw, and load each folder whole or not at all
        var audit = new Audited("withdrawn_flight");
        var (airports, airlines) = (new MemberKeys(store, keys, "airport"), new MemberKeys(store, keys, "airline"));
        using var file = new ReadCsv(path, "carrier", "flight", "origin", "sched_dep_utc");
        while (file.Read())
        {
            audit.Read++;
            object?[] key = [file.Instant(3), airports.Of(file.Utf8(2)), airlines.Of(file.Utf8(0)), file.RequiredInt(1)];
            const string Where = "WHERE sched_dep_utc = ? AND origin_airport_key = ? AND airline_key = ? AND flight_number = ?";
            var before = store.Scalar($"SELECT as_of FROM withdrawn_flight JOIN loads USING (load_id) {Where}", key) as string;
            if (string.CompareOrdinal(before, asOf) > 0) { audit.Stale++; continue; }
            if (before is null) audit.Inserted++; else audit.Unchanged++;
            store.Execute("INSERT OR REPLACE INTO withdrawn_flight VALUES (?, ?, ?, ?, ?)", [.. key, load]);
            foreach (var day in store.Query($"DELETE FROM fact_flight {Where} AND load_id IN (SELECT load_id FROM loads WHERE as_of <= ?) RETURNING sched_date_key", r => r.GetInt32(0), [.. key, asOf])) { Touch(day); audit.Removed++; }
        }
        TypeOne.Infer(store, "airport", airports.Inferred);
        TypeOne.Infer(store, "airline", airlines.Inferred);
        audit.Inferred = airports.Inferred.Count + airlines.Inferred.Count;
        return audit;
        // end of step 7
    }

    public void Touch(int day) => Touched = Math.Min(Touched, day);
}
