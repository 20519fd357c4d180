using Microsoft.Data.Sqlite;

namespace DimensionalModel;

/// <summary>The labs: questions that are easily asked in a wrong way, with the wrong answer and the right one.</summary>
static class Lab
{
    public static readonly IReadOnlyList<string> Names = ["fan-out", "type-2"];

    /// <summary>Prints each statement of a lab with what it is about, and its answer.</summary>
    public static int Run(SqliteConnection warehouse, string name, CancellationToken stop)
    {
        if (!Names.Contains(name)) throw new UserException($"There is no lab '{name}'. Expected {string.Join(" or ", Names)}.", 2);
        foreach (var part in Parts(name))
        {
            Console.WriteLine(part);
            Warehouse.Query(warehouse, part, stop);
        }
        return 0;
    }

    /// <summary>The statements of a lab, each with the comment above it.</summary>
    public static IReadOnlyList<string> Parts(string name) => [.. Store.Resource($"labs/{name}.sql").Split(";\n", StringSplitOptions.RemoveEmptyEntries).Select(part => part.Trim())];
}
