namespace DimensionalModel;

/// <summary>What is known of an aircraft. Absent texts are 'unknown'.</summary>
sealed record Aircraft(int? YearBuilt, string Type, string Manufacturer, string Model, int? Engines, int? Seats, string Engine);

/// <summary>What the registry says of an aircraft from a day on.</summary>
/// <param name="EffectiveFrom">YYYY-MM-DD, or '' for: since before the records.</param>
readonly record struct Observation(string EffectiveFrom, Aircraft Is);

/// <summary>An aircraft for as long as nothing about it changes: from <paramref name="ValidFrom"/>, and before <paramref name="ValidTo"/>.</summary>
readonly record struct AircraftVersion(string ValidFrom, string ValidTo, Aircraft Is);

/// <summary>The dimension of type 2: a change closes a version and opens the next, so that a fact keeps the aircraft as it was. The
/// versions are a function of what the registry has said, so the order in which it said so makes no difference.</summary>
static class TypeTwo
{
    public const string Beginning = "0001-01-01", End = "9999-12-31";

    /// <summary>The versions of one aircraft. The first begins with time, each ends where the next begins, the last has no end; of
    /// neighbours that say the same one remains.</summary>
    /// <param name="observations">In the order of <see cref="Observation.EffectiveFrom"/>, one a day, at least one.</param>
    public static IReadOnlyList<AircraftVersion> Versions(IEnumerable<Observation> observations)
    {
        // step 3: keep every version of an aircraft
        var versions = new List<AircraftVersion>();
        foreach (var (from, what) in observations)
        {
            if (versions.Count > 0 && versions[^1].Is == what) continue;
            if (versions.Count > 0) versions[^1] = versions[^1] with { ValidTo = from };
            versions.Add(new(versions.Count == 0 ? Beginning : from, End, what));
        }
        return versions;
        // end of step 3
    }

    /// <summary>Takes a snapshot of the registry into <c>aircraft_history</c>, and makes the versions anew of every aircraft of which
    /// it says something else than before.</summary>
    /// <param name="moved">Is told each aircraft whose versions begin on other days than before, with the first such day: facts from that
    /// day on may belong to another version.</param>
    public static Audited Merge(Store store, KeyMap keys, string path, string asOf, Action<string, string> moved)
    {
        // step 3: keep every version of an aircraft
        var audit = new Audited("dim_aircraft");
        var touched = new List<string>();
        using var file = new ReadCsv(path, "tailnum", "effective_from", "year_built", "type", "manufacturer", "model", "engines", "seats", "engine");
        using var find = new Statement(store, "SELECT as_of FROM aircraft_history WHERE tailnum = ? AND effective_from = ?");
        // most rows say what they said before: one statement sees that and moves as_of on
        using var confirm = new Statement(store, "UPDATE aircraft_history SET as_of = ?10 WHERE tailnum = ?1 AND effective_from = ?2 AND as_of < ?10 AND year_built IS ?3 AND type = ?4 AND manufacturer = ?5 AND model = ?6 AND engines IS ?7 AND seats IS ?8 AND engine = ?9");
        using var write = new Statement(store, "INSERT OR REPLACE INTO aircraft_history (tailnum, effective_from, year_built, type, manufacturer, model, engines, seats, engine, as_of) VALUES (?,?,?,?,?,?,?,?,?,?)");
        while (file.Read())
        {
            audit.Read++;
            var (tail, from) = (file.Natural(0), file.DateOrEmpty(1));
            if (from == End) throw file.Wrong(1, $"a date before {End}");
            if (from == Beginning) from = "";
            var aircraft = new Aircraft(file.Int(2), file.Text(3) ?? "unknown", file.Text(4) ?? "unknown", file.Text(5) ?? "unknown", file.Int(6), file.Int(7), file.Text(8) ?? "unknown");
            if (Bind(confirm, tail, from, aircraft).Bind(9, asOf).Run() == 1) { audit.Unchanged++; continue; }
            var known = find.Bind(0, tail).Bind(1, from).Read() ? find.Text(0) : null;
            find.Reset();
            if (known == asOf) throw file.Wrong("each tailnum and effective_from once", $"'{tail}' of '{from}' again");
            if (string.CompareOrdinal(known, asOf) > 0) { audit.Stale++; continue; }
            if (known is null) audit.Inserted++; else audit.Changed++;
            Bind(write, tail, from, aircraft).Bind(9, asOf).Run();
            if (touched.Count == 0 || touched[^1] != tail) touched.Add(tail);
        }
        using var rewrite = new Rewrite(store, keys);
        foreach (var tail in touched.Distinct()) if (rewrite.Of(tail) is { } first) moved(tail, first);
        return audit;
        // end of step 3
    }

