using System.IO.Compression;
using System.Text;

namespace BatchIngestion.Tests;

[TestFixture, Category("Step3")]
sealed class ReadTests
{
    [TestCase("a,b\n1,2\n", "1|2", TestName = "CSV_with_a_final_newline")]
    [TestCase("a,b\n1,2", "1|2", TestName = "CSV_without_a_final_newline")]
    [TestCase("a,b\r\n1,2\r\n", "1|2", TestName = "CSV_with_CR_LF")]
    [TestCase("\uFEFFa,b\n1,2\n", "1|2", TestName = "CSV_with_a_byte_order_mark")]
    [TestCase("b,a\n2,1\n", "1|2", TestName = "CSV_with_its_columns_in_another_order")]
    [TestCase("x,b,y,a\n0,2,0,1\n", "1|2", TestName = "CSV_with_columns_that_the_contract_does_not_know")]
    [TestCase("a,b\n\"1,5\",2\n", "1,5|2", TestName = "CSV_with_a_separator_in_quotes")]
    [TestCase("a,b\n\"say \"\"hi\"\"\",2\n", "say \"hi\"|2", TestName = "CSV_with_doubled_quotes")]
    [TestCase("a,b\n\"one\ntwo\",2\n", "one\ntwo|2", TestName = "CSV_with_a_newline_in_a_field")]
    [TestCase("a,b\n\"one\r\ntwo\",2\n", "one\r\ntwo|2", TestName = "CSV_with_CR_LF_in_a_field")]
    [TestCase("a,b\n,\"\"\n", "|", TestName = "CSV_with_empty_fields")]
    [TestCase("\"a\",\"b\"\n 1 , 2\n", " 1 | 2", TestName = "CSV_with_a_quoted_header_and_spaces")]
    [TestCase("a,b\nÅ,日本\n", "Å|日本", TestName = "CSV_with_letters_beyond_ASCII")]
    public void Is_read(string csv, string row) => Assert.That(Rows.Of(csv, "t.csv", "a", "b"), Is.EqualTo(new[] { row }));

    [Test]
    public void A_CSV_file_that_is_a_header_alone_has_no_rows() => Assert.That(Rows.Of("a,b\n", "t.csv", "a", "b"), Is.Empty);

    [TestCase("", "empty")]
    [TestCase("a,c\n1,2\n", "no column 'b'")]
    [TestCase("a,b,a\n1,2,3\n", "'a' 2 times")]
    [TestCase("a,b\n1,2\n\"3,4\n5,6\n", "Row 2, at byte 8")]
    public void A_CSV_file_is_refused_and_the_message_says_where(string csv, string message) => Assert.That(Rows.Refused(csv, "t.csv").Message, Does.Contain(message));

    [Test]
    public void An_unknown_ending_is_refused_with_those_that_can_be_read() => Assert.That(Rows.Refused("a,b", "t.xlsx").Message, Does.Contain(".xlsx").And.Contain(".jsonl"));

    [TestCase("""[]""")]
    [TestCase("""[{"a":"1","b":"2"}]""", "1|2")]
    [TestCase("""[{"b":2,"a":1.50},{"a":true,"b":null},{"a":""}]""", "1.50|2", "true|∅", "|∅")]
    [TestCase("""[{"a":"\u00c5\n","b":"\""}]""", "Å\n|\"")]
    [TestCase("""[{"a":{"x":[1]},"b":1},{"a":1,"b":[]},{"a":1,"b":2}]""", "!type", "!type", "1|2")]
    [TestCase("""[{"a":1,"b":2,"x":{"y":[1,{"a":9}]}}]""", "1|2")]
    [TestCase("""[{"a":1,"a":2}, 7, [], {"a":1,"b":2}]""", "!json", "!json", "!json", "1|2")]
    public void A_JSON_array_is_read(string json, params string[] rows) => Assert.That(Rows.Of(json, "t.json", "a", "b"), Is.EqualTo(rows));

