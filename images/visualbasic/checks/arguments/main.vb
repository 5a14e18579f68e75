Module Program
    Sub Main(arguments As String())
        Dim shown = From argument In arguments Select "[" & argument & "]"
        Console.WriteLine($"{arguments.Length} arguments: {String.Join(" ", shown.ToArray())}")
    End Sub
End Module
