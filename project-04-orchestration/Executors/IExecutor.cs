namespace Orchestrator;

/// <summary>Runs attempts. The scheduler starts them, asks how they ended, and never waits.</summary>
interface IExecutor : IDisposable
{
    /// <summary>Whether attempts run inside the scheduler's process; it then notes their start and end for them.</summary>
    bool SharesProcess { get; }

    /// <summary>How many more attempts it would take now.</summary>
    int FreeSlots { get; }

    /// <summary>Begins an attempt and returns at once.</summary>
    void Start(Attempt attempt);

    /// <summary>Gives an attempt that has ended. Of one that ran in a process of its own and noted its end itself
    /// the outcome is null, or says that the process died.</summary>
    bool TryTake(DateTime now, out Attempt attempt, out Outcome? outcome);

    /// <summary>Gives a sign of life for the attempts in this process, when it is time to. Inside a transaction.</summary>
    void Heartbeat(StateStore store, DateTime now);

    /// <summary>The attempt was given up: stops it, if it can be stopped.</summary>
    void Abandon(Attempt attempt);

    /// <summary>Asks all attempts to stop, and waits a few seconds for them.</summary>
    void Stop();
}
