using System.Text.Json;

namespace DataQuality.Tests;

/// <summary>The report says what became of the last run, and what stands in the layers.</summary>
[TestFixture]
sealed class ReportTests
{
    const string Attack = "<script>alert(1)</script>&\"'\u0007";

    [Test]
    public void A_published_run_is_told_with_every_rule_and_where_its_rows_are()
    {
        using var made = new Made();
        made.Run(1, "drop-1", "published", null, new(10, 8, 1, 1), ("id_type", 10, 0), ("price_positive", 10, 1));
        var html = made.Report();
        Assert.Multiple(() =>
        {
            Assert.That(html, Does.Contain("<h1>drop-1 is published</h1>"));
            Assert.That(html, Does.Contain("orders.id_type").And.Contain("orders.price_positive"));
            Assert.That(html, Does.Contain("quarantined <tspan class=\"strong\">1</tspan>").And.Contain("duplicates <tspan class=\"strong\">1</tspan>").And.Contain("curated_orders"));
            Assert.That(html, Does.Contain("SELECT the rows of price_positive").And.Contain("drop-1/orders.csv"));
            Assert.That(html.IndexOf("orders.price_positive", StringComparison.Ordinal), Is.LessThan(html.IndexOf("orders.id_type", StringComparison.Ordinal)), "what was broken comes first");
            Assert.That(html, Does.Not.Contain("The layers are still"));
        });
    }

    [Test]
    public void After_a_held_run_it_says_whose_layers_these_are()
    {
        using var made = new Made();
        made.Run(1, "drop-1", "published", null, new(10, 8, 1, 1), ("id_type", 10, 0));
        made.Run(2, "drop-2", "held", "orders.id_type: 0.0 % pass, 95.0 % required; orders: column id is retyped", new(14, 8, 5, 1), ("id_type", 4, 4));
        var html = made.Report();
        Assert.Multiple(() =>
        {
            Assert.That(html, Does.Contain("<h1>drop-2 is held back</h1>").And.Contain("<li>orders.id_type: 0.0 % pass, 95.0 % required</li>").And.Contain("<li>orders: column id is retyped</li>"));
            Assert.That(html, Does.Contain("The layers are still those of drop-1").And.Contain("Layers as of drop-1").And.Contain("What drop-2 brought (not in the layers)"));
        });
    }

    [Test]
    public void A_replay_is_named_by_its_number_and_is_no_point_of_a_trend()
    {
        using var made = new Made();
        made.Run(1, "drop-1", "published", null, new(10, 8, 1, 1), ("id_type", 10, 1));
        made.Run(2, "drop-2", "published", null, new(10, 8, 1, 1), ("id_type", 10, 1));
        made.Run(3, "x", "published", null, new(10, 8, 1, 1), ("id_type", 20, 3));
        made.Run(4, "drop-3", "held", "too bad", new(14, 8, 5, 1), ("id_type", 10, 1));
        made.Store.Execute("UPDATE quality_runs SET kind = 'replay', drop_name = NULL WHERE run_id = 3");
        var html = made.Report();
        Assert.Multiple(() =>
        {
            Assert.That(html, Does.Contain("The layers are still those of run 3, a replay").And.Contain("Layers as of run 3, a replay").And.Contain("as of run 3, a replay</small>"));
            Assert.That(html, Does.Contain("rules pass in drop-3").And.Contain("<small>1 within limit</small>").And.Contain("within limit</span>"), "severity error, and enough rows pass");
            Assert.That(html, Does.Contain("over 3 runs"), "the replay is left out");
        });
        Assert.That(History.Of(made.Store, "orders", "id_type").Select(p => p.IsReplay), Is.EqualTo(new[] { false, false, true, false }));
    }

    [Test]
    public void Rules_that_pass_and_are_steady_are_folded()
    {
        using var made = new Made();
        foreach (var run in new[] { 1, 2 }) made.Run(run, $"drop-{run}", "published", null, new(10, 8, 1, 1), ("never_broken", 10, 0), ("broken_once", 10_000, 2 - run), ("broken", 10, 1));
        var (open, folded) = made.Report().Split("rules that pass and change little or nothing") is [var before, var after] ? (before[before.IndexOf("id=\"trend\"", StringComparison.Ordinal)..], after) : ("", "");
        Assert.That(open, Does.Contain("orders.broken<").And.Not.Contain("orders.never_broken").And.Not.Contain("orders.broken_once"));
        Assert.That(folded, Does.Contain("orders.never_broken").And.Contain("orders.broken_once"));
    }

    [Test]
    public void A_run_that_has_failed_leaves_the_rules_of_the_one_before()
    {
        using var made = new Made();
        made.Run(1, "drop-1", "published", null, new(10, 8, 1, 1), ("id_type", 10, 0));
        made.Run(2, "drop-2", "failed", "drop-2/else.csv: no rules name this file", default);
        Assert.That(made.Report(), Does.Contain("<h1>drop-2 has failed</h1>").And.Contain("These are the rules of run 1").And.Contain("orders.id_type"));
    }

