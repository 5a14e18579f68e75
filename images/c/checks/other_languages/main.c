#include <stdio.h>

int in_cpp(int), in_gas(void), in_nasm(void);

int main(void)
{
    printf("%d\n", in_cpp(40) + in_gas() + in_nasm());
}
