void main() {
    print("before\n");
    Process.exit(3);
}