    [Test]
    public void Without_a_run_and_without_layers_there_is_a_report_too()
    {
        using var made = new Made();
        Assert.That(made.Report(), Does.Contain("No run yet"));
        made.Run(1, "drop-1", "failed", "killed", default);
        made.Store.Execute("DROP TABLE clean_orders; DROP TABLE curated_orders");
        Assert.That(made.Report(), Does.Contain("Nothing was ever published"));
    }

    [Test]
    public void What_comes_from_data_is_escaped_wherever_it_stands()
    {
        using var made = new Made();
        made.Run(1, Attack, "held", Attack, new(1, 1, 0, 0), (Attack, 3, 2));
        made.Run(2, Attack, "published", Attack, new(1, 1, 0, 0), (Attack, 3, 2));
        made.Store.Execute("INSERT INTO schema_drift VALUES (2, ?, ?, ?, ?, ?, ?)", Attack, Attack, Attack, Attack, Attack, Attack);
        made.Store.Execute("INSERT INTO clean_orders (id, country, price, _drop, _file, _row) VALUES (3, ?, 1, 'd', 'f', 3), (4, ?, 1, 'd', 'f', 4)", Attack, Attack);
        made.Store.Execute($"ALTER TABLE clean_orders ADD COLUMN {Sql.Name(Attack)}");
        var html = made.Report();
        Assert.That(html, Does.Not.Contain("<script"));
        Assert.That(html.Any(c => char.IsControl(c) && c != '\n'), Is.False);
        Assert.That(html, Does.Contain("&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#39;\uFFFD"));
    }

    [Test]
    public void The_page_needs_nothing_from_elsewhere_and_leaves_nothing_beside_it()
    {
        using var made = new Made();
        made.Run(1, "drop-1", "published", null, new(10, 8, 1, 1), ("id_type", 10, 0));
        made.Report();
        var html = made.Report();       // over the one that is there
        Assert.That(html, Does.Not.Match("https?://|url\\(|@import|<link|<script|<img"));
        Assert.That(Directory.GetFiles(made.Folder.Path).Select(Path.GetFileName), Does.Contain("report.html").And.Not.Contain("report.html.tmp"));
    }

    [Test]
    public void The_profile_has_the_figures_of_each_column()
    {
        using var made = new Made();
        made.Store.Execute("DELETE FROM clean_orders");
        for (var i = 1; i <= 24; i++) made.Store.Execute("INSERT INTO clean_orders (id, country, price, paid, _drop, _file, _row) VALUES (?, ?, ?, ?, 'd', 'f', ?)", i, i % 3 == 0 ? "FR" : "DE", i == 1 ? null : i / 2.0, $"2024-01-{i:00}", i);
        var types = Sample.Orders.Columns.ToDictionary(c => c.Name, c => c.Type);
        var columns = LayerProfile.Of(made.Store, "orders", types, 1).ToDictionary(c => c.Name);
        Assert.Multiple(() =>
        {
            Assert.That(columns["id"], Is.EqualTo(new ColumnFigures("id", "integer", 24, 24, 24, "1", "24", 12.5, columns["id"].Frequent, columns["id"].Bins)));
            Assert.That(columns["id"].Bins, Is.EqualTo(Enumerable.Repeat(2L, 12)));
            Assert.That(columns["id"].Frequent, Is.Empty, "each once");
            Assert.That(columns["price"].Filled, Is.EqualTo(23));
            Assert.That(columns["price"].Bins.Sum(), Is.EqualTo(23));
            Assert.That(columns["country"].Frequent, Is.EqualTo(new[] { ("DE", 16L), ("FR", 8L) }));
            Assert.That(columns["paid"].Bins, Is.EqualTo(Enumerable.Repeat(2L, 12)), "dates have a histogram");
            Assert.That(columns["shipped"].Bins, Is.Empty, "no values");
            Assert.That(columns.Keys, Does.Not.Contain("_drop"));
        });
        Assert.That(LayerProfile.Step(made.Store, "orders", 24), Is.EqualTo(1));
        Assert.That(LayerProfile.Step(made.Store, "orders", 10), Is.EqualTo(3));
        Assert.That(LayerProfile.Of(made.Store, "orders", types, 3)[0], Has.Property("Rows").EqualTo(8).And.Property("Min").EqualTo("3"));
    }

    [Test]
    public void Extreme_numbers_do_not_stop_the_profile()
    {
        using var made = new Made();
        made.Store.Execute("INSERT INTO clean_orders (id, price, _drop, _file, _row) VALUES (?, ?, 'd', 'f', 8), (?, ?, 'd', 'f', 9)", long.MinValue, double.MinValue, long.MaxValue, double.MaxValue);
        var columns = LayerProfile.Of(made.Store, "orders", new Dictionary<string, ColumnType>(), 1);
        Assert.That(columns[0].Bins.Sum(), Is.EqualTo(columns[0].Filled));
        Assert.That(made.Report(), Does.Contain("No run yet"));
    }

