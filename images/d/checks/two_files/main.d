import std.stdio;
import answer;

void main() {
    writeln(value);
}
