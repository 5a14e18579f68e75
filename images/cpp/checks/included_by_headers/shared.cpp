#include "stack.hpp"

#include "shared.ipp"

int shared()
{
    return one();
}
