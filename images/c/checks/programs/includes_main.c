#define main original_main
#include "main.c"
#undef main

int main(void)
{
    return original_main();
}
