namespace Orchestrator;

/// <summary>What a trigger rule says of a task: wait on, run, or end without running.</summary>
enum Verdict { Wait, Run, Skip, UpstreamFailed }

/// <summary>The trigger rules. Their answers are those of Airflow 3.3's <c>TriggerRuleDep</c>, which a table made by it tests.</summary>
static class TriggerRules
{
    /// <param name="upstream">The states of the direct upstream tasks; those that have not ended count as not known yet.</param>
    public static Verdict Judge(TriggerRule rule, IReadOnlyCollection<TaskState> upstream)
    {
        // step 3: judge by trigger rules
        if (upstream.Count == 0 || rule == TriggerRule.Always) return Verdict.Run;
        int all = upstream.Count, success = Count(TaskState.Success), skipped = Count(TaskState.Skipped), removed = Count(TaskState.Removed);
        int failed = Count(TaskState.Failed), upstreamFailed = Count(TaskState.UpstreamFailed), bad = failed + upstreamFailed;
        var allDone = success + skipped + removed + bad == all;
        return rule switch
        {
            // what can't come true any more ends the task at once, without waiting for the rest
            TriggerRule.AllSuccess when bad > 0 => Verdict.UpstreamFailed,
            TriggerRule.AllSuccess when skipped > 0 => Verdict.Skip,
            TriggerRule.AllSuccess => RunIf(success + removed == all),
            TriggerRule.AllFailed when success + skipped > 0 => Verdict.Skip,
            TriggerRule.AllFailed => RunIf(bad + removed == all),
            TriggerRule.AllDone => RunIf(allDone),
            TriggerRule.AllDoneMinOneSuccess when skipped > 0 => Verdict.Skip,
            TriggerRule.AllDoneMinOneSuccess when allDone && success == 0 => Verdict.UpstreamFailed,
            TriggerRule.AllDoneMinOneSuccess => RunIf(allDone),
            TriggerRule.AllSkipped when success + bad > 0 => Verdict.Skip,
            TriggerRule.AllSkipped => RunIf(skipped == all),
            TriggerRule.OneSuccess when skipped == all => Verdict.Skip,
            TriggerRule.OneSuccess when allDone && success == 0 => Verdict.UpstreamFailed,
            TriggerRule.OneSuccess => RunIf(success > 0),
            TriggerRule.OneFailed when allDone && bad == 0 => Verdict.Skip,
            TriggerRule.OneFailed => RunIf(bad > 0),
            TriggerRule.OneDone when allDone && success + failed == 0 => Verdict.Skip,
            TriggerRule.OneDone => RunIf(success + failed > 0),
            TriggerRule.NoneFailed when bad > 0 => Verdict.UpstreamFailed,
            TriggerRule.NoneFailed => RunIf(success + skipped + removed == all),
            TriggerRule.NoneFailedMinOneSuccess when bad > 0 => Verdict.UpstreamFailed,
            TriggerRule.NoneFailedMinOneSuccess when skipped == all => Verdict.Skip,
            TriggerRule.NoneFailedMinOneSuccess when allDone && success == 0 => Verdict.UpstreamFailed,
            TriggerRule.NoneFailedMinOneSuccess => RunIf(success + skipped + removed == all),
            TriggerRule.NoneSkipped when skipped > 0 => Verdict.Skip,
            TriggerRule.NoneSkipped => RunIf(allDone),
            _ => throw new ArgumentOutOfRangeException(nameof(rule)),
        };

        int Count(TaskState state) => upstream.Count(s => s == state);
        static Verdict RunIf(bool holds) => holds ? Verdict.Run : Verdict.Wait;
        // end of step 3
    }
}
