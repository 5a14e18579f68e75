#include <stdio.h>

int half(int);

int main(void) {
    printf("%d\n", half(84));
}
