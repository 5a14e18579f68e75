class A { static void Main() { int x = ""; } }
