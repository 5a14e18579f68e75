using System;

class A {
    static int Main() {
        Console.WriteLine("before");
        return 3;
    }
}
