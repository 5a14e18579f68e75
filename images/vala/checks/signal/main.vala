void main() {
    print("before\n");
    Process.abort();
}
