using System.Text;
using System.Text.Json;

namespace KafkaIngest.Tests;

[Category("Step1")]
public class FlightEventsTests
{
    const string Header = "year,month,day,dep_time,sched_dep_time,dep_delay,arr_time,sched_arr_time,arr_delay,carrier,flight,tailnum,origin,dest,air_time,distance,hour,minute,time_hour\n";
    const string Airports = "faa,name,tzone\nIAH,Houston,America/Chicago\nBOS,\"Boston, Logan\",America/New_York\nXXX,Nowhere,NA\n";
    const string Row = "2013,3,8,517,515,2,830,819,11,UA,1545,N14228,EWR,IAH,227,1400,5,15,2013-03-08T10:00:00Z\n";

    static readonly Lazy<IReadOnlyList<SourceEvent>> Data = new(() => FlightEvents.Read(ProjectFolder.At("data"), KeyBy.Tail));

    static IReadOnlyList<SourceEvent> Read(string rows, KeyBy key = KeyBy.Tail, string header = Header, string airports = Airports)
    {
        using var folder = new TempFolder();
        folder.Write("flights.csv", header + rows);
        folder.Write("airports.csv", airports);
        return FlightEvents.Read(folder.Path, key);
    }

    static string Text(SourceEvent e) => Encoding.UTF8.GetString(e.Payload);

    static string Times(IReadOnlyList<SourceEvent> events) => string.Join(" ", events.Select(e => $"{e.Id.Split('-')[^1]} {e.EventTimeUtc:MM-ddTHH:mm}"));

    static string Real(string flight) => Times([.. Data.Value.Where(e => e.Id.StartsWith(flight + "-", StringComparison.Ordinal))]);

    [Test]
    public void The_data_have_so_many_events_of_each_type()
    {
        var counts = Data.Value.CountBy(e => JsonDocument.Parse(e.Payload).RootElement.GetProperty("event_type").GetString()!).ToDictionary();
        Assert.That(counts, Is.EquivalentTo(new Dictionary<string, int> { ["scheduled"] = 6_546, ["departed"] = 6_027, ["arrived"] = 6_014, ["diverted"] = 13, ["cancelled"] = 519 }));
    }

    [Test]
    public void A_payload_says_what_happened() => Assert.That(Read(Row).Select(Text), Is.EqualTo(new[]
    {
        """{"event_type":"scheduled","event_time":"2013-03-08T05:00:00Z","carrier":"UA","flight":1545,"tail_number":"N14228","origin":"EWR","dest":"IAH","scheduled_departure":"2013-03-08T10:15:00Z"}""",
        """{"event_type":"departed","event_time":"2013-03-08T10:17:00Z","carrier":"UA","flight":1545,"tail_number":"N14228","origin":"EWR","dest":"IAH","scheduled_departure":"2013-03-08T10:15:00Z","delay_minutes":2}""",
        """{"event_type":"arrived","event_time":"2013-03-08T14:30:00Z","carrier":"UA","flight":1545,"tail_number":"N14228","origin":"EWR","dest":"IAH","scheduled_departure":"2013-03-08T10:15:00Z","delay_minutes":11}""",
    }));

    [Test]
    public void What_is_not_known_is_null_in_the_payload()
    {
        var events = Read(Row.Replace("N14228", "NA").Replace("819,11,", "819,NA,"));
        Assert.That(Text(events[2]), Does.Contain("\"tail_number\":null").And.Contain("\"delay_minutes\":null"));
    }