    [Category("Step8")]
    [TestCase("", "new")]
    [TestCase("1 1 0.9995", "steady")]
    [TestCase("1 1 0.99", "worse")]
    [TestCase("0.9 0.9 0.95", "better")]
    [TestCase("1 0 1 1 1", "steady", Description = "one bad drop in the past is no trend")]
    [TestCase("0.5 0.7 0.6", "steady", Description = "the median is in the middle")]
    public void The_trend_compares_the_last_run_with_the_median_of_those_before(string rates, string word) => Assert.That(History.Trend(Points(rates, 0.9)), Is.EqualTo(word));

    [Test, Category("Step8")]
    public void A_sparkline_shows_how_much_of_the_allowance_is_left()
    {
        Assert.That(History.Sparkline(Points("1 0.999 0.99 0.98 0.5", 0.98)), Is.EqualTo("█▇▄▁▁"));
        Assert.That(History.Sparkline(Points("1 0", 1)), Is.EqualTo("█▁"), "a rule about the whole table");
    }

    [Test, Category("Step8")]
    public void Nearly_all_is_not_all() => Assert.That(History.Percent(0.99999), Is.EqualTo("99.99 %"));

    [Test, Category("Step8")]
    public void The_history_of_a_rule_has_a_point_for_each_run_and_an_unknown_rule_is_told_the_nearest()
    {
        using var made = new Made();
        made.Run(1, "drop-1", "published", null, new(10, 8, 1, 1), ("id_type", 10, 0), ("price_positive", 10, 0));
        made.Run(2, "drop-2", "held", "too bad", new(10, 8, 1, 1), ("price_positive", 8, 2));
        Assert.That(History.Of(made.Store, "orders", "price_positive").Select(p => (p.RunId, p.Run, p.RunStatus, p.Rows, p.Broken, p.PassRate)), Is.EqualTo(new[] { (1L, "drop-1", "published", 10L, 0L, 1.0), (2L, "drop-2", "held", 8L, 2L, 0.75) }));
        foreach (var wrong in new[] { "orders.price_postive", "price_positive", "order.prices_positive" })
            Assert.That(Assert.Throws<UserException>(() => History.Print(made.Store, wrong)), Has.Message.Contain("Did you mean 'orders.price_positive'?").And.Property("ExitCode").EqualTo(2));
    }

    static List<History.Point> Points(string rates, double required) =>
        [.. rates.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select((rate, i) => new History.Point(i, "d", "published", "t", "r", "range", "error", 100, 0, double.Parse(rate, System.Globalization.CultureInfo.InvariantCulture), required, null, "", "pass"))];

    /// <summary>A store made by hand, with the tables that a run leaves.</summary>
    sealed class Made : IDisposable
    {
        public TempFolder Folder { get; } = new();
        public Store Store { get; }

        public Made()
        {
            Store = new(Folder.At("quality.db"));
            Store.Execute("""
                CREATE TABLE clean_orders (id INTEGER, country TEXT, price REAL, pieces INTEGER, total REAL, paid TEXT, shipped TEXT, _drop TEXT NOT NULL, _file TEXT NOT NULL, _row INTEGER NOT NULL, PRIMARY KEY (_drop, _file, _row)) WITHOUT ROWID;
                CREATE TABLE curated_orders AS SELECT * FROM clean_orders;
                INSERT INTO clean_orders (id, country, price, _drop, _file, _row) VALUES (1, 'DE', 1.5, 'd', 'f', 1), (2, 'DE', 2.5, 'd', 'f', 2)
                """);
        }

        public void Run(long id, string drop, string status, string? reason, Counts counts, params (string Rule, long Rows, long Broken)[] rules)
        {
            Store.Execute("INSERT INTO quality_runs VALUES (?, 'drop', ?, '2024-01-02T00:00:00Z', '2024-01-02T03:04:05Z', ?, '', ?, ?, ?, ?, ?)", id, drop, status, reason is null ? null : JsonSerializer.Serialize(reason.Split("; ")), counts.Raw, counts.Clean, counts.Quarantined, counts.Duplicates);
            Store.Execute("INSERT INTO quality_counts VALUES (?, 'orders', ?, ?, ?, ?, ?)", id, drop, counts.Raw, counts.Clean, counts.Quarantined, counts.Duplicates);
            foreach (var (rule, rows, broken) in rules)
                Store.Execute("INSERT INTO quality_results VALUES (?, 'orders', ?, 'range', 'error', ?, ?, ?, 0.95, NULL, ?, ?, ?, ?)", id, rule, rows, broken, (rows - broken) / (double)rows, "what is expected of " + rule,
                    broken == 0 ? "pass" : "warn", broken == 0 ? null : "SELECT the rows of " + rule, JsonSerializer.Serialize<Example[]>(broken == 0 ? [] : [new($"{drop}/orders.csv", 7, rule, rule)], RuleFiles.Json));
        }

        public string Report()
        {
            HtmlReport.Write(Store, new(Folder.Path, Folder.Path, Folder.Path));
            return File.ReadAllText(Folder.At("report.html"));
        }

        public void Dispose()
        {
            Store.Dispose();
            Folder.Dispose();
        }
    }
}
