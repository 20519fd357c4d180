namespace DataQuality;

/// <summary>Whether a value is among some. With a NULL among them, no match is unknown.</summary>
sealed class InNode<T>(ValueNode<T> operand, HashSet<T> values, bool hasNull) : TruthNode
{
    public override void Evaluate(Batch batch, Span<byte> truth)
    {
        // step 4: decide what is true, false or unknown
        operand.Evaluate(batch, out var from, out var nulls);
        Loop(values, hasNull ? Truth.Unknown : Truth.False, from, nulls, truth);
        // end of step 4
    }

    static void Loop(HashSet<T> values, byte otherwise, ReadOnlySpan<T> from, ReadOnlySpan<byte> nulls, Span<byte> truth)
    {
        for (var i = 0; i < truth.Length; i++) truth[i] = nulls[i] != 0 ? Truth.Unknown : values.Contains(from[i]) ? Truth.True : otherwise;
    }
}

/// <summary>The same for whole numbers that lie close together: one look-up in a table.</summary>
sealed class InTableNode : TruthNode
{
    /// <summary>Numbers further apart are left to <see cref="InNode{T}"/>: the table should stay in the processor's first cache.</summary>
    const int MostSpread = 8192;

    readonly ValueNode<long> operand;
    readonly long first;
    readonly byte[] verdicts;

    InTableNode(ValueNode<long> operand, long first, byte[] verdicts) => (this.operand, this.first, this.verdicts) = (operand, first, verdicts);

    /// <summary>The node that is right for these values.</summary>
    public static TruthNode For(ValueNode<long> operand, HashSet<long> values, bool hasNull)
    {
        if (values.Count == 0 || (ulong)(values.Max() - values.Min()) >= MostSpread) return new InNode<long>(operand, values, hasNull);
        var first = values.Min();
        // one entry more, at the end, for all numbers outside
        var verdicts = new byte[values.Max() - first + 2];
        verdicts.AsSpan().Fill(hasNull ? Truth.Unknown : Truth.False);
        foreach (var value in values) verdicts[value - first] = Truth.True;
        return new InTableNode(operand, first, verdicts);
    }

    public override void Evaluate(Batch batch, Span<byte> truth)
    {
        // step 4: decide what is true, false or unknown
        operand.Evaluate(batch, out var from, out var nulls);
        Loop(verdicts, first, from, nulls, truth);
        // end of step 4
    }

    static void Loop(byte[] table, long first, ReadOnlySpan<long> from, ReadOnlySpan<byte> nulls, Span<byte> truth)
    {
        var outside = (ulong)table.Length - 1;
        for (var i = 0; i < truth.Length; i++)
        {
            int verdict = table[Math.Min((ulong)(from[i] - first), outside)];
            truth[i] = (byte)((verdict & (nulls[i] - 1)) | nulls[i]);       // unknown (1) where absent (1)
        }
    }
}
