namespace Orchestrator;

/// <summary>Of all schedulers on one database one leads: the one that holds the lease. It asks in the transaction in which it schedules, so a
/// scheduler that slept past its lease finds out before it can do harm.</summary>
/// <param name="holder">Who asks; another word for each process.</param>
sealed class Lease(string holder, TimeSpan length)
{
    long epoch;

    /// <summary>Whether the lease was taken from nobody or from another in the last <see cref="Hold"/>.</summary>
    public bool JustTaken { get; private set; }

    /// <summary>Takes the lease when it is free, has run out or its holder is gone, and renews it when it is ours and half of it is over. Inside a
    /// transaction.</summary>
    /// <returns>Whether this scheduler leads now.</returns>
    public bool Hold(StateStore store, DateTime now)
    {
        // step 7: lead alone, and tell of what goes wrong
        JustTaken = false;
        var row = store.Query("SELECT holder, epoch, expires_at FROM lease WHERE name = 'scheduler'", r => (Holder: r.GetString(0), Epoch: r.GetInt64(1), Expires: r.Moment(2))).FirstOrDefault();
        var ours = row.Holder == holder && row.Epoch == epoch;
        if (ours && row.Expires - now > length / 2) return true;
        if (!ours && row.Holder is not null && row.Expires > now && !IsGone(row.Holder)) return false;
        JustTaken = !ours;
        Write(store, ours ? epoch : row.Epoch + 1, now);
        return true;
        // end of step 7
    }

    /// <summary>Notes the lease as this scheduler's, for its whole length from now on.</summary>
    /// <param name="number">Its epoch: one more than the last one's when it was taken, the same when it is renewed. So a scheduler that has lost its
    /// lease finds out even when the new holder has the same name.</param>
    void Write(StateStore store, long number, DateTime now)
    {
        epoch = number;
        store.Execute("INSERT OR REPLACE INTO lease (name, holder, epoch, expires_at) VALUES ('scheduler', $1, $2, $3)", holder, epoch, now + length);
    }

    /// <summary>Whether the holder was a process of this machine that is not there any more: then there is nobody to wait for. A wrong answer would do
    /// no harm, for a leader that has lost its lease finds out in its next transaction.</summary>
    static bool IsGone(string holder)
    {
        if (holder.Split(':') is not [var machine, var pid, _] || machine != Environment.MachineName || !int.TryParse(pid, out var id)) return false;
        try
        {
            using var process = System.Diagnostics.Process.GetProcessById(id);
            return false;
        }
        catch (ArgumentException) { return true; }
    }

    /// <summary>Gives the lease back, so that the next scheduler need not wait for its end.</summary>
    public void Release(StateStore store, DateTime now) =>
        store.Execute("UPDATE lease SET expires_at = $3 WHERE name = 'scheduler' AND holder = $1 AND epoch = $2", holder, epoch, now);

    /// <returns>Who leads and until when; null when nobody does.</returns>
    public static (string Holder, DateTime Until)? Leader(StateStore store, DateTime now) =>
        store.Query("SELECT holder, expires_at FROM lease WHERE name = 'scheduler' AND expires_at > $1", r => ((string, DateTime)?)(r.GetString(0), r.Moment(1)), now).FirstOrDefault();
}
