using System;
using System.Linq;

class A {
    static void Main() {
        var lines = Console.In.ReadToEnd().Trim().Split('\n').ToList();
        Console.WriteLine($"{lines.Count} lines, the last is {lines.Last()}");
    }
}
