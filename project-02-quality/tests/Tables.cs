using System.Globalization;
using Microsoft.Data.Sqlite;

namespace DataQuality.Tests;

/// <summary>Small tables, both as batches and in SQLite, to ask both the same.</summary>
sealed class Tables : IDisposable
{
    public static readonly IReadOnlyList<(string Name, ColumnType Type)> Columns =
        [("i", ColumnType.Integer), ("j", ColumnType.Integer), ("r", ColumnType.Real), ("s", ColumnType.Real), ("t", ColumnType.Text), ("u", ColumnType.Text), ("b", ColumnType.Boolean), ("d", ColumnType.Date), ("z", ColumnType.Timestamp)];

    public Batch Batch { get; } = new(Columns);
    public SqliteConnection Sqlite { get; } = new("Data Source=:memory:");

    public Tables()
    {
        Sqlite.Open();
        Store.Functions(Sqlite);
        Run($"CREATE TABLE t ({string.Join(", ", Columns.Select(c => $"{c.Name} {Sql.Type(c.Type)}"))})");
    }

    /// <summary>A row, each value as it would stand in a file, or null.</summary>
    public Tables Add(params string?[] values)
    {
        var literals = new string[Columns.Count];
        for (var i = 0; i < Columns.Count; i++)
        {
            var text = i < values.Length ? values[i] : null;
            Assert.That(Conform.Put(Batch.Columns[i], Batch.Count, text), Is.True, text);
            literals[i] = text is null ? "NULL" : Columns[i].Type is ColumnType.Integer or ColumnType.Boolean or ColumnType.Real ? text : Sql.Literal(text);
        }
        Batch.Count++;
        Run($"INSERT INTO t VALUES ({string.Join(", ", literals)})");
        return this;
    }

    public void Clear()
    {
        Batch.Count = 0;
        Run("DELETE FROM t");
    }

    /// <summary>Our verdicts, row by row, as F, U and T.</summary>
    public string Ours(string sql)
    {
        var truth = new byte[Batch.Capacity];
        Predicate.Compile(sql, Columns).Evaluate(Batch, truth);
        return string.Concat(truth.Take(Batch.Count).Select(t => "FUT"[t]));
    }

    /// <summary>SQLite's verdicts.</summary>
    public string Theirs(string sql)
    {
        using var command = Sqlite.CreateCommand();
        command.CommandText = $"SELECT ({sql}) FROM t ORDER BY rowid";
        using var reader = command.ExecuteReader();
        var verdicts = "";
        while (reader.Read()) verdicts += reader.IsDBNull(0) ? 'U' : Convert.ToDouble(reader.GetValue(0), CultureInfo.InvariantCulture) != 0 ? 'T' : 'F';
        return verdicts;
    }

    void Run(string sql)
    {
        using var command = Sqlite.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public void Dispose() => Sqlite.Dispose();
}
