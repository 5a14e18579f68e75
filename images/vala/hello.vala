void main() {
    print("Hello from Vala: 你好, 🌍\n");
}
