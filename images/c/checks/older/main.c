#include <stdio.h>

typedef enum { false, true } bool;

main()
{
    bool well = true;
    printf("%d\n", well + twice(20));
    return 0;
}

int twice(n)
int n;
{
    return 2 * n;
}
