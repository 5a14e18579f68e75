#include "registered.hpp"

#include <iostream>

int main()
{
    std::cout << registered().size() << "\n";
}
