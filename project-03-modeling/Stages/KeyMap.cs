namespace DimensionalModel;

/// <summary>Gives surrogate keys: one for each natural key (and version) of a dimension, once and for good. They are kept in
/// <c>key_map</c>, which no reload and no rebuild empties.</summary>
sealed class KeyMap(Store store)
{
    readonly Dictionary<string, Dimension> dimensions = [];
    readonly List<(string Dimension, string Natural, string ValidFrom, int Key)> added = [];

    sealed class Dimension
    {
        public Dictionary<(string, string), int> Known { get; } = [];
        public int Last { get; set; }
        /// <summary>All of its keys are in memory: what is not known is new, and the store need not be asked.</summary>
        public bool Complete { get; set; }
    }

    /// <summary>The key of a natural key; a new one where it has none yet.</summary>
    /// <param name="validFrom">Of a type-2 version.</param>
    public int Of(string dimension, string natural, string validFrom = "")
    {
        // step 2: give each natural key one surrogate key, for ever
        var d = In(dimension);
        if (d.Known.TryGetValue((natural, validFrom), out var key)) return key;
        if (!d.Complete && store.Scalar("SELECT surrogate_key FROM key_map WHERE dimension = ? AND natural_key = ? AND valid_from = ?", dimension, natural, validFrom) is long stored) return d.Known[(natural, validFrom)] = (int)stored;
        added.Add((dimension, natural, validFrom, ++d.Last));
        return d.Known[(natural, validFrom)] = d.Last;
        // end of step 2
    }

    /// <summary>Reads all keys of a dimension, so that <see cref="Of"/> does not ask the store: it may then be called from another
    /// thread while the store is used by this one.</summary>
    public void ReadAll(string dimension)
    {
        var d = In(dimension);
        if (d.Complete) return;
        foreach (var (natural, validFrom, key) in store.Query("SELECT natural_key, valid_from, surrogate_key FROM key_map WHERE dimension = ?", r => (r.GetString(0), r.GetString(1), r.GetInt32(2)), dimension)) d.Known[(natural, validFrom)] = key;
        d.Complete = true;
    }

    /// <summary>Writes the keys that were given since.</summary>
    public void Save()
    {
        // step 2: give each natural key one surrogate key, for ever
        using var insert = new Statement(store, "INSERT INTO key_map VALUES (?, ?, ?, ?)");
        foreach (var (dimension, natural, validFrom, key) in added) insert.Bind(0, dimension).Bind(1, natural).Bind(2, validFrom).Bind(3, key).Run();
        added.Clear();
        // end of step 2
    }

    Dimension In(string dimension)
    {
        if (!dimensions.TryGetValue(dimension, out var d)) dimensions[dimension] = d = new() { Last = (int)store.Count("SELECT max(surrogate_key) FROM key_map WHERE dimension = ?", dimension) };
        return d;
    }
}
