Module Program
    Sub Main()
        Console.WriteLine("before")
        Process.GetCurrentProcess().Kill()
        System.Threading.Thread.Sleep(5000)
    End Sub
End Module
