#include "queue.h"

#include <stdio.h>

int main(void)
{
    printf("%d %d\n", first(), rest());
}