    // checked by hand against the rows of data/flights.csv
    [TestCase("20130310T14-JFK-HA51", "scheduled 03-10T05:00 departed 03-10T14:01 arrived 03-11T01:14", TestName = "The_day_that_the_clocks_change_begins_in_winter_time_and_Hawaii_stays_in_it")]
    [TestCase("20130306T03-LGA-DL2155", "scheduled 03-05T05:00 departed 03-06T03:59 arrived 03-06T05:00", TestName = "Twenty_four_hundred_is_the_end_of_the_day")]
    [TestCase("20130311T01-EWR-EV3817", "scheduled 03-10T05:00 departed 03-11T01:49 arrived 03-11T04:00", TestName = "Twenty_four_hundred_in_summer_time")]
    [TestCase("20130310T02-JFK-AA185", "scheduled 03-09T05:00 departed 03-10T02:34 arrived 03-10T08:51", TestName = "An_arrival_past_midnight_is_on_the_next_day")]
    [TestCase("20130310T02-JFK-B635", "scheduled 03-09T05:00 departed 03-10T04:06 arrived 03-10T07:03", TestName = "An_arrival_that_the_clocks_skip_is_read_in_winter_time")]
    [TestCase("20130310T04-JFK-B6727", "scheduled 03-09T05:00 departed 03-10T05:53 arrived 03-10T08:48", TestName = "Without_a_zone_BQN_it_arrives_after_its_air_time")]
    [TestCase("20130310T03-JFK-B6739", "scheduled 03-09T05:00 departed 03-10T03:59 arrived 03-10T07:09", TestName = "Without_a_zone_PSE_it_arrives_after_its_air_time")]
    [TestCase("20130310T04-JFK-B6707", "scheduled 03-09T05:00 departed 03-10T04:45 arrived 03-10T07:48", TestName = "Without_a_zone_SJU_it_arrives_after_its_air_time")]
    [TestCase("20130304T12-LGA-AA715", "scheduled 03-04T05:00 departed 03-04T12:29 diverted 03-04T16:40", TestName = "A_diverted_flight_is_known_at_its_scheduled_arrival")]
    [TestCase("20130306T11-JFK-AA413", "scheduled 03-06T05:00 departed 03-06T11:26 diverted 03-06T11:26", TestName = "A_diverted_flight_without_a_zone_is_known_at_once")]
    [TestCase("20130304T11-EWR-EV4334", "scheduled 03-04T05:00 cancelled 03-04T11:30", TestName = "A_cancelled_flight_is_known_at_its_scheduled_departure")]
    public void A_real_flight(string flight, string expected) => Assert.That(Real(flight), Is.EqualTo(expected));

    [Test]
    public void No_arrival_is_put_on_a_wrong_day()
    {
        var departed = Data.Value.Where(e => e.Id.EndsWith("-departed", StringComparison.Ordinal)).ToDictionary(e => e.Id[..^9]);
        var longest = Data.Value.Where(e => e.Id.EndsWith("-arrived", StringComparison.Ordinal)).Max(e => e.EventTimeUtc - departed[e.Id[..^8]].EventTimeUtc);
        Assert.That(longest, Is.LessThan(TimeSpan.FromHours(12)));      // Honolulu takes 11 hours; a wrong day is 24 more
    }

    [Test]
    public void A_time_that_the_clocks_show_twice_is_the_one_in_its_hour()
    {
        const string late = "2013,11,3,130,130,0,NA,819,NA,UA,1,N1,EWR,XXX,60,1400,1,30,";
        Assert.That(Times(Read(late + "2013-11-03T05:00:00Z\n")), Is.EqualTo("scheduled 11-03T04:00 departed 11-03T05:30 arrived 11-03T06:30"));
        Assert.That(Times(Read(late + "2013-11-03T06:00:00Z\n")), Is.EqualTo("scheduled 11-03T04:00 departed 11-03T06:30 arrived 11-03T07:30"));
    }

    [TestCase(60, "11-03T05:30", TestName = "An_arrival_that_the_clocks_show_twice_is_the_first_that_is_possible")]
    [TestCase(61, "11-03T06:30", TestName = "An_arrival_that_the_clocks_show_twice_is_the_second_when_the_first_is_too_early")]
    public void An_arrival_at_half_past_one_in_autumn(int air, string arrived) =>
        Assert.That(Times(Read($"2013,11,3,30,30,0,130,130,0,UA,1,N1,EWR,BOS,{air},187,0,30,2013-11-03T04:00:00Z\n")), Does.EndWith("arrived " + arrived));

    [Test]
    public void A_flight_that_leaves_before_its_day_begins_is_scheduled_when_it_leaves() =>
        Assert.That(Times(Read("2013,3,8,2355,5,-10,130,200,-30,UA,1,N1,EWR,BOS,60,187,0,5,2013-03-08T05:00:00Z\n")), Is.EqualTo("scheduled 03-08T04:55 departed 03-08T04:55 arrived 03-08T06:30"));

