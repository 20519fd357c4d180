using System.Text;
using System.Text.Json;

namespace BatchIngestion.Tests;

/// <summary>Public suites, read from <c>shared/conformance</c>: csv-spectrum and JSONTestSuite.</summary>
[TestFixture, Category("Step3")]
sealed class ConformanceTests
{
    static readonly string? Folder = Find();

    static string? Find()
    {
        if (Environment.GetEnvironmentVariable("CONFORMANCE") is { Length: > 0 } given) return Directory.Exists(given) ? given : null;
        for (var at = new DirectoryInfo(ProjectFolder.Root); at is not null; at = at.Parent)
            if (Path.Combine(at.FullName, "shared", "conformance") is var folder && Directory.Exists(folder)) return folder;
        return null;
    }

    static IEnumerable<TestCaseData> Names(string pattern, params string[] suite)
    {
        if (Folder is null || !Directory.Exists(Path.Combine([Folder, .. suite])))
            return [new TestCaseData("").Ignore($"There is no shared/conformance/{suite[0]} at or above the project's folder. CONFORMANCE names another place.")];
        return Directory.GetFiles(Path.Combine([Folder, .. suite]), pattern).Order(StringComparer.Ordinal).Select(path => new TestCaseData(Path.GetFileNameWithoutExtension(path)));
    }

    // location_coordinates is left out: the suite's own two files differ, in the phone number
    static IEnumerable<TestCaseData> Csv => Names("*.csv", "csv-spectrum", "csvs").Where(test => test.Arguments[0] is not "location_coordinates");
    static IEnumerable<TestCaseData> Accepted => Names("y_*.json", "JSONTestSuite");
    static IEnumerable<TestCaseData> Refused => Names("n_*.json", "JSONTestSuite");
    static IEnumerable<TestCaseData> Either => Names("i_*.json", "JSONTestSuite");

    [TestCaseSource(nameof(Csv))]
    public void CSV_gives_the_rows_of_the_suite(string name)
    {
        var json = File.ReadAllText(Path.Combine(Folder!, "csv-spectrum", "json", name + ".json"));
        // the suite writes a file of one row as an object, without the list
        var expected = JsonSerializer.Deserialize<List<Dictionary<string, string>>>(json.StartsWith('[') ? json : $"[{json}]")!;
        string[] columns = [.. expected[0].Keys];
        using var reader = RowReader.Open(Path.Combine(Folder!, "csv-spectrum", "csvs", name + ".csv"), Rows.Contract(columns));
        var found = new List<Dictionary<string, string>>();
        while (reader.Read())
            found.Add(columns.Select((column, i) => (column, reader.TryGet(i, out var value) ? Encoding.UTF8.GetString(value) : "∅")).ToDictionary());
        Assert.That(found, Is.EqualTo(expected));
    }

    [TestCaseSource(nameof(Accepted))]
    public void Well_formed_JSON_is_accepted(string name) => Assert.DoesNotThrow(() => Validate(name));

    [TestCaseSource(nameof(Refused))]
    public void Malformed_JSON_is_refused_with_its_position(string name) => Assert.That(Assert.Throws<UserException>(() => Validate(name))!.Message, Does.Contain("byte"));

    [TestCaseSource(nameof(Either))]
    public void JSON_that_the_standard_leaves_open_is_accepted_or_refused(string name)
    {
        try { Validate(name); }
        catch (UserException e) { Assert.That(e.Message, Does.Contain("byte")); }
    }

    static void Validate(string name) => Json.Validate(File.OpenRead(Path.Combine(Folder!, "JSONTestSuite", name + ".json")));
}
