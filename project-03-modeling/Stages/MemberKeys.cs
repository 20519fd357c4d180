using System.Text;

namespace DimensionalModel;

/// <summary>The keys of a type-1 dimension by natural key, in memory, for millions of look-ups. A natural key that no snapshot had
/// becomes an inferred member.</summary>
sealed class MemberKeys
{
    readonly KeyMap keys;
    readonly string dimension;
    readonly Dictionary<string, int> known = [];
    readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> bySpan;

    /// <summary>The members that were not there.</summary>
    public List<(string Natural, int Key)> Inferred { get; } = [];

    public MemberKeys(Store store, KeyMap keys, string dimension)
    {
        (this.keys, this.dimension) = (keys, dimension);
        keys.ReadAll(dimension);
        foreach (var (natural, key) in store.Query($"SELECT {(dimension == "airport" ? "faa" : "carrier")}, {dimension}_key FROM dim_{dimension} WHERE {dimension}_key > 0", r => (r.GetString(0), r.GetInt32(1)))) known[natural] = key;
        bySpan = known.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>−1 for nothing.</summary>
    public int Of(ReadOnlySpan<byte> natural)
    {
        // step 4: load the facts
        if (natural.IsEmpty) return Calendar.Unknown;
        Span<char> text = stackalloc char[natural.Length <= 64 ? natural.Length : 0];
        if (natural.Length <= 64 && bySpan.TryGetValue(text[..Encoding.UTF8.GetChars(natural, text)], out var key)) return key;
        var name = Encoding.UTF8.GetString(natural);
        if (known.TryGetValue(name, out key)) return key;
        Refuse(name);
        key = keys.Of(dimension, name);
        Inferred.Add((name, key));
        return known[name] = key;
        // end of step 4
    }

    /// <summary>A natural key must not be the name of a member that stands for nothing.</summary>
    public static void Refuse(string natural)
    {
        if (natural is "unknown" or "not applicable") throw new UserException($"flights.csv names '{natural}', which is the name of the member -1 or -2. Expected a natural key, or nothing. Nothing of this load was kept.");
    }
}

/// <summary>The versions of the aircraft by tail number, in memory.</summary>
sealed class AircraftKeys
{
    readonly KeyMap keys;
    readonly Dictionary<string, (int From, int Key)[]> known = [];
    readonly Dictionary<string, (int From, int Key)[]>.AlternateLookup<ReadOnlySpan<char>> bySpan;

    public List<(string Tail, int Key)> Inferred { get; } = [];

    public AircraftKeys(Store store, KeyMap keys)
    {
        this.keys = keys;
        keys.ReadAll("aircraft");
        foreach (var versions in store.Query("SELECT tailnum, CAST(replace(valid_from, '-', '') AS INTEGER), aircraft_key FROM dim_aircraft WHERE aircraft_key > 0 ORDER BY tailnum, valid_from", r => (Tail: r.GetString(0), From: r.GetInt32(1), Key: r.GetInt32(2))).GroupBy(v => v.Tail))
            known[versions.Key] = [.. versions.Select(v => (v.From, v.Key))];
        bySpan = known.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The version that is valid on a day; −1 where no aircraft is named.</summary>
    /// <param name="date">As a key, 20130131.</param>
    public int Of(ReadOnlySpan<byte> tail, int date)
    {
        // step 4: load the facts
        if (tail.IsEmpty) return Calendar.Unknown;
        Span<char> text = stackalloc char[tail.Length <= 64 ? tail.Length : 0];
        if (tail.Length > 64 || !bySpan.TryGetValue(text[..Encoding.UTF8.GetChars(tail, text)], out var versions))
        {
            var name = Encoding.UTF8.GetString(tail);
            if (!known.TryGetValue(name, out versions))
            {
                MemberKeys.Refuse(name);
                known[name] = versions = [(0, keys.Of("aircraft", name, TypeTwo.Beginning))];
                Inferred.Add((name, versions[0].Key));
            }
        }
        var at = versions.Length - 1;
        while (versions[at].From > date) at--;
        return versions[at].Key;
        // end of step 4
    }
}
