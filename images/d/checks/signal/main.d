import core.stdc.signal : raise;
import core.sys.posix.signal : SIGTERM;
import std.stdio;

void main() {
    writeln("before");
    raise(SIGTERM);
}
