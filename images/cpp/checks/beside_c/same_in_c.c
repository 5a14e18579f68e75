#include "answer.h"

int main(void)
{
    return answer();
}
