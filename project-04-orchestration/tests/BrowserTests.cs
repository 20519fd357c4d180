using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Orchestrator.Tests;

/// <summary>The page clicked through in a headless Chromium, with a scheduler at work in this process.</summary>
[TestFixture, Category("Browser")]
sealed class BrowserTests
{
    const string Markup = "<img src=x onerror=alert(1)>";

    static string? Chromium => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Where(p => p.Length > 0).Select(p => Path.Combine(p, "chromium")).FirstOrDefault(File.Exists);

    /// <summary>A page in a browser, and a scheduler that ticks on a thread of its own.</summary>
    sealed class Watched : IAsyncDisposable
    {
        readonly CancellationTokenSource stop = new();
        Served? served;
        Thread? ticking;
        IPlaywright? playwright;
        IBrowser? browser;

        public Served Served => served!;
        public IPage Page { get; private set; } = null!;
        public List<string> Errors { get; } = [];

        public static async Task<Watched> Start(Dag dag, Action<Served>? before = null, BrowserNewPageOptions? options = null)
        {
            if (Chromium is null) Assert.Ignore("There is no chromium on the PATH.");
            var watched = new Watched { served = await Served.Start(dag) };
            before?.Invoke(watched.Served);
            watched.Schedule(dag);
            Environment.SetEnvironmentVariable("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
            watched.playwright = await Playwright.CreateAsync();
            watched.browser = await watched.playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Headless = true, Args = ["--no-sandbox"] });
            watched.Page = await watched.browser.NewPageAsync(options ?? new() { ViewportSize = new() { Width = 1280, Height = 800 } });
            watched.Page.SetDefaultTimeout(15_000);
            SetDefaultExpectTimeout(15_000);
            watched.Page.Console += (_, message) => { if (message.Type == "error") watched.Errors.Add(message.Text); };
            watched.Page.PageError += (_, error) => watched.Errors.Add(error);
            watched.Page.Dialog += (_, dialog) => _ = dialog.Type == "confirm" ? dialog.AcceptAsync() : Alarm(dialog);
            await watched.Page.GotoAsync(watched.Served.Address.ToString());
            return watched;

            Task Alarm(IDialog dialog)
            {
                watched.Errors.Add($"a dialog: {dialog.Message}");
                return dialog.DismissAsync();
            }
        }

        void Schedule(Dag dag)
        {
            ticking = new Thread(() =>
            {
                using var wake = new AutoResetEvent(false);
                using var store = Served.Open();
                using var scheduler = new Scheduler(store, [dag], new InProcessExecutor(Served.Settings, [dag], wake), new() { Name = "the scheduler of this test" });
                while (!stop.IsCancellationRequested)
                {
                    scheduler.Tick(DateTime.UtcNow);
                    wake.WaitOne(50);
                }
                scheduler.Stop(() => DateTime.UtcNow);
            })
            { IsBackground = true };
            ticking.Start();
        }

        /// <summary>Ends the scheduler, as if it had been stopped.</summary>
        public void StopScheduler()
        {
            stop.Cancel();
            ticking?.Join();
        }

        public ILocator Cell(string task) => Page.Locator($"#grid .cell[aria-label^='{task},']").Last;

