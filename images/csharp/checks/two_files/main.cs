class A { static void Main() { System.Console.WriteLine(Answer.Value); } }
