import std.stdio;

void main() {
    writeln("named");
}
