int main() {
    write("%d\n", ((program)"answer.pike")()->value());
}
