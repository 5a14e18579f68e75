// toplevel.dll FILE RESULT: writes a C# file in which statements need no Main as the compiler here knows it, with a Main.
// The usings that newer projects have by themselves come along. Lines keep their numbers.
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

static class TopLevel
{
    const string Usings =
        "using System; using System.Collections.Generic; using System.IO; using System.Linq; using System.Net.Http; "
        + "using System.Threading; using System.Threading.Tasks;\n";

    static void Main(string[] args)
    {
        var script = new CSharpParseOptions(LanguageVersion.Latest, kind: SourceCodeKind.Script);
        var tree = CSharpSyntaxTree.ParseText(File.ReadAllText(args[0]), script);
        var root = tree.GetCompilationUnitRoot();
        var statements = root.Members.Where(IsStatement).ToList();
        var result = new StringBuilder(Usings);
        if (statements.Count == 0 || root.Members.OfType<MethodDeclarationSyntax>().Any(each => each.Identifier.Text == "Main"))
        {
            result.Append(Line(args[0], 1)).Append(root.ToFullString());
        }
        else
        {
            foreach (var each in root.Externs.Cast<SyntaxNode>().Concat(root.Usings).Concat(root.AttributeLists))
                result.Append(Piece(args[0], each));
            var code = statements.SelectMany(each => each.DescendantNodesAndSelf(IsOutside)).ToList();
            var isAsync = code.Any(each => each is AwaitExpressionSyntax
                || each is ForEachStatementSyntax loop && loop.AwaitKeyword.Text != ""
                || each is UsingStatementSyntax block && block.AwaitKeyword.Text != ""
                || each is LocalDeclarationStatementSyntax local && local.AwaitKeyword.Text != "");
            var returns = code.OfType<ReturnStatementSyntax>().Any(each => each.Expression != null);
            var kind = (isAsync, returns) switch
            {
                (true, true) => "async Task<int>", (true, false) => "async Task", (false, true) => "int", _ => "void",
            };
            result.Append($"static partial class Program {{ static {kind} Main(string[] args) {{\n");
            foreach (var each in statements) result.Append(Piece(args[0], each));
            result.Append("}}\n");
            foreach (var each in root.Members.Except(statements)) result.Append(Piece(args[0], each));
        }
        File.WriteAllText(args[1], result.ToString());
    }

    // A declaration at the top of a script is one of a field or a method to its parser.
    static bool IsStatement(MemberDeclarationSyntax member) =>
        member is GlobalStatementSyntax || member is FieldDeclarationSyntax || member is MethodDeclarationSyntax;

    // An await or a return inside of a function is that function's own.
    static bool IsOutside(SyntaxNode node) =>
        !(node is MethodDeclarationSyntax || node is LocalFunctionStatementSyntax || node is AnonymousFunctionExpressionSyntax);

    static string Piece(string file, SyntaxNode node)
    {
        var first = node.SyntaxTree.GetLineSpan(node.FullSpan).StartLinePosition;
        return Line(file, first.Line + 1) + new string(' ', first.Character) + node.ToFullString() + "\n";
    }

    static string Line(string file, int number) => $"#line {number} \"{file.Replace("./", "")}\"\n";
}
