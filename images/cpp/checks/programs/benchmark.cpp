#include "registered.hpp"

auto main() -> int
{
    return registered().size() + syntax error;
}