    [Test]
    public void A_delay_is_minutes_that_pass_and_not_on_the_clock() =>
        Assert.That(Times(Read("2013,3,10,400,130,90,NA,819,NA,UA,1,N1,EWR,XXX,60,1400,1,30,2013-03-10T06:00:00Z\n")), Does.Contain("departed 03-10T08:00"));

    [Test]
    public void A_departure_at_2400_is_at_the_end_of_its_day() =>
        Assert.That(Times(Read("2013,3,8,5,2400,5,NA,819,NA,UA,1,N1,EWR,XXX,60,1400,24,0,2013-03-09T05:00:00Z\n")), Does.StartWith("scheduled 03-08T05:00 departed 03-09T05:05"));

    [Test]
    public void Events_are_in_the_order_of_UTC_also_where_the_clocks_go_back()
    {
        var events = Read("2013,11,3,150,150,0,NA,819,NA,UA,1,N1,EWR,XXX,60,1400,1,50,2013-11-03T05:00:00Z\n2013,11,3,110,110,0,NA,819,NA,UA,2,N2,EWR,XXX,60,1400,1,10,2013-11-03T06:00:00Z\n");
        Assert.That(events.Where(e => e.Id.EndsWith("departed", StringComparison.Ordinal)).Select(e => $"{e.EventTimeUtc:HH:mm}"), Is.EqualTo(new[] { "05:50", "06:10" }));
    }

    [Test]
    public void Without_an_arrival_it_is_there_after_its_air_time_although_the_zone_is_known() =>
        Assert.That(Times(Read("2013,3,8,600,600,0,NA,830,NA,UA,1,N1,EWR,BOS,60,187,6,0,2013-03-08T11:00:00Z\n")), Does.EndWith("arrived 03-08T12:00"));

    [Test]
    public void A_scheduled_departure_before_its_hour_or_at_its_end_is_an_error([Values(9, 10, 12)] int hour) =>
        Assert.That(() => Read($"2013,3,8,600,600,0,830,830,0,UA,1,N1,EWR,BOS,60,187,6,0,2013-03-08T{hour:00}:00:00Z\n"), Throws.TypeOf<UserException>().With.Message.Contains("time_hour"));

    [Test]
    public void The_key_is_the_tail_number_or_the_flight_or_nothing()
    {
        Assert.That(Read(Row)[0].Key, Is.EqualTo("N14228"));
        Assert.That(Read(Row.Replace("N14228", "NA"))[0].Key, Is.EqualTo("UA1545"));
        Assert.That(Read(Row, KeyBy.Flight)[0].Key, Is.EqualTo("UA1545"));
        Assert.That(Read(Row, KeyBy.None)[0].Key, Is.Null);
    }

    [Test]
    public void Ids_are_unique_and_ASCII()
    {
        Assert.That(Data.Value.Select(e => e.Id), Is.Unique);
        Assert.That(Data.Value.Select(e => e.Id), Has.All.Match("^[!-~]+$"));
        Assert.That(Read(Row).Select(e => e.Id), Is.EqualTo(new[] { "20130308T10-EWR-UA1545-scheduled", "20130308T10-EWR-UA1545-departed", "20130308T10-EWR-UA1545-arrived" }));
    }

    [Test]
    public void Events_stand_in_the_order_of_their_time_rank_and_id()
    {
        Assert.That(Data.Value.Select(e => e.Index), Is.EqualTo(Enumerable.Range(0, 19_119).Select(i => (long)i)));
        Assert.That(Data.Value.Zip(Data.Value.Skip(1)), Has.All.Matches<(SourceEvent A, SourceEvent B)>(pair => Compare(pair.A, pair.B) < 0));

        static int Compare(SourceEvent a, SourceEvent b) => (a.EventTimeUtc, Rank(a)).CompareTo((b.EventTimeUtc, Rank(b))) is not 0 and var order ? order : string.CompareOrdinal(a.Id, b.Id);
        static int Rank(SourceEvent e) => e.Id.Split('-')[^1] switch { "scheduled" => 0, "departed" => 1, _ => 2 };
    }