    [TestCase("", "byte 0")]
    [TestCase("{\"a\":1}", "JSON Lines")]
    [TestCase("[{\"a\":1,\"b\":2}", "byte 14")]
    [TestCase("[{\"a\":1,\"b\":2},]", "byte")]
    [TestCase("[{\"a\":1 \"b\":2}]", "byte")]
    [TestCase("[{\"a\":1,\n\"b\":}]", "line 2")]
    [TestCase("[{\"a\":1,\"b\":2}] x", "byte")]
    [TestCase("[{\"a\":1,\"b\":2}][]", "byte")]
    public void A_malformed_JSON_array_is_refused_and_the_message_says_where(string json, string message) => Assert.That(Rows.Refused(json, "t.json").Message, Does.Contain(message));

    [TestCase("{\"a\":1,\"b\":2}\n{\"a\":3,\"b\":4}\n", "1|2", "3|4")]
    [TestCase("\uFEFF{\"a\":1,\"b\":2}\r\n\r\n  \n{\"a\":3,\"b\":4}", "1|2", "3|4")]
    [TestCase("{\"a\":1,\n{\"a\":3,\"b\":4}\nnull\n{\"a\":5}", "!json", "3|4", "!json", "5|∅")]
    [TestCase("{\"a\":{},\"b\":1}\n{\"a\":3,\"b\":4}\n", "!type", "3|4")]
    [TestCase("{\"a\":1} {\"a\":2}\n{\"a\":3,\"b\":4}\n", "!json", "3|4")]
    [TestCase("{\"a\":\"\\ud800\"}\n{\"a\":3,\"b\":4}\n", "!json", "3|4")]
    public void JSON_Lines_are_read_and_a_bad_line_is_one_bad_row(string lines, params string[] rows) => Assert.That(Rows.Of(lines, "t.jsonl", "a", "b"), Is.EqualTo(rows));

    [Test]
    public void A_line_that_is_not_UTF_8_is_one_bad_row() =>
        Assert.That(Rows.Of(new MemoryStream([.. "{\"a\":\""u8, 0xFF, .. "\"}\n{\"a\":1}\n"u8]), "t.ndjson", "a"), Is.EqualTo(new[] { "!utf8", "1" }));

    static readonly string[] Samples =
    [
        "t.csv: \uFEFFb,a\r\n\"2\"\"\r\n2\",Å\n4,3\r\n\"\",日本",
        "t.json: \uFEFF [ {\"a\":\"Å\\u00c5\",\"b\":[1]},\n {\"b\":-1.5e3,\"a\":{\"x\":\"]}\"}} , {\"a\":\"]\"} ] \n",
        "t.jsonl: \uFEFF{\"a\":\"Å\\\"\",\"b\":true}\r\n\n{\"a\":\n{\"b\":\"日本\"}",
    ];

    [Test, Combinatorial]
    public void The_same_bytes_in_pieces_of_any_size_give_the_same_rows([ValueSource(nameof(Samples))] string sample, [Range(1, 7)] int piece)
    {
        var (name, bytes) = (sample[..sample.IndexOf(':')], Encoding.UTF8.GetBytes(sample[(sample.IndexOf(' ') + 1)..]));
        Assert.That(Rows.Of(new Dribble(bytes, piece), name, "a", "b"), Is.EqualTo(Rows.Of(new MemoryStream(bytes), name, "a", "b")).And.Count.EqualTo(3));
    }

    [TestCase("t.csv")]
    [TestCase("t.json")]
    [TestCase("t.jsonl")]
    public void Rows_that_cross_the_end_of_a_buffer_are_read_whole(string name)
    {
        var wide = string.Concat(Enumerable.Range(0, 3000).Select(i => $"{i},")) + "end";
        var rows = Enumerable.Range(0, 60).Select(i => (A: $"{i}", B: wide[(i * 7)..])).ToList();
        var text = name switch
        {
            "t.csv" => "a,b\n" + string.Concat(rows.Select(r => $"{r.A},\"{r.B}\"\n")),
            "t.json" => "[" + string.Join(",", rows.Select(r => $$"""{"a":{{r.A}},"b":"{{r.B}}"}""")) + "]",
            _ => string.Concat(rows.Select(r => $$"""{"a":{{r.A}},"b":"{{r.B}}"}""" + "\n")),
        };
        Assert.That(Rows.Of(text, name, "a", "b"), Is.EqualTo(rows.Select(r => $"{r.A}|{r.B}")));
    }

