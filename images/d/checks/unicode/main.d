import std.stdio;

void main() {
    writeln("naïve 日本 🙂");
}
