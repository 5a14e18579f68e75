import std;

void main() {
    auto lines = stdin.byLineCopy.array;
    writefln("%d lines, the last is %s", lines.length, lines[$ - 1]);
}
