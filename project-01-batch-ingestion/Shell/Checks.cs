namespace BatchIngestion;

/// <summary>One item of the evaluation checklist: a sentence and its proof, which runs the real code in an empty folder and
/// gives its evidence in numbers.</summary>
/// <exception cref="CheckFailed">Thrown by the proof when the sentence does not hold.</exception>
sealed record Check(string Id, string Sentence, Func<string, Task<string>> Prove);

/// <summary>The sentence of a check does not hold; the message is the evidence.</summary>
sealed class CheckFailed(string evidence) : Exception(evidence)
{
    /// <summary>Fails unless the condition holds.</summary>
    public static void Unless(bool holds, string evidence)
    {
        if (!holds) throw new CheckFailed(evidence);
    }
}

/// <summary>Proves the items of a checklist, some at once, for many of them wait; prints them in their order, a line each.</summary>
static class Checks
{
    /// <summary>How one item ended: ✔ it holds, ✘ it does not, ○ its step is not built yet.</summary>
    public sealed record Outcome(string Id, char Mark, string Line);

    public static async Task<Outcome> Prove(Check check)
    {
        var scratch = Directory.CreateTempSubdirectory("check-").FullName;
        Outcome Is(char mark, string evidence) => new(check.Id, mark, $"{mark} {check.Id} {check.Sentence}: {evidence}");
        try { return Is('✔', await check.Prove(scratch)); }
        catch (NotImplementedException e) when (e.Message.StartsWith("Step ", StringComparison.Ordinal)) { return Is('○', $"step {e.Message[5..e.Message.IndexOf(':')]} is not built yet"); }
        catch (Exception e) when (e is not OperationCanceledException) { return Is('✘', e is CheckFailed or UserException ? e.Message : e.ToString()); }
        finally { Crash.Delete(scratch); }
    }

    /// <returns>The exit code: 0 when all hold.</returns>
    public static async Task<int> Run(IReadOnlyList<Check> checks, CancellationToken stop)
    {
        var (passed, turn) = (0, new SemaphoreSlim(2 * Environment.ProcessorCount));
        var proofs = checks.Select(async check =>
        {
            await turn.WaitAsync(stop);
            try { return await Task.Factory.StartNew(() => Prove(check), stop, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap(); }
            finally { turn.Release(); }
        }).ToList();
        try
        {
            foreach (var proof in proofs)
            {
                var outcome = await proof;
                stop.ThrowIfCancellationRequested();        // what was interrupted may have failed
                Console.WriteLine(outcome.Line);
                if (outcome.Mark == '✔') passed++;
            }
        }
        finally { await Task.WhenAny(Task.WhenAll(proofs)); }      // each clears away what it has made
        Console.WriteLine($"{passed} of {checks.Count} passed");
        return passed == checks.Count ? 0 : 1;
    }
}
