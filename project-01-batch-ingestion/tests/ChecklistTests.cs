using System.Text;
using Microsoft.Data.Sqlite;

namespace BatchIngestion.Tests;

/// <summary>Each item of the checklist is green, and turns red for a pipeline that is broken in the way that it guards against.</summary>
[TestFixture, Category("Checklist")]
sealed class ChecklistTests
{
    // P1-15 is left to `dotnet run -- check`: it starts the program 25 times
    static IEnumerable<string> Ids => new Checklist().Items().Select(item => item.Id).Where(id => id != "P1-15");

    [TestCaseSource(nameof(Ids))]
    public async Task An_item_is_green(string id)
    {
        var outcome = await Checks.Prove(new Checklist().Items().Single(item => item.Id == id));
        Assert.That(outcome.Mark, Is.EqualTo('✔'), outcome.Line);
        Assert.That(outcome.Line, Does.StartWith(File.ReadLines(ProjectFolder.At("README.md")).Single(line => line.StartsWith($"✔ {id} ", StringComparison.Ordinal))), "what the README shows");
    }

    [Test]
    public Task P1_1_is_red_when_a_wrong_contract_is_passed_over() => Red("P1-1", "was taken", new()
    {
        LoadContracts = folder =>
        {
            try { return Contracts.Load(folder); }
            catch (UserException) { return Contracts.Load(ProjectFolder.At("contracts")); }
        },
    });

    [Test]
    public Task P1_2_is_red_when_a_raw_copy_has_one_other_byte() => Red("P1-2", "airlines.csv is not kept", new()
    {
        Ingest = async settings =>
        {
            var result = await Ingestion.Run(settings, default);
            var kept = Directory.EnumerateFiles(settings.Raw, "airlines.csv", SearchOption.AllDirectories).Single();
            File.SetAttributes(kept, FileAttributes.Normal);
            var bytes = File.ReadAllBytes(kept);
            bytes[^2] ^= 1;
            File.WriteAllBytes(kept, bytes);
            return result;
        },
    });

    [Test]
    public Task P1_3_is_red_when_CSV_reads_doubled_quotes_as_something_else() => Red("P1-3", "a.csv ", new()
    {
        Open = (stream, name, contract) => RowReader.Open(name.EndsWith(".csv", StringComparison.Ordinal) ? Changed(stream, text => text.Replace("\"\"", "'", StringComparison.Ordinal)) : stream, name, contract),
    });

    [Test]
    public Task P1_3_is_red_when_the_byte_order_mark_counts_as_text() => Red("P1-3", "no column", new()
    {
        Open = (stream, name, contract) => RowReader.Open(name.EndsWith(".csv", StringComparison.Ordinal) ? Changed(stream, text => "\uFEFF" + text) : stream, name, contract),
    });

    [Test]
    public Task P1_4_is_red_when_bounds_are_not_checked() => Red("P1-4", "expected 1 and 8", new()
    {
        LoadContracts = folder => [.. Contracts.Load(folder).Select(c => c with { Columns = [.. c.Columns.Select(x => x with { Allowed = null, Pattern = null, Min = null, Max = null })] })],
    });

    [Test]
    public Task P1_5_is_red_when_a_row_stands_elsewhere_than_is_said() => Red("P1-5", "at byte", new()
    {
        Open = (stream, name, contract) => RowReader.Open(Changed(stream, text => text.Replace("time_hour\n", "time_hour\r\n", StringComparison.Ordinal)), name, contract),
    });

    [Test]
    public Task P1_6_is_red_when_New_York_is_five_hours_behind_all_year() => Red("P1-6", "2013-07-01 05:15", new()
    {
        ToUtc = (_, day, minutes) => (day * 1440L + minutes + 300) * ZoneClock.MinuteMicros,
    });

    [Test]
    public Task P1_7_is_red_when_a_row_is_lost() => Red("P1-7", "the counts of 1 files", After("DELETE FROM flights WHERE (time_hour, carrier, flight) = (SELECT time_hour, carrier, flight FROM flights LIMIT 1)"));

    [Test]
    public Task P1_8_is_red_when_one_bad_file_ends_the_run() => Red("P1-8", "malformed JSON", new()
    {
        Ingest = async settings =>
        {
            var result = await Ingestion.Run(settings, default);
            return result.Files.FirstOrDefault(f => f.Status == "failed") is { } bad ? throw new UserException(bad.Reason!) : result;
        },
    });

