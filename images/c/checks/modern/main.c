#include <stdio.h>
int main() {
    constexpr int n = 0b10'1010;
    bool well = true;
    auto text = nullptr == (void *)0 ? "null" : "";
    printf("%d %d %s\n", n, well, text);
}
