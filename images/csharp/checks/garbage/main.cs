using System;
using System.Linq;

class Program {
    // Much more than a sandbox has, though never at once.
    static void Main() {
        long sum = 0;
        for (var each = 0; each < 400; each++) {
            sum += new byte[4_000_000].Length;
            sum += string.Join(" ", Enumerable.Range(0, 20_000)).Length;
        }
        Console.WriteLine("done");
    }
}
