Module Program
    Sub Main()
        Console.WriteLine("naïve " & ChrW(&H65E5) & ChrW(&H672C) & " 🙂")
    End Sub
End Module
