#include "answer.h"

#include <stdlib.h>

int answer(void)
{
    int *class = malloc(sizeof *class); /* No C++ has a variable of this name. */
    *class = 42;
    return *class;
}
