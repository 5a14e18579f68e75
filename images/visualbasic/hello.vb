Module Hello
    Sub Main()
        Console.WriteLine("Hello from Visual Basic: 你好, 🌍")
    End Sub
End Module
