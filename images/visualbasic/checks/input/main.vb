Module Program
    Sub Main()
        Dim count = 0
        Dim last = ""
        Dim line = Console.ReadLine()
        While line IsNot Nothing
            count += 1
            last = line
            line = Console.ReadLine()
        End While
        Console.WriteLine($"{count} lines, the last is {last}")
    End Sub
End Module
