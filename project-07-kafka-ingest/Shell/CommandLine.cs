using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Runtime.InteropServices;

namespace KafkaIngest;

/// <summary>The verbs of the program: parses, runs, and turns what happens into an exit code
/// (0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted).</summary>
sealed class CommandLine
{
    readonly RootCommand root;
    readonly Dictionary<Command, string> examples = [];

    public CommandLine(string description)
    {
        root = new RootCommand(description) { HelpName = "dotnet run --" };
        foreach (var help in root.Options.OfType<HelpOption>()) help.Action = new HelpWithExample((HelpAction)help.Action!, examples);
    }

    /// <summary>Adds a verb. <paramref name="run"/> gives the exit code.</summary>
    public void Verb(string name, string description, string example, IEnumerable<Symbol> symbols, Func<ParseResult, CancellationToken, Task<int>> run)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Option<string> text) text.Validators.Add(found => { if (found.Tokens is [{ Value: "" }]) found.AddError($"{text.Name} needs a value."); });
            if (symbol is Option option) command.Add(option); else command.Add((Argument)symbol);
        }
        command.SetAction(run);
        examples[command] = example;
        root.Add(command);
    }

    /// <summary>Runs the verb that the arguments name; without arguments, <c>run</c>.</summary>
    public async Task<int> Run(string[] args)
    {
        using var stop = new CancellationTokenSource();
        void Stop(PosixSignalContext signal)
        {
            if (stop.IsCancellationRequested) return;      // the second Ctrl+C ends the process at once
            signal.Cancel = true;
            stop.Cancel();
        }
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            var parsed = root.Parse(args.Length == 0 ? ["run"] : args);
            if (parsed.Errors.Count > 0 && parsed.Action is not HelpWithExample) return WrongUsage(parsed);
            return await parsed.InvokeAsync(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, stop.Token);
        }
        catch (UserException e) { return Fail(e.Message, e.ExitCode); }
        catch (OperationCanceledException) when (stop.IsCancellationRequested) { return Fail("Interrupted.", 130); }
        catch (NotImplementedException e) when (e.Message.StartsWith("Step ", StringComparison.Ordinal)) { return Fail("Not built yet. " + (Exercise.NextStep(ProjectFolder.Root) ?? e.Message), 1); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return Fail(e.Message, 1); }
    }

    static int Fail(string message, int code)
    {
        Terminal.EndProgress();
        Console.Error.WriteLine(message);
        return code;
    }

    int WrongUsage(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var wrong = parsed.UnmatchedTokens.Count > 0 ? parsed.UnmatchedTokens[0] : null;
        if (wrong is null) return Fail($"{string.Join(' ', parsed.Errors[0].Message.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries)).Replace("System.Int32", "a number", StringComparison.Ordinal).Replace("System.Int64", "a number", StringComparison.Ordinal).Replace("System.Double", "a number", StringComparison.Ordinal)}\nSee: dotnet run -- {command.Name} --help", 2);
        var names = wrong.StartsWith('-') ? command.Options.Select(o => o.Name) : command == root ? root.Subcommands.Select(c => c.Name) : [];
        var near = names.Append("").MinBy(name => Distance(wrong, name))!;
        var hint = near.Length > 0 && Distance(wrong, near) <= 3 ? $" Did you mean '{near}'?" : "";
        var what = wrong.StartsWith('-') ? "option" : command == root ? "verb" : "argument";
        return Fail($"Unknown {what} '{wrong}'.{hint}\nSee: dotnet run -- {(command == root ? "" : command.Name + " ")}--help", 2);
    }

    /// <summary>Levenshtein distance: how many letters to change, add or take out.</summary>
    static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }
        return row[^1];
    }

    sealed class HelpWithExample(HelpAction help, Dictionary<Command, string> examples) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parsed)
        {
            var code = help.Invoke(parsed);
            if (examples.TryGetValue(parsed.CommandResult.Command, out var example))
                parsed.InvocationConfiguration.Output.WriteLine($"Example:\n  dotnet run -- {example}\n");
            return code;
        }
    }
}
