using System.Runtime.InteropServices;
using Parquet;
using Parquet.Schema;

namespace DataQuality;

/// <summary>Reads the named columns of a Parquet file, row group by row group, as batches. One instance a thread.</summary>
sealed class ReadParquet : IAsyncDisposable
{
    readonly ParquetReader reader;
    readonly Source[] sources;
    readonly Batch batch;

    ReadParquet(ParquetReader reader, IReadOnlyList<(string Name, ColumnType Type)> columns)
    {
        this.reader = reader;
        batch = new(columns);
        sources = [.. batch.Columns.Select(column => Source.For(reader.Schema.DataFields.FirstOrDefault(f => f.Name == column.Name) ?? throw new UserException($"The file has no column '{column.Name}'.", 2), column))];
    }

    public int RowGroups => reader.RowGroupCount;

    /// <exception cref="UserException">The file is no Parquet file, or a column is missing or of a type that does not fit; exit code 2.</exception>
    public static async Task<ReadParquet> Open(string path, IReadOnlyList<(string Name, ColumnType Type)> columns)
    {
        try { return new(await ParquetReader.CreateAsync(path), columns); }
        catch (Exception e) when (e is IOException or InvalidDataException or ParquetException) { throw new UserException($"{path} can't be read as Parquet: {e.Message}", 2); }
    }

    /// <summary>Calls <paramref name="take"/> with each batch of a row group; the batch is used again for the next.</summary>
    /// <param name="take">Is given the batch and the number of its first row in the row group.</param>
    /// <returns>How many rows the row group has.</returns>
    public async Task<long> RowGroup(int index, Action<Batch, long> take)
    {
        using var group = reader.OpenRowGroupReader(index);
        var rows = (int)group.RowCount;
        foreach (var source in sources) await source.Read(group, rows);
        for (var from = 0; from < rows; from += Batch.Capacity)
        {
            batch.Count = Math.Min(Batch.Capacity, rows - from);
            foreach (var source in sources) source.Fill(from, batch.Count);
            take(batch, from);
        }
        return rows;
    }

    public ValueTask DisposeAsync() => reader.DisposeAsync();

    /// <summary>A column of the file and where its values go. Parquet keeps the values that are there, and a level for each row that
    /// says whether there is one.</summary>
    abstract class Source(DataField dataField, ColumnData to)
    {
        protected DataField Field => dataField;
        protected ColumnData To => to;
        protected int[] Levels { get; private set; } = [];
        protected int Next { get; set; }

        public static Source For(DataField field, ColumnData to) => (to.Type, Nullable.GetUnderlyingType(field.ClrType) ?? field.ClrType) switch
        {
            (ColumnType.Text, var type) when type == typeof(string) || type == typeof(ReadOnlyMemory<char>) => new Texts(field, to),
            (ColumnType.Real, var type) when type == typeof(double) => new Values<double>(field, to, (value, data, at) => data.Reals[at] = value),
            (ColumnType.Real, var type) when type == typeof(float) => new Values<float>(field, to, (value, data, at) => data.Reals[at] = value),
            (ColumnType.Boolean, var type) when type == typeof(bool) => new Values<bool>(field, to, (value, data, at) => data.Longs[at] = value ? 1 : 0),
            (ColumnType.Integer or ColumnType.Hhmm, var type) when type == typeof(long) => new Values<long>(field, to, (value, data, at) => data.Longs[at] = value),
            (ColumnType.Integer or ColumnType.Hhmm, var type) when type == typeof(int) => new Values<int>(field, to, (value, data, at) => data.Longs[at] = value),
            (ColumnType.Date, var type) when type == typeof(DateTime) => new Values<DateTime>(field, to, (value, data, at) => data.Longs[at] = (value.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerDay),
            (ColumnType.Timestamp, var type) when type == typeof(DateTime) => new Values<DateTime>(field, to, (value, data, at) => data.Longs[at] = (value.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond),
            var (type, found) => throw new UserException($"The column '{field.Name}' is {found.Name} in the file, and {type.ToString().ToLowerInvariant()} in the rules.", 2),
        };

        public abstract ValueTask Read(ParquetRowGroupReader group, int rows);
        public abstract void Fill(int from, int count);

        protected Memory<int>? LevelsFor(int rows)
        {
            Next = 0;
            if (!dataField.IsNullable) return null;
            if (Levels.Length < rows) Levels = new int[rows];
            return Levels.AsMemory(0, rows);
        }

        protected bool Absent(int row) => dataField.IsNullable && Levels[row] == 0;
    }

    sealed class Values<T>(DataField dataField, ColumnData to, Action<T, ColumnData, int> put) : Source(dataField, to) where T : struct
    {
        T[] values = [];

        public override ValueTask Read(ParquetRowGroupReader group, int rows)
        {
            if (values.Length < rows) values = new T[rows];
            return group.ReadRawAsync<T>(Field, values.AsMemory(0, rows), LevelsFor(rows), null, default);
        }

        public override void Fill(int from, int count)
        {
            if (typeof(T) == typeof(long) && !Field.IsNullable) { MemoryMarshal.Cast<T, long>(values.AsSpan(from, count)).CopyTo(To.Longs); To.Null.AsSpan(0, count).Clear(); return; }
            for (var at = 0; at < count; at++)
                if (Absent(from + at)) { To.Null[at] = 1; if (To.Reals.Length > 0) To.Reals[at] = 0; else To.Longs[at] = 0; }
                else { To.Null[at] = 0; put(values[Next++], To, at); }
        }
    }

    sealed class Texts(DataField dataField, ColumnData to) : Source(dataField, to)
    {
        ReadOnlyMemory<char>[] values = [];

        public override ValueTask Read(ParquetRowGroupReader group, int rows)
        {
            if (values.Length < rows) values = new ReadOnlyMemory<char>[rows];
            return group.ReadRawAsync<ReadOnlyMemory<char>>(Field, values.AsMemory(0, rows), LevelsFor(rows), null, default);
        }

        public override void Fill(int from, int count)
        {
            To.Pool.Trim();
            for (var at = 0; at < count; at++)
                if (Absent(from + at)) (To.Null[at], To.Codes[at]) = (1, 0);
                else (To.Null[at], To.Codes[at]) = (0, To.Pool.Add(values[Next++].Span));
        }
    }
}
