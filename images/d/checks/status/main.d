import std.stdio;
import core.stdc.stdlib;

void main() {
    writeln("before");
    exit(3);
}
