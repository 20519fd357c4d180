namespace KafkaIngest;

/// <summary>How long events took, as counts a bucket: exact to 1 ms below 100 ms, then to a tenth of the value. One writer, any reader.</summary>
sealed class Latency
{
    readonly long[] counts = new long[256];

    public void Add(long milliseconds) => counts[Bucket(milliseconds)]++;

    /// <summary>The upper bound, in ms, under which the share <paramref name="q"/> (0 to 1) of the events took; null without events.</summary>
    public long? Quantile(double q)
    {
        var copy = counts.ToArray();
        var wanted = Math.Max(1, (long)Math.Ceiling(copy.Sum() * q));
        for (var (i, sum) = (0, 0L); i < copy.Length; i++)
            if ((sum += copy[i]) >= wanted) return Upper(i);
        return null;
    }

    static int Bucket(long ms) => ms < 100 ? (int)Math.Max(0, ms) : Math.Min(255, 100 + (int)(Math.Log(ms / 100.0) / Math.Log(1.1)));

    static long Upper(int bucket) => bucket < 100 ? bucket : (long)(100 * Math.Pow(1.1, bucket - 99));

    public static Latency Sum(IEnumerable<Latency> all)
    {
        var sum = new Latency();
        foreach (var one in all)
            for (var i = 0; i < sum.counts.Length; i++) sum.counts[i] += one.counts[i];
        return sum;
    }
}
