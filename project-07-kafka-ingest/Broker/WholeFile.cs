namespace KafkaIngest;

/// <summary>A small file that is there whole, old or new, whenever the power goes.</summary>
static class WholeFile
{
    /// <summary>Writes aside, flushes to disk, renames.</summary>
    public static void Write(string path, string text)
    {
        var aside = $"{path}.{Environment.ProcessId}.tmp";
        using (var file = new FileStream(aside, FileMode.Create))
        {
            file.Write(System.Text.Encoding.UTF8.GetBytes(text));
            file.Flush(flushToDisk: true);
        }
        File.Move(aside, path, overwrite: true);
    }
}
