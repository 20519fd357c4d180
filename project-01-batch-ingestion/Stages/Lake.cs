using System.IO.Compression;
using Parquet;
using Parquet.Schema;

namespace BatchIngestion;

/// <summary>The same rows as Parquet files, <c>lake/TABLE/FILE.parquet</c>, for engines that read columns. They are derived from
/// the store: written aside as <c>lake/.staged/SHA256</c>, named by that hash in the transaction, renamed after it. Whatever a
/// kill leaves between the two, the next run finishes.</summary>
sealed class Lake(string folder)
{
    /// <summary>So many rows end a row group.</summary>
    public const int RowGroup = 32_768;
    /// <summary>So many bytes of text (UTF-8) end a row group sooner, so that memory stays flat.</summary>
    public const long MostBytes = 4 << 20;
    /// <summary>Parquet.Net keeps the smallest and the largest text of every column and row group until the file ends: so many
    /// bytes of them may come together.</summary>
    public const long MostKept = 16 << 20;
    readonly string staged = Path.Combine(folder, ".staged");

    public string PathOf(string table, string sourceFile) => Path.Combine(folder, table, sourceFile + ".parquet");

    /// <summary>Begins a file aside.</summary>
    public async Task<LakeFile> Stage(Contract contract, string sourceFile, long runId)
    {
        Directory.CreateDirectory(staged);
        var path = Path.Combine(staged, "writing");
        var stream = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16);
        return await LakeFile.Create(contract, sourceFile, runId, stream, path, staged);
    }

    /// <summary>Writes a file aside from what the store holds now.</summary>
    /// <returns>Its SHA-256.</returns>
    public async Task<string> StageFromStore(Store store, Contract contract, string sourceFile, long runId)
    {
        await using var file = await Stage(contract, sourceFile, runId);
        foreach (var batch in store.Rows(contract, sourceFile)) await file.Append(batch);
        return await file.Finish();
    }

    /// <summary>After the commit: gives every staged file of the table its name, and takes away what the store does not name. A
    /// content without a hash names no file, so its old file goes. A table without files has an empty folder.</summary>
    public void Publish(Store store, string table)
    {
        // step 8: write the same rows as Parquet
        var named = store.Contents(table).Where(c => c.LakeSha256 is not null).ToList();
        var target = Path.Combine(folder, table);
        Directory.CreateDirectory(target);
        foreach (var content in named)
        {
            var aside = Path.Combine(staged, content.LakeSha256!);
            if (File.Exists(aside)) File.Move(aside, PathOf(table, content.SourceFile), overwrite: true);
        }
        var keep = named.Select(c => PathOf(table, c.SourceFile)).ToHashSet();
        foreach (var path in Directory.GetFiles(target, "*.parquet").Where(p => !keep.Contains(p))) File.Delete(path);
        // end of step 8
    }

    /// <summary>Makes the table's files what the store says, whatever happened to them: publishes, stages anew what has no hash, is
    /// missing or has another hash, writes the new hash down, and then publishes again.</summary>
    /// <returns>How many files were written anew.</returns>
    public async Task<int> Repair(Store store, Contract contract)
    {
        // step 8: write the same rows as Parquet
        Publish(store, contract.Table);
        var repaired = 0;
        foreach (var content in store.Contents(contract.Table))
        {
            var path = PathOf(contract.Table, content.SourceFile);
            if (content.LakeSha256 is not null && File.Exists(path) && Land.Hash(path) == content.LakeSha256) continue;
            var sha = await StageFromStore(store, contract, content.SourceFile, content.RunId);
            store.Execute("UPDATE source_contents SET lake_sha256 = ? WHERE table_name = ? AND sha256 = ?", sha, content.Table, content.Sha256);
            repaired++;
        }
        if (repaired > 0) Publish(store, contract.Table);
        return repaired;
        // end of step 8
    }

    /// <summary>Takes away what a killed run was writing. Call it when every table is published.</summary>
    public void Sweep()
    {
        if (Directory.Exists(staged)) Directory.Delete(staged, recursive: true);
    }
}

