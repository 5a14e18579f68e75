#include <stdio.h>

// #include "a.c"
#if 0
#include "b.c"
#endif
/*
#include "c.c"
*/
const char *text = "\
#include \"d.c\"";

int a(void), b(void), c(void), d(void), e(void);

int main(void)
{
    printf("%d%d%d%d%d\n", a(), b(), c(), d(), e());
}
