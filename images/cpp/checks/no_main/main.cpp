#include "app.hpp"

#include <iostream>

const char *example = R"(
#include "app.cpp"
int main() {}
)";

int main()
{
    std::cout << App().main() << call(false) << text() << "\n";
}
