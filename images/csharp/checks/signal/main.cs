using System;
using System.Diagnostics;
using System.Threading;

class Program {
    static void Main() {
        Console.WriteLine("before");
        Process.GetCurrentProcess().Kill();
        Thread.Sleep(5000);
    }
}
