namespace DataQuality;

/// <summary>An expression as it is written: what the parser makes and the compiler reads.</summary>
/// <param name="At">Where it begins in the text; 1 is the first character.</param>
/// <param name="Depth">How many levels it has.</param>
abstract record Syntax(int At, int Depth);

/// <summary>A number (long or double), a text, or null. TRUE and FALSE are 1 and 0.</summary>
sealed record Literal(int At, object? Value) : Syntax(At, 1);

/// <summary>A column.</summary>
sealed record Name(int At, string Column) : Syntax(At, 1);

/// <summary><c>NOT x</c>, <c>-x</c></summary>
sealed record Unary(int At, string Operator, Syntax Operand) : Syntax(At, Operand.Depth + 1);

/// <summary><c>OR AND = &lt;&gt; &lt; &lt;= &gt; &gt;= + - * / %</c></summary>
sealed record Binary(int At, string Operator, Syntax Left, Syntax Right) : Syntax(At, Math.Max(Left.Depth, Right.Depth) + 1);

sealed record IsNull(int At, Syntax Operand) : Syntax(At, Operand.Depth + 1);

/// <summary>Both bounds are inclusive.</summary>
sealed record Between(int At, Syntax Operand, Syntax Low, Syntax High) : Syntax(At, Math.Max(Operand.Depth, Math.Max(Low.Depth, High.Depth)) + 1);

sealed record In(int At, Syntax Operand, IReadOnlyList<Literal> Values) : Syntax(At, Operand.Depth + 1);

sealed record Regexp(int At, Syntax Operand, string Pattern) : Syntax(At, Operand.Depth + 1);

sealed record Call(int At, string Function, IReadOnlyList<Syntax> Arguments) : Syntax(At, Arguments.Max(a => a.Depth) + 1);