/// <summary>One Parquet file being written: rows are gathered to row groups. A row group ends with the row that fills it, to
/// <see cref="Lake.RowGroup"/> rows or <see cref="Lake.MostBytes"/> of text, and not with a batch: the same rows give the same file,
/// whether they come from a landed file or from the store.</summary>
sealed class LakeFile : IAsyncDisposable
{
    readonly FileStream stream;
    readonly string path, staged;
    readonly ParquetWriter writer;
    readonly LakeColumn[] columns;
    readonly LakeColumn<TextData, ReadOnlyMemory<char>> file;
    readonly LakeColumn<LongData, long> row, run;
    readonly ReadOnlyMemory<char> sourceFile;
    readonly long runId;
    readonly int[] texts;        // the places of the contract's text columns
    // of the row group that is being gathered: the longest text of each column, in bytes; the rows; the bytes of their text
    readonly int[] longest;
    int count;
    long bytes;
    long kept;                   // what Parquet.Net keeps of the row groups that are written: see Lake.MostKept

    LakeFile(string sourceFile, long runId, FileStream stream, string path, string staged, ParquetWriter writer, LakeColumn[] columns)
    {
        (this.stream, this.path, this.staged, this.writer, this.columns, this.runId) = (stream, path, staged, writer, columns, runId);
        this.sourceFile = sourceFile.AsMemory();
        texts = [.. Enumerable.Range(0, columns.Length - 3).Where(i => columns[i] is LakeColumn<TextData, ReadOnlyMemory<char>>)];
        longest = new int[columns.Length];
        (file, row, run) = ((LakeColumn<TextData, ReadOnlyMemory<char>>)columns[^3], (LakeColumn<LongData, long>)columns[^2], (LakeColumn<LongData, long>)columns[^1]);
    }

    public static async Task<LakeFile> Create(Contract contract, string sourceFile, long runId, FileStream stream, string path, string staged)
    {
        LakeColumn[] columns = [.. contract.TableColumns.Select(c => LakeColumn.For(c.Name, c.Type, !c.Required)), LakeColumn.For("_source_file", ColumnType.Text, false), LakeColumn.For("_source_row", ColumnType.Integer, false), LakeColumn.For("_run_id", ColumnType.Integer, false)];
        var schema = new ParquetSchema(columns.Select(c => c.Field));
        var options = new ParquetOptions { CompressionMethod = CompressionMethod.Zstd, CompressionLevel = CompressionLevel.Fastest, MaximumLargePoolFreeBytes = 32 << 20 };
        foreach (var column in columns) if (column.Hint is { } hint) options.ColumnEncodingHints[column.Field.Path.ToString()] = hint;
        var writer = await ParquetWriter.CreateAsync(schema, stream, options);
        writer.CustomMetadata = new Dictionary<string, string> { ["source_file"] = sourceFile };       // no two files are the same, not even without rows
        return new(sourceFile, runId, stream, path, staged, writer, columns);
    }

    /// <summary>Adds the rows of a batch that are no duplicates.</summary>
    public async Task Append(Batch batch)
    {
        // step 8: write the same rows as Parquet
        var kept = batch.Kept();
        for (int from = 0, take; from < kept.Length; from += take)
        {
            take = Weigh(batch, kept.AsSpan(from, Math.Min(kept.Length - from, Lake.RowGroup - count)));
            var rows = kept.AsSpan(from, take);
            for (var i = 0; i < batch.Columns.Length; i++) columns[i].Take(batch.Columns[i], rows, count);
            for (var i = 0; i < take; i++) row.Values[count + i] = batch.SourceRow[rows[i]];
            file.Values.AsSpan(count, take).Fill(sourceFile);
            run.Values.AsSpan(count, take).Fill(runId);
            count += take;
            if (count == Lake.RowGroup || bytes >= Lake.MostBytes) await Flush();
        }
        // end of step 8
    }

    /// <summary>Adds up the text of rows, and notes the longest, until the row group has <see cref="Lake.MostBytes"/>.</summary>
    /// <returns>How many of the rows were weighed, the last included.</returns>
    int Weigh(Batch batch, ReadOnlySpan<int> rows)
    {
        // step 8: write the same rows as Parquet
        for (var n = 0; n < rows.Length; n++)
        {
            foreach (var i in texts)
            {
                var column = (TextData)batch.Columns[i];
                if (column.IsNull[rows[n]]) continue;
                var length = column.Values[rows[n]].Utf8.Length;
                bytes += length;
                longest[i] = Math.Max(longest[i], length);
            }
            if (bytes >= Lake.MostBytes) return n + 1;
        }
        return rows.Length;
        // end of step 8
    }

