void main() {
    print("%d\n", answer());
}
