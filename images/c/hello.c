#include <stdio.h>

int main(void) {
    puts("Hello from C: 你好, 🌍");
    return 0;
}
