void main() {
    int count = 0;
    string? line, last = null;
    while ((line = stdin.read_line()) != null) {
        count++;
        last = line;
    }
    print("%d lines, the last is %s\n", count, last);
}
