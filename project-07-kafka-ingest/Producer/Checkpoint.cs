using System.Text.Json;

namespace KafkaIngest;

/// <summary>Where a producer goes on when it was killed: kept in <c>producer.json</c> of the output folder.</summary>
/// <param name="Incarnation">The topic it has sent to: see <see cref="Topic"/>. To another one it sends from the beginning.</param>
/// <param name="Source">What it has sent: the digest of its events, their keys and its partitioner.</param>
/// <param name="Next">Every event before this index is acknowledged.</param>
sealed record Checkpoint(string Incarnation, string Source, long Next)
{
    static string PathIn(string output) => Path.Combine(output, "producer.json");

    /// <summary>The index to go on at: that of the checkpoint, if it is of this source and this incarnation; else 0.</summary>
    /// <exception cref="UserException">The file is no checkpoint.</exception>
    public static long Read(string output, string incarnation, string source)
    {
        // step 3: send, and go on where it was acknowledged
        if (!File.Exists(PathIn(output))) return 0;
        try
        {
            if (JsonSerializer.Deserialize<Checkpoint>(File.ReadAllText(PathIn(output))) is not { Incarnation: not null, Source: not null, Next: >= 0 } found) throw new JsonException("a part of it is missing, or is negative.");
            return found.Incarnation == incarnation && found.Source == source ? found.Next : 0;
        }
        catch (JsonException e) { throw new UserException($"{PathIn(output)} is no checkpoint: {e.Message}\nDelete it: the producer then sends from the beginning, and what comes twice is recognised."); }
        // end of step 3
    }

    /// <summary>Writes it so that it is there, old or new, whenever the power goes (<see cref="WholeFile"/>).</summary>
    public void Write(string output)
    {
        // step 3: send, and go on where it was acknowledged
        WholeFile.Write(PathIn(output), JsonSerializer.Serialize(this));
        // end of step 3
    }
}
