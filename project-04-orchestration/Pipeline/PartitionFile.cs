using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Orchestrator;

/// <summary>The partition that a task attempt is about. It comes from the data interval and never from the clock: that is what makes a backfill
/// of last year, and a second run of yesterday, write where the first one did.</summary>
static class Partition
{
    extension(TaskContext context)
    {
        public DateOnly Date => DateOnly.FromDateTime(context.Interval.Start);

        /// <summary>As it stands in file names and in the column <c>day</c>: 2013-01-31.</summary>
        public string Day => context.Date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

        /// <summary>The day's file in a folder under the output.</summary>
        public string FileIn(string folder) => Path.Combine(context.Output, folder, $"{context.Day}.csv");
    }
}

/// <summary>The day's file in a folder of the output, written beside its place and renamed into it: a reader finds the old file or the new one,
/// never a half. What was not renamed is removed on disposal.</summary>
sealed class PartitionFile : IDisposable
{
    readonly string folder, path, family, temp;

    /// <param name="folder">staging, validated, …</param>
    public PartitionFile(TaskContext context, string folder)
    {
        this.folder = folder;
        path = context.FileIn(folder);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        // a run id may be typed by a person, so it does not become part of a path as it is
        family = $"{Path.GetFileName(path)}.{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(context.RunId)))[..8]}.";
        temp = Path.Combine(Path.GetDirectoryName(path)!, $"{family}{Path.GetRandomFileName()}.tmp");
        Stream = new FileStream(temp, FileMode.CreateNew, FileAccess.Write);
    }

    public FileStream Stream { get; }

    /// <summary>Ends the writing: the bytes are on the disk afterwards. To be called before <see cref="Rename"/>, outside the fence, for it takes time.</summary>
    public void Complete()
    {
        Stream.Flush(flushToDisk: true);
        Stream.Dispose();
    }

    /// <summary>Puts the file in its place. To be called under <see cref="TaskContext.Fenced"/>. Production would also flush the folder, so that
    /// the new name survives a power cut; .NET can't. The folder's name is a <see cref="Failpoint"/>: the file is there, and what comes after is not.</summary>
    public void Rename()
    {
        File.Move(temp, path, overwrite: true);
        Failpoint.Hit(folder);
        Clean();
    }

    /// <summary>The day has no such file this time, and one of an earlier run must not stay. Under <see cref="TaskContext.Fenced"/>, too.</summary>
    public void RemoveOld()
    {
        File.Delete(path);
        Clean();
    }

    /// <summary>Removes what attempts of this run have left that were killed: whoever is inside the fence is the only one of its run that may write.</summary>
    void Clean()
    {
        foreach (var left in Directory.EnumerateFiles(Path.GetDirectoryName(path)!, $"{family}*.tmp")) File.Delete(left);
    }

    public void Dispose()
    {
        Stream.Dispose();
        File.Delete(temp);
    }
}
