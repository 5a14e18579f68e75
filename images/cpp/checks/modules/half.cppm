export module half;
import quarter;

export int half(int number) {
    return 2 * quarter(number);
}
