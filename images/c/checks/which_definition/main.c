#include <stdio.h>

#include "second.h"

int main(void)
{
    printf("%d\n", answer());
}
