int main() {
    write("naïve 日本 🙂\n");
}