    /// <summary>Writes the rows that were gathered as one row group.</summary>
    /// <exception cref="UserException">More than <see cref="Lake.MostKept"/> would be kept.</exception>
    async Task Flush()
    {
        using var group = writer.CreateRowGroup();
        foreach (var column in columns) await column.Write(group, count);
        group.CompleteValidate();
        if ((kept += longest.Sum(length => 2L * length)) > Lake.MostKept)
            throw new UserException($"The texts are too long for a Parquet file in bounded memory (the longest of this part have {longest.Max():N0} bytes). Load such files into a store of their own: dotnet run -- run --no-lake");
        Array.Clear(longest);
        (count, bytes) = (0, 0);
    }

    /// <summary>Ends the file and gives it its hash as a name: flush the last row group; dispose the writer, which writes the footer;
    /// flush the stream to disk; hash; rename; failpoint <c>lake-staged</c>.</summary>
    /// <returns>Its SHA-256.</returns>
    public async Task<string> Finish()
    {
        // step 8: write the same rows as Parquet
        if (count > 0) await Flush();
        await writer.DisposeAsync();
        stream.Flush(flushToDisk: true);
        stream.Position = 0;
        var sha = Convert.ToHexStringLower(await System.Security.Cryptography.SHA256.HashDataAsync(stream));
        await stream.DisposeAsync();
        File.Move(path, Path.Combine(staged, sha), overwrite: true);
        Failpoint.Hit("lake-staged");
        return sha;
        // end of step 8
    }

    public async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        if (File.Exists(path)) File.Delete(path);
    }
}

/// <summary>One column of a row group, with the Parquet type of its contract type.</summary>
abstract class LakeColumn(DataField dataField, EncodingHint? hint)
{
    public DataField Field => dataField;
    public EncodingHint? Hint => hint;
    /// <summary>Copies the rows of a batch, to <paramref name="at"/> and after it.</summary>
    public abstract void Take(ColumnData from, ReadOnlySpan<int> rows, int at);
    public abstract Task Write(ParquetRowGroupWriter group, int count);

    public static LakeColumn For(string name, ColumnType type, bool nullable) => type switch
    {
        ColumnType.Text => new LakeColumn<TextData, ReadOnlyMemory<char>>(new DataField(name, typeof(string), nullable), EncodingHint.Dictionary, (data, row) => data.Values[row].Value.AsMemory()),
        ColumnType.Real => new LakeColumn<RealData, double>(new DataField<double>(name, nullable), null, (data, row) => data.Values[row]),
        ColumnType.Boolean => new LakeColumn<LongData, bool>(new DataField<bool>(name, nullable), null, (data, row) => data.Values[row] != 0),
        ColumnType.Hhmm => new LakeColumn<LongData, int>(new DataField<int>(name, nullable), EncodingHint.DeltaBinaryPacked, (data, row) => (int)data.Values[row]),
        ColumnType.Date => new LakeColumn<LongData, DateTime>(new DateTimeDataField(name, DateTimeFormat.Date, isNullable: nullable), null, (data, row) => DateTime.UnixEpoch.AddDays(data.Values[row])),
        ColumnType.TimestampUtc => new LakeColumn<LongData, DateTime>(new DateTimeDataField(name, DateTimeFormat.Timestamp, isAdjustedToUTC: true, unit: DateTimeTimeUnit.Micros, isNullable: nullable), null, (data, row) => DateTime.UnixEpoch.AddTicks(data.Values[row] * TimeSpan.TicksPerMicrosecond)),
        _ => new LakeColumn<LongData, long>(new DataField<long>(name, nullable), EncodingHint.DeltaBinaryPacked, (data, row) => data.Values[row]),
    };
}

sealed class LakeColumn<TData, T>(DataField dataField, EncodingHint? hint, Func<TData, int, T> get) : LakeColumn(dataField, hint) where TData : ColumnData where T : struct
{
    public T[] Values { get; } = dataField.IsNullable ? [] : new T[Lake.RowGroup];
    readonly T?[] nullable = dataField.IsNullable ? new T?[Lake.RowGroup] : [];

    public override void Take(ColumnData from, ReadOnlySpan<int> rows, int at)
    {
        var data = (TData)from;
        // null is said here, once: a null text must not become an empty one
        if (Field.IsNullable) foreach (var row in rows) nullable[at++] = data.IsNull[row] ? null : get(data, row);
        else foreach (var row in rows) Values[at++] = get(data, row);
    }

    public override Task Write(ParquetRowGroupWriter group, int count) => Field.IsNullable
        ? group.WriteAsync<T>(Field, new ReadOnlyMemory<T?>(nullable, 0, count))
        : group.WriteAsync<T>(Field, new ReadOnlyMemory<T>(Values, 0, count));
}
