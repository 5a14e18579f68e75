using System;
using System.Linq;

class A {
    static void Main(string[] args) {
        Console.WriteLine($"{args.Length} arguments: {string.Join(" ", args.Select(a => $"[{a}]"))}");
    }
}
