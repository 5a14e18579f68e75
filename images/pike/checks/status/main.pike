int main() {
    write("before\n");
    exit(3);
}
