export module quarter;

export int quarter(int number) {
    return number / 4;
}