    [Test]
    public void A_row_is_found_again_at_its_byte([Values("t.csv", "t.json", "t.jsonl")] string name)
    {
        var bytes = Encoding.UTF8.GetBytes(Samples.Single(s => s.StartsWith(name + ":", StringComparison.Ordinal))[(name.Length + 2)..]);
        using var reader = RowReader.Open(new MemoryStream(bytes), name, Rows.Contract("a", "b"));
        while (reader.Read())
            Assert.That(bytes.AsSpan((int)reader.ByteOffset, reader.Raw.Length).SequenceEqual(reader.Raw), $"row {reader.Row} at byte {reader.ByteOffset}");
    }

    [Test]
    public void A_gzip_file_cut_anywhere_never_ends_as_if_it_were_whole([Values("t.csv.gz", "t.json.gz", "t.jsonl.gz")] string name)
    {
        var text = name switch
        {
            "t.csv.gz" => "a,b\n1,2\n3,4\n5,6\n",
            "t.json.gz" => "[{\"a\":1,\"b\":2},{\"a\":3,\"b\":4},{\"a\":5,\"b\":6}]",
            _ => "{\"a\":1,\"b\":2}\n{\"a\":3,\"b\":4}\n{\"a\":5,\"b\":6}\n",
        };
        var whole = Rows.Gzip(Encoding.UTF8.GetBytes(text));
        Assert.That(Rows.Of(new MemoryStream(whole), name, "a", "b"), Has.Count.EqualTo(3));
        Assert.Multiple(() =>
        {
            for (var cut = 0; cut < whole.Length; cut++)
            {
                try { Assert.That(Rows.Of(new MemoryStream(whole[..cut]), name, "a", "b"), Has.Count.EqualTo(3), $"cut at {cut} of {whole.Length}"); }
                catch (UserException) { }
            }
        });
    }

