using System.Runtime.ExceptionServices;
using System.Threading.Channels;

namespace BatchIngestion;

/// <summary>Reads, validates and writes one file: three stages side by side, joined by bounded channels, so memory is the same
/// whatever the file's size.</summary>
static class LoadFile
{
    public sealed record Result(long Read, long Loaded, long Rejected, long Duplicate, string? LakeSha256)
    {
        /// <summary>The first rejected rows, <see cref="KeptExamples"/> at most: what is kept of a file with too many of them.</summary>
        public IReadOnlyList<Rejected> Examples { get; init; } = [];
    }

    const int KeptExamples = 1000;

    /// <summary>Loads the file into the open transaction of the store: rows, duplicates, rejects and warnings. A warning of the
    /// validator is one row of <c>ingestion_warnings</c> for each column and rule, with the number of rows and the first as the
    /// example, <c>row 4: BQN</c>. Where the contract ignores unknown columns, each of them has one too: its rule is
    /// <c>unknown column, ignored</c>, its example the column's name.</summary>
    /// <exception cref="UserException">The file can't be read to its end; nothing of it may be committed.</exception>
    public static async Task<Result> Run(Store store, Lake? lake, Contract contract, IReadOnlyDictionary<(string, string, string), ZoneTable> zones, string path, string sourceFile, long runId, Action<long> progress, CancellationToken stop)
    {
        // step 6: load each file in one transaction
        using var reader = RowReader.Open(path, contract);
        if (contract.UnknownColumns == UnknownColumns.Fail && reader.UnknownColumns.Count > 0) throw Unknown(reader);
        var validator = new Validator(contract, zones);
        using var insert = new BulkInsert(store.Connection, contract, sourceFile, runId);
        await using var file = lake is null ? null : await lake.Stage(contract, sourceFile, runId);

        var free = Channel.CreateBounded<Batch>(6);
        var typed = Channel.CreateBounded<Batch>(2);
        var stored = Channel.CreateBounded<Batch>(2);
        for (var i = 0; i < 6; i++) free.Writer.TryWrite(new Batch(contract));
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(stop);

        long read = 0, rejected = 0, duplicate = 0;
        Exception? first = null;
        var examples = new List<Rejected>();
        var warnings = new Dictionary<(string, string), (long Rows, Warning Example)>();

        var parsing = Stage(typed.Writer, async () =>
        {
            while (true)
            {
                var batch = await free.Reader.ReadAsync(failed.Token);
                if (!validator.Fill(batch, reader)) return;
                if (contract.UnknownColumns == UnknownColumns.Fail && reader.UnknownColumns.Count > 0) throw Unknown(reader);
                await typed.Writer.WriteAsync(batch, failed.Token);
            }
        });
        var storing = Stage(stored.Writer, async () =>
        {
            await foreach (var batch in typed.Reader.ReadAllAsync(failed.Token))
            {
                insert.Insert(batch);
                for (var at = 0; at < batch.Count; at++)
                    if (batch.Duplicate[at]) { duplicate++; store.AddDuplicate(contract, sourceFile, batch.SourceRow[at], Values(contract, batch, at), runId); }
                foreach (var bad in batch.Rejected)
                {
                    if (examples.Count < KeptExamples) examples.Add(bad);
                    store.Reject(runId, sourceFile, bad);
                }
                foreach (var warning in batch.Warnings)
                    warnings[(warning.Column, warning.Rule)] = warnings.TryGetValue((warning.Column, warning.Rule), out var known) ? (known.Rows + 1, known.Example) : (1, warning);
                rejected += batch.Rejected.Count;
                read += batch.Count + batch.Rejected.Count;
                progress(read);
                Failpoint.Hit("rows-inserted");
                await stored.Writer.WriteAsync(batch, failed.Token);
            }
        });
        var writing = Stage(free.Writer, async () =>
        {
            await foreach (var batch in stored.Reader.ReadAllAsync(failed.Token))
            {
                if (file is not null) await file.Append(batch);
                await free.Writer.WriteAsync(batch, failed.Token);
            }
        });
        try { await Task.WhenAll(parsing, storing, writing); }
        catch when (first is not null) { ExceptionDispatchInfo.Throw(first); }

        foreach (var ((column, rule), (rows, example)) in warnings)
            store.Execute("INSERT OR REPLACE INTO ingestion_warnings VALUES (?,?,?,?,?,?)", runId, sourceFile, column, rule, rows, $"row {example.Row}: {example.Found}");
        if (contract.UnknownColumns == UnknownColumns.Ignore)
            foreach (var (column, rows) in reader.UnknownColumns)
                store.Execute("INSERT OR REPLACE INTO ingestion_warnings VALUES (?,?,?,?,?,?)", runId, sourceFile, column, "unknown column, ignored", rows, column);
        var lakeSha = file is null ? null : await file.Finish();
        return new(read, insert.Inserted, rejected, duplicate, lakeSha) { Examples = examples };

        // a stage runs on a thread of its own; when it fails the others stop, and its error is the one that is told
        async Task Stage(ChannelWriter<Batch> output, Func<Task> work)
        {
            try
            {
                await Task.Run(work, CancellationToken.None);
                output.TryComplete();
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref first, e, null);
                await failed.CancelAsync();
                output.TryComplete();
                throw;
            }
        }
        // end of step 6
    }

    static UserException Unknown(RowReader reader) => new($"The contract does not know the columns: {string.Join(", ", reader.UnknownColumns.Keys.Take(20))}, and says that such a file fails (unknown_columns).");

    /// <summary>A row's values as SQLite holds them.</summary>
    static object?[] Values(Contract contract, Batch batch, int at) => [.. contract.TableColumns.Select((column, i) => batch.Columns[i] switch
    {
        var data when data.IsNull[at] => (object?)null,
        TextData text => text.Values[at].Value,
        RealData real => real.Values[at],
        LongData data when column.Type == ColumnType.Date => SqlText.Date(data.Values[at]),
        LongData data when column.Type == ColumnType.TimestampUtc => SqlText.Timestamp(data.Values[at]),
        var data => ((LongData)data).Values[at],
    })];
}
