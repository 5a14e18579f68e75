Module Program
    Function Main() As Integer
        Console.WriteLine("before")
        Return 3
    End Function
End Module
