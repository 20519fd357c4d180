using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace KafkaIngest.Tests;

/// <summary>A cluster that one test has for itself, to take brokers away from it. Made by the command of <c>KAFKA_CONTROL</c>; without it the
/// test is skipped.</summary>
sealed class KafkaOwnCluster : IDisposable
{
    readonly TempFolder folder = new();
    readonly string control;

    public string BootstrapServers { get; }

    public KafkaOwnCluster(int nodes)
    {
        control = Environment.GetEnvironmentVariable("KAFKA_CONTROL") ?? "";
        if (control.Length == 0) Assert.Ignore("The environment variable KAFKA_CONTROL names no command that starts and kills brokers.");
        try { BootstrapServers = Control("start", "--port", $"{FreePort()}", "--nodes", $"{nodes}").Trim(); }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>SIGKILL.</summary>
    public void Kill(int node) => Control("kill", "--node", $"{node}");

    /// <summary>Brings back what was killed, with its data, and waits until it answers.</summary>
    public void Start() => Control("start");

    string Control(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("sh", ["-c", $"exec {control} \"$@\"", "sh", .. arguments, "--dir", folder.At("kafka")]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var printed = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? printed : throw new IOException($"{control} {arguments[0]}: {error.Result}");
    }

    /// <summary>A port from which those of three brokers and their controllers are free: it, the next, and both 10 and 20 higher.</summary>
    static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(21_500, 29_000);
            if (new[] { 0, 1, 10, 11, 20, 21 }.All(offset => Free(port + offset))) return port;
        }
    }

    static bool Free(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try { listener.Start(); }
        catch (SocketException) { return false; }
        return true;
    }

    public void Dispose()
    {
        if (Directory.Exists(folder.At("kafka"))) Control("wipe");
        folder.Dispose();
    }
}

/// <summary>A clock that can be told to be a year late, so that whoever waits for a moment goes on at once.</summary>
sealed class HurryingClock : TimeProvider
{
    volatile bool late;

    public void Hurry() => late = true;

    public override long GetTimestamp() => base.GetTimestamp() + (late ? 365 * 86_400 * TimestampFrequency : 0);
}
