#include "test.h"

#include <stdio.h>

int answer(void);

TEST(printf("%d\n", answer()))