    static Statement Bind(Statement s, string tail, string from, Aircraft a) =>
        s.Bind(0, tail).Bind(1, from).Bind(2, a.YearBuilt).Bind(3, a.Type).Bind(4, a.Manufacturer).Bind(5, a.Model).Bind(6, a.Engines).Bind(7, a.Seats).Bind(8, a.Engine);

    /// <summary>Writes the versions of one aircraft after the other into <c>dim_aircraft</c>. A version that stays keeps its key.</summary>
    sealed class Rewrite(Store store, KeyMap keys) : IDisposable
    {
        readonly Statement history = new(store, "SELECT effective_from, year_built, type, manufacturer, model, engines, seats, engine FROM aircraft_history WHERE tailnum = ? ORDER BY effective_from");
        readonly Statement there = new(store, "SELECT valid_from FROM dim_aircraft WHERE tailnum = ?");
        readonly Statement delete = new(store, "DELETE FROM dim_aircraft WHERE tailnum = ? AND valid_from = ?");
        readonly Statement write = new(store, "INSERT OR REPLACE INTO dim_aircraft (tailnum, valid_from, year_built, type, manufacturer, model, engines, seats, engine, aircraft_key, valid_to, is_current, is_inferred) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,0)");

        /// <returns>The first day on which another version is valid than before; null when versions changed in place only.</returns>
        public string? Of(string tail)
        {
            // step 3: keep every version of an aircraft
            var observations = new List<Observation>();
            for (history.Bind(0, tail); history.Read();) observations.Add(new(history.Text(0)!, new(history.IntOrNull(1), history.Text(2)!, history.Text(3)!, history.Text(4)!, history.IntOrNull(5), history.IntOrNull(6), history.Text(7)!)));
            var before = new List<string>();
            for (there.Bind(0, tail); there.Read();) before.Add(there.Text(0)!);
            var versions = Versions(observations);
            var after = versions.Select(v => v.ValidFrom).ToList();
            foreach (var gone in before.Except(after)) delete.Bind(0, tail).Bind(1, gone).Run();
            foreach (var v in versions) Bind(write, tail, v.ValidFrom, v.Is).Bind(9, keys.Of("aircraft", tail, v.ValidFrom)).Bind(10, v.ValidTo).Bind(11, v.ValidTo == End ? 1 : 0).Run();
            return before.Except(after).Concat(after.Except(before)).Min(StringComparer.Ordinal);
            // end of step 3
        }

        public void Dispose()
        {
            foreach (var statement in new[] { history, there, delete, write }) statement.Dispose();
        }
    }

    /// <summary>Adds aircraft that a fact names and the registry does not know. The registry completes them in place: the first version
    /// of an aircraft has the same key then.</summary>
    public static void Infer(Store store, IEnumerable<(string Tail, int Key)> members)
    {
        // step 4: load the facts
        foreach (var (tail, key) in members)
            store.Execute("INSERT INTO dim_aircraft VALUES (?, ?, ?, ?, 1, 1, NULL, 'unknown', 'unknown', 'unknown', NULL, NULL, 'unknown')", key, tail, Beginning, End);
        // end of step 4
    }
}
