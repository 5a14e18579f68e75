Console.WriteLine("before");

int number = "text";
