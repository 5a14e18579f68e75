module whole;

int answer() {
    return half(84);
}
