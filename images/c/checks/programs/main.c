#include "shared.h"

#include <stdio.h>

int main(void)
{
    printf("%d\n", shared());
}
