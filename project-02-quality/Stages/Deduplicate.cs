namespace DataQuality;

/// <summary>Of the clean versions of one business key one survives: the latest drop's, then the one with the most values, then
/// the first in its file. A row is of the latest drop in which it or a copy of it came. The order in which the rows were stored does not matter.</summary>
static class Deduplicate
{
    /// <summary>Marks all but the survivors in <c>next_checked_T</c>. A row with a null in its key is no version of another. A
    /// quarantined row takes part in nothing: a broken correction must not push out a good row. The statement has three places
    /// to fill: <c>{checked}</c> the table, <c>{key}</c> its key columns with commas between, <c>{known}</c> a condition that none of them is NULL.</summary>
    /// <returns>How many rows were marked.</returns>
    public static int Run(Store store, TableRules table)
    {
        // step 6: take out the duplicates
        var key = string.Join(", ", table.Key.Select(Sql.Name));
        var known = string.Join(" AND ", table.Key.Select(k => Sql.Name(k) + " IS NOT NULL"));
        return store.Execute(Store.Resource("deduplicate.sql").Replace("{checked}", "next_checked_" + table.Table).Replace("{key}", key).Replace("{known}", known));
        // end of step 6
    }
}