    [Test]
    public void A_large_gzip_file_cut_anywhere_never_ends_as_if_it_were_whole()
    {
        var chance = new Random(1);
        var lines = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 5000).Select(i => $"{{\"a\":{i},\"b\":{chance.Next()}}}\n")));
        var whole = Rows.Gzip(lines);
        Assert.Multiple(() =>
        {
            for (var cut = 1; cut < whole.Length; cut += 499)
            {
                try { Assert.That(Rows.Of(new MemoryStream(whole[..cut]), "t.jsonl.gz", "a"), Has.Count.EqualTo(5000), $"cut at {cut} of {whole.Length}"); }
                catch (UserException) { }
            }
        });
    }

    [Test]
    public void Two_gzip_members_cut_anywhere_in_the_second_never_end_as_if_they_were_whole()
    {
        byte[] first = Rows.Gzip(Encoding.UTF8.GetBytes("a,b\n" + string.Concat(Enumerable.Range(0, 500).Select(i => $"{i},{i}\n")))), second = Rows.Gzip(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 400).Select(i => $"{i},x\n"))));
        byte[] whole = [.. first, .. second];
        Assert.That(Rows.Of(new MemoryStream(whole), "t.csv.gz", "a", "b"), Has.Count.EqualTo(900));
        Assert.Multiple(() =>
        {
            for (var cut = first.Length + 1; cut < whole.Length; cut++) Assert.Throws<UserException>(() => Rows.Of(new MemoryStream(whole[..cut]), "t.csv.gz", "a", "b"), $"cut at {cut} of {whole.Length}");
        });
    }

    [Test]
    public void What_follows_the_gzip_data_and_is_none_is_refused() =>
        Assert.That(Assert.Throws<UserException>(() => Rows.Of(new MemoryStream([.. Rows.Gzip("a,b\n1,2\n"u8.ToArray()), .. "some text"u8]), "t.csv.gz", "a", "b"))!.Message, Does.Contain("follows"));

    [TestCase("[]"), TestCase("{\"a\":[1,-2.5e3,true,false,null,\"\\u00e5\"]}"), TestCase(" 1 "), TestCase("\"x\"")]
    public void A_JSON_document_is_accepted(string json) => Assert.DoesNotThrow(() => Json.Validate(new MemoryStream(Encoding.UTF8.GetBytes(json))));

    [TestCase("["), TestCase("[1,]"), TestCase("{\"a\" 1}"), TestCase("[1] [2]"), TestCase("01"), TestCase("nul"), TestCase(""), TestCase("\"\t\"")]
    public void What_is_no_JSON_document_is_refused_with_its_byte(string json) =>
        Assert.That(Assert.Throws<UserException>(() => Json.Validate(new MemoryStream(Encoding.UTF8.GetBytes(json))))!.Message, Does.Contain("byte"));

    [Test]
    public void Unknown_members_are_counted_and_a_million_of_them_are_not_kept()
    {
        var lines = string.Concat(Enumerable.Range(0, 5000).Select(i => $"{{\"a\":1,\"k{i}\":1,\"x\":1}}\n"));
        using var reader = RowReader.Open(new MemoryStream(Encoding.UTF8.GetBytes(lines)), "t.jsonl", Rows.Contract("a"));
        while (reader.Read()) { }
        Assert.That((reader.UnknownColumns.Count, reader.UnknownColumns["k0"], reader.UnknownColumns["x"]), Is.EqualTo((Limits.UnknownNames, 1L, 5000L)));
    }

    [Test]
    public void Gzip_members_one_after_the_other_are_one_file() =>
        Assert.That(Rows.Of(new MemoryStream([.. Rows.Gzip("a,b\n1,2\n"u8.ToArray()), .. Rows.Gzip("3,4\n"u8.ToArray())]), "t.csv.gz", "a", "b"), Is.EqualTo(new[] { "1|2", "3|4" }));

    [Test]
    public void What_is_called_gz_and_is_none_is_refused() => Assert.That(Rows.Refused("a,b\n1,2\n3,4\n5,6\n", "t.csv.gz").Message, Does.Contain("gzip"));

    [TestCase("[", "]")]
    [TestCase("[{\"a\":", "}]")]
    [TestCase("[{\"x\":", "}]")]
    public void JSON_nested_ten_thousand_deep_is_refused(string open, string close)
    {
        var deep = open + new string('[', 10_000) + new string(']', 10_000) + close;
        Assert.That(Rows.Refused(deep, "t.json").Message, Does.Contain("depth"));
    }

    [Test]
    public void A_line_nested_ten_thousand_deep_is_one_bad_row() =>
        Assert.That(Rows.Of($"{{\"x\":{new string('[', 10_000)}\n{{\"a\":1}}\n", "t.jsonl", "a"), Is.EqualTo(new[] { "!json", "1" }));

    [TestCase("t.csv", "a,b\n1,", "\n")]
    [TestCase("t.csv", "a,b\n1,\"", "\"\n")]
    [TestCase("t.csv", "a,b", "\n1,2\n")]
    [TestCase("t.json", "[{\"a\":\"", "\"}]")]
    [TestCase("t.jsonl", "{\"a\":\"", "\"}\n")]
    public void A_row_longer_than_the_limit_is_refused_with_its_position(string name, string head, string tail)
    {
        using var stream = new Dribble(Encoding.UTF8.GetBytes(head), "0123456789"u8.ToArray(), 600_000, Encoding.UTF8.GetBytes(tail), 1 << 20);
        Assert.That(Rows.Refused(stream, name).Message, Does.Contain("longer than").And.Contain("byte"));
    }

    [TestCase("t.csv.gz", "a,b\n", "1,")]
    [TestCase("t.jsonl.gz", "", "{\"a\":1}")]
    public void A_gzip_bomb_is_refused(string name, string head, string line)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes(head));
            var lines = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(line + new string(' ', 4000) + "\n", 200)));
            for (var i = 0; i < 100; i++) gzip.Write(lines);
        }
        Assert.That(Rows.Refused(new MemoryStream(packed.ToArray()), name).Message, Does.Contain("bomb"));
    }

    [TestCase("[{\"a\":null,\"a\":1,\"b\":2}]", "t.json"), TestCase("{\"a\":null,\"a\":1,\"b\":2}", "t.jsonl")]
    public void A_member_that_comes_twice_breaks_the_row_also_when_the_first_is_null(string json, string name)
    {
        using var reader = RowReader.Open(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(json)), name, Rows.Contract("a", "b"));
        Assert.That(reader.Read(), Is.True);
        Assert.That(reader.Broken?.Rule, Is.EqualTo("json"));
    }
}
