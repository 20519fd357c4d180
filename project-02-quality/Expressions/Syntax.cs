namespace DataQuality;

/// <summary>An expression as it is written: what the parser makes and the compiler reads. <see cref="At"/> is where it begins in the
/// text, 1 the first character.</summary>
abstract record Syntax(int At);

/// <summary>A number (long or double), a text, or null.</summary>
sealed record Literal(int At, object? Value) : Syntax(At);
sealed record Name(int At, string Column) : Syntax(At);
/// <summary><c>NOT x</c>, <c>-x</c></summary>
sealed record Unary(int At, string Operator, Syntax Operand) : Syntax(At);
/// <summary><c>OR AND = &lt;&gt; &lt; &lt;= &gt; &gt;= + - * / %</c></summary>
sealed record Binary(int At, string Operator, Syntax Left, Syntax Right) : Syntax(At);
sealed record IsNull(int At, Syntax Operand) : Syntax(At);
sealed record In(int At, Syntax Operand, IReadOnlyList<Literal> Values) : Syntax(At);
sealed record Regexp(int At, Syntax Operand, string Pattern) : Syntax(At);
sealed record Call(int At, string Function, IReadOnlyList<Syntax> Arguments) : Syntax(At);
