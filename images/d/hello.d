import std.stdio;

void main() {
    writeln("Hello from D: 你好, 🌍");
}
