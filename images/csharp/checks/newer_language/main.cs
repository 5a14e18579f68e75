using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;

class Program {
    static async IAsyncEnumerable<int> Numbers() {
        for (var each = 1; each <= 3; each++) {
            await Task.Yield();
            yield return each;
        }
    }

    static async Task Main() {
        var last = 0;
        await foreach (var each in Numbers()) last = each;
        var word = last switch { 3 => "ok", _ => "other" };
        Console.WriteLine($"{last} {word} {JsonSerializer.Deserialize<int[]>("[1, 2]")[^1]} {new[] { 1, 2, 3, 4 }[2..].Last()} {"äö".ToUpper()}");
    }
}
