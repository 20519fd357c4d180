using Microsoft.Data.Sqlite;
using Parquet;
using Parquet.Schema;

namespace BatchIngestion;

/// <summary>Looks at a finished store from outside: digests to compare two stores, or the store with its lake, and the counts
/// that must add up. Run ids and times are left out: they differ from run to run.</summary>
static class Audit
{
    /// <summary>Table → digest of its rows in SQLite, lineage included.</summary>
    public static SortedDictionary<string, string> Sqlite(Settings settings, IReadOnlyList<Contract> contracts)
    {
        var digests = new SortedDictionary<string, string>();
        using var connection = Query.Open(settings.Warehouse);
        foreach (var contract in contracts)
        {
            var columns = contract.TableColumns.Select(c => SqlText.Quote(c.Name)).Append("_source_file").Append("_source_row");
            digests[contract.Table] = Of(connection, $"SELECT {string.Join(", ", columns)} FROM {SqlText.Quote(contract.Table)}");
        }
        return digests;
    }

    /// <summary>As <see cref="Sqlite"/>, with what was put aside: duplicates, rejects of loaded files, names.</summary>
    public static SortedDictionary<string, string> Whole(Settings settings, IReadOnlyList<Contract> contracts)
    {
        var digests = Sqlite(settings, contracts);
        using var connection = Query.Open(settings.Warehouse);
        digests["duplicate_rows"] = Of(connection, "SELECT table_name, key, file, row, \"values\" FROM duplicate_rows");
        digests["rejected_rows"] = Of(connection, "SELECT file, row, byte_offset, \"column\", rule, expected, found, raw FROM rejected_rows r WHERE EXISTS (SELECT 1 FROM source_contents c WHERE c.source_file = r.file AND c.run_id = r.run_id)");
        digests["source_names"] = Of(connection, "SELECT name, table_name, sha256 FROM source_names");
        digests["source_contents"] = Of(connection, "SELECT table_name, sha256, source_file, rows_read, rows_loaded, rows_rejected, rows_duplicate FROM source_contents");
        return digests;
    }

    /// <summary>Table → digest of its rows in the Parquet files.</summary>
    public static async Task<SortedDictionary<string, string>> Parquet(Settings settings, IReadOnlyList<Contract> contracts)
    {
        var digests = new SortedDictionary<string, string>();
        foreach (var contract in contracts)
        {
            var digest = new Digest();
            var folder = Path.Combine(settings.LakeFolder, contract.Table);
            foreach (var path in Directory.Exists(folder) ? Directory.GetFiles(folder, "*.parquet") : [])
            {
                await using var reader = await ParquetReader.CreateAsync(path);
                var fields = reader.Schema.DataFields.Where(f => f.Name != "_run_id").ToList();
                for (var g = 0; g < reader.RowGroupCount; g++)
                {
                    using var group = reader.OpenRowGroupReader(g);
                    var columns = new List<object?[]>();
                    foreach (var field in fields) columns.Add(await Values(group, field));
                    for (var row = 0; row < group.RowCount; row++) digest.Add([.. columns.Select(c => c[row])]);
                }
            }
            digests[contract.Table] = digest.ToString();
        }
        return digests;
    }

    static async Task<object?[]> Values(ParquetRowGroupReader group, DataField field)
    {
        var count = (int)group.RowCount;
        if (field.ClrType == typeof(string) || field.ClrType == typeof(ReadOnlyMemory<char>))
        {
            var texts = new string?[count];
            await group.ReadAsync(field, texts.AsMemory()!);
            return texts;
        }
        return field.ClrType == typeof(DateTime) ? await Read<DateTime>(field is DateTimeDataField { DateTimeFormat: DateTimeFormat.Date } ? d => d.ToString("yyyy-MM-dd") : d => SqlText.Timestamp((d.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond))
            : field.ClrType == typeof(long) ? await Read<long>(v => v)
            : field.ClrType == typeof(int) ? await Read<int>(v => (long)v)
            : field.ClrType == typeof(double) ? await Read<double>(v => v)
            : await Read<bool>(v => v ? 1L : 0L);

        async Task<object?[]> Read<T>(Func<T, object> show) where T : struct
        {
            if (field.IsNullable)
            {
                var values = new T?[count];
                await group.ReadAsync<T>(field, values.AsMemory());
                return [.. values.Select(v => v is { } value ? show(value) : null)];
            }
            var all = new T[count];
            await group.ReadAsync<T>(field, all.AsMemory());
            return [.. all.Select(v => show(v))];
        }
    }

    static string Of(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var digest = new Digest();
        var values = new object[reader.FieldCount];
        while (reader.Read())
        {
            reader.GetValues(values);
            digest.Add(values);
        }
        return digest.ToString();
    }

    /// <summary>One number from a store.</summary>
    public static long Count(Settings settings, string sql)
    {
        using var connection = Query.Open(settings.Warehouse);
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Whether the counts of every content equal the rows that are there.</summary>
    /// <returns>What does not add up; null when all does.</returns>
    public static string? Counts(Settings settings, IReadOnlyList<Contract> contracts)
    {
        foreach (var contract in contracts)
        {
            var wrong = Count(settings, $"""
                SELECT count(*) FROM source_contents c WHERE table_name = '{contract.Table}' AND (
                    rows_read <> rows_loaded + rows_rejected + rows_duplicate
                    OR rows_loaded <> (SELECT count(*) FROM {SqlText.Quote(contract.Table)} WHERE _source_file = c.source_file)
                    OR rows_duplicate <> (SELECT count(*) FROM duplicate_rows WHERE table_name = c.table_name AND file = c.source_file)
                    OR rows_rejected <> (SELECT count(*) FROM rejected_rows WHERE file = c.source_file AND run_id = c.run_id))
                """);
            var orphans = Count(settings, $"SELECT count(*) FROM {SqlText.Quote(contract.Table)} WHERE _source_file NOT IN (SELECT source_file FROM source_contents WHERE table_name = '{contract.Table}')");
            if (wrong + orphans > 0) return $"{contract.Table}: the counts of {wrong} files are not those of its rows, {orphans:N0} rows belong to no file";
        }
        return null;
    }
}