        public async ValueTask DisposeAsync()
        {
            if (browser is not null) await browser.DisposeAsync();
            playwright?.Dispose();
            StopScheduler();
            if (served is not null) await served.DisposeAsync();
            stop.Dispose();
        }
    }

    /// <summary>fetch → load → report; load fails until somebody has mended it.</summary>
    static Dag Dag(Func<bool> mended) => new("flights")
    {
        Description = "Three tasks, of which one is broken",
        Schedule = new NullTimetable(),
        StartDate = Play.Day1,
        Tasks =
        [
            new ActionTask("fetch", c => { c.Log("fetched 842 rows"); return null; }),
            new ActionTask("load", c => { c.Log($"try {c.TryNumber} of {Markup}"); return mended() ? null : throw new InvalidDataException(Markup); }) { Upstream = ["fetch"] },
            new ActionTask("report", _ => null) { Upstream = ["load"] },
        ],
    };

    [Test]
    public async Task A_failed_task_is_found_read_and_cleared_and_turns_green_without_a_reload()
    {
        var mended = false;
        await using var watched = await Watched.Start(Dag(() => mended));
        var page = watched.Page;
        await Expect(page.Locator("#leader")).ToHaveTextAsync("Scheduler: the scheduler of this test leads");
        await Expect(page.Locator("#live")).ToHaveTextAsync("● live");
        await page.EvaluateAsync("window.loadedOnce = true");

        await page.GetByRole(AriaRole.Button, new() { Name = "Trigger flights" }).ClickAsync();
        await Expect(watched.Cell("load")).ToHaveTextAsync("✗");
        await Expect(watched.Cell("report")).ToHaveAttributeAsync("aria-label", new System.Text.RegularExpressions.Regex("upstream failed"));
        await Expect(page.Locator("#graph .node")).ToHaveCountAsync(3);
        await Expect(page.Locator("#graph .node.state-failed")).ToHaveCountAsync(1);
        await Expect(page.Locator("#gantt .span")).ToHaveCountAsync(2);

        await watched.Cell("load").ClickAsync();
        await Expect(page.Locator("#task-name")).ToHaveTextAsync("✗ load");
        await Expect(page.Locator("#task-facts")).ToContainTextAsync($"InvalidDataException: {Markup}");
        await Expect(page.Locator("#log")).ToContainTextAsync($"try 1 of {Markup}");
        await Expect(page.Locator("#alerts")).ToContainTextAsync(Markup);
        await Expect(page.Locator("img")).ToHaveCountAsync(0);

        mended = true;
        await page.GetByRole(AriaRole.Button, new() { Name = "Clear with downstream" }).ClickAsync();
        await Expect(watched.Cell("load")).ToHaveTextAsync("✓");
        await Expect(watched.Cell("report")).ToHaveTextAsync("✓");
        await Expect(page.Locator("#task-name")).ToHaveTextAsync("✓ load");
        await Expect(page.Locator("#log")).ToContainTextAsync("try 2 of");
        await page.Locator("#tries button").First.ClickAsync();
        await Expect(page.Locator("#log")).ToContainTextAsync("try 1 of");

        await page.Locator("#clear-run").ClickAsync();
        await Expect(page.Locator("#gantt .span")).ToHaveCountAsync(7);
        await Expect(page.Locator("#run-name")).ToContainTextAsync("✓");
        Assert.That(await page.EvaluateAsync<bool>("window.loadedOnce"), "no reload");
        Assert.That(watched.Errors, Is.Empty);
    }

    [Test]
    public async Task A_paused_dag_starts_nothing_until_it_goes_on_and_retry_runs_one_task()
    {
        var mended = false;
        await using var watched = await Watched.Start(Dag(() => mended));
        var page = watched.Page;
        var on = page.GetByRole(AriaRole.Switch, new() { Name = "flights is on" });
        await on.ClickAsync();
        await Expect(on).ToHaveAttributeAsync("aria-checked", "false");
        await page.GetByRole(AriaRole.Button, new() { Name = "Trigger flights" }).ClickAsync();
        await Expect(page.Locator("#message")).ToContainTextAsync("it waits while the DAG is paused");
        await Expect(page.Locator("#run-text")).ToContainTextAsync("queued");
        await on.ClickAsync();
        await Expect(watched.Cell("load")).ToHaveTextAsync("✗");

        // the keyboard is enough: arrows walk the grid, Enter chooses
        await watched.Cell("fetch").FocusAsync();
        await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#task-name")).ToHaveTextAsync("✗ load");
        mended = true;
        await page.GetByRole(AriaRole.Button, new() { Name = "Retry" }).ClickAsync();
        await Expect(page.Locator("#task-name")).ToHaveTextAsync("✓ load");
        await Expect(watched.Cell("report")).ToHaveTextAsync("↑");

        watched.StopScheduler();
        await Expect(page.Locator("#leader")).ToContainTextAsync("dotnet run -- scheduler");
        Assert.That(watched.Errors, Is.Empty);
    }
}
