class Main { void f() { int x = ""; } }
