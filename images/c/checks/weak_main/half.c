int half(int n) {
    return n / 2;
}

__attribute__((weak)) int main(void) {
    return half(2) != 1;
}
