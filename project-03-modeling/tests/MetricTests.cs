using Microsoft.Data.Sqlite;

namespace DimensionalModel.Tests;

/// <summary>The metric layer, on a small warehouse.</summary>
[TestFixture, Category("Step8")]
sealed class MetricTests
{
    static readonly Lazy<string> Made = new(() =>
    {
        var folder = Directory.CreateTempSubdirectory("metrics-").FullName;
        Sample.Small(Path.Combine(folder, "loads"));
        Modeling.Run(new(Path.Combine(folder, "loads"), folder), default);
        return Path.Combine(folder, "warehouse.db");
    });

    SqliteConnection warehouse = null!;
    SemanticModel model = null!;

    [SetUp]
    public void Open() => (warehouse, model) = (Warehouse.Open(Made.Value), SemanticModel.Load(ProjectFolder.At("metrics")));

    [TearDown]
    public void Close() => warehouse.Dispose();

    [OneTimeTearDown]
    public static void Delete() => Crash.Delete(Path.GetDirectoryName(Made.Value)!);

    [TestCase("flights", "origin,month", "agg_route_month")]
    [TestCase("flights", "origin,delay_group", "agg_delay_month")]
    [TestCase("flights", "dest", "agg_route_month")]
    [TestCase("on_time_rate", "visibility,hour", "agg_origin_hour")]
    [TestCase("air_minutes", "manufacturer", "agg_aircraft_month")]
    [TestCase("flights", "dest,hour", "fact_flight")]
    [TestCase("worst_arr_delay", "origin", "fact_flight")]
    [TestCase("flights", "actual_date", "fact_flight")]
    public void The_first_aggregate_that_answers_exactly_is_read_else_the_facts(string metric, string by, string source) => Assert.That(Sql(metric, by).Source, Is.EqualTo(source));

    [Test]
    public void Values_are_parameters()
    {
        var sql = Sql("flights", "origin", "carrier=UA,AA", "month>=2013-01", "dest<>x'; DROP TABLE loads; --");
        Assert.That(sql.Text, Does.Contain("airline.carrier IN ($p1, $p2)").And.Contain("month.year_month >= $p3").And.Not.Contain("DROP"));
        Assert.That(sql.Values, Is.EqualTo(new object[] { "UA", "AA", "2013-01", "x'; DROP TABLE loads; --" }));
    }

    [Test]
    public void A_number_is_compared_as_a_number()
    {
        Assert.That(Sql("flights", "carrier", "seats>99").Values, Is.EqualTo(new object[] { 99L }));
        Assert.That(Assert.Throws<UserException>(() => Sql("flights", "carrier", "seats>many"))!.Message, Does.Contain("expected a whole number"));
    }

    [Test]
    public void A_rate_is_a_sum_over_a_sum()
    {
        var rates = Answer("on_time_rate", "origin").ToDictionary(r => (string)r[0]!, r => (double)r[1]!);
        using var command = warehouse.CreateCommand();
        command.CommandText = "SELECT a.faa, avg(on_time) FROM fact_flight f JOIN dim_airport a ON a.airport_key = f.origin_airport_key GROUP BY 1";
        using var reader = command.ExecuteReader();
        while (reader.Read()) Assert.That(rates[reader.GetString(0)], Is.EqualTo(reader.GetDouble(1)).Within(1e-12));
    }

    [Test]
    public void A_balance_over_days_is_that_of_the_last_one()
    {
        var byMonth = Answer("airframe_minutes", "month").ToDictionary(r => (string)r[0]!, r => (long)r[1]!);
        Assert.That(byMonth["2013-02"], Is.EqualTo(Answer("airframe_minutes", "").Single()[0]));
        Assert.That(byMonth["2013-02"], Is.EqualTo(Answer("air_minutes", "", "tailnum<>unknown").Single()[0]), "all minutes that were flown");
        Assert.That(Answer("airframe_minutes", "", "month=2013-01").Single()[0], Is.EqualTo(byMonth["2013-01"]));
    }

    [Test]
    public void A_stock_over_days_is_their_average()
    {
        Assert.That(Answer("fleet_size", "").Single()[0], Is.EqualTo((double)Scalar("SELECT count(DISTINCT tailnum) FROM dim_aircraft WHERE aircraft_key > 0")));
        Assert.That(Answer("fleet_size", "date").Select(r => r[1]).Distinct().Count(), Is.EqualTo(1));
    }

    [TestCase("on_time_rate", "origin", "is not additive")]
    [TestCase("airframe_minutes", "month", "can't be summed over month")]
    [TestCase("fleet_size", "manufacturer,weekday", "can't be summed over weekday")]
    public void A_sum_that_means_nothing_is_refused(string metric, string by, string why) =>
        Assert.That(Assert.Throws<UserException>(() => new MetricQuery(warehouse, model).RefuseSum(Request(metric, by)))!.Message, Does.Contain(why));

    [TestCase("flights", "origin,month")]
    [TestCase("fleet_size", "manufacturer")]
    public void A_sum_that_means_something_is_given(string metric, string by) => Assert.DoesNotThrow(() => new MetricQuery(warehouse, model).RefuseSum(Request(metric, by)));

    [TestCase("fleet_size", "dest", "fleet_size can't be asked by dest: it is of fact_aircraft_day, one known aircraft, one day, flown or not.")]
    [TestCase("flights", "planet", "There is no attribute 'planet'.")]
    public void An_attribute_that_the_fact_does_not_have_is_refused(string metric, string by, string why) => Assert.That(Assert.Throws<UserException>(() => Sql(metric, by))!.Message, Does.StartWith(why));