    [Test]
    public Task P1_8_is_red_when_bad_files_are_passed_over_in_silence() => Red("P1-8", "0 failed", new()
    {
        Ingest = async settings => await Ingestion.Run(settings, default) is var result ? result with { Files = [.. result.Files.Where(f => f.Status != "failed")] } : null!,
    });

    [Test]
    public Task P1_9_is_red_when_a_run_forgets_what_is_loaded() => Red("P1-9", "rows before", After("DELETE FROM source_contents"));

    [Test]
    public Task P1_10_is_red_when_a_query_may_write() => Red("P1-10", "was not refused", new()
    {
        Ask = Execute,
    });

    [Test]
    public Task P1_11_is_red_when_a_content_is_not_known_by_its_hash() => Red("P1-11", "rows before", After("UPDATE source_contents SET sha256 = hex(randomblob(32)), source_file = hex(randomblob(8))"));

    [Test]
    public Task P1_12_is_red_when_duplicates_are_thrown_away() => Red("P1-12", "0 row waited", After("DELETE FROM duplicate_rows"));

    [Test]
    public Task P1_13_is_red_when_the_first_to_come_keeps_the_key() => Red("P1-13", "differs in", After("DELETE FROM duplicate_rows; UPDATE source_contents SET rows_read = rows_read - rows_duplicate, rows_duplicate = 0"));

    [Test]
    public Task P1_14_is_red_when_one_null_is_an_empty_text() => Red("P1-14", "SQLite", After("UPDATE flights SET arr_utc = '' WHERE (time_hour, carrier, flight) = (SELECT time_hour, carrier, flight FROM flights WHERE arr_utc IS NULL LIMIT 1)"));

    [Test]
    public Task P1_15_is_red_when_the_run_after_the_kill_lacks_a_row() => Red("P1-15", "1 rows lost", new()
    {
        Crashes = plan => plan with
        {
            Failpoints = ["committed"],
            Compare = (undisturbed, folder) =>
            {
                Execute(Path.Combine(folder, "out", "warehouse.db"), "DELETE FROM flights WHERE (time_hour, carrier, flight) = (SELECT time_hour, carrier, flight FROM flights LIMIT 1)");
                return plan.Compare(undisturbed, folder);
            },
        },
    });

    [Test]
    public Task P1_15_is_red_when_the_run_after_the_kill_does_nothing() => Red("P1-15", "rows lost", new()
    {
        Crashes = plan =>
        {
            var began = new System.Collections.Concurrent.ConcurrentDictionary<string, bool>();
            return plan with { Failpoints = ["before-commit"], Arguments = folder => began.TryAdd(folder, true) ? plan.Arguments(folder) : ["status", "--output", Path.Combine(folder, "out")] };
        },
    });

    [Test]
    public Task P1_6_is_red_when_arrivals_are_in_the_time_of_the_origin() => Red("P1-6", "Newark to Houston", new()
    {
        Open = (stream, name, contract) => RowReader.Open(Changed(stream, text => text.Replace(",IAH,", ",EWR,", StringComparison.Ordinal)), name, contract),
    });

    [Test]
    public void Every_item_has_a_test_that_sees_it_red()
    {
        var tests = typeof(ChecklistTests).GetMethods().Select(m => m.Name).ToList();
        Assert.That(new Checklist().Items().Select(i => i.Id).Where(id => !tests.Any(t => t.StartsWith(id.Replace('-', '_') + "_is_red", StringComparison.Ordinal))), Is.Empty);
    }

    /// <param name="evidence">What the item's line must say, so that it is red for the right reason.</param>
    static async Task Red(string id, string evidence, Checklist broken)
    {
        var outcome = await Checks.Prove(broken.Items().Single(item => item.Id == id));
        Assert.That(outcome.Mark, Is.EqualTo('✘'), outcome.Line);
        Assert.That(outcome.Line, Does.Contain(evidence));
    }

    /// <summary>A pipeline whose every run is followed by the statement.</summary>
    static Checklist After(string sql) => new()
    {
        Ingest = async settings =>
        {
            var result = await Ingestion.Run(settings, default);
            Execute(settings.Warehouse, sql);
            return result;
        },
    };

    static void Execute(string warehouse, string sql)
    {
        using var db = new SqliteConnection($"Data Source={warehouse};Pooling=False");
        db.Open();
        using var command = db.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    static MemoryStream Changed(Stream stream, Func<string, string> change)
    {
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return new(Encoding.UTF8.GetBytes(change(Encoding.UTF8.GetString(copy.ToArray()))));
    }
}
