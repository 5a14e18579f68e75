open System.Diagnostics

printfn "before"
Process.GetCurrentProcess().Kill()
System.Threading.Thread.Sleep 5000
