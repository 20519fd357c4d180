namespace DataQuality;

/// <summary>A row of the raw layer with where it came from.</summary>
readonly record struct Located(int DropNo, string Drop, string File, RawRow Row);

/// <summary>The raw layer: what came, all text, and nothing is ever changed in it. A run stages the rows of its drop in
/// <c>next_raw_T</c>; publishing adds them to <c>raw_T</c>.</summary>
sealed class RawLayer(Store store, string table)
{
    public string Name => "raw_" + table;
    public string Next => "next_raw_" + table;

    /// <summary>The tables of which rows have come.</summary>
    public static IReadOnlyList<string> Tables(Store store) => store.Query("SELECT substr(name, 5) FROM sqlite_schema WHERE type = 'table' AND name GLOB 'raw_*' ORDER BY name", r => r.GetString(0));

    /// <summary>The columns that rows came with so far.</summary>
    public IReadOnlyList<string> Columns(string name) => store.Query("SELECT name FROM pragma_table_info(?)", r => r.GetString(0), name).Where(c => !c.StartsWith('_')).ToList();

    /// <summary>Begins the staged rows of a drop, with the columns of the rules and all that came before.</summary>
    /// <returns>The columns in order.</returns>
    public IReadOnlyList<string> Begin(IEnumerable<string> expected)
    {
        // step 1: read the drops as they came
        List<string> columns = [.. Columns(Name).Union(expected)];
        store.Execute(Create(Next, columns));
        return columns;
        // end of step 1
    }

    /// <summary>Stages the rows of one file.</summary>
    /// <param name="seen">Is shown each row.</param>
    public void Stage(string drop, string file, IEnumerable<RawRow> rows, int columns, Action<RawRow> seen)
    {
        // step 1: read the drops as they came
        using var insert = new Inserter(store, Next, columns + 5);
        insert.Bind(0, drop);
        insert.Bind(1, file);
        foreach (var row in rows)
        {
            insert.Bind(2, row.Row);
            for (var i = 0; i < columns; i++) insert.Bind(3 + i, row.Fields[i]);
            insert.Bind(3 + columns, row.Extra);
            insert.Bind(4 + columns, row.Problem);
            insert.Insert();
            seen(row);
        }
        // end of step 1
    }

    /// <summary>Every raw row, those of the staged drop last, each with the texts of the named columns.</summary>
    public IEnumerable<Located> Rows(IReadOnlyList<string> columns)
    {
        foreach (var (source, order) in new[] { (Name, "(SELECT drop_no FROM drops WHERE drop_name = _drop)"), (Next, "(SELECT coalesce(max(drop_no), 0) + 1 FROM drops)") })
        {
            if (!store.Has(source)) continue;
            var there = Columns(source);
            // a column that the rules learned of later stands among the extra ones of older rows
            var fields = columns.Select(c => there.Contains(c) ? $"coalesce({Sql.Name(c)}, _extra ->> '$.\"{c}\"')" : $"_extra ->> '$.\"{c}\"'");
            using var command = store.Command($"SELECT {order} AS _no, _drop, _file, _row, _extra, _problem, {string.Join(", ", fields)} FROM {source} ORDER BY _no, _file, _row");
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                var texts = new string?[columns.Count];
                for (var i = 0; i < texts.Length; i++) texts[i] = Text(6 + i);
                yield return new(reader.GetInt32(0), reader.GetString(1), reader.GetString(2), new(reader.GetInt64(3), texts, Text(4), Text(5)));
            }

            string? Text(int at) => reader.IsDBNull(at) ? null : reader.GetString(at);
        }
    }

    /// <summary>Adds the staged rows to the layer, in the transaction that publishes.</summary>
    public void Publish()
    {
        if (!store.Has(Next)) return;
        var columns = Columns(Next);
        store.Execute(Create(Name, columns).Replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS", StringComparison.Ordinal));
        foreach (var column in columns.Except(Columns(Name))) store.Execute($"ALTER TABLE {Name} ADD COLUMN {Sql.Name(column)} TEXT");
        var names = string.Join(", ", (string[])["_drop", "_file", "_row", .. columns.Select(Sql.Name), "_extra", "_problem"]);
        store.Execute($"INSERT INTO {Name} ({names}) SELECT {names} FROM {Next}");
        store.Execute($"DROP TABLE {Next}");
    }

    static string Create(string name, IEnumerable<string> columns) =>
        $"CREATE TABLE {name} (_drop TEXT NOT NULL, _file TEXT NOT NULL, _row INTEGER NOT NULL, {string.Concat(columns.Select(c => Sql.Name(c) + " TEXT, "))}_extra TEXT, _problem TEXT, PRIMARY KEY (_drop, _file, _row)) WITHOUT ROWID";
}
