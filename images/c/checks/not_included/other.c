#include "e.c"

int main(void)
{
    return e();
}
