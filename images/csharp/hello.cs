using System;

class Hello {
    static void Main() {
        Console.WriteLine("Hello from C#: 你好, 🌍");
    }
}