    [TestCase("actual_date>=2013-02-01", "SELECT count(*) FROM fact_flight WHERE actual_date_key >= 20130201")]
    [TestCase("origin!=EWR,JFK", "SELECT count(*) FROM fact_flight f JOIN dim_airport a ON a.airport_key = f.origin_airport_key WHERE a.faa = 'LGA'")]
    [TestCase("seats<100", "SELECT count(*) FROM fact_flight JOIN dim_aircraft USING (aircraft_key) WHERE seats < 100")]
    public void A_condition_takes_what_it_says(string where, string sql) => Assert.That(Answer("flights", "", where).Single()[0], Is.EqualTo(Scalar(sql)));

    [Test]
    public void A_comparison_has_one_value() => Assert.That(Assert.Throws<UserException>(() => Sql("flights", "", "carrier>=UA,AA"))!.Message, Does.Contain("expected one value after >="));

    [Test]
    public void A_part_of_the_days_is_a_part_of_an_aircraft()
    {
        var tail = (string)Answer("flights", "tailnum", "seats>0").First(r => Answer("fleet_size", "seats", $"tailnum={r[0]}").Count > 1)[0]!;
        Assert.That(Answer("fleet_size", "seats", $"tailnum={tail}").Sum(r => (double)r[1]!), Is.EqualTo(1).Within(1e-9));
        Assert.That(Answer("fleet_size", "month", $"tailnum={tail}").Select(r => r[1]), Is.All.EqualTo(1.0));
    }

    [Test]
    public void A_condition_without_an_operator_is_wrong_usage() => Assert.That(Assert.Throws<UserException>(() => Sql("flights", "", "carrier"))!.Message, Does.Contain("--where is a condition"));

    [TestCase("sum(on_time) * 1.0 / sum(flights)", "additive", "no plain sum of measures")]
    [TestCase("sum(air_minutes) * sum(flights)", "additive", "no plain sum of measures")]
    [TestCase("max(air_minutes)", "additive", "no plain sum of measures")]
    [TestCase("sum(seats)", "additive", "has no measure 'seats'")]
    [TestCase("avg(air_minutes)", "non_additive", "is not arithmetic")]
    [TestCase("sum(flights) + 1", "additive", "no plain sum of measures")]
    [TestCase("sum(flights) * 1 * sum(cancelled)", "additive", "no plain sum of measures")]
    [TestCase("2 * (sum(flights)) * 3 * (sum(cancelled))", "additive", "no plain sum of measures")]
    [TestCase("1 / sum(flights)", "additive", "no plain sum of measures")]
    [TestCase("sum(flights), 1", "additive", "',' is not expected")]
    [TestCase("sum(flights))", "additive", "')' is not expected")]
    [TestCase("sum(flights) /* 1", "additive", "expected '(' before '1'")]
    [TestCase("sum(flights) * 1.2.3", "additive", "has no place in it")]
    [TestCase("nullif(sum(flights))", "non_additive", "expected ','")]
    [TestCase("sum(flights) - - 1", "non_additive", null)]
    [TestCase("3 * (sum(flights) - sum(cancelled)) / 2", "additive", null)]
    [TestCase("sum(flights)", "semi_additive", "sums no semi-additive measure")]
    [TestCase("sum(flights); DROP TABLE loads", "non_additive", "is not arithmetic")]
    [TestCase("(SELECT 1) + sum(flights)", "non_additive", "is not arithmetic")]
    public void A_metric_that_is_not_what_it_says_is_refused(string expression, string additivity, string? why)
    {
        using var folder = new TempFolder();
        File.Copy(ProjectFolder.At("metrics", "model.json"), folder.At("model.json"));
        folder.Write("m.json", $$"""{ "name": "m", "definition": "…", "fact": "fact_flight", "grain": "…", "expression": "{{expression}}", "additivity": "{{additivity}}", "unit": "count" }""");
        if (why is null) { Assert.DoesNotThrow(() => SemanticModel.Load(folder.Path)); return; }
        var refused = Assert.Throws<UserException>(() => SemanticModel.Load(folder.Path))!;
        Assert.That((refused.ExitCode, refused.Message), Is.EqualTo((2, refused.Message)));
        Assert.That(refused.Message, Does.StartWith("m.json: ").And.Contain(why));
    }

    [Test]
    public void Every_attribute_of_the_model_is_a_column_of_its_dimension()
    {
        foreach (var metric in model.Metrics.Where(m => m.Fact == "fact_flight").Take(1))
            foreach (var attribute in model.Dimensions.Values.SelectMany(d => d.Attributes.Keys).Distinct())
                Assert.That(Answer(metric.Name, attribute), Is.Not.Empty, attribute);
    }

    Request Request(string metric, string by, params string[] where) => new(model.Metrics.Single(m => m.Name == metric), by.Split(',', StringSplitOptions.RemoveEmptyEntries), where);

    MetricSql Sql(string metric, string by, params string[] where) => new MetricQuery(warehouse, model).Write(Request(metric, by, where));

    IReadOnlyList<object?[]> Answer(string metric, string by, params string[] where) => MetricVerb.Answer(warehouse, Sql(metric, by, where));

    long Scalar(string sql)
    {
        using var command = warehouse.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }
}
