using Confluent.Kafka;

namespace KafkaIngest;

// What a member does when partitions come, go, or must be read again.
sealed partial class Member
{
    /// <summary>The writer has nothing to do: goes back to where the sink stands where it must, tells Kafka what the sink had before we came (a
    /// producer may wait for it, and no record may follow), and lets a sink that gathers write what is due.</summary>
    void Idle()
    {
        if (rewind.Count > 0)
            foreach (var partition in consumer.Assignment.Select(p => p.Partition.Value).Where(rewind.Remove).ToList())
            {
                Stand(partition);
                consumer.Seek(Start(partition));
            }
        rewind.Clear();
        if (untold.Count > 0)
        {
            Durable([.. untold.Select(partition => (partition, State.DurableTo(partition)))]);
            untold.Clear();
        }
        try
        {
            Durable(sink.Due());
            if (dueFailed) (dueFailed, State.Trouble) = (false, null);
        }
        catch (StaleBatch stale) { GiveUp(stale.Partition); }
        catch (Exception e) when (ForNow(e)) { (dueFailed, State.Trouble) = (true, $"{sink.Name}: {e.Message}"); }
    }

    /// <summary>Forgets what was read of a partition, to read it again from where the sink stands if it is still ours.</summary>
    void GiveUp(int partition)
    {
        State.Stale++;
        Forget(partition);
        rewind.Add(partition);
    }

    void Forget(int partition)
    {
        positions.Remove(partition);
        untold.Remove(partition);
        State.Read(partition, State.DurableTo(partition));      // who waits for its end must not take it for read
        filling.Drop(partition);
        given?.Drop(partition);
        sink.Abandon([partition]);
    }

    void Durable(IReadOnlyList<(int Partition, long Next)> next)
    {
        foreach (var (partition, offset) in next)
        {
            State.Durable(partition, offset);
            try { consumer.StoreOffset(new TopicPartitionOffset(topic.Name, partition, offset)); }
            catch (KafkaException) { }      // the partition was given away: its new owner commits
        }
        State.Held = filling.Count + (given?.Count ?? 0);
    }

    /// <summary>Waits for the writer, whatever comes of it: after this the sink is ours alone.</summary>
    void Quiesce()
    {
        if (writing is not null) Task.WaitAny([writing]);
        for (Settle(); writing is not null; Settle()) Task.WaitAny([writing]);
    }

    /// <summary>New partitions: the sink says where each begins, whatever Kafka has committed.</summary>
    List<TopicPartitionOffset> Assigned(IReadOnlyList<int> added)
    {
        // step 5: read in batches, and let the sink say where to go on
        Quiesce();
        foreach (var partition in added)
        {
            Forget(partition);
            Stand(partition);
        }
        State.Owned = [.. positions.Keys.Order()];
        return [.. added.Select(Start)];
        // end of step 5
    }

    /// <summary>Goes to where the sink stands.</summary>
    void Stand(int partition)
    {
        positions[partition] = sink.Next(partition);
        State.Read(partition, positions[partition]);
        State.Durable(partition, positions[partition]);
        if (positions[partition] > 0) untold.Add(partition);
    }

    // where it has nothing that is 0, and not what is the first now: what is lost before it was read is an error
    TopicPartitionOffset Start(int partition) => new(topic.Name, partition, positions[partition]);

    /// <summary>Partitions go to another member, which waits until this returns: what was read of them is written now, or abandoned whole where that
    /// fails.</summary>
    void Revoked(IReadOnlyList<int> gone)
    {
        // step 5: read in batches, and let the sink say where to go on
        Quiesce();
        try
        {
            if (given is null) WriteNow(gone);
        }
        catch (StaleBatch stale) { GiveUp(stale.Partition); }
        catch (Exception e) when (ForNow(e)) { State.Trouble = $"{sink.Name}: {e.Message}"; }
        Lost(gone);
        // end of step 5
    }

    /// <summary>Partitions are another's already: what was read of them and is not durable is abandoned. If it were written, the fence would refuse
    /// it.</summary>
    void Lost(IReadOnlyList<int> gone)
    {
        // step 5: read in batches, and let the sink say where to go on
        Quiesce();
        foreach (var partition in gone) Forget(partition);
        rewind.ExceptWith(gone);
        if (given is { Count: 0 }) (given, retrySince) = (null, null);
        State.Owned = [.. positions.Keys.Order()];
        // end of step 5
    }
}
