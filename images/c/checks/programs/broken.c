#include <windows.h>

int main(void)
{
    return shared() + ;
}
