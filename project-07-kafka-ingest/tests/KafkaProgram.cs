using System.Diagnostics;

namespace KafkaIngest.Tests;

/// <summary>The program as a process of its own.</summary>
sealed class KafkaProgram : IDisposable
{
    readonly Process process;
    readonly Task<string> printed, error;

    public KafkaProgram(IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", ["exec", typeof(Ingest).Assembly.Location, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        process = Process.Start(start)!;
        (printed, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
    }

    public bool Running => !process.HasExited;

    /// <summary>SIGKILL.</summary>
    public void Kill() => process.Kill();

    /// <summary>Ctrl+C.</summary>
    public void Interrupt() => Process.Start("kill", ["-INT", process.Id.ToString()]).WaitForExit();

    public async Task<(int Code, string Printed, string Error)> End()
    {
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(5));
        return (process.ExitCode, await printed, await error);
    }

    public static async Task<(int Code, string Printed, string Error)> Run(IEnumerable<string> arguments)
    {
        using var program = new KafkaProgram(arguments);
        return await program.End();
    }

    public void Dispose()
    {
        if (Running) Kill();
        process.Dispose();
    }
}
