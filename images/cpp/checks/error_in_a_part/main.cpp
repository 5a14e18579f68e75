#include "part.hpp"

int main()
{
    return Part().answer();
}
