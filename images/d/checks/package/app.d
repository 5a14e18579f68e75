import std.stdio, util.text;
void main() { writeln(shout("hi")); }
