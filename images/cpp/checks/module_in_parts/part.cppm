export module whole:part;

export int half(int number) {
    return number / 2;
}
