#include "list.h"

#include <stdio.h>

int main(void)
{
    printf("%d\n", list_size());
}
