Module Program
    Sub Main()
        Console.WriteLine(unknown)
    End Sub
End Module
