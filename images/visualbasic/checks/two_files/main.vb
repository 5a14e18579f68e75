Module Program
    Sub Main()
        Console.WriteLine(Answer.Compute())
    End Sub
End Module
