namespace DimensionalModel;

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

/// <summary>Proves the items of a checklist, one after the other, a line each.</summary>
static class Checks
{
    /// <summary>How one item ended: ✔ it holds, ✘ it does not, ○ its step is not built yet.</summary>
    public sealed record Outcome(string Id, char Mark, string Line);

    public static async Task<Outcome> Prove(Check check)
    {
        var scratch = Directory.CreateTempSubdirectory("check-").FullName;
        try
        {
            return new(check.Id, '✔', $"✔ {check.Id} {check.Sentence}: {await check.Prove(scratch)}");
        }
        catch (NotImplementedException e) when (e.Message.StartsWith("Step ", StringComparison.Ordinal))
        {
            return new(check.Id, '○', $"○ {check.Id} {check.Sentence}: step {e.Message[5..e.Message.IndexOf(':')]} is not built yet");
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return new(check.Id, '✘', $"✘ {check.Id} {check.Sentence}: {(e is CheckFailed or UserException ? e.Message : e.ToString())}");
        }
        finally { Crash.Delete(scratch); }
    }

    /// <returns>The exit code: 0 when all hold.</returns>
    public static async Task<int> Run(IReadOnlyList<Check> checks, CancellationToken stop)
    {
        var passed = 0;
        foreach (var check in checks)
        {
            var outcome = await Prove(check);
            stop.ThrowIfCancellationRequested();        // what was interrupted may have failed
            Console.WriteLine(outcome.Line);
            if (outcome.Mark == '✔') passed++;
        }
        Console.WriteLine($"{passed} of {checks.Count} passed");
        return passed == checks.Count ? 0 : 1;
    }
}
