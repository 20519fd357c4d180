namespace DimensionalModel;

/// <summary>Looks at what a load has written, before it is committed. What breaks a law here is a bug of this program: the load is rolled
/// back.</summary>
static class Audit
{
    /// <summary>The facts that the aggregates count.</summary>
    public static long Flights(Store store) => store.Count("SELECT sum(flights) FROM agg_route_month");

    /// <exception cref="InvalidOperationException">A law does not hold; the message says which.</exception>
    public static void Check(Store store, long before, IReadOnlyList<Audited> tables)
    {
        // step 7: correct, withdraw, and load each folder whole or not at all
        if (store.Query("PRAGMA foreign_key_check", r => $"a row of {r.GetString(0)} points to a row of {r.GetString(2)} that is not there").FirstOrDefault() is { } orphan) throw new InvalidOperationException(orphan);
        if (store.Query(Store.Resource("audit.sql"), r => r.IsDBNull(0) ? "an aggregate or the snapshot is empty, and another is not" : r.GetString(0)).FirstOrDefault() is { } broken) throw new InvalidOperationException(broken);
        var expected = before + tables.Where(t => t.Table == "fact_flight").Sum(t => t.Inserted) - tables.Sum(t => t.Removed);
        if (Flights(store) != expected) throw new InvalidOperationException($"there were {before:N0} flights, {expected:N0} are expected after the load, and {Flights(store):N0} are counted");
        // end of step 7
    }

    /// <summary>Writes down what became of the rows.</summary>
    public static void Write(Store store, int load, IReadOnlyList<Audited> tables)
    {
        foreach (var t in tables) store.Execute("INSERT INTO load_audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", load, t.Table, t.Read, t.Inserted, t.Changed, t.Unchanged, t.Stale, t.Inferred, t.Repointed, t.Removed);
    }
}
