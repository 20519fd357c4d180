using System.Globalization;

namespace Orchestrator;

/// <summary>Opens what an attempt needs: its log, and a connection of its own for its fence and its XComs, made only when it is asked for.</summary>
sealed class AttemptContext : IDisposable
{
    readonly Settings settings;
    readonly Attempt attempt;
    readonly StreamWriter log;
    StateStore? store;

    /// <param name="log">Where the log goes instead of its file; it is closed with the context.</param>
    public AttemptContext(Settings settings, Attempt attempt, CancellationToken stop, Stream? log = null)
    {
        (this.settings, this.attempt) = (settings, attempt);
        this.log = new StreamWriter(log ?? OpenLog(settings, attempt)) { AutoFlush = true };
        Context = new()
        {
            DagId = attempt.DagId,
            TaskId = attempt.TaskId,
            RunId = attempt.RunId,
            Interval = attempt.Interval,
            TryNumber = attempt.TryNumber,
            Input = settings.Input,
            Output = settings.Output,
            Stop = stop,
            Log = Log,
            Fenced = write => Fenced(() =>
            {
                Failpoint.Hit("fenced");
                write();
                Failpoint.Hit("written");
            }),
            PullJson = (task, key) => Store.Scalar("SELECT value FROM xcom WHERE dag_id = $1 AND run_id = $2 AND task_id = $3 AND key = $4", attempt.DagId, attempt.RunId, task, key) as string,
        };
    }

    public TaskContext Context { get; }

    StateStore Store => store ??= new StateStore(settings.Database);

    /// <summary>The write lock of the state database is held while the action runs: the attempt can't be given up between the check and the write.
    /// Whoever gives it up needs the same lock.</summary>
    /// <exception cref="StaleAttempt">The attempt was given up; the action was not run.</exception>
    void Fenced(Action write)
    {
        // step 6: end an attempt, unless it was given up
        Store.InTransaction(() =>
        {
            if (!TaskLife.IsCurrent(Store, attempt)) throw new StaleAttempt($"Attempt {attempt.Token} of {attempt.TaskId}");
            write();
        });
        // end of step 6
    }

    /// <summary>Opens the attempt's log; what an earlier attempt on the same try has written stays.</summary>
    static FileStream OpenLog(Settings settings, Attempt attempt)
    {
        var file = settings.LogFile(attempt.DagId, attempt.RunId, attempt.TaskId, attempt.TryNumber);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        return new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
    }

    public void Log(string line)
    {
        lock (log) log.WriteLine($"[{DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)}] {line}");
    }

    public void Dispose()
    {
        store?.Dispose();
        log.Dispose();
    }
}
