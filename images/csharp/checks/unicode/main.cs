class A { static void Main() { System.Console.WriteLine("naïve 日本 🙂"); } }