    [Test]
    public void The_order_of_the_rows_makes_no_difference()
    {
        var lines = File.ReadAllLines(ProjectFolder.At("data", "flights.csv")).Skip(1).ToArray();
        var airports = File.ReadAllText(ProjectFolder.At("data", "airports.csv"));
        foreach (var seed in (int[])[1, 2, 3])
        {
            new Random(seed).Shuffle(lines);
            Assert.That(Read(string.Join('\n', lines), airports: airports).Select(e => (e.Index, e.Id)), Is.EqualTo(Data.Value.Select(e => (e.Index, e.Id))));
        }
    }

    [Test]
    public void Each_flight_begins_with_scheduled_and_has_one_end()
    {
        var flights = Data.Value.GroupBy(e => e.Id[..e.Id.LastIndexOf('-')], e => e.Id.Split('-')[^1]).Select(g => string.Join(' ', g)).CountBy(types => types).ToDictionary();
        Assert.That(flights, Is.EquivalentTo(new Dictionary<string, int> { ["scheduled departed arrived"] = 6_014, ["scheduled departed diverted"] = 13, ["scheduled cancelled"] = 519 }));
    }

    [Test]
    public void Reading_twice_gives_the_same()
    {
        var again = FlightEvents.Read(ProjectFolder.At("data"), KeyBy.Tail);
        Assert.That(again.Select(e => e with { Payload = [] }), Is.EqualTo(Data.Value.Select(e => e with { Payload = [] })).Using<SourceEvent>((a, b) => a.Id == b.Id && a.Index == b.Index && a.Key == b.Key && a.EventTimeUtc == b.EventTimeUtc));
        Assert.That(again.Select(Text), Is.EqualTo(Data.Value.Select(Text)));
    }

    [Test]
    public void Two_flights_with_one_id_are_an_error_that_names_it() =>
        Assert.That(() => Read(Row + Row), Throws.TypeOf<UserException>().With.Message.Contains("flights.csv line 3").And.Message.Contains("20130308T10-EWR-UA1545-scheduled"));

    [TestCase("517,515,2", "517,515,NA", "line 2: dep_delay")]
    [TestCase("517,515,2", "517,515,2.5", "line 2: dep_delay")]
    [TestCase("517,515,2", "517,565,2", "line 2: sched_dep_time")]
    [TestCase("2013,3,8", "2013,2,29", "line 2: day")]
    [TestCase("UA", "ua", "line 2: carrier")]
    [TestCase("IAH", "", "line 2: dest")]
    [TestCase("1545", "0", "line 2: flight")]
    [TestCase("T10:00", "T11:00", "line 2: time_hour")]
    [TestCase("T10:00", "T10:15", "line 2: time_hour")]
    [TestCase("2013,3,8,517,515,", "2013,3,10,217,215,", "line 2: sched_dep_time")]
    [TestCase(",227,", ",-1,", "line 2: air_time")]
    [TestCase("UA,", "", "line 2")]
    [TestCase("UA", "\"UA", "line 2")]
    public void A_row_that_cant_be_read_is_an_error_that_names_line_and_column(string what, string by, string message) =>
        Assert.That(() => Read(Row.Replace(what, by)), Throws.TypeOf<UserException>().With.Message.Contains("flights.csv " + message));

    [Test]
    public void A_missing_column_file_or_zone_is_an_error_that_names_it()
    {
        Assert.That(() => Read(Row, header: Header.Replace("tailnum", "tail")), Throws.TypeOf<UserException>().With.Message.Contains("flights.csv line 1").And.Message.Contains("'tailnum'"));
        Assert.That(() => FlightEvents.Read(ProjectFolder.At("schemas"), KeyBy.Tail), Throws.TypeOf<UserException>().With.Message.Contains("airports.csv is not there"));
        Assert.That(() => Read(Row, airports: Airports.Replace("America/Chicago", "Mars/Phobos")), Throws.TypeOf<UserException>().With.Message.Contains("'Mars/Phobos'"));
    }
}
