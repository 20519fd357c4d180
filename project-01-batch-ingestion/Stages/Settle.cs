using System.Text.Json;

namespace BatchIngestion;

/// <summary>Of rows with one key the smallest (file name, row) is in the table and the others wait in <c>duplicate_rows</c>.
/// This is what makes the store depend on which files are there, and not on when each came.</summary>
static class Settle
{
    /// <summary>Puts every waiting row of the table where it belongs. Of each key the smallest waiting row moves up where no row of
    /// that key is in the table, and changes places with a larger one. Where the table's row is smaller, or is this very row (same
    /// file and row), it stays.</summary>
    /// <returns>The files of which a row came or went.</returns>
    public static IReadOnlySet<string> Run(Store store, Contract contract, CancellationToken stop)
    {
        // step 7: make the store depend on which files are there, not on when each came
        var touched = new HashSet<string>();
        var table = SqlText.Quote(contract.Table);
        var columns = contract.TableColumns;
        var byKey = string.Join(" AND ", contract.Key.Select(k => $"{SqlText.Quote(k)} = ?"));
        var insert = $"INSERT INTO {table} VALUES ({string.Join(',', Enumerable.Repeat('?', columns.Count + 3))})";
        var keyAt = contract.Key.Select(k => columns.ToList().FindIndex(c => c.Name == k)).ToArray();

        // of each key the smallest waiting row, where it is smaller than the row in the table or there is none
        var sameKey = string.Join(" AND ", contract.Key.Select((k, i) => $"t.{SqlText.Quote(k)} = json_extract(d.key, '$[{i}]')"));
        var waiting = store.Query($"""
            SELECT d.key, d.file, d.row, d."values", d.run_id FROM duplicate_rows d LEFT JOIN {table} t ON {sameKey}
            WHERE d.table_name = ? AND (d.file, d.row) = (SELECT file, row FROM duplicate_rows WHERE table_name = d.table_name AND key = d.key ORDER BY file, row LIMIT 1)
              AND (t._source_file IS NULL OR (t._source_file, t._source_row) > (d.file, d.row))
            """, r => (Key: r.GetString(0), File: r.GetString(1), Row: r.GetInt64(2), Values: r.GetString(3), Run: r.GetInt64(4)), contract.Table);
        foreach (var row in waiting)
        {
            stop.ThrowIfCancellationRequested();
            var values = JsonSerializer.Deserialize<JsonElement[]>(row.Values)!.Select(Value).ToArray();
            object?[] key = [.. keyAt.Select(i => values[i])];
            var holder = store.Query($"SELECT * FROM {table} WHERE {byKey}", r => { var all = new object?[r.FieldCount]; r.GetValues(all!); return all; }, key).FirstOrDefault();
            if (holder is not null)
            {
                var (file, number) = ((string)holder[columns.Count]!, (long)holder[columns.Count + 1]!);
                if (SqlText.Order.Compare(file, row.File) is var order && (order < 0 || order == 0 && number <= row.Row)) continue;
                store.Execute($"DELETE FROM {table} WHERE {byKey}", key);
                store.AddDuplicate(contract, file, number, [.. holder.Take(columns.Count).Select(v => v is DBNull ? null : v)], (long)holder[columns.Count + 2]!);
                Count(store, contract.Table, file, -1);
                touched.Add(file);
            }
            store.Execute(insert, [.. values, row.File, row.Row, row.Run]);
            store.Execute("DELETE FROM duplicate_rows WHERE table_name = ? AND key = ? AND file = ? AND row = ?", contract.Table, row.Key, row.File, row.Row);
            Count(store, contract.Table, row.File, +1);
            touched.Add(row.File);
        }
        return touched;
        // end of step 7
    }

    static void Count(Store store, string table, string file, int loaded) =>
        store.Execute("UPDATE source_contents SET rows_loaded = rows_loaded + ?, rows_duplicate = rows_duplicate - ? WHERE table_name = ? AND source_file = ?", loaded, loaded, table, file);

    static object? Value(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => value.GetString(),
        _ => value.TryGetInt64(out var whole) ? whole : value.GetDouble(),
    };
}
