void main() {
    print("naïve 日本 🙂\n");
}
