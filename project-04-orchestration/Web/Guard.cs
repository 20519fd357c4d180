using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Orchestrator;

/// <summary>Who may ask what. 127.0.0.1 keeps other machines out, but not the other pages in this browser: each of them can send requests here.
/// Three checks keep them from it:
/// the Host must be this address, or else a name of the attacker's that now points to 127.0.0.1 (DNS rebinding) would be let in;
/// a request that changes something must come from this page, by its Origin;
/// and it must carry the token that only this page was given, which no other page can read.
/// It is no login: whoever has an account on this machine can open the page. Production puts it behind one.</summary>
sealed class Guard
{
    /// <summary>Drawn at each start. The page sends it as <c>X-Token</c>.</summary>
    public string Token { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    /// <summary>Middleware: adds the headers that make the browser strict, and refuses with 403 and a sentence.</summary>
    public async Task Check(HttpContext context, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        // scripts and styles only from here and none inline: markup that slipped in from a log could not run
        headers.ContentSecurityPolicy = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        headers.XFrameOptions = "DENY";
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-store";

        if (Objection(context) is { } objection)
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            await context.Response.WriteAsJsonAsync(new { error = objection });
        }
        else await next(context);
    }

    string? Objection(HttpContext context)
    {
        var request = context.Request;
        if (request.Host.Host is not ("127.0.0.1" or "localhost") || (request.Host.Port ?? 80) != context.Connection.LocalPort) return "The Host is not this server's address.";
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)) return null;
        if (request.Headers.Origin != $"http://{request.Host.Value}") return "The Origin is not this page.";
        // in constant time: how long it takes must not tell how many characters were right
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(request.Headers["X-Token"].ToString()), Encoding.UTF8.GetBytes(Token))) return "The token is missing or not this server's. Reload the page.";
        return null;
    }
}
