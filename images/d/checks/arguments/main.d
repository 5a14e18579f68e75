import std;

void main(string[] args) {
    writefln("%d arguments: %s", args.length - 1, args[1 .. $].map!(a => "[" ~ a ~ "]").join(" "));
}
