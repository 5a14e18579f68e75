int main(int argc, array(string) argv) {
    write("%d arguments: %{[%s] %}\n", argc - 1, argv[1..]);
}
