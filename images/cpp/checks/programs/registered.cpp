#include "registered.hpp"

std::vector<std::string> &registered()
{
    static std::vector<std::string> names;
    return names;
}
