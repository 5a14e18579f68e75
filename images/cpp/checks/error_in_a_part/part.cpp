#include "part.hpp"

int Part::answer()
{
    return undeclared_thing;
}
