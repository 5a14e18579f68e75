import whole;
#include <cstdio>

int main() {
    std::printf("%d\n", answer());
}
