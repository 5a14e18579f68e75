int main() {
    write("Hello from Pike: 你好, 🌍\n");
}
