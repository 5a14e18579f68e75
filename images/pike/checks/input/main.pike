int main() {
    int count = 0;
    string line, last;
    while (line = Stdio.stdin.gets()) {
        count++;
        last = line;
    }
    write("%d lines, the last is %s\n", count, last);
}
